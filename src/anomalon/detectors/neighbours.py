"""The mean distance to the nearest rows, exactly, and for each row by itself.

Matrix products in single precision find candidates: all rows that may be among the nearest, given
what they can be wrong by. Of these the distances are computed in double precision, so the result is
that of brute force, whatever the product has rounded, and does not depend on other rows.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.learn.threads import threaded
from anomalon.run.compiling import compiled

__all__ = ["mean_distance"]

Rows = NDArray[np.floating[Any]]

_BLOCK = 512
# Of a product of rows in single precision, relative to the squares of their lengths, ten times over
# for a thousand features.
_WRONG = 1e-5


def mean_distance(x: Rows, kept: Rows, k: int) -> NDArray[np.float64]:
    """The mean Euclidean distance of each row of x to its k nearest among those that are kept.

    Args:
        x: Shape (row, feature), finite.
        kept: Shape (row, feature), at least k of them.
        k: How many.
    """
    x, kept = (np.ascontiguousarray(rows, np.float64) for rows in (x, kept))
    single, square = kept.astype(np.float32).T, (kept**2).sum(axis=1)
    wrong = _WRONG * max(1.0, kept.shape[1] / 100) * (square.max() + (x**2).sum(axis=1))

    def block(start: int) -> NDArray[np.float64]:
        some = slice(start, start + _BLOCK)
        near = square.astype(np.float32) - 2 * (x[some].astype(np.float32) @ single)
        return np.asarray(_of_candidates(near, wrong[some], x[some], kept, k))

    blocks = threaded(block, range(0, len(x), _BLOCK))
    return np.concatenate([np.empty(0), *blocks])


@compiled(nogil=True)
def _of_candidates(near, wrong, x, kept, k):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """The mean of the k smallest exact distances among rows that are nearly as near as k others.

    `near` are squares of distances less a constant of each row of x.
    """
    out = np.empty(len(x))
    smallest = np.empty(k)
    for i in range(len(x)):
        smallest[:] = np.inf
        for j in range(len(kept)):
            if near[i, j] < smallest[k - 1]:
                _insert(smallest, near[i, j])
        limit = smallest[k - 1] + 2 * wrong[i]
        smallest[:] = np.inf
        for j in range(len(kept)):
            if near[i, j] <= limit:
                total = 0.0
                for f in range(x.shape[1]):
                    total += (x[i, f] - kept[j, f]) ** 2
                if total < smallest[k - 1]:
                    _insert(smallest, total)
        out[i] = np.sqrt(smallest).mean()
    return out


@compiled(nogil=True)
def _insert(smallest, value):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Put a value in its place among the smallest, which are in rising order."""
    place = len(smallest) - 1
    while place > 0 and smallest[place - 1] > value:
        smallest[place] = smallest[place - 1]
        place -= 1
    smallest[place] = value
