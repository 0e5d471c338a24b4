"""Scoring in blocks of one size: one compiled program, and events that know no neighbours."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from anomalon.learn.engine.rows import n_rows_of, padded
from anomalon.learn.threads import threaded

__all__ = ["BLOCK", "in_blocks", "in_parts"]

BLOCK = 8192
"""Rows that are scored at a time, unless told otherwise."""


PART = 256
"""Rows of a block that are computed at a time: what is between layers stays in the cache."""


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


def in_parts(function: Callable[[Any], jax.Array], rows: Any) -> jax.Array:
    """`function(rows)` inside of a compiled program, part by part if that is faster.

    Args:
        function: From a tree of arrays of shape (row, …) to an array of shape (row, …), which
            treats rows independently.
        rows: A tree of arrays, each of shape (row, …). They are taken as a whole if they are no
            multiple of a part, and if the function convolves: convolutions in a compiled loop are
            slow on a CPU.
    """
    n_rows = n_rows_of(rows)
    if n_rows % PART or n_rows == PART:
        return function(rows)
    parts = jax.tree.map(lambda leaf: leaf.reshape(-1, PART, *leaf.shape[1:]), rows)
    if "conv_general_dilated" in str(jax.make_jaxpr(function)(jax.tree.map(lambda a: a[0], parts))):
        return function(rows)
    out: jax.Array = jax.lax.map(function, parts)
    return out.reshape(n_rows, *out.shape[2:])
