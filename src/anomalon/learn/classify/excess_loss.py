"""The loss of `Excess`, and its gradient, in one pass over the events."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.run.compiling import compiled

__all__ = ["LEAST_RATIO", "MOST_RATIO", "cross_entropy"]

Floats = NDArray[np.floating[Any]]

MOST_RATIO = 30.0
"""Of the logarithm of p_s/p_b."""
LEAST_RATIO = 0.01
"""Of r, where there is no signal."""
_NOTHING = -25.0  # terms below exp of it are none: most events are far from every peak


def cross_entropy(
    peaks: tuple[Floats, Floats, Floats],
    z: Floats,
    log_background: Floats,
    y: NDArray[np.bool_],
    weight: Floats,
) -> tuple[float, tuple[Floats, Floats, Floats]]:
    """Weighted cross entropy of r/(1 + r), and its gradient.

    Args:
        peaks: Logarithms of shares (peak,), centres (peak, feature) and roots of the precisions
            (peak, feature, feature), lower triangular.
        z: Events, shape (event, feature).
        log_background: Of p_b at them.
        y: Which of them are data.
        weight: Of the events.

    Returns:
        The loss, and what it changes by with each of the peaks' numbers.
    """
    shares, means, roots = (np.ascontiguousarray(part) for part in peaks)
    loss, *gradient = _passed(shares, means, roots, z, log_background, y, weight)
    return float(loss), tuple(gradient)


@compiled(nogil=True)
def _passed(log_share, mean, root, z, log_background, y, weight):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    n_peaks, d = mean.shape
    to_share, to_mean = np.zeros(n_peaks), np.zeros((n_peaks, d))
    to_root = np.zeros((n_peaks, d, d))
    rest, u, term = np.zeros((n_peaks, d)), np.zeros((n_peaks, d)), np.zeros(n_peaks)
    log_norm = log_share - 0.5 * d * math.log(2 * math.pi)
    for k in range(n_peaks):
        for a in range(d):
            log_norm[k] += math.log(root[k, a, a])
    total = np.exp(log_share).sum()
    without = max(1 - total, LEAST_RATIO)
    loss, slopes, far = 0.0, 0.0, np.zeros(2)  # weights of template and data far from all peaks
    for i in range(len(z)):
        r = without
        for k in range(n_peaks):
            square = 0.0
            for a in range(d):
                rest[k, a] = z[i, a] - mean[k, a]
            for b in range(d):
                u[k, b] = 0.0
                for a in range(b, d):
                    u[k, b] += rest[k, a] * root[k, a, b]
                square += u[k, b] ** 2
            ratio = log_norm[k] - 0.5 * square - log_background[i]
            ratio = min(ratio, MOST_RATIO + log_share[k])
            term[k] = math.exp(ratio) if ratio > _NOTHING else 0.0
            r += term[k]
        if r == without:
            far[1 if y[i] else 0] += weight[i]
            continue
        loss += weight[i] * (math.log1p(r) - (math.log(r) if y[i] else 0.0))
        slope = weight[i] * (1 / (1 + r) - (1 / r if y[i] else 0.0))
        slopes += slope
        for k in range(n_peaks):
            g = slope * term[k]
            if g == 0.0:
                continue
            to_share[k] += g
            for b in range(d):
                gu = g * u[k, b]
                for a in range(b, d):
                    to_mean[k, a] += gu * root[k, a, b]
                    to_root[k, a, b] -= gu * rest[k, a]
                to_root[k, b, b] += g / root[k, b, b]
    loss += far.sum() * math.log1p(without) - far[1] * math.log(without)
    slopes += far.sum() / (1 + without) - far[1] / without
    if total < 1 - LEAST_RATIO:
        to_share -= np.exp(log_share) * slopes
    return loss, to_share, to_mean, to_root
