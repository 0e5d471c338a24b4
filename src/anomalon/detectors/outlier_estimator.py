"""`OutlierEstimator`: a detector of ours where scikit-learn expects one of its own."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from anomalon.core.errors import BadLayout
from anomalon.core.events import Events
from anomalon.detectors.base import Detector
from anomalon.detectors.nearest_neighbours import NearestNeighbours
from anomalon.features.objects import Objects

__all__ = ["OutlierEstimator"]


class OutlierEstimator(OutlierMixin, BaseEstimator):  # type: ignore[misc]
    """A detector with `fit`, `score_samples`, `decision_function` and `predict`.

    A row of X is an event: the features of its objects side by side, zeros where there is none; or,
    without names of objects, a row of any numbers, which `Objects` inputs standardise.

    Args:
        detector: One of `anomalon.detectors`; nearest neighbours of the columns if None.
        object_names: Of the slots in a row of X; none if its columns are no objects.
        feature_names: Of an object.
        contamination: Share of the events of `fit` that `predict` calls outliers (-1), as for all
            of scikit-learn. Of new events it is larger for detectors that know again what they
            have seen, as nearest neighbours do.
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
            BadLayout: If a row does not hold the objects.
        """
        rows: Any = validate_data(self, X, dtype=np.float64, ensure_min_samples=2)
        detector = self.detector or NearestNeighbours(inputs=Objects())
        events = self._events(rows)
        self.fitted_ = detector.fit(events, seed=self.random_state or 0)
        scores = self.fitted_.score(events)
        self.offset_ = float(np.quantile(-scores, self.contamination))
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
