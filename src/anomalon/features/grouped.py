"""A feature at given mass, and at given shared value of another.

Two tags that mostly agree, several placeholders for the same missing jet, a multiplicity and what
grows with it: each alone can be made independent of the mass, but how often they meet drifts with
it, and a classifier sees that. So a feature that is associated with shared values of another gets a
map for each of these values: a Rosenblatt transform (Ann. Math. Statist. 23 (1952) 470), in which
the first feature is ranked at given mass, and the second at given mass and value of the first.
Nothing is lost: the values can be read from the two ranks, at any mass.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.features.conditional_quantiles import ConditionalQuantileMap
from anomalon.features.conditional_ranks import ConditionalRanks, Constant
from anomalon.features.ties import Ranks

__all__ = ["Grouped", "Grouping", "Map", "most_associated"]

Floats = NDArray[np.floating[Any]]
Map = ConditionalQuantileMap | ConditionalRanks | Constant

# Cramér's V of a feature and the shared values of another from which on it is ranked at each of
# them. Below, what drifts is the tenth part of the drift of these values.
_ASSOCIATED = 0.1
_BINS = 10


@dataclass(frozen=True, eq=False)
class Grouping:
    """Values of a feature that are shared by enough events to be told apart.

    Args:
        by: Which feature.
        values: In order, shape (value,).
    """

    by: int
    values: Floats

    @staticmethod
    def of(by: int, ranks: Ranks, least: int) -> "Grouping":
        """Values with at least so many events."""
        return Grouping(by, ranks.values[np.diff(ranks.below) >= least])

    def group(self, x: Floats) -> NDArray[np.intp]:
        """Which of the values each event has, and their number if none, shape (event,)."""
        if not len(self.values):
            return np.zeros(len(x), dtype=np.intp)
        at = np.minimum(np.searchsorted(self.values, x), len(self.values) - 1)
        return np.where(self.values[at] == x, at, len(self.values))


@dataclass(frozen=True, eq=False)
class Grouped:
    """One map for each value of another feature.

    Args:
        grouping: The values.
        maps: In order, and one for all other events.
    """

    grouping: Grouping
    maps: tuple[Map, ...]

    def __call__(self, x: Floats, t: Floats, u: Floats, given: Floats) -> Floats:
        """Normal scores, shape (event,).

        Args:
            x: The feature, shape (event,).
            t: Standardised log(mass), shape (event,).
            u: What places events among those that share their value, shape (event,).
            given: The other feature, shape (event,).
        """
        group = self.grouping.group(given)
        score = np.zeros(len(x))
        for i, one in enumerate(self.maps):
            here = group == i
            score[here] = one(x[here], t[here], u[here])
        return score

    def inverse(self, score: Floats, t: Floats, given: Floats) -> Floats:
        """The feature with this normal score at this mass and value of the other, shape (event,).

        Args:
            score: Shape (event,).
            t: Standardised log(mass), shape (event,).
            given: The other feature, shape (event,).
        """
        group = self.grouping.group(given)
        x = np.zeros(len(score))
        for i, one in enumerate(self.maps):
            here = group == i
            x[here] = one.inverse(score[here], t[here])
        return x


def most_associated(rank: Floats, candidates: Sequence[Grouping], x: Floats) -> Grouping | None:
    """The grouping whose values say most about a feature; None if none says enough.

    Args:
        rank: Of the feature, in [0, 1], shape (event,).
        candidates: By other features.
        x: All features, shape (event, feature).
    """
    place = np.minimum((rank * _BINS).astype(np.intp), _BINS - 1)
    strength = [_cramer(one.group(x[:, one.by]), place) for one in candidates]
    best = int(np.argmax(strength)) if strength else -1
    return candidates[best] if strength and strength[best] > _ASSOCIATED else None


def _cramer(one: NDArray[np.intp], other: NDArray[np.intp]) -> float:
    """Cramér's V of two classifications, without the bias of finite numbers (Bergsma, 2013)."""
    table = np.zeros((one.max() + 1, other.max() + 1))
    np.add.at(table, (one, other), 1.0)
    table = table[table.any(axis=1)][:, table.any(axis=0)]
    n, (k, m) = table.sum(), table.shape
    if min(k, m) < 2:
        return 0.0
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / n
    phi2 = ((table - expected) ** 2 / expected).sum() / n - (k - 1) * (m - 1) / (n - 1)
    k, m = k - (k - 1) ** 2 / (n - 1), m - (m - 1) ** 2 / (n - 1)
    return float(np.sqrt(max(phi2, 0.0) / (min(k, m) - 1)))
