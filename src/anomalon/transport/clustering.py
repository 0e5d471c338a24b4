"""k-medoids on a matrix of distances: BUILD (Kaufman, Rousseeuw 1990), then FasterPAM."""

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadLayout, BadNumbers, BadValue
from anomalon.run.compiling import compiled

__all__ = ["k_medoids"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_GAIN = 1e-12  # of the loss: less is rounding


def k_medoids(matrix: Floats, k: int) -> Integers:
    """The k events that stand for all: the sum of distances to the nearest of them is small.

    Medoids are taken one after the other, each where it helps most, and then replaced as long as a
    replacement helps (Schubert, Rousseeuw, arXiv:2008.05171, algorithm 3): a local minimum, for
    k = 1 the minimum. Nothing is drawn at random.

    Args:
        matrix: Distances, shape (event, event).
        k: How many.

    Returns:
        Shape (k,): rows of the matrix, in rising order.

    Raises:
        BadLayout: If the matrix is not square.
        BadNumbers: If a distance is not finite.
        BadValue: If there are fewer than k events.
    """
    check.whole(k, "k_medoids: k", low=1)
    matrix = np.ascontiguousarray(matrix, np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise BadLayout(f"k_medoids: expected a square matrix of distances, got {matrix.shape}.")
    if not np.isfinite(matrix).all():
        row, column = np.argwhere(~np.isfinite(matrix))[0]
        raise BadNumbers(
            f"k_medoids: expected finite distances, got {matrix[row, column]} between events {row} "
            f"and {column}."
        )
    if len(matrix) < k:
        raise BadValue(f"k_medoids: expected at least k = {k} events, got {len(matrix)}.")
    medoids = _build(matrix, k)
    if k > 1:
        _swap(matrix, medoids)
    return np.sort(medoids)


@compiled(nogil=True)
def _build(matrix: Floats, k: int) -> Integers:
    n = len(matrix)
    nearest = np.full(n, np.inf)
    medoids = np.zeros(k, np.int64)
    for t in range(k):
        best, least = -1, np.inf
        for c in range(n):
            loss = 0.0
            for o in range(n):
                loss += min(matrix[c, o], nearest[o])
            if loss < least and not (medoids[:t] == c).any():
                best, least = c, loss
        medoids[t] = best
        for o in range(n):
            nearest[o] = min(nearest[o], matrix[best, o])
    return medoids


@compiled(nogil=True)
def _swap(matrix: Floats, medoids: Integers) -> None:
    """Take each event in turn as a medoid where that makes the loss smaller, until none does."""
    n, k = len(matrix), len(medoids)
    first, second = np.zeros(n, np.int64), np.zeros(n, np.int64)
    loss = _nearest(matrix, medoids, first, second)
    change = np.zeros(k)
    since = 0
    c = 0
    while since < n:
        # By how much the loss changes if a medoid goes, and event c comes.
        change[:] = 0.0
        gain = 0.0
        for o in range(n):
            near, next_near = matrix[medoids[first[o]], o], matrix[medoids[second[o]], o]
            d = matrix[c, o]
            if d < near:
                gain += d - near
            else:
                change[first[o]] += min(d, next_near) - near
        t = int(np.argmin(change))
        since += 1
        if change[t] + gain < -_GAIN * loss and not (medoids == c).any():
            medoids[t] = c
            loss = _nearest(matrix, medoids, first, second)
            since = 0
        c = (c + 1) % n


@compiled(nogil=True)
def _nearest(matrix: Floats, medoids: Integers, first: Integers, second: Integers) -> float:
    """Which medoids are the nearest and the second nearest of each event, and the loss."""
    loss = 0.0
    for o in range(len(matrix)):
        a, b = 0, 1
        if matrix[medoids[1], o] < matrix[medoids[0], o]:
            a, b = 1, 0
        for t in range(2, len(medoids)):
            d = matrix[medoids[t], o]
            if d < matrix[medoids[a], o]:
                a, b = t, a
            elif d < matrix[medoids[b], o]:
                b = t
        first[o], second[o] = a, b
        loss += matrix[medoids[a], o]
    return loss
