"""A cut on features, and the events that it is tried on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core import check
from anomalon.core.errors import BadLayout, BadValue, TooFewEvents
from anomalon.core.seed import Seed
from anomalon.core.shown import Shown

__all__ = ["DIRECTIONS", "Cut", "CutEvents", "cut_events", "feature_names", "sides_of"]

Floats = NDArray[np.floating[Any]]

DIRECTIONS = (">", "<", "<>")


@dataclass(frozen=True, eq=False, repr=False)
class Cut(Shown):
    """A union of boxes, ends included.

    Args:
        low: Lower ends, shape (box, feature); -inf for none.
        high: Upper ends; inf for none.
        names: One name per feature.
    """

    low: Floats
    high: Floats
    names: tuple[str, ...]

    def passes(self, x: ArrayLike) -> NDArray[np.bool_]:
        """Whether events pass, shape (event,), for features of shape (event, feature).

        Raises:
            BadLayout: If there are more or fewer features.
        """
        x = np.asarray(x)
        if x.ndim != 2 or x.shape[1] != len(self.names):
            raise BadLayout(f"cut: expected features {list(self.names)}, got shape {x.shape}.")
        passed = np.zeros(len(x), dtype=bool)
        for low, high in zip(self.low, self.high, strict=True):
            passed |= ((x >= low) & (x <= high)).all(axis=1)
        return passed

    def __str__(self) -> str:
        boxes = [
            " and ".join(
                interval(name, low, high)
                for name, low, high in zip(self.names, *ends, strict=True)
                if np.isfinite(low) or np.isfinite(high)
            )
            or "all"
            for ends in zip(self.low, self.high, strict=True)
        ]
        return boxes[0] if len(boxes) == 1 else " or ".join(f"({box})" for box in boxes)


def interval(name: str, low: float, high: float) -> str:
    if not np.isfinite(high):
        return f"{name} >= {low:.6g}"
    return f"{name} <= {high:.6g}" if not np.isfinite(low) else f"{low:.6g} <= {name} <= {high:.6g}"


@dataclass(frozen=True, eq=False)
class CutEvents:
    """Events of one class; the weights add up to those of all its events, in both parts."""

    x: Floats
    weight: Floats | None
    scale: float = 1.0

    def count(self, cut: Cut) -> tuple[float, float, int]:
        """Weighted events behind a cut, their standard deviation and their number."""
        passed = cut.passes(self.x)
        w = np.ones(passed.sum()) if self.weight is None else self.weight[passed]
        total, error = self.scaled(np.array(w.sum()), np.array((w**2).sum()))
        return float(total), float(error), int(passed.sum())

    def scaled(self, w: Floats, w2: Floats) -> tuple[Floats, Floats]:
        """Sums of weights and of squared weights behind cuts as events and standard deviations.

        The number of events before the cuts is fixed: (1 - e)^2 sum w^2 of those that pass and
        e^2 sum w^2 of those that do not, for an efficiency e.
        """
        total = float(len(self.x) if self.weight is None else self.weight.sum())
        total2 = float(len(self.x) if self.weight is None else (self.weight**2).sum())
        efficiency = w / total
        variance = (1.0 - efficiency) ** 2 * w2 + efficiency**2 * np.maximum(total2 - w2, 0.0)
        return w * self.scale, np.sqrt(variance) * self.scale

    def split(self, share: float, seed: Seed) -> "tuple[CutEvents, CutEvents | None]":
        """Events to choose on, and a share of them to judge on, drawn at random."""
        if share == 0:
            return self, None
        order = seed.generator().permutation(len(self.x))
        n = round(share * len(order))
        if not 0 < n < len(order):
            raise TooFewEvents(f"cuts: {len(order)} events cannot be divided; bring more events.")
        return self._part(np.sort(order[n:])), self._part(np.sort(order[:n]))

    def _part(self, rows: NDArray[np.intp]) -> "CutEvents":
        if self.weight is None:
            return CutEvents(self.x[rows], None, len(self.x) / len(rows))
        some = float(self.weight[rows].sum())
        if not some > 0:
            raise TooFewEvents("cuts: a part of the events has no weight; bring more events.")
        return CutEvents(self.x[rows], self.weight[rows], float(self.weight.sum()) / some)

    @property
    def total(self) -> float:
        """Weighted events before any cut."""
        return self.scale * float(len(self.x) if self.weight is None else self.weight.sum())


def cut_events(x: ArrayLike, weight: ArrayLike | None, what: str) -> CutEvents:
    """Events of one class, checked: features of shape (event, feature), weights (event,)."""
    x = np.asarray(x)
    if x.ndim != 2 or x.shape[1] < 1:
        raise BadLayout(f"{what}: expected features of shape (event, feature), got {x.shape}.")
    if not len(x):
        raise TooFewEvents(f"{what}: expected events, got none.")
    check.finite(x, what)
    if weight is None:
        return CutEvents(x, None)
    w = np.asarray(weight, dtype=np.float64)
    check.length(w, len(x), f"{what} weight")
    check.finite(w, f"{what} weight")
    check.non_negative(w, f"{what} weight")
    if not w.sum() > 0:
        raise TooFewEvents(f"{what}: expected events with weights above zero, got none.")
    return CutEvents(x, w)


def feature_names(names: Sequence[str] | None, features: int) -> tuple[str, ...]:
    """Names of the features; x0, x1, … if none are given."""
    if names is None:
        return tuple(f"x{j}" for j in range(features))
    if len(names) != features:
        raise BadLayout(f"names: expected {features} of them, got {list(names)}.")
    return tuple(names)


def sides_of(directions: Sequence[str] | str, features: int) -> tuple[str, ...]:
    """The direction of the cut on each feature."""
    sides = (directions,) * features if isinstance(directions, str) else tuple(directions)
    if len(sides) != features or any(side not in DIRECTIONS for side in sides):
        raise BadValue(
            f"directions: expected one of {', '.join(DIRECTIONS)} for each of {features} features, "
            f"got {directions!r}."
        )
    return sides
