"""The most significant window of a spectrum, exact and fast.

Three statistics, each of two counts of effective events per bin that add over a window:

* KNOWN: k events seen, m expected; p = P(N >= k) of a Poisson count with mean m.
* DEFICIT: the same; p = P(N <= k).
* ON_OFF: k events seen, m in the reference; given their sum n, k is binomial with probability q
  (physics/0702156); p = P(K >= k). A deficit is an excess of the reference. Where q differs from
  bin to bin, because weights do, a window has q = sum n_i q_i / sum n_i.

The exact tail takes a fraction of a microsecond, and is not needed for the windows that cannot win.
For a Poisson or binomial count, the significance Z of the exact p-value is at most
G = sqrt(2 D), the signed root of the deviance (Zubkov and Serov, Theory Probab. Appl. 57 (2013)
539; M. Short, arXiv:1304.0589), and with v = |k - m|/m,

    2 D <= (k - m)^2/m for an excess,    2 D <= (k - m)^2/m (1 + v) for a deficit,

and the sum of both for the two parts of a binomial deviance: with E = n q, F = n (1 - q) and
d = k - E, 2 D <= d^2 n/(E F) + d^3/F^2. So: find the window of the largest G
among a few widths; compute its exact p-value; go through all windows, and compute that of those
whose bound exceeds the best Z so far. The result is the minimum over all windows, to the last bit
(`every_window` is the slow reference).
"""

from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.stats.numerics.poisson import half_deviance_of
from anomalon.stats.numerics.quadrature import compiled
from anomalon.stats.numerics.tail_kernels import (
    log_at_least,
    log_at_most,
    log_binomial_at_least,
    z_of_log_p,
)

__all__ = ["DEFICIT", "KNOWN", "ON_OFF", "every_window", "smallest_log_p"]

Floats = NDArray[np.floating[Any]]
Integers = NDArray[np.int64]

KNOWN, DEFICIT, ON_OFF = 0, 1, 2

_ROUNDING = 1e-9  # of Z, by which the bounds are loosened
_HALF = log(0.5)


@compiled
def _log_p(statistic: int, k: float, m: float, q: float) -> float:
    if statistic == KNOWN:
        return log_at_least(k, m)
    if statistic == DEFICIT:
        return log_at_most(k, m)
    return log_binomial_at_least(k, m, q)


@compiled
def _twice_deviance(statistic: int, k: float, m: float, q: float) -> float:
    if statistic == ON_OFF:
        n, excess = k + m, k * (1.0 - q) - m * q
        on = half_deviance_of(k, n * q, excess)
        return 2.0 * (on + half_deviance_of(m, n * (1.0 - q), -excess))
    return 2.0 * half_deviance_of(k, m, k - m)


@compiled
def every_window(
    statistic: int, k: Floats, m: Floats, q: Floats, widths: Integers, strides: Integers
) -> Floats:
    """Logarithm of p for every window of one spectrum, shape (window,).

    Args:
        statistic: KNOWN, DEFICIT or ON_OFF.
        k: Events seen, shape (bin,).
        m: Events expected, or seen in the reference, shape (bin,).
        q: For ON_OFF, the probability of an event to be in the data rather than in the reference,
            shape (bin,).
        widths: As in `Windows`.
        strides: As in `Windows`.
    """
    bins = len(k)
    begin = np.zeros(len(widths) + 1, dtype=np.int64)
    for row in range(len(widths)):
        begin[row + 1] = begin[row] + (bins - widths[row]) // strides[row] + 1
    log_p = np.empty(begin[-1])
    for low in range(bins):
        # windows that begin here, each from the sums over the one before: those of `_window`
        in_k, in_m, on = 0.0, 0.0, 0.0
        mixed = False
        end = low
        for row in range(len(widths)):
            if low + widths[row] > bins:
                break
            while end < low + widths[row]:
                in_k += k[end]
                in_m += m[end]
                on += (k[end] + m[end]) * q[end]
                mixed |= q[end] != q[low]
                end += 1
            if low % strides[row] == 0:
                in_q = on / (in_k + in_m) if mixed and in_k + in_m > 0.0 else q[low]
                log_p[begin[row] + low // strides[row]] = _log_p(statistic, in_k, in_m, in_q)
    return log_p


@compiled
def smallest_log_p(
    statistic: int, k: Floats, m: Floats, q: Floats, widths: Integers, strides: Integers
) -> tuple[Floats, Integers]:
    """The smallest ln p of each of many spectra, and its window (the first of equals).

    Args:
        statistic: KNOWN, DEFICIT or ON_OFF.
        k: Events seen, shape (toy, bin).
        m: Events expected, or seen in the reference, shape (toy, bin), or (1, bin) for all.
        q: As for `every_window`, shape (toy, bin), or (1, bin) for all.
        widths: As in `Windows`.
        strides: As in `Windows`.

    Returns:
        ln p and index of the window, each of shape (toy,); NaN and -1 where `m` is NaN.
    """
    bins = k.shape[1]
    toys = len(k)
    log_p, best = np.empty(toys), np.empty(toys, dtype=np.int64)
    excess, on, off = np.zeros(bins + 1), np.zeros(bins + 1), np.zeros(bins + 1)
    for toy in range(toys):
        mean, share = m[toy % len(m)], q[toy % len(q)]
        if np.isnan(mean[0]):
            log_p[toy], best[toy] = np.nan, -1
            continue
        rounding = _accumulate(statistic, k[toy], mean, share, excess, on, off)
        log_p[toy], best[toy] = _smallest(
            statistic, k[toy], mean, share, widths, strides, excess, on, off, rounding
        )
    return log_p, best


@compiled
def _window(k: Floats, m: Floats, q: Floats, low: int, width: int) -> tuple[float, float, float]:
    """Sums over a window: not differences of cumulated sums, whose rounding depends on the rest."""
    in_k, in_m, on = 0.0, 0.0, 0.0
    mixed = False
    for i in range(low, low + width):
        in_k += k[i]
        in_m += m[i]
        on += (k[i] + m[i]) * q[i]
        mixed |= q[i] != q[low]
    if mixed and in_k + in_m > 0.0:
        return in_k, in_m, on / (in_k + in_m)
    return in_k, in_m, q[low]


@compiled
def _accumulate(
    statistic: int, k: Floats, m: Floats, q: Floats, excess: Floats, on: Floats, off: Floats
) -> float:
    """Cumulated sums for the quick bound, and what rounding may do to their differences."""
    size = 0.0
    for i in range(len(k)):
        if statistic == ON_OFF:
            expected = (k[i] + m[i]) * q[i]
            excess[i + 1] = excess[i] + (k[i] - expected)
            on[i + 1] = on[i] + expected
            off[i + 1] = off[i] + (k[i] + m[i] - expected)
        else:
            sign = -1.0 if statistic == DEFICIT else 1.0
            excess[i + 1] = excess[i] + sign * (k[i] - m[i])
            on[i + 1] = on[i] + m[i]
        size += k[i] + m[i]
    return 4e-16 * len(k) * size


@compiled
def _beyond(statistic: int, d: float, on: float, off: float, z2: float) -> bool:
    """Whether a window may have 2 D > z2, by the quick bound.

    Written without branches on numbers, for vector instructions.
    """
    if statistic == ON_OFF:
        return (d > 0.0) & (d * d * ((on + off) * off + d * on) > z2 * on * off * off)
    if statistic == DEFICIT:
        return (d > 0.0) & (d * d * (on + d) > z2 * on * on)
    return (d > 0.0) & (d * d > z2 * on)


@compiled
def _any_above(
    statistic: int, excess: Floats, on: Floats, off: Floats, width: int, stride: int, z2: float,
    rounding: float,
) -> bool:  # fmt: skip
    """Whether any window of this width is `_beyond`."""
    found = 0
    if stride == 1:  # the usual case, in which neighbours are neighbours in memory
        for low in range(len(on) - width):
            high = np.uint64(low) + np.uint64(width)  # unsigned: no check for negative indices
            d = excess[high] - excess[low] + rounding
            of_on = max(on[high] - on[low] - rounding, 1e-100)
            of_off = max(off[high] - off[low] - rounding, 1e-100)
            found += int(_beyond(statistic, d, of_on, of_off, z2))
        return found > 0
    for low in range(0, len(on) - width, stride):
        found += int(_may_win(statistic, excess, on, off, low, width, z2, rounding))
    return found > 0


@compiled
def _may_win(
    statistic: int, excess: Floats, on: Floats, off: Floats, low: int, width: int, z2: float,
    rounding: float,
) -> bool:  # fmt: skip
    d = excess[low + width] - excess[low] + rounding
    of_on = max(on[low + width] - on[low] - rounding, 1e-100)
    of_off = max(off[low + width] - off[low] - rounding, 1e-100)
    return _beyond(statistic, d, of_on, of_off, z2)


@compiled
def _smallest(
    statistic: int, k: Floats, m: Floats, q: Floats, widths: Integers, strides: Integers,
    excess: Floats, on: Floats, off: Floats, rounding: float,
) -> tuple[float, int]:  # fmt: skip
    """The smallest ln p over all windows, and the first window that has it."""
    bins = len(k)
    largest, top_low, top_width = 0.0, -1, 0
    row = 0
    while row < len(widths):  # a few widths, for a good start
        width, stride = widths[row], strides[row]
        row += row + 1
        if not _any_above(statistic, excess, on, off, width, stride, largest, rounding):
            continue
        for low in range(0, bins - width + 1, stride):
            d = excess[low + width] - excess[low]
            if d > rounding and _may_win(statistic, excess, on, off, low, width, largest, rounding):
                in_k, in_m, in_q = _window(k, m, q, low, width)
                deviance = _twice_deviance(statistic, in_k, in_m, in_q)
                if deviance > largest:
                    largest, top_low, top_width = deviance, low, width
    if top_low >= 0:
        in_k, in_m, in_q = _window(k, m, q, top_low, top_width)
        reached = _log_p(statistic, in_k, in_m, in_q)
    if top_low < 0 or reached > _HALF - _ROUNDING:
        # No excess there: the bounds say nothing about Z < 0.
        return _first_smallest(every_window(statistic, k, m, q, widths, strides))
    z2 = _loosened_square(reached)
    # Every window that may have a smaller p-value.
    smallest, best, first = np.inf, -1, 0
    for row in range(len(widths)):
        width, stride = widths[row], strides[row]
        if _any_above(statistic, excess, on, off, width, stride, z2, rounding):
            for low in range(0, bins - width + 1, stride):
                if _may_win(statistic, excess, on, off, low, width, z2, rounding):
                    in_k, in_m, in_q = _window(k, m, q, low, width)
                    if _twice_deviance(statistic, in_k, in_m, in_q) >= z2:
                        log_p = _log_p(statistic, in_k, in_m, in_q)
                        if log_p < smallest:
                            smallest, best = log_p, first + low // stride
                        if log_p < reached:
                            reached = log_p
                            z2 = _loosened_square(reached)
        first += (bins - width) // stride + 1
    if best < 0:  # p = 0: the bound is infinite, too
        return _first_smallest(every_window(statistic, k, m, q, widths, strides))
    return smallest, best


@compiled
def _loosened_square(log_p: float) -> float:
    """Z^2, a little less, so that rounding never leaves out the best window."""
    if log_p == -np.inf:
        return np.inf
    z = z_of_log_p(log_p)
    return max(z - _ROUNDING * (1.0 + z), 0.0) ** 2


@compiled
def _first_smallest(log_p: Floats) -> tuple[float, int]:
    best = 0
    for i in range(len(log_p)):
        if log_p[i] < log_p[best]:
            best = i
    return log_p[best], best
