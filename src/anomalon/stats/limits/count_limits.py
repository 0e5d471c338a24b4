"""Upper limits on a signal, from counts over a background, by CLs.

Which one to use:

* the observed limits, as plain numbers: `cls_upper_limit`;
* the expected limits and their band: `expected_upper_limits`;
* both, with a reason for each item that has none: `upper_limits`;
* CLs at a strength: `cls`;
* an efficiency that depends on the strength: `upper_limit_with_efficiency`, `limit_by_rerun`.

The background is known, or b +- sigma_b with one of three constraints: "gamma", as measured by a
Poisson count in a control region (`shapesys` in HistFactory); "gaussian" (`staterror`); or
"log_normal", b kappa^t with a standard normal t and kappa = 1 + sigma_b/b, for a factor that is
known to so many per cent (`normsys`, and `lnN` of Combine).

`method="asymptotic"` takes the distributions of the profile likelihood ratio in the limit of many
events (Cowan, Cranmer, Gross and Vitells, arXiv:1007.1727), as most experiments do. It claims too
much at few events: 1.92 instead of 3.00 for no event over no background. `method="exact"` sums
Poisson probabilities instead: of the count, if the background is known, and of both counts with the
"gamma" constraint, which is what pseudo-experiments tend to. Take it where about ten events or
fewer are expected or seen; for 50 events over 50 +- 7 both agree to 0.2 %.

The strength is found as the zero of CLs - (1 - level) itself, to rounding, and never read off a
scan. (Sums over pairs of counts have small jumps; the limit may be at one.) All calls broadcast
like NumPy functions and return float64.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from anomalon.core.errors import BadValue
from anomalon.core.plain import to_plain
from anomalon.core.renamed import gathered
from anomalon.core.result import Number, Text
from anomalon.core.shown import Fact, Shown, extent
from anomalon.stats.limits import exact_cls
from anomalon.stats.limits.cls_method import Calculation, ClsMethod, Constraint, Statistic
from anomalon.stats.limits.count_data import CountData, broadcast, numbers
from anomalon.stats.limits.profile import (
    GAMMA,
    QTILDE,
    Q,
    cls_values,
    expected_limits,
    observed_limits,
)

__all__ = [
    "N_SIGMA",
    "Calculation",
    "ClsMethod",
    "Constraint",
    "Limit",
    "Statistic",
    "cls",
    "cls_upper_limit",
    "expected_upper_limits",
    "upper_limits",
]

Floats = NDArray[np.floating[Any]]


N_SIGMA = (-2.0, -1.0, 0.0, 1.0, 2.0)
"""The usual band: how many standard deviations the background fluctuates."""


@gathered("method", ClsMethod, "constraint", "statistic")
def cls_upper_limit(
    n: ArrayLike,
    b: ArrayLike,
    sigma_b: ArrayLike = 0.0,
    *,
    signal: ArrayLike | None = None,
    level: float = 0.95,
    method: Calculation | ClsMethod = "asymptotic",
) -> Floats:
    """The observed upper limit: the signal with CLs = 1 - `level`.

    Read, J. Phys. G 28 (2002) 2693; asymptotic formulae of arXiv:1007.1727, with the backgrounds
    profiled in closed form.

    Args:
        n: Events seen, any shape; with `signal`, shape (…, bin).
        b: Events expected from background; broadcast against `n`.
        sigma_b: Its uncertainty.
        signal: Expected signal events at a strength of one, shape (…, bin): the bins of the last
            axis are then one measurement, each with its own background uncertainty, and the limit
            is one on the strength. None: every count is a measurement, and the limit is in events.
        level: Confidence level.
        method: "asymptotic" or "exact"; or a `ClsMethod`, which also has what is known of the
            background, and the test statistic.

    Returns:
        Limits in events, or in strength with shape (…). Infinite for a signal without events.

    Raises:
        BadValue: If a number is negative, NaN or infinite, or options do not go together.
        BadLayout: If shapes do not fit.

    Example:
        >>> float(cls_upper_limit(50, 50, 7).round(5))
        19.70904
        >>> cls_upper_limit([0, 0, 3], [0, 100, 3], method="exact").round(4)
        array([2.9957, 2.9957, 5.3954])
        >>> float(cls_upper_limit([51, 48], [50, 52], [3, 7], signal=[12, 11]).round(4))
        1.0116
    """
    how = ClsMethod.of(method)
    data = CountData.of(n, b, sigma_b, signal, how.constraint)
    log_alpha = _log_alpha(level)
    if _exact(how, data):
        return data.shaped(exact_cls.observed_limits(*data.single, log_alpha))
    return data.shaped(observed_limits(*data.arrays, _statistic(how, signal), log_alpha))


@gathered("method", ClsMethod, "constraint")
def expected_upper_limits(
    b: ArrayLike,
    sigma_b: ArrayLike = 0.0,
    *,
    n: ArrayLike | None = None,
    n_sigma: ArrayLike = N_SIGMA,
    signal: ArrayLike | None = None,
    level: float = 0.95,
    method: Calculation | ClsMethod = "asymptotic",
) -> Floats:
    """Upper limits expected from background alone: the median and its band.

    arXiv:1007.1727, section 4.3: the limit at a background that fluctuates by N standard
    deviations is where the Asimov data of no signal have
    sqrt(q) = N - Phi^-1((1 - level) Phi(N)).

    Args:
        b: Events expected from background, any shape; with `signal`, shape (…, bin).
        sigma_b: Its uncertainty.
        n: Events seen, if the expectation is to be for backgrounds fitted to the data, as
            experiments and pyhf quote it. None: the expectation before any data.
        n_sigma: Where in the band, in standard deviations; below zero for a better limit.
        signal: See `cls_upper_limit`.
        level: Confidence level.
        method: "exact" takes the limits at the quantiles of the distribution of the data.

    Returns:
        Shape of `n_sigma` before that of the observed limits.

    Raises:
        BadValue: If a number is negative, NaN or infinite, or options do not go together.
        BadLayout: If shapes do not fit.

    Example:
        >>> expected_upper_limits(50, 7).round(2)
        array([10.5 , 14.13, 19.71, 27.67, 37.6 ])
    """
    how = ClsMethod.of(method)
    data = CountData.of(b if n is None else n, b, sigma_b, signal, how.constraint)
    log_alpha = _log_alpha(level)
    where = np.asarray(n_sigma, dtype=np.float64)
    if not np.all(np.isfinite(where)):
        raise BadValue(f"n_sigma: expected finite numbers, got {where.tolist()}.")
    flat = where.ravel()
    if _exact(how, data):
        limits = exact_cls.expected_limits(*data.single, log_alpha, flat)
    else:
        roots = flat - special.ndtri_exp(log_alpha + special.log_ndtr(flat))
        limits = expected_limits(*data.arrays, roots)
    return np.asarray(limits.reshape(where.shape + data.shape))[()]


@gathered("method", ClsMethod, "constraint", "statistic")
def cls(
    s: ArrayLike,
    n: ArrayLike,
    b: ArrayLike,
    sigma_b: ArrayLike = 0.0,
    *,
    signal: ArrayLike | None = None,
    method: Calculation | ClsMethod = "asymptotic",
) -> Floats:
    """CLs = CL_{s+b} / CL_b of a signal; it is excluded at 95 % where CLs < 0.05.

    Args:
        s: Signal events, or with `signal` the strength; broadcast against the counts, or with
            `signal` against their shape without the bins.
        n: Events seen.
        b: Events expected from background.
        sigma_b: Its uncertainty.
        signal: See `cls_upper_limit`.
        method: See `cls_upper_limit`.

    Raises:
        BadValue: If a number is negative, NaN or infinite, or options do not go together.
        BadLayout: If shapes do not fit.

    Example:
        >>> cls([0.0, 19.70904], 50, 50, 7).round(6)
        array([1.  , 0.05])
    """
    how = ClsMethod.of(method)
    strength = numbers(s, "s")
    data = CountData.of(n, b, sigma_b, signal, how.constraint, strength.shape)
    strength = np.array(np.broadcast_to(strength, data.shape)).reshape(-1)
    if _exact(how, data):
        log_cls = exact_cls.log_cls(strength, *data.single)
    else:
        log_cls = cls_values(strength, *data.arrays, _statistic(how, signal))
    return data.shaped(np.exp(log_cls))


@dataclass(frozen=True, eq=False, repr=False)
class Limit(Shown):
    """Observed and expected upper limits of one measurement or of many.

    Args:
        observed: Limits, shape (…); NaN where `ok` is False.
        expected: Shape (n_sigma, …): for the background fluctuations `n_sigma`.
        ok: Whether there is a limit, shape (…).
        why: The reason where there is none, an empty string elsewhere, shape (…).
        level: Confidence level.
        n_sigma: Standard deviations of the band.
        method: How they were computed.
    """

    observed: Floats
    expected: Floats
    ok: NDArray[np.bool_]
    why: NDArray[np.str_]
    level: float
    n_sigma: tuple[float, ...]
    method: ClsMethod
    _measurement: dict[str, Any] = field(repr=False)

    @property
    def options(self) -> dict[str, str]:
        """The fields of `method`, by the names that they have in JSON."""
        how = self.method
        return {
            "constraint": how.constraint,
            "statistic": how.statistic,
            "method": how.calculation,
        }

    @property
    def median(self) -> Floats:
        """The median expected limits, shape (…).

        Raises:
            BadValue: If the band was asked for without its middle.
        """
        if 0.0 not in self.n_sigma:
            raise BadValue(f"median: the band has no 0 in n_sigma = {self.n_sigma}.")
        return np.asarray(self.expected[self.n_sigma.index(0.0)])[()]

    def cls(self, s: ArrayLike) -> Floats:
        """CLs of signals `s`, broadcast against the measurements; NaN where `ok` is False."""
        strength = np.where(self.ok, np.asarray(s, dtype=np.float64), 0.0)
        values = cls(strength, **self._measurement, method=self.method)
        return np.asarray(np.where(self.ok, values, np.nan))[()]

    def facts(self) -> tuple[Fact, ...]:
        """What its short form says."""
        reasons = sorted({str(why) for why in np.ravel(self.why)} - {""})
        return (
            Number("confidence level", self.level, form="percent"),
            Number("limits", int(self.ok.sum()), form="count"),
            extent("observed", self.observed, "events"),
            *(
                extent(f"expected, {n:+g} standard deviations", band, "events")
                for n, band in zip(self.n_sigma[:5], self.expected, strict=False)
            ),
            *(Text("none, because", why) for why in reasons[:1]),
        )

    def to_dict(self) -> dict[str, Any]:
        """The numbers as plain lists, for JSON and the report."""
        names = ("level", "observed", "expected", "n_sigma", "ok", "why")
        return dict(to_plain({name: getattr(self, name) for name in names} | self.options))


@gathered("method", ClsMethod, "constraint", "statistic")
def upper_limits(
    n: ArrayLike,
    b: ArrayLike,
    sigma_b: ArrayLike = 0.0,
    *,
    signal: ArrayLike | None = None,
    level: float = 0.95,
    n_sigma: tuple[float, ...] = N_SIGMA,
    before_data: bool = False,
    method: Calculation | ClsMethod = "asymptotic",
) -> Limit:
    """Observed and expected limits in one result; a bad item does not cost the others.

    Args:
        n: Events seen, any shape; with `signal`, shape (…, bin).
        b: Events expected from background, for instance from fits that may have failed.
        sigma_b: Its uncertainty.
        signal: See `cls_upper_limit`.
        level: Confidence level.
        n_sigma: Where in the band of expected limits.
        before_data: Expect from b as it stands, and not from its fit to the data.
        method: See `cls_upper_limit`.

    Raises:
        BadLayout: If shapes do not fit.
        BadValue: If options do not go together, or a signal template is not >= 0.

    Example:
        >>> limit = upper_limits([50, 51], [50, float("nan")], 7)
        >>> limit.observed.round(3), limit.why.tolist()
        (array([19.709,    nan]), ['', 'b is nan: expected a finite number >= 0'])
    """
    how = ClsMethod.of(method)
    named = {"n": n, "b": b, "sigma_b": sigma_b}
    template = None if signal is None else numbers(signal, "signal")
    arrays = [np.asarray(value, dtype=np.float64) for value in named.values()]
    full = broadcast([*arrays, *([] if template is None else [template])])
    bad = [~(np.isfinite(x) & (x >= 0)) for x in full[:3]]
    why = _reasons(dict(zip(named, zip(full, bad, strict=False), strict=False)), template)
    if how.constraint == "log_normal" or how.calculation == "exact":
        no_factor = (full[1] == 0) & (full[2] > 0)
        no_factor = no_factor if template is None else no_factor.any(axis=-1)
        why = np.where((why == "") & no_factor, "sigma_b is above 0 where b is 0", why)
    ok = why == ""
    keep = ok if template is None else ok[..., None]
    n_, b_, sigma_ = (np.where(keep, x, 1.0) for x in full[:3])
    common: Any = {"signal": template, "level": level, "method": how}
    observed = cls_upper_limit(n_, b_, sigma_, **common)
    seen = None if before_data else n_
    expected = expected_upper_limits(b_, sigma_, n=seen, n_sigma=n_sigma, **common)
    return Limit(
        observed=np.asarray(np.where(ok, observed, np.nan)),
        expected=np.asarray(np.where(ok, expected, np.nan)),
        ok=ok,
        why=why,
        level=level,
        n_sigma=tuple(float(x) for x in n_sigma),
        method=how,
        _measurement={"n": n_, "b": b_, "sigma_b": sigma_, "signal": template},
    )


def _reasons(
    named: dict[str, tuple[Floats, NDArray[np.bool_]]], template: Floats | None
) -> NDArray[np.str_]:
    """Why an item has no limit, or an empty string."""
    shape = next(iter(named.values()))[0].shape
    why = np.full(shape if template is None else shape[:-1], "", dtype=object)
    for name, (values, bad) in named.items():
        at = np.argwhere(bad)
        for index in map(tuple, at):
            item = index if template is None else index[:-1]
            where = "" if template is None else f" in bin {index[-1]}"
            if not why[item]:
                why[item] = f"{name} is {values[index]}{where}: expected a finite number >= 0"
    return np.asarray(why, dtype=np.str_)


def _log_alpha(level: float) -> float:
    if not 0 < level < 1:
        raise BadValue(f"level: expected a confidence level in (0, 1), got {level}.")
    return float(np.log1p(-level))


def _exact(how: ClsMethod, data: CountData) -> bool:
    """Whether to sum probabilities, after checking that it can be done."""
    if how.calculation == "asymptotic":
        return False
    if data.n.shape[1] > 1 or np.any(data.s != 1.0):
        raise BadValue('method: "exact" is for single counts; leave `signal` out.')
    if np.any(data.v > 0) and data.constraint != GAMMA:
        raise BadValue(
            'constraint: expected "gamma" with method="exact", which sums over the counts of a '
            'control region; take method="asymptotic" for others.'
        )
    if np.any((data.b == 0) & (data.v > 0)):
        raise BadValue(
            "sigma_b: expected 0 where b is 0: no counts of a control region give that. Take "
            "`on_off_upper_limit(n_on, 0, tau)` for a control region without events."
        )
    return True


def _statistic(how: ClsMethod, signal: ArrayLike | None) -> int:
    if how.statistic == "qtilde":
        return QTILDE
    if signal is not None:
        raise BadValue('statistic: expected "qtilde" with a `signal` template, got "q".')
    return Q
