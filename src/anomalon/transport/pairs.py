"""Many pairs of events, one after the other in one thread, with the same memory."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomalon.run.compiling import compiled
from anomalon.transport.ground import costs
from anomalon.transport.lanes import LANES
from anomalon.transport.simplex import FAR, UNITS, Tree, aligned, new_tree, solve

__all__ = ["Arrays", "Place", "distances", "new_place"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_MANY = 400
"""Columns from which on it pays to estimate potentials first."""

_COARSEST, _FINEST = 10, 20
"""Cells of a grid along x, and along y."""


class Arrays(NamedTuple):
    """What a kernel sees of `Points`."""

    weight: Floats
    x: Floats
    y: Floats
    offsets: Integers
    total: Floats
    box: Floats


class Side(NamedTuple):
    """One event of a pair, or its points taken together in cells of a grid."""

    weight: Floats
    x: Floats
    y: Floats
    units: Integers  # weights as integers


class Place(NamedTuple):
    """Memory for a pair: its event of fewer points is the rows, the other the columns."""

    tree: Tree
    rows: Side
    columns: Side
    cells: Side
    number: Integers  # of a cell of the grid among those that are not empty
    supply: Integers  # of the rows, to be used up


class Case(NamedTuple):
    """What is asked of a pair."""

    n: int  # rows, without one for what the columns have more
    m: int  # columns, without one for what the rows have more
    more: int  # 1 if the columns have more, and there is a row beyond for it
    less: int  # 1 if the rows have more, and there is a column beyond for it
    beta: float
    period: float  # of y, or zero where it does not matter
    largest: float  # of all costs


def new_place(n: int, m: int) -> Place:
    """Memory for pairs of which one event has up to n points and the other up to m, n <= m."""

    def side(size: int) -> Side:
        weight, x, y = (aligned(size + LANES) for _ in range(3))
        return Side(weight, x, y, np.zeros(size + LANES, np.int64))

    return Place(
        tree=new_tree(n, m),
        rows=side(n),
        columns=side(m),
        cells=side(_FINEST**2),
        number=np.zeros(_FINEST**2, np.int64),
        supply=np.zeros(n + LANES, np.int64),
    )


@compiled(nogil=True)
def _take(side: Side, events: Arrays, i: int, shrink: float) -> int:
    """Copy the points of one event, with lengths in other units; how many there are."""
    first = events.offsets[i]
    n = events.offsets[i + 1] - first
    # Arrays are named before a loop: each time one is asked for, its references are counted.
    weight, x, y = side.weight, side.x, side.y
    from_weight, from_x, from_y = events.weight, events.x, events.y
    for k in range(n):
        weight[k] = from_weight[first + k]
        x[k] = from_x[first + k] * shrink
        y[k] = from_y[first + k] * shrink
    return n


@compiled(nogil=True)
def _to_units(side: Side, n: int, scale: float) -> int:
    """Weights as integers above zero; what is missing to the sum of all."""
    missing = UNITS
    weight, units = side.weight, side.units
    for k in range(n):
        units[k] = max(int(weight[k] * scale + 0.5), 1)
        missing -= units[k]
    return missing


@compiled(nogil=True)
def _balance(units: Integers, n: int, missing: int) -> None:
    """Give what rounding left to the largest."""
    largest = 0
    for k in range(1, n):
        if units[k] > units[largest]:
            largest = k
    units[largest] += missing


@compiled(nogil=True)
def _farthest(box: Floats, other: Floats, period: float) -> tuple[float, float]:
    """An upper bound of squared distances between two boxes, and the period if it matters."""
    dx = max(box[1], other[1]) - min(box[0], other[0])
    dy = max(box[3], other[3]) - min(box[2], other[2])
    if period > 0.0 and dy > 0.5 * period:
        return dx * dx + 0.25 * period * period, period
    return dx * dx + dy * dy, 0.0


@compiled(nogil=True)
def _unit(largest: float) -> float:
    """A unit of length in which the root of `largest` is about one, and costs no more than FAR.

    A power of two, so that nothing is rounded; one for what has the size of a jet.
    """
    if 2.0**-8 < largest < 8.0 or largest == 0.0:
        return 1.0
    return 2.0 ** math.floor(0.5 * math.log2(largest))


@compiled(nogil=True)
def _fill(
    cost: Floats, case: Case, x_of_rows: Floats, y_of_rows: Floats, m: int, x: Floats, y: Floats
) -> None:
    """Costs between the rows and m columns, and of the point for what one event has more.

    That point is beyond the others, and costs nothing.
    """
    n = case.n
    width = (n + case.more + LANES - 1) // LANES * LANES
    costs(cost, n, width, x_of_rows, y_of_rows, m, x, y, case.beta, case.period, FAR)
    if case.more:
        for k in range(m):
            cost[k * width + n] = 0.0
    if case.less:
        for k in range(width):
            cost[m * width + k] = 0.0 if k < n else FAR
        m += 1
        for k in range(width * m, width * ((m + LANES - 1) // LANES * LANES)):
            cost[k] = FAR


@compiled(nogil=True, error_model="numpy")
def _gather(cells: Side, columns: Side, number: Integers, m: int, cells_along: int) -> int:
    """Sum the columns in each cell of a grid, at its centre; how many cells are not empty."""
    left, low = columns.x[:m].min(), columns.y[:m].min()
    per_x = cells_along / max(columns.x[:m].max() - left, 1e-300) * (1 - 1e-12)
    per_y = cells_along / max(columns.y[:m].max() - low, 1e-300) * (1 - 1e-12)
    for c in range(cells_along**2):
        number[c] = -1
    found = 0
    to_x, to_y, to_units = cells.x, cells.y, cells.units
    x, y, units = columns.x, columns.y, columns.units
    for j in range(m):
        p, q = int((x[j] - left) * per_x), int((y[j] - low) * per_y)
        c = number[p * cells_along + q]
        if c < 0:
            c = found
            number[p * cells_along + q] = c
            to_x[c], to_y[c] = left + (p + 0.5) / per_x, low + (q + 0.5) / per_y
            to_units[c] = 0
            found += 1
        to_units[c] += units[j]
    return found


@compiled(nogil=True)
def _estimate(place: Place, case: Case) -> None:
    """Potentials of the rows, from columns that are taken together in finer and finer grids.

    In a tree that starts from them most columns are where they belong.
    """
    tree, rows, columns, cells = place.tree, place.rows, place.columns, place.cells
    n_rows = case.n + case.more
    along = _COARSEST
    while along <= _FINEST:
        n_cells = _gather(cells, columns, place.number, case.m, along)
        cells.units[n_cells] = columns.units[case.m]
        place.supply[:n_rows] = rows.units[:n_rows]
        _fill(tree.cost, case, rows.x, rows.y, n_cells, cells.x, cells.y)
        solve(tree, n_rows, n_cells + case.less, place.supply, cells.units, case.largest)
        along *= 2


@compiled(nogil=True)
def _steps(place: Place, n: int, m: int, total: float, period: float, out: Floats) -> None:
    """How far each point of an event moves, in the mean of what it has, times the root of that.

    Args:
        place: Where the pair has been solved.
        n: Points of the event, which are the rows, or the columns if there are more of them.
        m: Points of the other.
        total: Weight of the event.
        period: Of y, or zero.
        out: Shape (2, n).
    """
    parent, flows = place.tree.parent, place.tree.flow
    x, y, weight = place.rows.x, place.rows.y, place.rows.weight
    to_x, to_y, to_weight = place.columns.x, place.columns.y, place.columns.weight
    few, many = min(n, m), max(n, m)
    width = (few + LANES - 1) // LANES * LANES
    for node in range(width + many):
        flow = flows[node]
        if few <= node < width or flow == 0:
            continue
        row, column = node, int(parent[node]) - width
        if node >= width:
            row, column = int(parent[node]), node - width
        dx = to_x[column] - x[row]
        dy = to_y[column] - y[row]
        if period > 0.0:
            dy -= period * np.rint(dy / period)
        if n <= m:
            part = flow / (UNITS * math.sqrt(weight[row] / total))
            out[0, row] += part * dx
            out[1, row] += part * dy
        else:
            part = flow / (UNITS * math.sqrt(to_weight[column] / total))
            out[0, column] -= part * dx
            out[1, column] -= part * dy


@compiled(nogil=True)
def distances(
    place: Place, a: Arrays, b: Arrays, pairs: Integers, beta: float, R: float,
    period: float, unbalanced: int, out: Floats, steps: Floats,
) -> None:  # fmt: skip
    """The EMD of each pair (event of a, event of b).

    Args:
        place: Memory; it holds the tree of the last pair afterwards.
        a: `Arrays` of events.
        b: `Arrays` of others.
        pairs: Shape (pair, 2).
        beta: The power of distances.
        R: The unit of distances.
        period: Of y, or zero.
        unbalanced: Whether weights are as they are, and what one event has more costs its weight.
        out: Shape (pair,), to be filled.
        steps: Empty; or zeros of shape (pair, 2, point of a), to be filled with how far they move.
    """
    # Parts are named before the loop: each time one is asked for, its references are counted.
    tree, rows, columns = place.tree, place.rows, place.columns
    u, cost, total, other_total = tree.u, tree.cost, a.total, b.total
    row_x, row_y, row_units = rows.x, rows.y, rows.units
    column_x, column_y, column_units = columns.x, columns.y, columns.units
    offsets, other_offsets = a.offsets, b.offsets
    per_radius = R**-beta
    for k in range(len(pairs)):
        i, j = pairs[k, 0], pairs[k, 1]
        e, f = total[i], other_total[j]
        largest, comes_round = _farthest(a.box[i], b.box[j], period)
        scale = _unit(largest)
        if offsets[i + 1] - offsets[i] > other_offsets[j + 1] - other_offsets[j]:
            n, m = _take(rows, b, j, 1 / scale), _take(columns, a, i, 1 / scale)
            e, f = f, e
        else:
            n, m = _take(rows, a, i, 1 / scale), _take(columns, b, j, 1 / scale)
        heavier = max(e, f)
        left = _to_units(rows, n, UNITS / (heavier if unbalanced else e))
        over = _to_units(columns, m, UNITS / (heavier if unbalanced else f))
        more = int(unbalanced and e < f and left > 0)
        less = int(unbalanced and e > f and over > 0)
        if more:
            row_units[n] = left
        else:
            _balance(row_units, n, left)
        if less:
            column_units[m] = over
        else:
            _balance(column_units, m, over)
        most = (math.sqrt(largest) / scale) ** beta
        case = Case(n, m, more, less, beta, comes_round / scale, most)
        for t in range(len(u)):
            u[t] = 0.0
        if m >= _MANY:
            _estimate(place, case)
        _fill(cost, case, row_x, row_y, m, column_x, column_y)
        found = solve(tree, n + more, m + less, row_units, column_units, case.largest)
        found *= (per_radius if scale == 1.0 else (scale / R) ** beta) / UNITS
        out[k] = found * heavier + abs(e - f) if unbalanced else found
        if len(steps):
            own = offsets[i + 1] - offsets[i]
            _steps(place, own, n + m - own, total[i], comes_round / scale, steps[k])
            steps[k] *= scale
