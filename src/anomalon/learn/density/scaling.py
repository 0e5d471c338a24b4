"""Where a density is learned: features as a flow likes them, and the way back.

A flow maps a normal distribution smoothly; it has a hard time with edges (0 < tau21 < 1), with
spikes and with values that repeat. `NormalScores`, the default, makes the distribution of each
feature normal, whatever it was, and what is left to learn is how features depend on each other and
on the conditions. `LogitScaling` is what CATHODE does (Hallin et al., arXiv:2109.00546), with tails
that go on linearly: no NaN outside the range of the fit.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self, final

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray
from scipy.special import logit, ndtr, ndtri

from anomalon.core import event_random
from anomalon.core.seed import Seed

__all__ = ["SCALINGS", "LogitScaling", "NormalScores", "Scaling"]

Floats = NDArray[np.floating[Any]]

# Share of the range, at either end, beyond which the logit goes on linearly.
_MARGIN = 1e-3
# A value that this share of the events have, and at least so many, is one of its own.
_SHARED, _LEAST_SHARED = 0.001, 10


class Scaling(ABC):
    """A fitted map of each feature by itself, monotone and invertible."""

    @classmethod
    @abstractmethod
    def of(cls, x: Float[np.ndarray, "event feature"], weight: Float[np.ndarray, " event"]) -> Self:
        """Measured on events with weights that are not negative."""

    @abstractmethod
    def __call__(
        self, x: Float[np.ndarray, "event feature"], event: Int[np.ndarray, " event"]
    ) -> Float[np.ndarray, "event feature"]:
        """The features of the flow, float32, finite everywhere; `event` are identities."""

    @abstractmethod
    def inverse(self, z: Float[np.ndarray, "event feature"]) -> Float[np.ndarray, "event feature"]:
        """The features again."""

    @abstractmethod
    def log_slope(
        self, x: Float[np.ndarray, "event feature"], event: Int[np.ndarray, " event"]
    ) -> Float[np.ndarray, " event"]:
        """Logarithm of what turns a density of the flow's features into one of the features."""

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """What has been fitted."""
        return {f.name: np.asarray(getattr(self, f.name)) for f in fields(self)}  # type: ignore[arg-type]

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The scaling again."""
        return cls(**arrays)


@final
@dataclass(frozen=True, eq=False)
class LogitScaling(Scaling):
    """The logit of the place in the range, standardised; linear within 0.1 % of the ends.

    Args:
        low, width: Of the range of each feature, shape (feature,).
        mean, std: Of the logits.
    """

    low: Floats
    width: Floats
    mean: Floats
    std: Floats

    @classmethod
    def of(cls, x: Floats, weight: Floats) -> Self:
        """Measured on x of shape (event, feature); a constant feature keeps its scale."""
        low = x.min(axis=0).astype(np.float64)
        width = x.max(axis=0) - low
        width = np.where(width > 0, width, 1.0)
        y = _soft_logit((x - low) / width)
        mean = np.average(y, axis=0, weights=weight)
        std = np.sqrt(np.average((y - mean) ** 2, axis=0, weights=weight))
        return cls(low, width, mean, np.where(std > 0, std, 1.0))

    def __call__(self, x: Floats, event: NDArray[np.int64]) -> Floats:  # noqa: ARG002 - no ties
        """Standardised logits."""
        y = _soft_logit((x.astype(np.float64) - self.low) / self.width)
        return ((y - self.mean) / self.std).astype(np.float32)

    def inverse(self, z: Floats) -> Floats:
        """The features again; beyond the range of the fit where z is beyond the margin."""
        y = z.astype(np.float64) * self.std + self.mean
        return np.asarray(_soft_expit(y) * self.width + self.low)

    def log_slope(self, x: Floats, event: NDArray[np.int64]) -> Floats:  # noqa: ARG002 - no ties
        """Log |dz/dx|, summed over features."""
        u = np.clip((x.astype(np.float64) - self.low) / self.width, _MARGIN, 1 - _MARGIN)
        return np.asarray(-np.log(u * (1 - u) * self.width * self.std).sum(axis=1))


@final
@dataclass(frozen=True, eq=False)
class NormalScores(Scaling):
    """The normal score of the rank of each value among the fitted events.

    Values that many events share (a multiplicity, a tag, a placeholder) are ranked at random among
    each other, by the identity of the events, and come back as they were. A feature without such
    values is interpolated between those of the fit. Densities are those with respect to the
    product of the features' own distributions: in a ratio of two, that cancels.

    Args:
        values: Distinct values of all features, one after the other.
        below: Share of the events with a smaller one, and 1 at the end of each feature.
        start: Where each feature begins in `values`, and their end, shape (feature + 1,).
        edge: The smallest rank that is given, and one minus the largest.
    """

    values: Floats
    below: Floats
    start: NDArray[np.int64]
    edge: Floats

    @classmethod
    def of(cls, x: Floats, weight: Floats) -> Self:
        """Measured on x of shape (event, feature)."""
        values, below, start = [], [], [0]
        for column in x.T.astype(np.float64):
            distinct, place = np.unique(column, return_inverse=True)
            share = np.bincount(place, weights=weight, minlength=len(distinct)) / weight.sum()
            values.append(distinct)
            below += [np.concatenate([[0.0], np.cumsum(share)[:-1], [1.0]])]
            start.append(start[-1] + len(distinct))
        n = float(weight.sum() ** 2 / (weight**2).sum())
        return cls(
            np.concatenate(values), np.concatenate(below), np.array(start), np.array(0.25 / n)
        )

    def __call__(self, x: Floats, event: NDArray[np.int64]) -> Floats:
        """Normal scores, at most as large as those of the outermost events of the fit."""
        z = np.empty(x.shape, np.float32)
        for j, (values, below) in enumerate(self._features):
            u = event_random.uniform(event, Seed(0).child("place", feature=j))
            low = below[np.searchsorted(values, x[:, j], side="left")]
            high = below[np.searchsorted(values, x[:, j], side="right")]
            z[:, j] = ndtri(np.clip(low + u * (high - low), self.edge, 1 - self.edge))
        return z

    def inverse(self, z: Floats) -> Floats:
        """Values of the fit, or between two of them."""
        x = np.empty(z.shape)
        for j, (values, below) in enumerate(self._features):
            r = ndtr(z[:, j].astype(np.float64))
            share = np.diff(below)
            if share.max() < max(_SHARED, 4 * _LEAST_SHARED * self.edge):
                x[:, j] = np.interp(r, below[:-1] + share / 2, values)
            else:
                at = np.searchsorted(below, r, side="right") - 1
                x[:, j] = values[np.clip(at, 0, len(values) - 1)]
        return x

    def log_slope(self, x: Floats, event: NDArray[np.int64]) -> Floats:
        """Minus the log density of normal scores."""
        z = self(x, event).astype(np.float64)
        return np.asarray((z**2 + np.log(2 * np.pi)).sum(axis=1) / 2)

    @property
    def _features(self) -> list[tuple[Floats, Floats]]:
        """Values and shares below them, of each feature."""
        return [
            (self.values[a:b], self.below[a + j : b + j + 1])
            for j, (a, b) in enumerate(zip(self.start[:-1], self.start[1:], strict=True))
        ]


def _soft_logit(u: Floats) -> Floats:
    inner = np.clip(u, _MARGIN, 1 - _MARGIN)
    return np.asarray(logit(inner) + (u - inner) / (_MARGIN * (1 - _MARGIN)))


def _soft_expit(y: Floats) -> Floats:
    edge = float(logit(1 - _MARGIN))
    inner = np.clip(y, -edge, edge)
    return np.asarray(1 / (1 + np.exp(-inner)) + (y - inner) * _MARGIN * (1 - _MARGIN))


SCALINGS: Mapping[str, type[Scaling]] = {"normal_scores": NormalScores, "logit": LogitScaling}
"""Scalings by the name that settings know."""
