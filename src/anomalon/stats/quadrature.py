"""Events in bins from the columns of a shape at quadrature nodes; compiled by numba.

Not as matrix products: the matrices are small, and a threaded BLAS on a busy machine takes ten
times as long for them.
"""

from collections.abc import Callable
from math import exp
from typing import Any, TypeVar

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["compiled", "events"]

Floats = NDArray[np.floating[Any]]
Function = TypeVar("Function", bound=Callable[..., Any])

compiled: Callable[[Function], Function] = numba.njit(cache=True, nogil=True, error_model="numpy")


def events(parameters: ArrayLike, columns: Floats, weights: Floats) -> Floats:
    """The sum over nodes of weight * exp(columns . parameters).

    Args:
        parameters: Shape (n,) or (toy, n).
        columns: Shape (bin, node, n).
        weights: Shape (bin, node).

    Returns:
        Shape (bin,) or (toy, bin); NaN where the parameters are.
    """
    parameters = np.asarray(parameters, dtype=np.float64)
    toys = np.ascontiguousarray(parameters.reshape(-1, parameters.shape[-1]))
    in_bins = np.empty((len(toys), len(weights)))
    _sum_nodes(toys, np.ascontiguousarray(columns), np.ascontiguousarray(weights), in_bins)
    return in_bins.reshape(*parameters.shape[:-1], len(weights))


@compiled
def _sum_nodes(parameters: Floats, columns: Floats, weights: Floats, in_bins: Floats) -> None:
    bins, nodes, n = columns.shape
    for toy in range(len(parameters)):
        for i in range(bins):
            total = 0.0
            for q in range(nodes):
                exponent = 0.0
                for j in range(n):
                    exponent += columns[i, q, j] * parameters[toy, j]
                total += weights[i, q] * exp(exponent)
            in_bins[toy, i] = total
