"""The transportation simplex for few rows and any number of columns.

Row i has mass to give, column j mass to take, both integers, so that flows are exact. A basis is a
tree of nodes, rows first and then columns, hanging from one row. Only rows have a potential u; a
column pays v = cost - u of its parent, where it is looked at: nothing has to be kept for the many
columns when potentials change. Which rows hang below a node is a set of bits: whether a node is on
the way to another is one test of a bit, and to move a subtree is a handful of bit operations on the
two paths that meet, however many columns there are.

A basis is strongly feasible (Cunningham 1976, Math. Prog. 11, 105): an arc without flow leads from
a row up to a column. The start is such, and of the arcs that block a pivot the last one leaves,
seen from where the paths meet, in the direction of the new flow. Hence no cycling, and no
tolerance on masses.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomalon.run.compiling import compiled
from anomalon.transport.lanes import (
    LANES,
    add_where,
    best_of_block,
    first_bit,
    rows_paying,
    smallest,
)

__all__ = ["FAR", "UNITS", "WORD", "Tree", "aligned", "new_tree", "solve"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

WORD = 64
"""Rows whose set is one word."""

UNITS = 2**60
"""What the masses of one event add up to, in integers."""

FAR = 1e30
"""The cost of what is padding, more than any real one."""

_ONE = np.uint64(1)
_NONE = np.uint64(0)
_END = np.uint32(2**32 - 1)
_TOLERANCE = 2e-14  # of reduced costs, in units of the largest cost: their rounding


class Tree(NamedTuple):
    """A basis, and what a pivot needs; arrays that are used again for every pair.

    Nodes are rows, padded to `width`, a multiple of eight, and then columns.
    """

    cost: Floats  # column after column, each padded to `width`
    u: Floats  # potentials of rows
    parent: NDArray[np.uint32]
    flow: Integers  # of the arc to the parent
    paid: Floats  # its cost
    below: NDArray[np.uint64]  # the rows of a node's subtree, itself as well
    way: NDArray[np.uint32]  # the paths from the row of the entering arc, and from its column
    order: Integers  # nodes from the leaves up
    moved: NDArray[np.uint64]  # the rows that a pivot moves
    words: "tuple[int] | NDArray[np.int64]"  # as many as a set of rows has: see `new_tree`


def new_tree(n: int, m: int) -> Tree:
    """Room for n rows and m columns, and for fewer.

    A set of up to 64 rows is one word. That there is one then is part of the type of the tree (the
    length of a tuple), so that loops over words vanish when the code for it is compiled.
    """
    width = (n + LANES - 1) // LANES * LANES
    columns = (m + LANES - 1) // LANES * LANES
    n_words = (n + WORD - 1) // WORD
    return Tree(
        cost=aligned(width * columns),
        u=aligned(width),
        parent=np.zeros(width + columns, np.uint32),
        flow=np.zeros(width + columns, np.int64),
        paid=aligned(width + columns),
        below=np.zeros((width + columns) * n_words, np.uint64),
        way=np.zeros(4 * width + 8, np.uint32),
        order=np.zeros(n + m, np.int64),
        moved=np.zeros(n_words, np.uint64),
        words=(0,) if n_words == 1 else np.zeros(n_words, np.int64),
    )


def aligned(n: int) -> Floats:
    """Zeros that begin where a line of the cache does: a vector on two lines is read twice."""
    room = np.zeros(n + LANES)
    first = -(room.ctypes.data // room.itemsize) % LANES
    return room[first : first + n]


@compiled(nogil=True)
def _cheapest(cost: Floats, first: int, width: int, u: Floats, least: float, n_words: int) -> int:
    """The first row of which cost - u is the least."""
    for w in range(n_words):
        some = width if n_words == 1 else min(width - 64 * w, 64)
        bits = rows_paying(cost, first + 64 * w, some, u, 64 * w, 0.0, least)
        if bits != _NONE:
            return 64 * w + first_bit(bits)
    return 0


@compiled(nogil=True)
def start(tree: Tree, n: int, m: int, supply: Integers, demand: Integers, width: int) -> None:
    """A strongly feasible tree: each column takes from the rows that are the best for it.

    These are the ones of smallest cost - u that have something left; the u that there are may be
    zeros, or say how much in demand a row is. `supply` is used up. Nodes are done with in an order
    from the leaves up. Arrays are named once: each time a field of the tree is asked for, its
    references are counted.
    """
    cost, u, parent, flow, paid = tree.cost, tree.u, tree.parent, tree.flow, tree.paid
    below, order = tree.below, tree.order
    n_words = len(tree.words)
    for k in range((width + m) * n_words):
        below[k] = _NONE
    for i in range(n):
        below[i * n_words + (i >> 6)] = _ONE << np.uint64(i & 63)
    # The cheapest row of each column: all of them before any is used up, as a processor looks for
    # several at a time if none waits for another.
    for j in range(m - 1):
        least = smallest(cost, j * width, width, u)
        parent[width + j] = _cheapest(cost, j * width, width, u, least, n_words)
    done = 0
    for j in range(m - 1):
        need = demand[j]
        column = width + j
        i = int(parent[column])
        while True:
            if u[i] == -FAR:
                least = smallest(cost, j * width, width, u)
                i = _cheapest(cost, j * width, width, u, least, n_words)
            if supply[i] >= need:  # equal: the column is done with, and the row has no flow left
                supply[i] -= need
                parent[column], flow[column], paid[column] = i, need, cost[j * width + i]
                for w in range(n_words):
                    below[i * n_words + w] |= below[column * n_words + w]
                order[done] = column
                done += 1
                break
            need -= supply[i]
            parent[i], flow[i], paid[i] = column, supply[i], cost[j * width + i]
            for w in range(n_words):
                below[column * n_words + w] |= below[i * n_words + w]
            order[done] = i
            done += 1
            u[i] = -FAR
    # The last column takes what there is, and hangs from the row that gives most: some flow.
    root = -1
    for i in range(n):
        if u[i] > -FAR and (root < 0 or supply[i] > supply[root]):
            root = i
    j = m - 1
    column = width + j
    for i in range(n):
        if u[i] > -FAR and i != root:
            parent[i], flow[i], paid[i] = column, supply[i], cost[j * width + i]
            for w in range(n_words):
                below[column * n_words + w] |= below[i * n_words + w]
            order[done] = i
            done += 1
    parent[column], flow[column], paid[column] = root, supply[root], cost[j * width + root]
    for w in range(n_words):
        below[root * n_words + w] |= below[column * n_words + w]
    flow[root], paid[root] = 0, 0.0
    for k in range(done - 1, -1, -1):
        i = order[k]
        if i < width:
            c = parent[i]
            u[i] = paid[i] - (paid[c] - u[parent[c]])
    for column in range(width + m, width + (m + LANES - 1) // LANES * LANES):
        parent[column], paid[column] = root, -FAR  # padding never enters


@compiled(nogil=True)
def optimise(tree: Tree, m: int, width: int, tolerance: float) -> int:
    """Pivots until no arc makes it cheaper; how many there were.

    One long function: a call for each pivot would hand over a dozen arrays, which takes longer than
    the pivot. Should rounding make an arc of the tree enter, it leaves as well: only the potentials
    below it are put right.
    """
    cost, u, parent, flow, paid = tree.cost, tree.u, tree.parent, tree.flow, tree.paid
    below, way, moved_words = tree.below, tree.way, tree.moved
    half = len(way) // 2
    way[0] = way[half - 1] = _END
    n_words = len(tree.words)
    n_blocks = (m + LANES - 1) // LANES
    block = 0
    idle = 0
    pivots = 0
    j = -1
    reduced = 0.0
    while idle < n_blocks:
        if j >= 0:  # found before the last pivot, and perhaps no longer true
            pays = paid[width + j] - u[parent[width + j]]
            reduced = smallest(cost, j * width, width, u) - pays
        if j < 0 or reduced >= -tolerance:
            j = block * LANES
            reduced, lane = best_of_block(cost, j * width, width, u, parent, paid, width + j)
            j += lane
            if reduced >= -tolerance:
                idle += 1
                block = block + 1 if block + 1 < n_blocks else 0
                j = -1
                continue
        idle = 0
        pivots += 1
        column = np.uint32(width + j)
        beside = np.int64(parent[column])
        pays = paid[column] - u[beside]
        i = 0
        for w in range(n_words):
            some = width if n_words == 1 else min(width - 64 * w, 64)
            bits = rows_paying(cost, j * width + 64 * w, some, u, 64 * w, pays, reduced)
            if bits != _NONE:
                i = 64 * w + first_bit(bits)
                break
        # The next block, by potentials that this pivot will change: a processor looks for its best
        # column while it waits for what comes below, step after step.
        block = block + 1 if block + 1 < n_blocks else 0
        coming = block * LANES
        stale, lane = best_of_block(cost, coming * width, width, u, parent, paid, width + coming)
        coming = coming + lane if stale < -tolerance else -1

        # Up from the row, until the column is below. What a row sends up becomes less.
        most = np.int64(2**62)
        leaves = 0
        k = 1
        word = 0 if n_words == 1 else beside >> 6
        bit = np.uint64(beside & 63)
        x = np.uint32(i)
        while (below[np.int64(x) * n_words + word] >> bit) & _ONE == _NONE:
            way[k] = x
            if flow[x] < most:
                most = flow[x]
                leaves = k
            x = parent[x]
            k += 1
            if (x == column) | ((below[np.int64(x) * n_words + word] >> bit) & _ONE != _NONE):
                break
            way[k] = x
            k += 1
            x = parent[x]
        way[k] = _END
        # Up from the column, until the row is below. What a column gets from above becomes less.
        k = half
        word = 0 if n_words == 1 else i >> 6
        bit = np.uint64(i & 63)
        x = column
        while (below[np.int64(x) * n_words + word] >> bit) & _ONE == _NONE:
            way[k] = x
            if flow[x] <= most:
                most = flow[x]
                leaves = k
            x = parent[x]
            k += 1
            if (below[np.int64(x) * n_words + word] >> bit) & _ONE != _NONE:
                break
            way[k] = x
            k += 1
            x = parent[x]
        way[k] = _END

        # What hung below the arc that leaves now hangs from the arc that enters, and the path
        # between them is turned round: what was below a node no longer is, all the rest now is.
        # Paths end with a mark: of loops that short, whoever unrolls them guesses wrong twice.
        first, second, other = np.uint32(i), column, half
        if leaves >= half:
            reduced = -reduced
            first, second, other = second, first, 1
        for w in range(n_words):
            moved = below[np.int64(way[leaves]) * n_words + w]
            moved_words[w] = moved
            more = -most
            k = other
            x = way[k]
            while x != _END:
                below[np.int64(x) * n_words + w] |= moved
                if w == 0:
                    flow[x] += more
                    more = -more
                k += 1
                x = way[k]
            more = most
            k = leaves + 1
            x = way[k]
            while x != _END:
                below[np.int64(x) * n_words + w] &= ~moved
                if w == 0:
                    flow[x] += more
                    more = -more
                k += 1
                x = way[k]
            more = most
            k = leaves
            x = way[k]
            y = way[k - 1]
            while y != _END:
                below[np.int64(x) * n_words + w] = moved & ~below[np.int64(y) * n_words + w]
                if w == 0:
                    parent[x] = y
                    flow[x] = flow[y] + more
                    paid[x] = paid[y]
                    more = -more
                k -= 1
                x = y
                y = way[k - 1]
            below[np.int64(first) * n_words + w] = moved
        parent[first] = second
        flow[first] = most
        paid[first] = cost[j * width + i]
        for t in range(0, width, LANES):
            bits = moved_words[0 if n_words == 1 else t >> 6] >> np.uint64(t & 63)
            add_where(u, t, bits, reduced)
        j = coming
    return pivots


@compiled(nogil=True)
def solve(tree: Tree, n: int, m: int, supply: Integers, demand: Integers, largest: float) -> float:
    """The smallest sum of flow times cost; costs and first potentials are in the tree.

    `supply` is used up.
    """
    width = (n + LANES - 1) // LANES * LANES
    start(tree, n, m, supply, demand, width)
    optimise(tree, m, width, _TOLERANCE * largest)
    flow, paid = tree.flow, tree.paid
    found = 0.0
    for x in range(n):
        found += flow[x] * paid[x]
    for x in range(width, width + m):
        found += flow[x] * paid[x]
    return found
