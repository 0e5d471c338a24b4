"""Anybody's detector: those of scikit-learn and PyOD as ours, and ours as those of scikit-learn."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadValue
from anomalon.core.seed import Seed
from anomalon.detectors.base import Detector, Scores, State, Task, flattened
from anomalon.features.event_summary import EventSummary
from anomalon.features.inputs import Encoded, FittedInputs, Inputs

__all__ = ["Estimator"]


@final
@dataclass(frozen=True)
class Estimator(Detector):
    """An outlier detector with the interface of scikit-learn or PyOD.

    What decides which way a score goes, in this order: detectors of PyOD have a `decision_function`
    that is higher for outliers; `score_samples`, as in scikit-learn, is lower for them; so is the
    `decision_function` of what scikit-learn calls an outlier detector (`OutlierMixin`), and higher
    that of what has `decision_scores_` and `labels_` after the fit, as those of PyOD. Of anything
    else, `predict` says which of the training rows are outliers: -1 beside 1, or 1 beside 0.

    Its random numbers come from the seed of the fit: every `random_state` that is None is set, in
    pipelines too, and NumPy's global state is afterwards what it was.

    Args:
        estimator: Unfitted; it is copied, and never changed.
        inputs: How events become numbers.
        most: It learns from so many events at most.

    Raises:
        BadValue: If it is a class, or has neither method; in the fit, if nothing says which way its
            score goes.

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
        wanted = (
            "estimator: expected an outlier detector with `fit`, and `score_samples` "
            "(scikit-learn) or `decision_function` (PyOD), got "
        )
        if isinstance(self.estimator, type):
            name = self.estimator.__name__
            raise BadValue(f"{wanted}the class {name}. Give one of it: {name}().")
        if not hasattr(self.estimator, "fit") or _score_of(self.estimator) is None:
            raise BadValue(f"{wanted}{check.shown(self.estimator)}.")

    @property
    def most_events(self) -> int | None:
        """Those that are learned from."""
        return self.most

    def _fit(self, task: Task) -> State:
        estimator = copy.deepcopy(self.estimator)
        rows = flattened(task.rows.seen).astype(np.float64)
        with _global_numbers_of(task.seed.child("global")):
            _seed(estimator, task.seed)
            estimator.fit(rows)
            sign = _sign(estimator, rows)
        fitted = np.empty((), object)
        fitted[()] = estimator
        return {"estimator": fitted, "sign": np.array(sign)}

    def _ready(self, state: State, inputs: FittedInputs) -> Scores:
        del inputs
        estimator, sign = state["estimator"][()], float(state["sign"])

        def score(seen: Encoded) -> NDArray[np.float64]:
            return sign * _scored(estimator, flattened(seen).astype(np.float64))

        return score


@contextmanager
def _global_numbers_of(seed: Seed) -> Iterator[None]:
    """NumPy's global random numbers, which other packages use, from a seed; then as they were."""
    before = np.random.get_state()  # noqa: NPY002
    np.random.seed(seed.integer(2**32))  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(before)  # noqa: NPY002


def _seed(estimator: Any, seed: Seed) -> None:
    """Set every `random_state` that is None, those of the parts of a pipeline too."""
    known = estimator.get_params() if hasattr(estimator, "get_params") else {}
    unset = [
        name
        for name, value in known.items()
        if value is None and (name == "random_state" or name.endswith("__random_state"))
    ]
    for name in unset:
        one = seed if name == "random_state" else seed.child(name)
        estimator.set_params(**{name: one.integer(2**31)})


def _scored(estimator: Any, rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """What it says itself, shape (event,)."""
    scores = getattr(estimator, str(_score_of(estimator)))(rows)
    return np.asarray(scores, np.float64).reshape(len(rows))


def _score_of(estimator: Any) -> str | None:
    """The method that scores; PyOD's estimators have both in new versions."""
    order = ("score_samples", "decision_function")[_is_pyod(estimator) :]
    return next((name for name in order if hasattr(estimator, name)), None)


def _sign(estimator: Any, rows: NDArray[np.float64]) -> float:
    """1 if a fitted estimator scores outliers higher, -1 if lower.

    Raises:
        BadValue: If nothing says so.
    """
    end = _end(estimator)
    if _is_pyod(estimator):
        return 1.0
    if _score_of(estimator) == "score_samples" or _is_of_scikit_learn(end):
        return -1.0
    if hasattr(end, "decision_scores_") and hasattr(end, "labels_"):
        return 1.0
    outliers = _outliers(estimator, rows)
    if outliers is not None:
        scores = _scored(estimator, rows)
        difference = np.median(scores[outliers]) - np.median(scores[~outliers])
        if difference != 0 and np.isfinite(difference):
            return float(np.sign(difference))
    raise BadValue(
        f"estimator: expected a {type(end).__name__} of which it is known whether outliers have "
        "the higher or the lower `decision_function`, got one that is neither of scikit-learn nor "
        "of PyOD, and whose `predict` does not tell outliers (-1 beside 1, or 1 beside 0) of its "
        "training rows by it. Derive it from sklearn.base.OutlierMixin if outliers are lower, or "
        "give it `score_samples`, lower for outliers."
    )


def _outliers(estimator: Any, rows: NDArray[np.float64]) -> NDArray[np.bool_] | None:
    """Which rows `predict` calls outliers; None if it does not say."""
    predict = getattr(estimator, "predict", None)
    if not callable(predict):
        return None
    labels = np.asarray(predict(rows)).reshape(-1)
    if len(labels) != len(rows):
        return None
    for outlier, inlier in ((-1, 1), (1, 0)):
        found = labels == outlier
        if found.any() and not found.all() and np.isin(labels[~found], inlier).all():
            return np.asarray(found)
    return None


def _end(estimator: Any) -> Any:
    """What scores in the end: the last step of a pipeline, what a search chooses from."""
    if getattr(estimator, "steps", None):
        return _end(estimator.steps[-1][1])
    inner = getattr(estimator, "estimator", None)
    return estimator if inner is None or isinstance(inner, str) else _end(inner)


def _is_pyod(estimator: Any) -> bool:
    return any(one.__module__.split(".")[0] == "pyod" for one in type(_end(estimator)).__mro__)


def _is_of_scikit_learn(estimator: Any) -> bool:
    """Whether scikit-learn calls it an outlier detector, of which outliers are lower."""
    from sklearn.base import OutlierMixin

    if isinstance(estimator, OutlierMixin):
        return True
    tags = getattr(estimator, "__sklearn_tags__", None)
    kind = getattr(estimator, "_estimator_type", None) if tags is None else tags().estimator_type
    return kind == "outlier_detector"
