"""Tail probabilities of counts where the usual functions underflow.

Logarithms of incomplete beta and gamma functions by continued fractions (DLMF 8.17.22, 8.9.1 and
8.9.2), evaluated by the modified Lentz method.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

__all__ = ["log_beta_tail", "log_gamma_tail", "log_upper_gamma_tail"]

Floats = NDArray[np.floating[Any]]

_TINY = 1e-300
_EPSILON = 1e-14
_MOST = 100_000


def _continued_fraction(numerator: Callable[[int], Floats], like: Floats) -> Floats:
    """1 / (1 + a_1/(1 + a_2/(1 + …))) with a_k = numerator(k)."""
    c = np.ones_like(like)
    d = np.zeros_like(like)
    value = np.ones_like(like)
    for k in range(1, _MOST):
        a = numerator(k)
        d = 1.0 + a * d
        d = 1.0 / np.where(np.abs(d) < _TINY, _TINY, d)
        c = 1.0 + a / c
        c = np.where(np.abs(c) < _TINY, _TINY, c)
        value = value * (d * c)
        if np.all(np.abs(d * c - 1.0) < _EPSILON):
            break
    return 1.0 / value  # Lentz builds the denominator


def log_beta_tail(a: Floats, b: Floats, x: Floats) -> Floats:
    """Logarithm of I_x(a, b) for x below the mean (a + 1)/(a + b + 2), where I may underflow."""

    def numerator(k: int) -> Floats:
        m = k // 2
        if k % 2:
            return -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        return m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))

    head = a * np.log(x) + b * np.log1p(-x) - np.log(a) - special.betaln(a, b)
    return np.asarray(head + np.log(_continued_fraction(numerator, a)))


def log_gamma_tail(a: Floats, x: Floats) -> Floats:
    """Logarithm of P(a, x), lower incomplete gamma, for x < a, where P may underflow."""

    def numerator(k: int) -> Floats:
        m = k // 2
        top = -(a + m) * x if k % 2 else m * x
        return top / ((a + k - 1) * (a + k))

    head = a * np.log(x) - x - special.gammaln(a + 1)
    return np.asarray(head + np.log(_continued_fraction(numerator, a)))


def log_upper_gamma_tail(a: Floats, x: Floats) -> Floats:
    """Logarithm of Q(a, x), upper incomplete gamma, for x > a, where Q may underflow."""

    def numerator(k: int) -> Floats:
        # DLMF 8.9.2, divided through so that every partial denominator is 1
        below = x + 1 - a + 2 * (k - 1)
        return k * (a - k) / (below * (below + 2))

    head = a * np.log(x) - x - special.gammaln(a) - np.log(x + 1 - a)
    return np.asarray(head + np.log(_continued_fraction(numerator, a)))
