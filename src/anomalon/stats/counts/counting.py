"""One count over an expected background: how significant is the excess?

Which one to use:

* background from a control region with Poisson counts: `on_off_significance` (asymptotic),
  `binomial_significance` (never claims too much);
* background b +- sigma_b from a fit: `observed_significance`, which is the same formula;
* counts of weighted or averaged selections, and small counts: `scaled_significance`;
* before the data are seen: `asimov_significance`.

All broadcast like NumPy functions and return float64. Significances are signed: negative for a
deficit.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core import check
from anomalon.core.errors import BadValue
from anomalon.stats.numerics.poisson import half_deviance, log1p_gap
from anomalon.stats.numerics.pvalues import z_from_log_p
from anomalon.stats.numerics.tails import log_beta_tails, log_gamma_tails

__all__ = [
    "asimov_significance",
    "binomial_significance",
    "count_log_p",
    "observed_significance",
    "on_off_significance",
    "scaled_significance",
]

Floats = NDArray[np.floating[Any]]

_EPSILON = float(np.finfo(np.float64).eps)
_EXACT = 1e-9  # sigma_b^2/b below which the background counts as known


def on_off_significance(n_on: ArrayLike, n_off: ArrayLike, tau: ArrayLike) -> Floats:
    """Profile-likelihood significance of `n_on` over a background seen as `n_off` events.

    Li and Ma, Astrophys. J. 272 (1983) 317, eq. 17, with a sign.

    Args:
        n_on: Events in the signal region.
        n_off: Events in the control region.
        tau: Expected background in the control region over that in the signal region.

    Raises:
        BadLayout: If the shapes do not go together.
        BadValue: If a number is negative, infinite or NaN.

    Example:
        >>> on_off_significance([150, 4], [100, 5], [1, 5]).round(4)
        array([3.173 , 1.9473])
    """
    n_on, n_off, tau = _counts(n_on=n_on, n_off=n_off, tau=tau)
    excess = (tau * n_on - n_off) / (1.0 + tau)  # over the common fit of both regions
    mu = (n_on + n_off) / (1.0 + tau)
    half_q = half_deviance(n_on, mu, excess) + half_deviance(n_off, tau * mu, -excess)
    return _signed_root(excess, half_q)


def binomial_significance(n_on: ArrayLike, n_off: ArrayLike, tau: ArrayLike) -> Floats:
    """Z_Bi: significance from the exact test of the ratio of two Poisson means.

    Cousins, Linnemann and Tucker, physics/0702156, eq. 14: p = I_{1/(1+tau)}(n_on, n_off + 1).
    It never claims too much, and too little at small counts: `scaled_significance` is centred.

    Args:
        n_on: Events in the signal region.
        n_off: Events in the control region.
        tau: Expected background in the control region over that in the signal region.

    Returns:
        Significance; -inf for `n_on` = 0, where p = 1.

    Raises:
        BadLayout: If the shapes do not go together.
        BadValue: If a number is negative, infinite or NaN.

    Example:
        >>> binomial_significance([150, 4], [100, 5], [1, 5]).round(4)
        array([3.108 , 1.6643])
    """
    n_on, n_off, tau = _counts(n_on=n_on, n_off=n_off, tau=tau)
    return _z_from_tails(*log_beta_tails(n_on, n_off + 1.0, *_shares(tau)))


def observed_significance(n: ArrayLike, b: ArrayLike, sigma_b: ArrayLike = 0.0) -> Floats:
    """Significance of `n` events over a background of `b` +- `sigma_b`.

    ATL-PHYS-PUB-2020-025, eq. 1: the profile likelihood of a Poisson count whose background was
    measured by an auxiliary Poisson count, identical to
    `on_off_significance(n, b**2/sigma_b**2, b/sigma_b**2)`.

    Args:
        n: Events seen.
        b: Events expected from background.
        sigma_b: Uncertainty of `b`.

    Raises:
        BadLayout: If the shapes do not go together.
        BadValue: If a number is negative, infinite or NaN.

    Example:
        >>> float(observed_significance(150, 100, 10).round(4))
        3.173
    """
    n, b, sigma_b = _counts(n=n, b=b, sigma_b=sigma_b)
    return _profile(n - b, b, sigma_b)


def asimov_significance(s: ArrayLike, b: ArrayLike, sigma_b: ArrayLike = 0.0) -> Floats:
    """Median significance expected for `s` signal events over `b` +- `sigma_b`.

    Cowan et al., arXiv:1007.1727, eq. 97; with `sigma_b` Cowan, "Discovery sensitivity for a
    counting experiment with background uncertainty" (2012), eq. 20.

    Args:
        s: Signal events expected.
        b: Background events expected.
        sigma_b: Uncertainty of `b`.

    Raises:
        BadLayout: If the shapes do not go together.
        BadValue: If a number is negative, infinite or NaN.

    Example:
        >>> asimov_significance([10, 50], [100, 100], [0, 7]).round(6)
        array([0.983992, 3.719533])
    """
    s, b, sigma_b = _counts(s=s, b=b, sigma_b=sigma_b)
    return _profile(s, b, sigma_b)


def scaled_significance(
    n: ArrayLike,
    b: ArrayLike,
    variance_scale: ArrayLike = 1.0,
    sigma_b: ArrayLike = 0.0,
    *,
    mid_p: bool = True,
) -> Floats:
    """Significance of a weighted or averaged count whose variance is `variance_scale` times it.

    A sum of weights n with variance v behaves like n/s Poisson events of weight s = v/n (Bohm and
    Zech, arXiv:1309.1287), so the formulae get n/s, b/s and sigma_b/s. For the mean over an
    ensemble of selections, an event picked by a share w of the members has weight w, and
    s = sum w^2 / sum w <= 1. Take s from a region with many events (the side-bands): taken from
    the count itself it is correlated with the excess.

    Args:
        n: The count.
        b: Its expectation from background.
        variance_scale: Variance over mean of the count, above zero; 1 for plain events.
        sigma_b: Uncertainty of `b`.
        mid_p: The mid-p-value of the exact test, P(N > n) + P(N = n)/2, centred at any count
            (see `count_log_p`). False: the asymptotic `observed_significance`.

    Raises:
        BadLayout: If the shapes do not go together.
        BadValue: If a number is negative, infinite or NaN, or a scale is not above zero.

    Example:
        Twelve events over 5, and the same as a mean of selections with half the variance:

        >>> scaled_significance([12, 12], 5, [1.0, 0.5], 1.0).round(2)
        array([2.34, 2.99])
    """
    n, b, scale, sigma_b = _counts(n=n, b=b, variance_scale=variance_scale, sigma_b=sigma_b)
    if np.any(scale == 0):
        raise BadValue("variance_scale: expected numbers above zero, got 0; 1 means plain events.")
    n, b, sigma_b = n / scale, b / scale, sigma_b / scale
    return _z_from_tails(*_mid_tails(n, b, sigma_b)) if mid_p else _profile(n - b, b, sigma_b)


def count_log_p(
    n: ArrayLike, b: ArrayLike, sigma_b: ArrayLike = 0.0, *, mid_p: bool = True
) -> Floats:
    """Logarithm of the p-value of at least `n` events over a background of `b` +- `sigma_b`.

    The background stands for n_off = b^2/sigma_b^2 events of a control region tau = b/sigma_b^2
    times as large; given n + n_off events in all, the split between the regions is binomial
    (physics/0702156). The mid-p-value counts half of the probability of what was seen:
    (I_x(n, n_off + 1) + I_x(n + 1, n_off))/2 with x = 1/(1 + tau). Its mean is 1/2 under the
    background hypothesis at any count, where the exact p-value's is larger.

    Args:
        n: Events seen; between integers the incomplete beta function interpolates.
        b: Events expected from background.
        sigma_b: Uncertainty of `b`.
        mid_p: False: the exact, conservative p-value (of `binomial_significance`).

    Raises:
        BadLayout: If the shapes do not go together.
        BadValue: If a number is negative, infinite or NaN.

    Example:
        >>> float(np.exp(count_log_p(12, 5.0)).round(5)), float(
        ...     np.exp(count_log_p(12, 5.0, mid_p=False)).round(5)
        ... )
        (0.00374, 0.00545)
    """
    n, b, sigma_b = _counts(n=n, b=b, sigma_b=sigma_b)
    return (_mid_tails if mid_p else _count_tails)(n, b, sigma_b)[0][()]


def _counts(**named: ArrayLike) -> list[Floats]:
    """The arguments as float64 arrays of one shape, checked."""
    arrays = check.together("significance", **named)
    for name, array in zip(named, arrays, strict=True):
        good = np.isfinite(array) & (array >= 0)
        if not good.all():
            raise BadValue(f"{name}: expected finite numbers >= 0, got {array[~good][0]}.")
    return list(arrays)


def _signed_root(excess: Floats, half_q: Floats) -> Floats:
    return np.asarray(np.sign(excess) * np.sqrt(2.0 * np.maximum(half_q, 0.0)))[()]


def _profile(excess: Floats, b: Floats, sigma_b: Floats) -> Floats:
    """The signed root of the profile likelihood ratio for n = b + excess.

    Of the excess, b/(b + sigma^2) is left over the common fit, and the rest pulls the background.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ratio = np.where(sigma_b > 0, b / sigma_b / sigma_b, np.inf)  # tau: squares may overflow
        moved = excess / (1.0 + ratio)
        left = np.where(np.isinf(ratio), 1.0, ratio / (1.0 + ratio)) * excess
        pull = np.where(moved == 0, 0.0, np.clip(moved / b, _EPSILON - 1.0, 1.0 / _EPSILON**2))
    of_count = half_deviance(b + excess, b + moved, left)
    return _signed_root(excess, of_count + left * log1p_gap(pull))


def _count_tails(n: Floats, b: Floats, sigma_b: Floats, more: float = 0.0) -> tuple[Floats, Floats]:
    """Logarithms of P(N >= n + more) and its complement; `more` of 1 is P(N > n)."""
    variance = sigma_b**2
    known = variance <= _EXACT * b
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        n_off = np.where(known, 1.0, b**2 / variance)
        tau = np.where(known, 1.0, b / variance)
    beta = log_beta_tails(n + more, n_off + 1.0 - more, *_shares(tau))
    gamma = log_gamma_tails(n + more, b)
    return np.where(known, gamma[0], beta[0]), np.where(known, gamma[1], beta[1])


def _shares(tau: Floats) -> tuple[Floats, Floats]:
    """Exposures of the signal and of the control region over that of both."""
    with np.errstate(invalid="ignore"):
        return 1.0 / (1.0 + tau), np.where(np.isinf(tau), 1.0, tau / (1.0 + tau))


def _mid_tails(n: Floats, b: Floats, sigma_b: Floats) -> tuple[Floats, Floats]:
    """Logarithms of the mid-p-value and of its complement."""
    at_least, more = _count_tails(n, b, sigma_b), _count_tails(n, b, sigma_b, 1.0)
    half = np.log(0.5)
    return (
        np.logaddexp(at_least[0], more[0]) + half,
        np.logaddexp(at_least[1], more[1]) + half,
    )


def _z_from_tails(log_p: Floats, log_q: Floats) -> Floats:
    """Standard deviations from the logarithms of a p-value and of its complement."""
    up = z_from_log_p(np.minimum(log_p, 0.0))
    down = z_from_log_p(np.minimum(log_q, 0.0))
    return np.asarray(np.where(log_p < log_q, up, 0.0 - down))[()]
