"""`EventDistance`: how far encoded events are from each other, by transport or pixel by pixel."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from anomalon.core.errors import BadValue
from anomalon.detectors.base import flattened
from anomalon.features.inputs import Encoded, Inputs
from anomalon.features.jet_images import JetImages
from anomalon.jets.images import pixel_centres
from anomalon.transport import Points, emd_matrix, emd_pairs

__all__ = ["EventDistance", "Metric", "emd_of_images", "points_of"]

Floats = NDArray[np.float64]
Metric = Literal["transport", "squared", "absolute"]


class EventDistance(ABC):
    """Events are prepared once, then compared with any others."""

    @abstractmethod
    def prepared(self, seen: Encoded) -> Any:
        """Events as `matrix` takes them."""

    @abstractmethod
    def matrix(self, a: Any, b: Any = None) -> Floats:
        """Distances, shape (event of a, event of b); of a to itself if there is no b."""

    @staticmethod
    def of(inputs: Inputs, metric: Metric, power: float, radius: float) -> "EventDistance":
        """The distance for events that go through such inputs.

        Raises:
            BadValue: If there is none.
        """
        if metric == "transport":
            half_width = inputs.half_width if isinstance(inputs, JetImages) else None
            return _ByTransport(power, radius, half_width)
        if inputs.form != "images":
            raise BadValue(
                f"medoids.metric: expected transport for inputs '{inputs.kind}', which are no "
                f"images, got {metric}."
            )
        return _ByPixels(metric)


@dataclass(frozen=True)
class _ByTransport(EventDistance):
    power: float
    radius: float
    half_width: float | None

    def prepared(self, seen: Encoded) -> Points:
        return points_of(seen, self.half_width)

    def matrix(self, a: Points, b: Points | None = None) -> Floats:
        return emd_matrix(a, b, self.power, self.radius, periodic=False)


@dataclass(frozen=True)
class _ByPixels(EventDistance):
    """The mean over pixels, as autoencoders have it."""

    metric: Metric

    def prepared(self, seen: Encoded) -> Floats:
        return flattened(seen).astype(np.float64)

    def matrix(self, a: Floats, b: Floats | None = None) -> Floats:
        # pair by pair: a matrix product would round by who else is there
        name = "cityblock" if self.metric == "absolute" else "sqeuclidean"
        return np.asarray(cdist(a, a if b is None else b, name) / a.shape[1])


def points_of(seen: Encoded, half_width: float | None) -> Points:
    """Encoded events as transport takes them; what is negative in an image is nothing.

    Args:
        seen: Points, or images.
        half_width: Of images; None for points.
    """
    if half_width is None:
        assert seen.mask is not None
        points = np.where(seen.mask[..., None], np.asarray(seen.x, np.float64), 0.0)
        points[~seen.mask.any(axis=1), 0, 0] = 1.0  # a jet of nothing is all on its axis
        return Points.of(points)
    images = np.maximum(np.asarray(seen.x, np.float64), 0.0)
    n = images.shape[1]
    middle = slice((n - 1) // 2, n // 2 + 1)
    images[images.sum(axis=(1, 2)) <= 0, middle, middle] = 1.0  # on the axis as well
    along = pixel_centres(n, half_width)[0, :, 0]
    return Points.of_images(images, along, along)


def emd_of_images(a: Floats, b: Floats, half_width: float, power: float) -> Floats:
    """The exact distance of each image to the one at the same place, shape (event,)."""
    one, other = (points_of(Encoded(np.asarray(x, np.float32)), half_width) for x in (a, b))
    return emd_pairs(one, other, power, periodic=False)
