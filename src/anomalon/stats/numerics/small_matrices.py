"""Algebra of small matrices inside of numba kernels, where BLAS would only get in the way."""

from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.stats.numerics.quadrature import compiled, summing

__all__ = ["cholesky", "copy", "dot", "inverse_transposed", "solve", "weighted"]

Floats = NDArray[np.floating[Any]]


@summing
def weighted(rows: Floats, weight: Floats, products: Floats) -> None:
    """The lower triangle of the products of the rows, each bin with its weight."""
    for j in range(len(rows)):
        for k in range(j + 1):
            total = 0.0
            for i in range(len(weight)):
                total += rows[j, i] * rows[k, i] * weight[i]
            products[j, k] = total


@summing
def dot(x: Floats, y: Floats) -> float:
    """The sum of products."""
    total = 0.0
    for i in range(len(x)):
        total += x[i] * y[i]
    return total


@compiled
def copy(source: Floats, target: Floats) -> None:
    """Copy numbers one by one: `target[:] = source` takes seconds to compile, to check shapes."""
    for i in range(len(target)):
        target[i] = source[i]


@compiled
def cholesky(matrix: Floats, lower: Floats) -> bool:
    """The Cholesky factor of a matrix from its lower triangle; False if there is none."""
    n = len(matrix)
    for j in range(n):
        for k in range(j + 1):
            total = matrix[j, k]
            for i in range(k):
                total -= lower[j, i] * lower[k, i]
            if j > k:
                lower[j, k] = total / lower[k, k]
            elif total > 1e-14 * matrix[j, j]:
                lower[j, j] = sqrt(total)
            else:
                lower[j, j] = np.nan
                return False
    return True


@compiled
def solve(lower: Floats, vector: Floats) -> float:
    """Solve lower lower' x = vector in place; returns vector' x."""
    n = len(vector)
    gain = 0.0
    for j in range(n):
        for k in range(j):
            vector[j] -= lower[j, k] * vector[k]
        vector[j] /= lower[j, j]
        gain += vector[j] ** 2
    for j in range(n - 1, -1, -1):
        for k in range(j + 1, n):
            vector[j] -= lower[k, j] * vector[k]
        vector[j] /= lower[j, j]
    return gain


@compiled
def inverse_transposed(lower: Floats, root: Floats) -> None:
    """The transposed inverse of `lower`, whose square is the inverse of lower lower'."""
    n = len(lower)
    unit = np.empty(n)
    for column in range(n):
        for j in range(n):
            unit[j] = 1.0 if j == column else 0.0
            for k in range(j):
                unit[j] -= lower[j, k] * unit[k]
            unit[j] /= lower[j, j]
            root[column, j] = unit[j]
