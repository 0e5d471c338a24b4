"""Anybody's detector: those of scikit-learn and PyOD as ours, and ours as those of scikit-learn."""

import copy
from dataclasses import dataclass, field
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadValue
from anomalon.detectors.base import Detector, Scores, State, Task, flattened
from anomalon.features.event_summary import EventSummary
from anomalon.features.inputs import Encoded, FittedInputs, Inputs

__all__ = ["Estimator"]


@final
@dataclass(frozen=True)
class Estimator(Detector):
    """An outlier detector with the interface of scikit-learn or PyOD.

    Args:
        estimator: Unfitted; it is copied, and never changed. With `score_samples`, as in
            scikit-learn, lower is more anomalous; with `decision_function` of PyOD higher is.
        inputs: How events become numbers.
        most: It learns from so many events at most.

    Raises:
        BadValue: If it has neither.

    Example:
        >>> from sklearn.neighbors import LocalOutlierFactor
        >>> Estimator(LocalOutlierFactor(novelty=True)).kind
        'estimator'
    """

    kind: ClassVar[str] = "estimator"

    estimator: Any
    inputs: Inputs = field(default_factory=EventSummary)
    most: int = 100_000

    def __post_init__(self) -> None:
        check.fields(self, self.kind, most=(10, check.MOST))
        if not hasattr(self.estimator, "fit") or _score_of(self.estimator) is None:
            raise BadValue(
                "estimator: expected an outlier detector with `fit`, and `score_samples` "
                "(scikit-learn) or `decision_function` (PyOD), got "
                f"{check.shown(self.estimator)}."
            )

    @property
    def most_events(self) -> int | None:
        """Those that are learned from."""
        return self.most

    def _fit(self, task: Task) -> State:
        estimator = copy.deepcopy(self.estimator)
        known = estimator.get_params() if hasattr(estimator, "get_params") else {}
        if known.get("random_state", 0) is None:
            estimator.set_params(random_state=task.seed.integer(2**31))
        estimator.fit(flattened(task.rows.seen).astype(np.float64))
        fitted = np.empty((), object)
        fitted[()] = estimator
        return {"estimator": fitted}

    def _ready(self, state: State, inputs: FittedInputs) -> Scores:
        del inputs
        estimator = state["estimator"][()]
        name = _score_of(estimator)
        sign = -1.0 if name == "score_samples" else 1.0

        def score(seen: Encoded) -> NDArray[np.float64]:
            x = flattened(seen).astype(np.float64)
            return sign * np.asarray(getattr(estimator, str(name))(x), np.float64).reshape(len(x))

        return score


def _score_of(estimator: Any) -> str | None:
    """The method that scores; PyOD's estimators have both in new versions."""
    is_pyod = type(estimator).__module__.split(".")[0] == "pyod"
    order = ("decision_function",) if is_pyod else ("score_samples", "decision_function")
    return next((name for name in order if hasattr(estimator, name)), None)
