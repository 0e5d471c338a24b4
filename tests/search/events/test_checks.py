"""When a check fails: by chance, by its size, and beside the excess that it could have made."""

from dataclasses import replace

import numpy as np
import pytest
from fake_scans import fake_scan
from scipy.stats import chi2, norm

from anomalon.core.window import Window
from anomalon.search.results.checks import ALARM, checks_of, decisive, doubtful
from anomalon.search.results.cut import Carried
from anomalon.search.results.window import MassLeak

FIT, SCULPTING, MASS, WEIGHT = (
    "background fit",
    "no mass sculpting",
    "features independent of the mass",
    "no few events carry the weight",
)
TOLD = MassLeak(distance=0.21, uncertainty=0.02, p_value=1e-30, d=0.21)


@pytest.fixture(scope="module")
def window():
    return fake_scan(signal=0.0, failing=False).windows[0]


def verdict(window, cut, what):
    (check,) = (c for c in checks_of(window, cut) if c.what == what)
    return check.verdict


def with_chi2(cut, chi2):
    """The share that passes is as constant as this says."""
    return replace(cut, pass_fraction=replace(cut.pass_fraction, chi2=chi2, ndf=10))


def with_closure(cut, events):
    return replace(cut, sigma=replace(cut.sigma, closure=events))


def with_excess(cut, relative):
    """So many times the expectation more than expected."""
    return replace(cut, n=cut.expected * (1 + relative))


def test_each_cut_has_its_checks(window):
    assert [c.what for c in checks_of(window, window.cuts[0])] == [FIT]
    assert [c.what for c in checks_of(window, window.cuts[1])] == [FIT, SCULPTING, MASS]
    assert all(c.passed for cut in window.cuts for c in checks_of(window, cut))
    not_needed = replace(window, mass_leak=None)
    assert [c.what for c in checks_of(not_needed, window.cuts[1])] == [FIT, SCULPTING]


def test_a_mass_that_may_be_told_is_listed_and_doubtful(window):
    unmeasured = replace(window, mass_leak=MassLeak.unknown())
    assert verdict(unmeasured, window.cuts[1], MASS) == "not made"
    (check,) = (c for c in checks_of(unmeasured, window.cuts[1]) if c.what == MASS)
    assert doubtful(check)
    unfitted = replace(check, what=FIT)
    assert not doubtful(unfitted)


def test_side_bands_that_say_too_little_say_nothing(window):
    """Twice the error of the distance, in events, beside the other uncertainties and the excess."""
    cut = with_closure(with_excess(window.cuts[1], 0), 0.0)
    others = cut.sigma.without_closure
    for error, excess, expected in (
        (4.9, 0, "passed"),
        (5.1, 0, "not made"),
        (5.1, 5.0, "not made"),
        (5.1, 5.2, "passed"),
    ):
        share = error * others / cut.expected
        told = norm.isf(0.1) - norm.isf(0.1 * (1 + share))  # of the mass, and hidden
        weak = replace(window, mass_leak=MassLeak(0.0, told / 2, 0.5, 0.0))
        assert verdict(weak, with_excess(cut, excess * others / cut.expected), MASS) == expected


def test_side_bands_far_narrower_than_the_signal_region_say_nothing(window):
    """What drifts over 600 GeV cannot be seen in two bands of 100 GeV: the claim is withheld."""
    cut = window.cuts[1]
    for beside, expected in (
        (100, "not made"),
        (149, "not made"),
        (151, "passed"),
        (600, "passed"),
    ):
        of_that_width = Window(2600, 3200, 2600 - beside, 3200 + beside)
        assert verdict(replace(window, window=of_that_width), cut, MASS) == expected
    narrow = replace(window, window=Window(2600, 3200, 2500, 3300))
    (check,) = (c for c in checks_of(narrow, cut) if c.what == MASS)
    assert doubtful(check)
    assert "200 GeV, are narrow beside the signal region, 600 GeV" in check.found
    told = with_closure(replace(narrow, mass_leak=TOLD).cuts[1], 0.5 * cut.expected)
    assert verdict(replace(narrow, mass_leak=TOLD), told, MASS) == "failed"  # seen all the same


def test_few_events_that_carry_the_weight_are_no_excess(window):
    for carried, expected in (
        (Carried(9.9, 250.0, 90.0, 900.0), "failed"),
        (Carried(10.1, 250.0, 90.0, 900.0), "passed"),
        (Carried(90.0, 250.0, 9.9, 900.0), "failed"),
        (Carried(5.0, 9.0, 90.0, 900.0), "passed"),
    ):
        cut = replace(window.cuts[0], carried=carried)
        assert verdict(window, cut, WEIGHT) == expected
    assert WEIGHT not in [c.what for c in checks_of(window, window.cuts[0])]


def test_sculpting_is_judged_by_chi2(window):
    # The upper 1 % point of chi2 with 10 degrees of freedom is 23.209 (tables).
    for value, expected in ((23.1, "passed"), (23.3, "failed")):
        cut = with_chi2(with_excess(window.cuts[1], 0), value)
        assert verdict(window, cut, SCULPTING) == expected


def test_a_fit_that_is_poor_beside_an_excess_that_is_not_far_larger_fails(window):
    cut = window.cuts[1]
    fit = replace(cut.fit, deviance=chi2.isf(1e-6, 10), ndf=10, p_value=1e-6)
    counts = cut.fit.counts[cut.fit.fitted].sum()
    off = np.sqrt(1.1 * (fit.deviance - 10) / counts)  # 1.1: variance over counts
    for relative, expected in (
        (0, "failed"),
        (-5 * off, "failed"),
        (3.9 * off, "failed"),
        (4.1 * off, "too small to matter"),
    ):
        assert verdict(window, replace(with_excess(cut, relative), fit=fit), FIT) == expected
    assert verdict(window, replace(cut, fit=replace(fit, p_value=ALARM)), FIT) == "passed"
    assert verdict(window, replace(cut, fit=replace(fit, p_value=np.nan)), FIT) == "not made"


def test_a_mass_that_is_told_fails_if_it_matters(window):
    told = replace(window, mass_leak=TOLD)
    cut = with_excess(window.cuts[1], 0)

    def closure(share):
        return with_closure(cut, share * cut.expected)

    others = np.linalg.norm([cut.sigma.poisson, cut.sigma.fit, cut.sigma.ensemble, cut.sigma.folds])
    assert verdict(told, closure(0.51 * others / cut.expected), MASS) == "failed"
    assert verdict(told, closure(0.49 * others / cut.expected), MASS) == "too small to matter"
    large = replace(closure(0.3), n=cut.expected * (1 + 4 * 0.31))
    assert verdict(told, large, MASS) == "too small to matter"
    assert verdict(told, replace(large, n=cut.expected * 2), MASS) == "failed"
    likely = replace(window, mass_leak=replace(TOLD, p_value=0.02))
    assert verdict(likely, closure(0.3), MASS) == "passed"


def test_an_expectation_that_the_cut_has_brought_to_nothing_excuses_nothing(window):
    told = replace(window, mass_leak=TOLD)
    nominal = 0.1 * window.cuts[0].expected
    cut = replace(window.cuts[1], n=3 * nominal, expected=1e-3 * nominal)
    cut = with_closure(cut, 5e-3 * nominal)
    assert verdict(told, cut, MASS) == "failed"


def test_a_relative_fit_stands_on_the_one_before_the_cut(window):
    first = window.cuts[0]
    poor = replace(first, fit=replace(first.fit, deviance=80.0, p_value=1e-9))
    window = replace(window, cuts=(poor, *window.cuts[1:]))
    cut = with_excess(window.cuts[1], 0)
    failed = [c.what for c in decisive(window, cut, relative=True) if c.verdict == "failed"]
    assert failed == ["background fit before the cut"]
    assert not [c for c in decisive(window, cut, relative=False) if c.verdict == "failed"]
    # a strong excess is not made by a misfit of a few percent
    strong = with_excess(window.cuts[1], 2)
    assert not [c for c in decisive(window, strong, relative=True) if c.verdict == "failed"]
