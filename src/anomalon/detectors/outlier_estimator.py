"""`OutlierEstimator`: a detector of ours where scikit-learn expects one of its own."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from anomalon.core import check
from anomalon.core.errors import BadLayout, BadValue, suggest
from anomalon.core.events import Events
from anomalon.detectors.base import Detector
from anomalon.detectors.nearest_neighbours import NearestNeighbours
from anomalon.features.objects import Objects

__all__ = ["OutlierEstimator"]


class OutlierEstimator(OutlierMixin, BaseEstimator):  # type: ignore[misc]
    """A detector with `fit`, `score_samples`, `decision_function` and `predict`.

    Settings of the detector are parameters too, as `detector__n_neighbours`, for searches of them.

    A row of X is an event: the features of its objects side by side, zeros where there is none; or,
    without names of objects, a row of any numbers, which `Objects` inputs standardise.

    Args:
        detector: One of `anomalon.detectors`; nearest neighbours of the columns if None.
        object_names: Of the slots in a row of X; none if its columns are no objects.
        feature_names: Of an object.
        contamination: Share of the events of `fit` that `predict` calls outliers (-1), as for all
            of scikit-learn. Of new events it is larger for detectors that know again what they
            have seen, as nearest neighbours do. A number in (0, 0.5]; there is no "auto".
        random_state: Seed of the fit, a whole number; None counts as 0.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> X = np.concatenate([rng.normal(size=(200, 3)), np.full((2, 3), 9.0)])
        >>> OutlierEstimator(contamination=0.01).fit(X).predict(X)[-3:].tolist()
        [1, -1, -1]
    """

    def __init__(
        self,
        detector: Detector | None = None,
        *,
        object_names: Sequence[str] = (),
        feature_names: Sequence[str] = ("pt", "eta", "phi"),
        contamination: float = 0.1,
        random_state: int | None = None,
    ) -> None:
        self.detector = detector
        self.object_names = object_names
        self.feature_names = feature_names
        self.contamination = contamination
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: Any = None) -> Self:  # noqa: ARG002 - scikit-learn passes it
        """Learn what the rows look like; y is ignored.

        Args:
            X: Shape (event, number).
            y: Ignored.

        Raises:
            BadLayout: If a row does not hold the objects, or its columns are not what the inputs of
                the detector want.
            BadValue: If the detector is none, or contamination outside (0, 0.5].
        """
        rows: Any = validate_data(self, X, dtype=np.float64, ensure_min_samples=2)
        check.number(self.contamination, "contamination", "(0, 0.5]")
        detector = self._detector()
        events = self._events(rows)
        self.fitted_ = detector.fit(events, seed=self.random_state or 0)
        scores = self.fitted_.score(events)
        self.offset_ = float(np.quantile(-scores, self.contamination))
        return self

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: FBT001, FBT002 - as there
        """Settings by name; those of the detector, and of what it is made of, if deep."""
        known = dict(super().get_params(deep=False))
        if deep and _has_settings(self.detector):
            known |= _below("detector", self.detector)
        return known

    def set_params(self, **params: Any) -> Self:
        """Set settings by name; a detector with other settings takes the place of the one there.

        Raises:
            BadValue: If there is no such setting, or the detector refuses its value.
        """
        nested = {n: value for n, value in params.items() if n.startswith("detector__")}
        super().set_params(**{n: value for n, value in params.items() if n not in nested})
        if nested:
            below = {n.removeprefix("detector__"): value for n, value in nested.items()}
            self.detector = _changed("detector", self.detector, below)
        return self

    def score_samples(self, X: ArrayLike) -> NDArray[np.float64]:
        """Minus the score of each event: lower is more anomalous, as everywhere in scikit-learn."""
        check_is_fitted(self)
        rows: Any = validate_data(self, X, dtype=np.float64, reset=False)
        return np.asarray(-self.fitted_.score(self._events(rows)), np.float64)

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:
        """The same, above zero for what `predict` calls an inlier."""
        return np.asarray(self.score_samples(X) - self.offset_)

    def predict(self, X: ArrayLike) -> NDArray[np.int64]:
        """1 for inliers, -1 for outliers."""
        return np.where(self.decision_function(X) < 0, -1, 1)

    def _detector(self) -> Detector:
        """What is fitted.

        Raises:
            BadValue: If it is no detector.
            BadLayout: If its inputs want objects, and the columns are none.
        """
        detector: Any = self.detector  # of whatever kind
        if detector is None:
            return NearestNeighbours(inputs=Objects())
        if not isinstance(detector, Detector):
            remedy = "Give one of anomalon.detectors, as IsolationForest(inputs=Objects())"
            if isinstance(detector, type) and issubclass(detector, Detector):
                remedy = f"Give one of this class: {detector.__name__}(inputs=Objects())"
            elif hasattr(detector, "fit"):
                remedy += ", or this one as Estimator(..., inputs=Objects())"
            is_class = isinstance(detector, type)
            kind = "class" if is_class else type(detector).__name__
            got = f"{kind} {detector.__name__ if is_class else check.shown(detector)}"
            raise BadValue(f"detector: expected a detector or None, got the {got}. {remedy}.")
        if not self.object_names and detector.inputs.needs_pt:
            raise BadLayout(
                f"X: expected columns that are objects with a pt, as '{detector.inputs.kind}' "
                f"inputs of {type(detector).__name__} want them, got columns without names. Give "
                f"{type(detector).__name__}(inputs=Objects()) for rows of any numbers "
                "(anomalon.detectors.Objects), or say with object_names which objects they are."
            )
        return detector

    def _events(self, X: NDArray[np.float64]) -> Events:
        if not self.object_names:
            names = tuple(f"x{j}" for j in range(X.shape[1]))
            return Events(X[:, None, :], ("particle",), names, source="X")
        shape = (len(self.object_names), len(self.feature_names))
        if X.shape[1] != shape[0] * shape[1]:
            raise BadLayout(
                f"X: expected rows of {shape[0]} objects with {shape[1]} features, "
                f"{shape[0] * shape[1]} numbers, got {X.shape[1]}."
            )
        objects = X.reshape(-1, *shape)
        return Events(
            objects,
            tuple(self.object_names),
            tuple(self.feature_names),
            (objects != 0).any(axis=2),
            source="X",
        )


def _has_settings(value: Any) -> bool:
    return is_dataclass(value) and not isinstance(value, type)


def _below(where: str, settings: Any) -> Iterator[tuple[str, Any]]:
    """Names and values of the fields of a dataclass, and of those among them."""
    for one in fields(settings):
        name, value = f"{where}__{one.name}", getattr(settings, one.name)
        yield name, value
        if _has_settings(value):
            yield from _below(name, value)


def _changed(where: str, settings: Any, changes: Mapping[str, Any]) -> Any:
    """The same dataclass with other values, named by their path of fields, all at once."""
    known = [one.name for one in fields(settings)] if _has_settings(settings) else []
    direct: dict[str, Any] = {}
    nested: dict[str, dict[str, Any]] = {}
    for name, value in changes.items():
        first, _, below = name.partition("__")
        if first not in known:
            tail = suggest(first, known) if known else f"{check.shown(settings)} has no settings"
            raise BadValue(f"set_params: expected a setting, got '{where}__{name}'; {tail}")
        if below:
            nested.setdefault(first, {})[below] = value
        else:
            direct[first] = value
    for first, further in nested.items():
        now = direct.get(first, getattr(settings, first))
        direct[first] = _changed(f"{where}__{first}", now, further)
    return replace(settings, **direct)
