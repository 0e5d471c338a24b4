"""Pseudo-experiments: what the data could have been without a signal.

Drawn in blocks with a seed of their own, so that the first thousand are the same whether a thousand
or a million are asked for, and however many are held in memory at once.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.plain import to_plain
from anomalon.core.seed import Seed
from anomalon.stats.counts.intervals import clopper_pearson
from anomalon.stats.numerics.pvalues import z_from_p

__all__ = [
    "BLOCK",
    "EmpiricalP",
    "block_sizes",
    "blocks",
    "draw_block",
    "empirical_p",
    "poisson_toys",
]

Floats = NDArray[np.floating[Any]]
Draw = Callable[[np.random.Generator, int], Any]

BLOCK = 1000

_TIE = 1e-10  # relative difference up to which statistics are the same, computed differently


@dataclass(frozen=True)
class EmpiricalP:
    """A p-value from pseudo-experiments.

    Args:
        p: (k + 1)/(n + 1): the data count as one of the pseudo-experiments, which keeps the test
            valid for any n (Phipson and Smyth, Stat. Appl. Genet. Mol. Biol. 9 (2010) 39).
        low: Lower end of the Clopper-Pearson interval of k/n at 68 %.
        high: Upper end.
        k: Pseudo-experiments at least as extreme as the data.
        n: Pseudo-experiments in all.
    """

    p: float
    low: float
    high: float
    k: int
    n: int

    @property
    def z(self) -> float:
        """Standard deviations, one-sided; limited by n, not by the data, if k is 0."""
        return float(z_from_p(self.p))

    @property
    def is_bound(self) -> bool:
        """Whether no pseudo-experiment was as extreme, so that `p` is what n can exclude."""
        return self.k == 0

    def to_dict(self) -> dict[str, Any]:
        """As plain numbers, for JSON."""
        names = ("p", "low", "high", "k", "n", "z", "is_bound")
        return dict(to_plain({name: getattr(self, name) for name in names}))

    def __repr__(self) -> str:
        sign = "<" if self.is_bound else "="
        return f"p {sign} {self.p:.3g} ({self.k} of {self.n} pseudo-experiments)"


def empirical_p(observed: float, toys: Floats) -> EmpiricalP:
    """The share of pseudo-experiments whose statistic is at least the observed one.

    Args:
        observed: Statistic of the data, larger for a larger excess.
        toys: The same of pseudo-experiments, shape (toy,); NaN where one failed, which leaves it
            out.

    Example:
        >>> empirical_p(2.0, np.array([0.5, 1.0, 2.0, 3.0]))
        p = 0.6 (2 of 4 pseudo-experiments)
    """
    good = np.asarray(toys)[~np.isnan(toys)]
    least = observed - _TIE * abs(observed)
    k, n = int((good >= least).sum()), len(good)
    low, high = clopper_pearson(k, n) if n else (0.0, 1.0)
    return EmpiricalP((k + 1) / (n + 1), float(low), float(high), k, n)


def block_sizes(n: int) -> list[int]:
    """How many toys there are in each block, n in all.

    Example:
        >>> block_sizes(2500)
        [1000, 1000, 500]
    """
    return [min(BLOCK, n - first) for first in range(0, n, BLOCK)]


def draw_block(draw: Draw, block: int, size: int, seed: Seed | int) -> Any:
    """What `draw(generator, size)` gives for one block, whoever does it and when."""
    return draw(Seed.of(seed).child("pseudo-experiments", block=block).generator(), size)


def blocks(draw: Draw, n: int, seed: Seed | int) -> Iterator[Any]:
    """What `draw(generator, size)` gives for blocks of at most `BLOCK` toys, n in all."""
    for block, size in enumerate(block_sizes(n)):
        yield draw_block(draw, block, size, seed)


def poisson_toys(expected: Floats, n: int, seed: Seed | int = 0) -> Floats:
    """Poisson counts around an expectation, shape (toy, bin); the first m of n never change.

    Example:
        >>> few, many = (poisson_toys(np.array([5.0, 100.0]), n, seed=1) for n in (3, 3000))
        >>> few.tolist() == many[:3].tolist()
        True
    """

    def draw(rng: np.random.Generator, size: int) -> Floats:
        return rng.poisson(expected, (size, len(expected))).astype(np.float64)

    return np.concatenate([np.empty((0, len(expected))), *blocks(draw, n, seed)])
