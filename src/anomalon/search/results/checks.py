"""Can a significance be believed? The checks of each fit and each selection.

A check compares what was assumed with what is seen beside the signal region, and says two things:
how probable the difference is by chance, and its *size*, as a share of the expected count. It fails
if chance does not explain the difference, and the excess is not far larger than its size. For a
strong signal leaks into the side bands and bends the fit and the pass fraction there; but what it
does beside the signal region is small compared with what it does inside, while features that tell
the mass do the same in both. (In LHC Olympics data with 500 to 5000 signal events the size was 3 to
18 % of the excess at the cuts with the largest significance; with features that drift with the
mass, from 30 % up.)
"""

from collections.abc import Iterator
from math import isfinite, nan, sqrt

from scipy.special import gammaincc

from anomalon.core.result import Check, Verdict
from anomalon.core.rounding import measured, p_value, percent, plain
from anomalon.core.window import Window
from anomalon.search.results.cut import CutResult
from anomalon.search.results.fitted import SpectrumFit
from anomalon.search.results.thresholds import ALARM
from anomalon.search.results.window import MassLeak, WindowResult

__all__ = ["checks_of", "decisive", "doubtful", "place", "told"]

# An excess so many times the size of a difference is not made by it.
_DWARFED = 4.0
# What the features tell of the mass matters from this share of the other uncertainties on. It is
# an uncertainty itself, and below that share a small one.
_MATERIAL = 0.5
# An excess so many times the other uncertainties, made by features that tell the mass and hardly
# seen in the side bands: then they say nothing. (Bands as wide as the signal region: 1 to 2.)
_BLIND = 5.0
# Side bands narrower than this share of the signal region, both together, cannot show what drifts
# over it. (Bands as wide as the region, on each side, are the custom: a share of 2.)
_BESIDE = 0.5

_TELLING = "features independent of the mass"
_FEW = "no few events carry the weight"


def place(result: WindowResult, cut: CutResult) -> str:
    """How a check names the working point that it is about."""
    return f"{result.name} ({result.selection_name}), {cut.label}"


def checks_of(result: WindowResult, cut: CutResult) -> tuple[Check, ...]:
    """All checks of one working point."""
    checks = [_of_fit("background fit", cut.fit, result, cut), *_of_weights(result, cut)]
    if cut.efficiency >= 1:
        return tuple(checks)
    passing, leak = cut.pass_fraction, result.mass_leak
    if passing.chi2 is not None and passing.ndf:
        p = float(gammaincc(passing.ndf / 2, passing.chi2 / 2))
        what = "no mass sculpting"
        found = _chi2(passing.chi2, passing.ndf)
        checks.append(_judged(what, found, p, _unevenness(cut), result, cut))
    if leak is not None and cut.ok:
        checks.append(_of_leak(leak, result, cut))
    return tuple(checks)


def doubtful(check: Check) -> bool:
    """Whether an excess cannot be claimed because of this check.

    If it failed; and if nobody can say whether the features tell the mass, which would make one.
    """
    return check.verdict == "failed" or (check.what, check.verdict) == (_TELLING, "not made")


def told(check: Check) -> bool:
    """Whether this check has found that features tell the mass."""
    return (check.what, check.verdict) == (_TELLING, "failed")


def decisive(result: WindowResult, cut: CutResult, *, relative: bool) -> tuple[Check, ...]:
    """The checks that the significance of a cut stands on.

    Args:
        result: Of the window.
        cut: One of its cuts.
        relative: Whether the cut spectrum is fitted relative to that before the cut: then the fit
            of that one counts, too.
    """
    own = checks_of(result, cut)
    first = result.cuts[0]
    if not relative or cut.efficiency >= 1 or first.efficiency < 1:
        return own
    return (*own, _of_fit("background fit before the cut", first.fit, result, cut))


def _of_fit(what: str, fit: SpectrumFit, result: WindowResult, cut: CutResult) -> Check:
    return _judged(what, _chi2(fit.deviance, fit.ndf), fit.p_value, _misfit(fit), result, cut)


def _of_weights(result: WindowResult, cut: CutResult) -> Iterator[Check]:
    """Only where weights differ: events of one weight are Poisson, however few."""
    if cut.carried is None or not cut.ok:
        return
    found = (
        f"worth {plain(cut.carried.signal_region, 3)} events of one weight in the signal region, "
        f"{plain(cut.carried.sidebands, 3)} in the side bands"
    )
    verdict: Verdict = "failed" if cut.carried.few else "passed"
    yield Check(_FEW, found, verdict, where=place(result, cut))


def _narrow(window: Window) -> str:
    """Why side bands beside a far wider signal region say nothing of it; "" if they are not."""
    inside = window.high - window.low
    beside = window.low - window.sideband_low + window.sideband_high - window.high
    if beside >= _BESIDE * inside:
        return ""
    return (
        f"the side bands, {beside:g} GeV, are narrow beside the signal region, {inside:g} GeV: "
        "what the features do there cannot be seen in them"
    )


def _of_leak(leak: MassLeak, result: WindowResult, cut: CutResult) -> Check:
    background, others = _background(result, cut), cut.sigma.without_closure
    if leak.known:
        found = f"distance {measured(leak.distance, leak.uncertainty)}"
        size = cut.sigma.closure / cut.expected if cut.expected > 0 else nan
        small = size * background <= _MATERIAL * others
        check = _judged(_TELLING, found, leak.p_value, size, result, cut, immaterial=small)
        narrow = _narrow(result.window)
        if narrow and check.verdict != "failed":
            return Check(_TELLING, f"{found}: {narrow}", "not made", where=place(result, cut))
        hidden = leak.may_hide(cut.efficiency, result.window) * background
        if check.verdict == "failed" or hidden <= max(_BLIND * others, cut.n - cut.expected):
            return check
        why = (
            f"{found}: the side bands say too little, an excess of {plain(hidden, 2)} events "
            "would hardly be seen there"
        )
    else:
        why = "could not be measured: half of a side band has too few events"
    return Check(_TELLING, why, "not made", where=place(result, cut))


def _chi2(statistic: float, ndf: int) -> str:
    return f"χ²/ndf = {plain(statistic)}/{ndf}"


def _judged(
    what: str,
    found: str,
    p: float,
    size: float,
    result: WindowResult,
    cut: CutResult,
    *,
    immaterial: bool = False,
) -> Check:
    if not isfinite(p):
        verdict: Verdict = "not made"
    elif p >= ALARM:
        verdict = "passed"
    elif immaterial or _dwarfed(size, result, cut):
        verdict = "too small to matter"
    else:
        verdict = "failed"
    return Check(
        what,
        _in_words(found, p, size, verdict),
        verdict,
        where=place(result, cut),
        p_value=float(p) if isfinite(p) else None,
        size=float(size) if isfinite(size) else None,
    )


def _in_words(found: str, p: float, size: float, verdict: Verdict) -> str:
    if verdict == "not made":
        return "could not be evaluated"
    words = f"{found}, p = {p_value(p)}"
    show = verdict in ("failed", "too small to matter") and isfinite(size)
    return f"{words}, {percent(round(size, 4))} of the expected count" if show else words


def _dwarfed(size: float, result: WindowResult, cut: CutResult) -> bool:
    """Whether the excess is far larger than a difference of this size makes it."""
    if not (cut.ok and isfinite(size)):
        return False
    return cut.n - cut.expected > _DWARFED * size * _background(result, cut)


def _background(result: WindowResult, cut: CutResult) -> float:
    """What a relative difference is a share of.

    A cut that follows the mass can bring the expectation to nothing, and the excess to many times
    it; so it is at least what the cut should have left.
    """
    nominal = cut.efficiency * result.cuts[0].expected
    return max(cut.expected, nominal) if isfinite(nominal) else cut.expected


def _misfit(fit: SpectrumFit) -> float:
    """Root mean square of the relative residuals beyond what the counts fluctuate."""
    events = float((fit.counts / fit.event_weight)[fit.fitted].sum()) if len(fit.counts) else 0.0
    if not (events > 0 and isfinite(fit.deviance)):
        return nan
    return sqrt(max(fit.deviance - fit.ndf, 0.0) / events)


def _unevenness(cut: CutResult) -> float:
    """Root mean square of the relative changes of the pass fraction beyond its noise."""
    passing = cut.pass_fraction
    shown = ~passing.in_signal_region & (passing.sigma > 0)
    if not shown.any() or passing.chi2 is None or passing.ndf is None:
        return nan
    weight = passing.sigma[shown] ** -2.0
    mean = float(weight @ passing.fraction[shown] / weight.sum())
    beyond = max(passing.chi2 - passing.ndf, 0.0)
    return sqrt(beyond / float(weight.sum())) / mean if mean > 0 else nan
