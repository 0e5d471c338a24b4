"""Events in bins from the columns of a shape at quadrature nodes; compiled by numba.

Not as matrix products: the matrices are small, a threaded BLAS on a busy machine takes ten times
as long for them, and its last bits depend on how many spectra are done at once.
"""

from collections.abc import Callable
from math import factorial
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.run import compiling

__all__ = ["compiled", "contracting", "events", "exponentials", "slopes", "summing"]

Floats = NDArray[np.floating[Any]]
Function = TypeVar("Function", bound=Callable[..., Any])

compiled: Callable[[Function], Function] = compiling.compiled(nogil=True, error_model="numpy")

contracting: Callable[[Function], Function] = compiling.compiled(
    nogil=True, error_model="numpy", fastmath={"contract"}
)

# Sums may be taken in any order, so that the processor adds several terms at once.
summing: Callable[[Function], Function] = compiling.compiled(
    nogil=True, error_model="numpy", fastmath={"reassoc", "contract"}
)

_TO_INTEGER = 1.5 * 2.0**52  # added to a float, it rounds it to an integer in its lowest bits
_LOG2_E = 1.4426950408889634
_LN2_HIGH, _LN2_LOW = 0.693147180369123816490, 1.90821492927058770002e-10
_C2, _C3, _C4, _C5, _C6, _C7, _C8, _C9, _C10, _C11, _C12, _C13 = (
    1.0 / factorial(k) for k in range(2, 14)
)


@contracting
def exponentials(x: Floats, power: Floats) -> None:
    """Replace every number by its exponential; outside of -700 … 600 by that of the nearer end.

    exp(x) = 2^k exp(r) with |r| <= ln(2)/2 from its Taylor series, exact to rounding. Unlike calls
    of the C library, these loops work on several numbers at once.

    Args:
        x: Shape (number,).
        power: Scratch space of the same shape.
    """
    for i in range(len(x)):
        clipped = min(max(x[i], -700.0), 600.0)
        power[i] = clipped * _LOG2_E + _TO_INTEGER  # its lowest bits are the integer k
        k = power[i] - _TO_INTEGER
        r = (clipped - k * _LN2_HIGH) - k * _LN2_LOW
        series = _C8 + r * (_C9 + r * (_C10 + r * (_C11 + r * (_C12 + r * _C13))))
        series = _C2 + r * (_C3 + r * (_C4 + r * (_C5 + r * (_C6 + r * (_C7 + r * series)))))
        x[i] = 1.0 + r * (1.0 + r * series)
    bits = power.view(np.int64)
    for i in range(len(x)):
        bits[i] = (bits[i] + 1023) << 52  # the float 2^k
    for i in range(len(x)):
        x[i] *= power[i]


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
    by_column = np.ascontiguousarray(np.moveaxis(columns, -1, 0).swapaxes(1, 2))
    _sum_nodes(toys, by_column, np.ascontiguousarray(weights.T), in_bins)
    return in_bins.reshape(*parameters.shape[:-1], len(weights))


@contracting
def _sum_nodes(parameters: Floats, columns: Floats, weights: Floats, in_bins: Floats) -> None:
    n, nodes, bins = columns.shape
    at_nodes, scratch = np.empty(nodes * bins), np.empty(nodes * bins)
    for toy in range(len(parameters)):
        at_nodes[:] = 0.0
        in_bins[toy] = 0.0 * parameters[toy].sum()  # NaN stays NaN
        for j in range(n):
            column = columns[j].ravel()
            for k in range(nodes * bins):
                at_nodes[k] += parameters[toy, j] * column[k]
        exponentials(at_nodes, scratch)
        for q in range(nodes):
            for i in range(bins):
                in_bins[toy, i] += weights[q, i] * at_nodes[q * bins + i]


def slopes(parameters: ArrayLike, columns: Floats, weights: Floats) -> Floats:
    """The derivatives of `events` by the parameters: shape (bin, n) or (toy, bin, n)."""
    parameters = np.asarray(parameters, dtype=np.float64)
    toys = np.ascontiguousarray(parameters.reshape(-1, parameters.shape[-1]))
    slope = np.empty((len(toys), len(weights), toys.shape[1]))
    _sum_slopes(toys, np.ascontiguousarray(columns), np.ascontiguousarray(weights), slope)
    return slope.reshape(*parameters.shape[:-1], len(weights), toys.shape[1])


@contracting
def _sum_slopes(parameters: Floats, columns: Floats, weights: Floats, slope: Floats) -> None:
    bins, nodes, n = columns.shape
    at_nodes, scratch = np.empty(bins * nodes), np.empty(bins * nodes)
    for toy in range(len(parameters)):
        slope[toy] = 0.0 * parameters[toy].sum()  # NaN stays NaN
        for i in range(bins):
            for q in range(nodes):
                exponent = 0.0
                for j in range(n):
                    exponent += parameters[toy, j] * columns[i, q, j]
                at_nodes[i * nodes + q] = exponent
        exponentials(at_nodes, scratch)
        for i in range(bins):
            for q in range(nodes):
                at_node = weights[i, q] * at_nodes[i * nodes + q]
                for j in range(n):
                    slope[toy, i, j] += at_node * columns[i, q, j]
