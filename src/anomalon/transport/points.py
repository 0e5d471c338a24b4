"""`Points`: weighted points in a plane, as many as each event has. What is transported."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core import Events, Particles, check
from anomalon.core.errors import BadLayout, BadNumbers, BadRows
from anomalon.core.promise import frozen
from anomalon.core.result import Number, Text
from anomalon.core.shown import Fact, Shown

__all__ = ["Points"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
PointsLike = Any
"""`Points` or what `Points.of` makes them of."""


@dataclass(frozen=True, eq=False, repr=False)
class Points(Shown):
    """Weighted points of many events, one event after the other; frozen, checked when made.

    Args:
        weight: Shape (point,): pt or energy, in any unit, above zero.
        x: Shape (point,): rapidity or pseudorapidity, or any length.
        y: Shape (point,): azimuth in radians where it is periodic, or any length.
        offsets: Shape (event + 1,): the points of event i are those from offsets[i] up to
            offsets[i + 1], at least one.
        source: Where they come from, for messages.

    Raises:
        BadLayout: If shapes do not fit, or an event has no point.
        BadNumbers: If a number is not finite, or a weight is not above zero.
    """

    weight: Floats
    x: Floats
    y: Floats
    offsets: Integers
    source: str = "memory"

    def __post_init__(self) -> None:
        for name in ("weight", "x", "y"):
            values = np.ascontiguousarray(getattr(self, name), np.float64)
            check.finite(values, f"{self.source}: {name} of points")
            object.__setattr__(self, name, frozen(values))
        offsets = np.ascontiguousarray(self.offsets, np.int64)
        object.__setattr__(self, "offsets", frozen(offsets))
        shapes = {self.weight.shape, self.x.shape, self.y.shape}
        n = int(offsets[-1]) if offsets.ndim == 1 and len(offsets) else -1
        if shapes != {(n,)} or offsets[0] != 0:
            raise BadLayout(
                f"{self.source}: expected weight, x and y of one length, and offsets from 0 to "
                f"that length; got shapes {self.weight.shape}, {self.x.shape}, {self.y.shape}, and "
                f"offsets that end at {n}."
            )
        if (self.weight <= 0).any():
            raise BadNumbers(f"{self.source}: expected weights of points above zero.")
        empty = np.flatnonzero(np.diff(offsets) <= 0)
        if len(empty):
            raise BadRows(
                f"{self.source}: points",
                "events with at least one particle of weight above zero",
                "none",
                len(empty),
                tuple(int(i) for i in empty),
                len(self),
                "Leave these events out.",
            )

    @staticmethod
    def of(events: PointsLike) -> "Points":
        """Points of whatever events come as. Particles of weight zero are left out.

        Args:
            events: `Points`; `Events` or `Particles` (pt, eta, phi); one event as an array of shape
                (particle, 3), each row weight, x and y (pt, eta, phi); events as an array of shape
                (event, particle, 3), padded with weight zero; or a list of arrays of shape
                (particle, 3).

        Raises:
            BadLayout: If it is none of these, or an event has no particle with a weight.
            BadNumbers: If a number is not finite or a weight is negative.
        """
        if isinstance(events, Points):
            return events
        if isinstance(events, Events):
            return Points.of(Particles.of(events))
        if isinstance(events, Particles):
            columns = [events.coordinate(name) for name in ("pt", "eta", "phi")]
            return _without_zeros(np.stack(columns, axis=1), events.offsets, events.source)
        if isinstance(events, Sequence):
            return Points._of_arrays(events)
        table = _numbers(events)
        if table.ndim not in (2, 3) or table.shape[-1] != 3:
            raise BadLayout(
                "points: expected an array of shape (particle, 3) or (event, particle, 3), with "
                f"weight, x and y, got {table.shape}."
            )
        n, k = (1, len(table)) if table.ndim == 2 else table.shape[:2]
        return _without_zeros(table.reshape(-1, 3), np.arange(n + 1) * k, "memory")

    @staticmethod
    def _of_arrays(arrays: Sequence[ArrayLike]) -> "Points":
        tables = [_numbers(one) for one in arrays]
        for i, table in enumerate(tables):
            if table.ndim != 2 or table.shape[1] != 3:
                raise BadLayout(
                    f"points: expected arrays of shape (particle, 3) with weight, x and y, got "
                    f"{table.shape} for event {i}."
                )
        offsets = np.concatenate([[0], np.cumsum([len(table) for table in tables])])
        flat = np.concatenate(tables) if tables else np.empty((0, 3))
        return _without_zeros(flat, offsets.astype(np.int64), "memory")

    @staticmethod
    def of_images(images: ArrayLike, x: ArrayLike, y: ArrayLike) -> "Points":
        """Points of images: the centres of the pixels that are not empty.

        Args:
            images: Shape (event, x, y), or (x, y) for one.
            x: The centres of the pixels along the first axis of an image.
            y: Those along the second.

        Raises:
            BadLayout: If shapes do not fit, or an image is empty.
            BadNumbers: If a number is not finite or a pixel is negative.
        """
        pixels = np.asarray(images, np.float64)
        pixels = pixels[None] if pixels.ndim == 2 else pixels
        x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
        if pixels.shape[1:] != (*x.shape, *y.shape):
            raise BadLayout(
                f"images: expected shape (event, {x.size}, {y.size}), one pixel for each centre, "
                f"got {pixels.shape}."
            )
        grid = np.broadcast_arrays(pixels, x[:, None], y)
        flat = np.stack([values.reshape(-1) for values in grid], axis=1)
        return _without_zeros(flat, np.arange(len(pixels) + 1) * x.size * y.size, "images")

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def facts(self) -> tuple[Fact, ...]:
        """How many there are, and where from."""
        return (
            Number("events", len(self), form="count"),
            Number("points", len(self.weight), form="count"),
            Text("source", self.source),
        )

    def __getitem__(self, rows: Any) -> "Points":
        """The events that a mask, a slice, a row number or an array of them picks."""
        chosen = np.atleast_1d(np.arange(len(self))[rows])
        sizes = self.n_points[chosen]
        ends = np.concatenate([[0], np.cumsum(sizes)])
        where = np.repeat(self.offsets[chosen] - ends[:-1], sizes) + np.arange(ends[-1])
        return Points(self.weight[where], self.x[where], self.y[where], ends, self.source)

    @staticmethod
    def concatenate(parts: "Iterable[Points]") -> "Points":
        """The events of several, one after the other."""
        parts = list(parts)
        sizes = np.concatenate([part.n_points for part in parts])
        weight, x, y = (
            np.concatenate([getattr(part, name) for part in parts]) for name in ("weight", "x", "y")
        )
        ends = np.concatenate([[0], np.cumsum(sizes)])
        return Points(weight, x, y, ends, parts[0].source)

    @property
    def n_points(self) -> Integers:
        """How many points each event has, shape (event,)."""
        return np.diff(self.offsets)

    @cached_property
    def total(self) -> Floats:
        """The weight of each event, shape (event,)."""
        return np.add.reduceat(self.weight, self.offsets[:-1])

    @cached_property
    def box(self) -> Floats:
        """The smallest and largest x, and the smallest and largest y; shape (event, 4)."""
        at = self.offsets[:-1]
        x, y = self.x, self.y
        extremes = [f.reduceat(v, at) for v in (x, y) for f in (np.minimum, np.maximum)]
        return np.ascontiguousarray(np.stack(extremes, axis=1))


def _numbers(given: object) -> NDArray[np.float64]:
    """As an array.

    Raises:
        BadLayout: If it is none of real numbers.
    """
    try:
        table = np.asarray(given)
    except ValueError:  # rows of different lengths
        table = np.empty(0, object)
    if table.dtype.kind not in "biuf":
        raise BadLayout(
            f"points: expected numbers, weight, x and y of each particle, got {check.shown(given)}."
        )
    return table.astype(np.float64)


def _without_zeros(table: Floats, offsets: Integers, source: str) -> Points:
    """Points of rows (weight, x, y), those with a weight."""
    weight = np.asarray(table[:, 0], np.float64)
    check.finite(table, f"{source}: weight, x and y of particles")
    if (weight < 0).any():
        bad = np.flatnonzero(weight < 0)
        raise BadRows(
            f"{source}: weights of particles",
            "numbers not below zero",
            f"{weight[bad[0]]:g}",
            len(bad),
            tuple(int(i) for i in bad[:5]),
            len(weight),
        )
    kept = weight > 0
    ends = np.concatenate([[0], np.cumsum(kept)])[offsets]
    return Points(weight[kept], table[kept, 1], table[kept, 2], ends, source)
