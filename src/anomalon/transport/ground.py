"""Costs of transport: powers of distances in the plane."""

import math

import numpy as np
from numpy.typing import NDArray

from anomalon.run.compiling import compiled
from anomalon.transport.lanes import LANES, distances, roots, squares, squares_around

__all__ = ["costs"]

Floats = NDArray[np.float64]


@compiled(nogil=True)
def _powers(cost: Floats, n: int, beta: float) -> None:
    """Distances to the power beta, of their squares; of quarters of beta by square roots."""
    quarters = int(4 * beta)
    if quarters != 4 * beta or quarters > 40:
        for k in range(n):
            cost[k] **= 0.5 * beta
    elif quarters == 4:
        roots(cost, n)
    elif quarters == 2:
        roots(cost, n)
        roots(cost, n)
    elif quarters != 8:
        twice, one, half, quarter = quarters // 8, quarters & 4, quarters & 2, quarters & 1
        for first in range(0, n, LANES):
            _product(cost, first, twice, one, half, quarter)


@compiled(nogil=True)
def _product(cost: Floats, first: int, twice: int, one: int, half: int, quarter: int) -> None:
    """Eight squares to the power twice, times those roots of theirs that are asked for."""
    for k in range(first, first + LANES):
        square = cost[k]
        d = math.sqrt(square)
        value = 1.0
        if one:
            value = d
        if half or quarter:
            root = math.sqrt(d)
            if half:
                value *= root
            if quarter:
                value *= math.sqrt(root)
        for _ in range(twice):
            value *= square
        cost[k] = value


@compiled(nogil=True)
def costs(
    cost: Floats, n: int, width: int, x: Floats, y: Floats, m: int, x_of_columns: Floats,
    y_of_columns: Floats, beta: float, period: float, far: float,
) -> None:  # fmt: skip
    """Fill in distance**beta between rows and columns, column after column, and the padding.

    Args:
        cost: Flat, each column padded to `width`, and columns to blocks of eight.
        n: The number of rows.
        width: The same, padded to eights.
        x: The rows.
        y: The rows; periodic if `period` is above zero.
        m: The number of columns.
        x_of_columns: The columns.
        y_of_columns: The columns.
        beta: The power.
        period: Of y, or zero.
        far: What padding costs.
    """
    if period > 0.0:
        for j in range(m):
            squares_around(cost, j * width, width, x, y, x_of_columns[j], y_of_columns[j], period)
        _powers(cost, width * m, beta)
    elif beta == 1.0:
        for j in range(m):
            distances(cost, j * width, width, x, y, x_of_columns[j], y_of_columns[j])
    else:
        for j in range(m):
            squares(cost, j * width, width, x, y, x_of_columns[j], y_of_columns[j])
        _powers(cost, width * m, beta)
    if n < width:
        for j in range(m):
            for i in range(n, width):
                cost[j * width + i] = far
    for k in range(width * m, width * ((m + LANES - 1) // LANES * LANES)):
        cost[k] = far
