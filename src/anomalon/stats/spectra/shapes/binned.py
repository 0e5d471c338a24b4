"""Shapes on the bins of a spectrum: what the fits work with."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core.shown import Shown
from anomalon.stats.numerics.quadrature import compiled, events, slopes

__all__ = ["Binned", "SumOfExponentials", "SumOfTemplates"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False, repr=False)
class SumOfExponentials(Shown):
    """The events in a bin are sum_q weight_q exp(columns_q . parameters).

    Args:
        columns: At the quadrature nodes, shape (bin, node, n).
        weights: In GeV, shape (bin, node).
    """

    columns: Floats
    weights: Floats

    def __getitem__(self, bins: NDArray[np.bool_]) -> "SumOfExponentials":
        return SumOfExponentials(self.columns[bins], self.weights[bins])

    def __truediv__(self, unit: Floats) -> "SumOfExponentials":
        """The same in other units of events, one for each bin, shape (bin,)."""
        return SumOfExponentials(self.columns, self.weights / unit[:, None])

    def events(self, parameters: ArrayLike) -> Floats:
        """Events in each bin: shape (bin,), or (toy, bin) for parameters of shape (toy, n)."""
        return events(parameters, self.columns, self.weights)

    def slopes(self, parameters: ArrayLike) -> Floats:
        """Their derivatives by the parameters: shape (bin, n) or (toy, bin, n)."""
        return slopes(parameters, self.columns, self.weights)


@dataclass(frozen=True, eq=False, repr=False)
class SumOfTemplates(Shown):
    """The events in a bin are sum_j parameter_j template_j.

    Args:
        templates: Shape (bin, n).
        bounded: Whether the parameters must not be negative. If not, only expectations must not.
    """

    templates: Floats
    bounded: bool = True

    def __getitem__(self, bins: NDArray[np.bool_]) -> "SumOfTemplates":
        return SumOfTemplates(self.templates[bins], self.bounded)

    def __truediv__(self, unit: Floats) -> "SumOfTemplates":
        """The same in other units of events, one for each bin, shape (bin,)."""
        return SumOfTemplates(self.templates / unit[:, None], self.bounded)

    def events(self, parameters: ArrayLike) -> Floats:
        """Events in each bin: shape (bin,), or (toy, bin) for parameters of shape (toy, n)."""
        parameters = np.asarray(parameters, dtype=np.float64)
        bins, n = self.templates.shape
        toys = np.ascontiguousarray(parameters.reshape(-1, n))
        in_bins = np.zeros((len(toys), bins))
        _add(toys, np.ascontiguousarray(self.templates.T), in_bins)
        return in_bins.reshape(*parameters.shape[:-1], bins)

    def slopes(self, parameters: ArrayLike) -> Floats:
        """Their derivatives by the parameters: shape (bin, n) or (toy, bin, n)."""
        nothing = 0.0 * np.asarray(parameters, dtype=np.float64).sum(axis=-1)  # NaN stays NaN
        return np.asarray(self.templates + nothing[..., None, None])


Binned = SumOfExponentials | SumOfTemplates


@compiled
def _add(parameters: Floats, templates: Floats, in_bins: Floats) -> None:
    """Not as a matrix product, whose last bits depend on the number of toys."""
    for toy in range(len(parameters)):
        for j in range(len(templates)):
            for i in range(templates.shape[1]):
                in_bins[toy, i] += parameters[toy, j] * templates[j, i]
