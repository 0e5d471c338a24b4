"""`Distilled`: boosted trees that say what another detector says, in a few comparisons of numbers.

A trigger has tens of nanoseconds and no multipliers to spare. CMS distils its calorimeter
autoencoder into a small network that regresses the logarithm of the loss (CICADA), and a
variational autoencoder of muons into boosted trees (NomAD).
"""

from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal, final, get_args

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadValue
from anomalon.detectors.around import Around
from anomalon.detectors.autoencoder import Autoencoder
from anomalon.detectors.base import (
    Detector,
    FittedDetector,
    Scores,
    State,
    Task,
    flattened,
)
from anomalon.features.inputs import Encoded, FittedInputs
from anomalon.learn.models.arrays import below
from anomalon.learn.regress import BoostedRegression

__all__ = ["Distilled", "teacher_of"]

Target = Literal["log", "score"]


@final
@dataclass(frozen=True)
class Distilled(Around):
    """A regression of the score of a teacher on the numbers that the teacher sees.

    Both learn from the same events. Trees say nothing beyond the highest score that they have
    learned, so the order of the most anomalous events is lost first: look at the agreement at the
    rate that is wanted, not at a correlation.

    Args:
        teacher: What is fitted first.
        student: The regression.
        target: "log": of the logarithm of the score, which must be above zero; "score": of the
            score itself. What is regressed is what an event scores.

    Raises:
        BadValue: If a setting is outside its range; in the fit, if there is no logarithm.
    """

    kind: ClassVar[str] = "distilled"
    cites: ClassVar[tuple[str, ...]] = ("Ke:2017lightgbm",)

    teacher: Detector = field(default_factory=Autoencoder)
    student: BoostedRegression = field(default_factory=BoostedRegression)
    target: Target = "log"

    def __post_init__(self) -> None:
        check.fields(
            self,
            self.kind,
            teacher=Detector,
            student=BoostedRegression,
            target=get_args(Target),
        )
        self._check_inputs()

    @property
    def inner(self) -> Detector:
        """The teacher."""
        return self.teacher

    def _fit(self, task: Task) -> State:
        learned = self.teacher._fit(replace(task, seed=task.seed.child("teacher")))
        teaches = self.teacher._ready(learned, task.inputs)
        y = self._wanted(np.asarray(teaches(task.rows.seen), np.float64))
        x = flattened(task.rows.seen)
        trees = self.student.fit(x, y, task.rows.weight, task.seed.child("student"))
        state = {f"teacher/{name}": np.asarray(a) for name, a in learned.items()}
        return state | {"student": trees}

    def _wanted(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.target == "score":
            return scores
        if (scores <= 0).any():
            raise BadValue(
                f"{self.kind}.target: expected scores of '{self.teacher.kind}' above zero for "
                f'their logarithm, got {scores.min():.6g}. Take target = "score".'
            )
        return np.log(scores)

    def _ready(self, state: State, inputs: FittedInputs) -> Scores:
        del inputs
        predict = self.student.ready(state["student"])

        def score(seen: Encoded) -> NDArray[np.float64]:
            return predict(flattened(seen))

        return score


def teacher_of(scorer: FittedDetector) -> FittedDetector:
    """The fitted teacher of a distilled detector, to be compared with it.

    Raises:
        BadValue: If it is another detector.
    """
    detector = scorer.detector
    if not isinstance(detector, Distilled):
        raise BadValue(f"teacher_of: expected a distilled detector, got '{detector.kind}'.")
    return FittedDetector(detector.teacher, scorer.inputs, below(scorer.state, "teacher/"))
