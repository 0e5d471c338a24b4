"""Rounded float32 numbers, whose last bits are zero and cost nothing when compressed."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["round_mantissa"]


def round_mantissa(x: NDArray[np.float32], bits: int) -> NDArray[np.float32]:
    """Numbers rounded to the nearest with `bits` explicit bits of mantissa, of float32's 23.

    Example:
        >>> round_mantissa(np.array([3.14159265, 101.0], dtype=np.float32), 4)
        array([  3.125, 100.   ], dtype=float32)
    """
    drop = 23 - bits
    word = np.ascontiguousarray(x, dtype=np.float32).view(np.uint32)
    half = np.uint32(1 << (drop - 1))
    kept = np.uint32(0xFFFFFFFF ^ ((1 << drop) - 1))
    return ((word + half) & kept).view(np.float32)
