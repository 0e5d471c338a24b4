"""Counting events behind millions of cuts; compiled by numba.

Every feature is divided at quantiles into groups of events. For each group a row of bits says
which events lie in it or above, one bit per event, so that a lower cut between two groups is a row,
an upper one the complement of a row, and all cuts together are the rows joined by "and", 64 events
in one instruction. Only events in the very groups that a cut divides are compared with it, which
makes it exact.

Events are taken in blocks of neighbours (the leaves of a k-d tree), whose rows fit into the cache
of a core. A cut that has no event of a block on its other side costs nothing there, and one that
has all of them ends the matter. The reference in plain NumPy is in `tests/stats/test_cuts.py`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from anomalon.stats.numerics.quadrature import compiled

__all__ = ["count_events"]

Floats = NDArray[np.floating[Any]]
Words = NDArray[np.uint64]

_GROUPS = 256
_BLOCK = 4096  # events whose rows are in the cache at a time; a multiple of 64
_SAMPLE = 50_000  # events whose quantiles divide the features
_NO_CUT = _GROUPS  # a group that no event is in
_CUTS = np.arange(1, _GROUPS) / _GROUPS


def count_events(
    x: Floats, weight: Floats | None, low: Floats, high: Floats
) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Events in a union of boxes, for many of them.

    Args:
        x: Features, shape (event, feature), finite.
        weight: Weights, shape (event,); None for ones.
        low: Lower ends, shape (point, box, feature); -inf for none. An event at the end is inside.
        high: Upper ends; inf for none.

    Returns:
        Events, sum of weights and sum of squared weights inside any of the boxes, shape (point,).
    """
    points, _, features = low.shape
    x = np.asarray(x, dtype=np.float64)
    w = np.ones(len(x)) if weight is None else np.asarray(weight, dtype=np.float64)
    blocks = _neighbours(x, np.arange(len(x)), 0)
    some = x[:: max(1, len(x) // _SAMPLE)]  # any division of a feature is exact
    edges = [np.unique(np.quantile(some[:, j], _CUTS, method="lower")) for j in range(features)]
    low, high = (np.ascontiguousarray(ends, dtype=np.float64) for ends in (low, high))
    first, last = (_divided(ends, edges) for ends in (low, high))
    first[low == -np.inf] = -1  # below every event
    n = np.zeros(points, dtype=np.int64)
    sums = np.zeros((2 if weight is not None else 0, points))
    for of_block in blocks:
        inside = np.ascontiguousarray(x[of_block])
        rows, lowest, highest = _rows(inside, edges)
        _count(rows, lowest, highest, inside, w[of_block], low, high, first, last, n, sums)
    if weight is None:
        return n, n.astype(np.float64), n.astype(np.float64)
    return n, sums[0], sums[1]


def _neighbours(x: Floats, events: NDArray[np.intp], depth: int) -> list[NDArray[np.intp]]:
    """Blocks of events that lie together: halves along one feature after the other."""
    if len(events) <= _BLOCK:
        return [events]
    half = max(len(events) // 128, 1) * 64  # whole words
    order = np.argpartition(x[events, depth % x.shape[1]], half)
    parts = events[order[:half]], events[order[half:]]
    return [leaf for part in parts for leaf in _neighbours(x, part, depth + 1)]


def _divided(ends: Floats, edges: list[Floats]) -> NDArray[np.int16]:
    """The groups that cuts divide, shape (point, box, feature); group g begins at edges[g - 1]."""
    groups = np.empty(ends.shape, dtype=np.int16)
    for j, of_feature in enumerate(edges):
        groups[..., j] = np.searchsorted(of_feature, ends[..., j], side="right")
        groups[ends[..., j] == np.inf, j] = _NO_CUT
    return groups


def _rows(block: Floats, edges: list[Floats]) -> tuple[Words, NDArray[np.int16], NDArray[np.int16]]:
    """Bits of the events in group g or above, shape (feature, _GROUPS + 2, word).

    And the lowest and the highest group that an event is in, shape (feature,).
    """
    rows = np.zeros((len(edges), _GROUPS + 2, -(-len(block) // 64)), dtype=np.uint64)
    lowest, highest = np.empty((2, len(edges)), dtype=np.int16)
    for j, of_feature in enumerate(edges):
        group = np.searchsorted(of_feature, block[:, j], side="right")
        lowest[j], highest[j] = group.min(), group.max()
        _set_bits(group, rows[j])
    return rows, lowest, highest


@compiled
def _set_bits(group: NDArray[np.int64], rows: Words) -> None:
    one = np.uint64(1)
    for i in range(len(group)):
        rows[group[i], i >> 6] |= one << np.uint64(i & 63)
    for g in range(len(rows) - 2, -1, -1):  # an event of a group is above all groups below it
        for word in range(rows.shape[1]):
            rows[g, word] |= rows[g + 1, word]


@compiled
def _count(
    rows: Words, lowest: NDArray[np.int16], highest: NDArray[np.int16], x: Floats, w: Floats,
    low: Floats, high: Floats, first: NDArray[np.int16], last: NDArray[np.int16],
    n: NDArray[np.int64], sums: Floats,
) -> None:  # fmt: skip
    """Add the events of a block to the counts, and their weights if there are `sums`."""
    boxes, words = low.shape[1], rows.shape[2]
    certain, possible = np.empty((2, 2, words), np.uint64)
    zero, one = np.uint64(0), np.uint64(1)
    for p in range(len(low)):
        used = 0  # boxes that events of the block may be in; they are joined in the first row
        for box in range(boxes):
            if _join(p, box, used, rows, lowest, highest, len(x), first, last, certain, possible):
                if used:
                    for k in range(words):
                        certain[0, k] |= certain[1, k]
                        possible[0, k] |= possible[1, k]
                used = 1
        if not used:
            continue
        total = 0
        for k in range(words):
            unsure = possible[0, k] & ~certain[0, k]
            while unsure != zero:
                i = (k << 6) + _first_one(unsure)
                if _inside(i, p, x, low, high):
                    certain[0, k] |= unsure & (~unsure + one)
                unsure &= unsure - one
            total += _ones(certain[0, k])
        n[p] += total
        if len(sums) and total:
            a, a2 = 0.0, 0.0
            for k in range(words):
                bits = certain[0, k]
                while bits != zero:
                    value = w[(k << 6) + _first_one(bits)]
                    a += value
                    a2 += value * value
                    bits &= bits - one
            sums[0, p] += a
            sums[1, p] += a2


@compiled
def _join(
    p: int, box: int, to: int, rows: Words, lowest: NDArray[np.int16], highest: NDArray[np.int16],
    events: int, first: NDArray[np.int16], last: NDArray[np.int16],
    certain: Words, possible: Words,
) -> bool:  # fmt: skip
    """Put the events that are certainly and possibly in a box into row `to`; False if none are."""
    features, words = len(rows), rows.shape[2]
    for j in range(features):
        if first[p, box, j] > highest[j] or last[p, box, j] < lowest[j]:
            return False
    every = np.uint64(0xFFFFFFFFFFFFFFFF)
    for k in range(words):
        certain[to, k] = every
        possible[to, k] = every
    left = events & 63
    if left:
        certain[to, words - 1] = possible[to, words - 1] = every >> np.uint64(64 - left)
    for j in range(features):
        g = first[p, box, j]
        if g >= lowest[j]:
            for k in range(words):
                certain[to, k] &= rows[j, g + 1, k]
                possible[to, k] &= rows[j, g, k]
        g = last[p, box, j]
        if g <= highest[j]:
            for k in range(words):
                certain[to, k] &= ~rows[j, g, k]
                possible[to, k] &= ~rows[j, g + 1, k]
    return True


@compiled
def _inside(i: int, p: int, x: Floats, low: Floats, high: Floats) -> bool:
    """Whether an event is in any box of a point."""
    for box in range(low.shape[1]):
        inside = True
        for j in range(low.shape[2]):
            if not low[p, box, j] <= x[i, j] <= high[p, box, j]:
                inside = False
                break
        if inside:
            return True
    return False


@intrinsic  # type: ignore[untyped-decorator]
def _ones(_: Any, word: Any) -> tuple[Any, Callable[..., Any]]:  # noqa: ARG001
    """How many bits of a word are set: one instruction of the processor."""

    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.int64(types.uint64), code


@intrinsic  # type: ignore[untyped-decorator]
def _first_one(_: Any, word: Any) -> tuple[Any, Callable[..., Any]]:  # noqa: ARG001
    """The lowest bit that is set, of a word that is not zero."""

    def code(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], context.get_constant(types.boolean, 1))

    return types.int64(types.uint64), code
