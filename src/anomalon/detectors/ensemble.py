"""`EnsembleDetector`: several trainings of one detector as one, because a single one may fail.

Three trainings of one autoencoder of a Level-1 trigger had efficiencies of 12, 10 and 1 % at the
same rate. The mean of several has neither the best nor the worst of them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal, final, get_args

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.detectors.around import Around
from anomalon.detectors.autoencoder import Autoencoder
from anomalon.detectors.base import Detector, Scores, State, Task
from anomalon.detectors.rows import Rows
from anomalon.features.inputs import Encoded, FittedInputs, Form
from anomalon.learn.models.arrays import below

__all__ = ["EnsembleDetector"]

Scale = Literal["standardised", "tail"]

_FEWEST = 100  # events that have not been learned from, below which all are taken
_MOST = 200_000  # events that scales are measured on
_LEAST_IN_TAIL = 10.0  # effective events at and above the last point of a tail


@final
@dataclass(frozen=True)
class EnsembleDetector(Around):
    """The mean of the scores of several trainings, each on a common scale first.

    Scales are measured on background: on the events that judge epochs if there are a hundred, else
    on those that are learned from.

    Args:
        detector: What is trained, each time with other random numbers on the same events.
        n: How often.
        scale: "standardised": (score - mean) / standard deviation; "tail": minus the logarithm of
            the share of background at the score or above, which is the same for any function of a
            score that rises. Beyond the last ten events it goes on in a straight line.

    Raises:
        BadValue: If a setting is outside its range.
    """

    kind: ClassVar[str] = "ensemble"
    forms: ClassVar[tuple[Form, ...]] = ("numbers", "objects", "images", "points")

    detector: Detector = field(default_factory=Autoencoder)
    n: int = 5
    scale: Scale = "standardised"

    def __post_init__(self) -> None:
        check.fields(self, self.kind, detector=Detector, n=(1, 1000), scale=get_args(Scale))

    @property
    def inner(self) -> Detector:
        """What is trained."""
        return self.detector

    def _fit(self, task: Task) -> State:
        judged = task.held if len(task.held) >= _FEWEST else task.rows
        some = _thinned(judged)
        state: dict[str, NDArray[Any]] = {}
        for i in range(self.n):
            keeping = task.keeping.part(f"member-{i}")
            member = replace(task, seed=task.seed.child("member", i=i), keeping=keeping)
            learned = self.detector._fit(member)
            scores = self.detector._ready(learned, task.inputs)(some.seen)
            state |= {f"{i}/detector/{name}": np.asarray(a) for name, a in learned.items()}
            scale = _measured(self.scale, np.asarray(scores, np.float64), some.weight)
            state |= {f"{i}/scale/{name}": a for name, a in scale.items()}
        return state

    def _ready(self, state: State, inputs: FittedInputs) -> Scores:
        members = []
        for i in range(self.n):
            score = self.detector._ready(below(state, f"{i}/detector/"), inputs)
            members.append((score, _scaled(self.scale, below(state, f"{i}/scale/"))))

        def mean(seen: Encoded) -> NDArray[np.float64]:
            total = np.zeros(len(seen))
            for score, scaled in members:
                total += scaled(np.asarray(score(seen), np.float64))
            return total / len(members)

        return mean


def _thinned(rows: Rows) -> Rows:
    """Rows in equal steps, if there are many."""
    if len(rows) <= _MOST:
        return rows
    chosen = np.linspace(0, len(rows) - 1, _MOST).astype(np.intp)
    mask = None if rows.seen.mask is None else np.asarray(rows.seen.mask[chosen])
    seen = Encoded(np.asarray(rows.seen.x[chosen]), mask)
    return Rows(seen, rows.weight[chosen], rows.event[chosen])


def _measured(
    scale: Scale, scores: NDArray[np.float64], weight: NDArray[np.floating[Any]]
) -> dict[str, NDArray[np.float64]]:
    """The scale of the scores of one training."""
    w = weight.astype(np.float64)
    if scale == "tail":
        return _tail(scores, w)
    mean = np.average(scores, weights=w)
    std = np.sqrt(np.average((scores - mean) ** 2, weights=w))
    return {"mean": np.array(mean), "std": np.array(std if std > 1e-12 * abs(mean) else 1.0)}


def _tail(scores: NDArray[np.float64], weight: NDArray[np.float64]) -> dict[str, NDArray[Any]]:
    """Scores, rising, and minus the log of the share of weight that is at them or above."""
    order = np.argsort(-scores, kind="stable")
    falling, w = scores[order], weight[order]
    above, squares = np.cumsum(w), np.cumsum(w**2)
    last_of_ties = np.append(falling[1:] < falling[:-1], True)
    enough = (above**2 >= _LEAST_IN_TAIL * squares) & last_of_ties
    enough[-1] = True
    at, tail = falling[enough], -np.log(np.minimum(above[enough] / above[-1], 1.0))
    # about fifty points for each factor of e
    step = np.unique(np.round(50 * tail), return_index=True)[1]
    kept = np.unique(np.append(step, [0, len(tail) - 1]))
    return {"score": at[kept][::-1].copy(), "tail": tail[kept][::-1].copy()}


def _scaled(scale: Scale, measured: State) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """The function from scores of one training to the common scale."""
    if scale == "standardised":
        mean, std = float(measured["mean"]), float(measured["std"])
        return lambda scores: (scores - mean) / std
    at, tail = measured["score"], measured["tail"]
    # a straight line through the last tenth of the tail
    first = int(np.searchsorted(tail, tail[-1] - 1.0)) if len(at) > 1 else 0
    first = min(first, max(len(at) - 2, 0))
    rise = (tail[-1] - tail[first]) / (at[-1] - at[first]) if at[-1] > at[first] else 1.0

    def on_scale(scores: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.interp(scores, at, tail) + rise * np.maximum(scores - at[-1], 0.0))

    return on_scale
