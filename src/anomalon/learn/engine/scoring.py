"""Scoring in blocks of one size: one compiled program, and events that know no neighbours."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from anomalon.learn.engine.rows import n_rows_of, padded
from anomalon.learn.threads import threaded

__all__ = ["BLOCK", "in_blocks"]

BLOCK = 8192
"""Rows that are scored at a time, unless told otherwise."""


def in_blocks(
    function: Callable[[Any], Any], rows: Any, block: int = BLOCK
) -> NDArray[np.floating[Any]]:
    """`function(rows)`, computed in blocks of one size; the last one is filled up.

    A compiled program is chosen by the number of rows and rounds differently for another number.
    In blocks of one size the result for a row depends neither on the number of rows nor, if
    `function` treats rows independently, on the other rows. As many blocks as there are cores are
    computed at a time.

    Args:
        function: From a tree of arrays of shape (block, …) to an array of shape (block, …).
        rows: A tree of arrays, each of shape (row, …); may be memory-mapped.
        block: Rows at a time.

    Returns:
        Shape (row, …), float64.
    """
    n_rows = n_rows_of(rows)

    def scored(start: int) -> NDArray[np.float64]:
        some = jax.tree.map(lambda leaf: np.asarray(leaf[start : start + block]), rows)
        if start + block > n_rows:
            some = padded(some, block)
        return np.asarray(function(some), np.float64)[: n_rows - start]

    parts = threaded(scored, range(0, n_rows, block))
    if not parts:
        one = jax.tree.map(lambda leaf: np.zeros((block, *leaf.shape[1:]), leaf.dtype), rows)
        return np.zeros((0, *jax.eval_shape(function, one).shape[1:]))
    return np.concatenate(parts)
