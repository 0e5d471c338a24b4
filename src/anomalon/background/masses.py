"""Masses of a template: drawn from a smooth density, not from the events of the signal region.

The logarithm of the density is a quadratic function of log(mass), fitted outside the signal region
(a Poisson regression of counts in narrow bins). Over a signal region that is all a template needs:
what features look like changes little within it.
"""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from anomalon.core.sample import Sample
from anomalon.core.seed import Seed
from anomalon.core.window import Window

__all__ = ["SmoothMasses"]

Floats = NDArray[np.floating[Any]]

_BINS, _GRID, _MAX_ITERATIONS = 60, 512, 50


@final
@dataclass(frozen=True, eq=False)
class SmoothMasses:
    """The fitted density in a signal region.

    Args:
        grid: Masses in GeV from one edge of the signal region to the other, shape (point,).
        cumulative: Share of the density below each, shape (point,).
    """

    grid: Floats
    cumulative: Floats

    @classmethod
    def of(cls, data: Sample, window: Window) -> "SmoothMasses":
        """Fitted to the events outside the signal region."""
        outside = ~window.in_signal_region(data.mass)
        t = np.log(data.mass[outside] / window.centre)
        weight = np.maximum(data.weight[outside], 0)
        # equal numbers of events per bin, so that none is empty
        edges = np.unique(np.quantile(t, np.linspace(0, 1, _BINS + 1)))
        inner = np.log(np.array([window.low, window.high]) / window.centre)
        edges = np.unique(np.concatenate([edges[(edges <= inner[0]) | (edges >= inner[1])], inner]))
        centre, width = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
        counts = np.histogram(t, edges, weights=weight)[0]
        used = (centre < inner[0]) | (centre > inner[1])
        coefficients = _poisson(counts[used], width[used], _powers(centre[used]))
        grid = np.linspace(window.low, window.high, _GRID)
        density = np.exp(_powers(np.log(grid / window.centre)) @ coefficients) / grid
        below = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2)])
        return cls(grid, below / below[-1])

    def density(self, mass: Floats) -> Floats:
        """At masses in GeV inside the signal region, per GeV; the integral over it is one."""
        return np.asarray(np.interp(mass, self.grid, np.gradient(self.cumulative, self.grid)))

    def draw(self, n: int, seed: Seed) -> Floats:
        """Masses in GeV, shape (n,)."""
        return np.asarray(np.interp(seed.generator().random(n), self.cumulative, self.grid))


def _powers(t: Floats) -> Floats:
    return np.vander(t, 3, increasing=True)


def _poisson(counts: Floats, width: Floats, basis: Floats) -> Floats:
    """Maximum likelihood of log density = basis @ coefficients, by Newton's method."""
    coefficients = np.zeros(basis.shape[1])
    coefficients[0] = np.log(max(counts.sum(), 1e-300) / width.sum())
    for _ in range(_MAX_ITERATIONS):
        expected = width * np.exp(np.clip(basis @ coefficients, -700, 700))
        information = basis.T @ (basis * expected[:, None])
        step = np.linalg.lstsq(information, basis.T @ (counts - expected), rcond=None)[0]
        step *= min(1.0, 2.0 / max(float(np.abs(basis @ step).max()), 1e-12))
        coefficients += step
        if float(np.abs(basis @ step).max()) < 1e-9:
            break
    return coefficients
