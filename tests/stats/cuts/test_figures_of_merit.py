import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import norm, poisson

from anomalon.core.errors import BadLayout, BadValue, TooFewEvents, UnknownKey
from anomalon.stats.counts.counting import asimov_significance
from anomalon.stats.cuts.figures_of_merit import (
    FIGURES_OF_MERIT,
    FigureOfMerit,
    figure_of_merit,
    optimise,
    punzi,
    punzi_figure,
    punzi_minimum_signal,
)

every = pytest.mark.parametrize("figure", FIGURES_OF_MERIT.values(), ids=FIGURES_OF_MERIT)


@every
@settings(max_examples=30, deadline=None)
@given(s=st.floats(0.1, 100), b=st.floats(0.1, 1000), share=st.floats(0, 0.5))
def test_more_signal_and_less_background_are_better(figure, s, b, share):
    value = figure(s, b, share * b)
    if figure.name == "poisson":
        assume(value > 1)  # the tail of s + b = b events is not exactly 1/2
    assert 0 < value < np.inf
    assert figure(1.1 * s, b, share * b) > value
    assert figure(s, 1.1 * b, share * 1.1 * b) < value * (1 + 1e-9)
    if figure.uses_sigma_b:
        assert figure(s, b, share * b + 0.1 * b) <= value * (1 + 1e-9)
    else:
        assert figure(s, b, share * b + 0.1 * b) == value


@every
def test_no_signal_is_worth_nothing_and_no_background_is_a_number(figure):
    assert figure([0.0, 0.0], [0.0, 5.0]).tolist() == [0.0, 0.0]
    at_zero = figure(3.0, 0.0)
    assert np.isfinite(at_zero) == figure.bounded or figure.name == "asimov"
    assert not np.isnan(at_zero)
    assert figure(np.ones((2, 3)), 5.0, 1.0).shape == (2, 3)
    assert np.ndim(figure(1.0, 5.0)) == 0


@every
def test_every_figure_says_what_it_is_for(figure):
    assert FIGURES_OF_MERIT[figure.name] is figure
    assert figure.formula
    assert figure.source
    if figure.purpose == "limit":
        assert "not optimising for discovery" in figure.warning
    else:
        assert figure.purpose == "discovery"
        assert figure.warning == ""
    with pytest.raises(BadValue, match="finite b"):
        figure(1.0, -1.0)
    with pytest.raises(BadValue, match="finite s >= 0, got nan"):
        figure(float("nan"), 1.0)


def test_values_by_hand():
    value = {name: float(f(30.0, 100.0, 10.0)) for name, f in FIGURES_OF_MERIT.items()}
    assert value["s_over_root_b"] == pytest.approx(3.0)
    assert value["s_over_root_s_plus_b"] == pytest.approx(30 / np.sqrt(130))
    assert value["s_over_root_s_plus_b_plus_variance"] == pytest.approx(30 / np.sqrt(230))
    assert value["punzi"] == pytest.approx(30 / (2.5 + np.sqrt(200)))
    assert value["asimov"] == asimov_significance(30.0, 100.0, 10.0)
    # notes: ExpectedLimit(50, 7) = 19.70904
    assert FIGURES_OF_MERIT["expected_limit"](10, 50, 7) == pytest.approx(10 / 19.70904, rel=1e-6)
    mid = poisson.sf(12, 5.0) + poisson.pmf(12, 5.0) / 2
    assert FIGURES_OF_MERIT["poisson"](7, 5) == pytest.approx(norm.isf(mid), rel=1e-6)


def test_punzi_against_published_numbers():
    assert punzi(0.3, 100, 5) == pytest.approx(0.0240)
    assert punzi(0.3, 20, 3) == pytest.approx(0.0502333, abs=1e-7)
    power = norm.cdf(1.2816)
    assert punzi_minimum_signal(100, 5, power) == pytest.approx(66.5390, abs=1e-4)
    assert punzi_figure(3)(0.3, 20) == pytest.approx(punzi(0.3, 20, 3))
    assert punzi(0.3, [100, 20], [5, 3]) == pytest.approx([0.0240, 0.0502333], abs=1e-7)
    for name, *wrong in (
        ("efficiency", -0.1, 1, 5),
        ("efficiency", 1.5, 3, 5),
        ("efficiency", np.nan, 1, 5),
        ("b", 0.1, -1, 5),
        ("b", 0.1, np.inf, 5),
        ("a", 0.1, 1, 0),
        ("a", 0.1, 1, [5, -1]),
    ):
        with pytest.raises(BadValue, match=f"punzi: {name}: "):
            punzi(*wrong)
    with pytest.raises(BadLayout, match=r"b of shape \(3,\), a of shape \(2,\)"):
        punzi(0.3, [1, 2, 3], [5, 3])
    with pytest.raises(BadLayout, match=r"asimov: .* s of shape"):
        FIGURES_OF_MERIT["asimov"]([1, 2], [1, 2, 3])
    with pytest.raises(BadValue):
        punzi_figure(0)
    with pytest.raises(BadValue, match="power"):
        punzi_minimum_signal(1.0, 5, 1.0)


@settings(max_examples=50, deadline=None)
@given(b=st.floats(1.0, 1e4), a=st.floats(1, 6), power=st.floats(0.5, 0.99))
def test_the_minimum_signal_is_found_with_its_power(b, a, power):
    """Gaussian counts: above b + a sqrt(b) with the power, if the mean is b + S."""
    s = punzi_minimum_signal(b, a, power)
    beta = (s - a * np.sqrt(b)) / np.sqrt(b + s)
    assert norm.cdf(beta) == pytest.approx(power, rel=1e-9)


def test_limit_and_discovery_differ_for_few_events():
    """The lecture: Gaussian counts prefer the same cuts, Poisson counts do not."""
    threshold = np.linspace(0, 4, 400)
    efficiency, background = norm.sf(threshold - 1.5), norm.sf(threshold)
    names = ("asimov", "expected_limit")
    many = [optimise(name, 1e3 * efficiency, 1e6 * background) for name in names]
    few = [optimise(name, 4 * efficiency, 30 * background) for name in names]
    assert abs(many[0].index - many[1].index) <= 3
    assert few[0].index > few[1].index + 20
    assert [each.purpose for each in few] == ["discovery", "limit"]
    assert few[0].warning == ""
    assert "not optimising for discovery" in few[1].warning


def test_optimise_keeps_to_what_is_allowed():
    s, b = [5.0, 4.0, 1.0], [20.0, 10.0, 0.0]
    assert optimise("s_over_root_b", s, b).value == np.inf
    best = optimise("s_over_root_b", s, b, allowed=[True, True, False])
    assert (best.index, best.s, best.b) == (1, 4.0, 10.0)
    with pytest.raises(TooFewEvents, match="none of 3"):
        optimise("asimov", s, b, allowed=[False] * 3)
    with pytest.raises(BadLayout, match="allowed"):
        optimise("asimov", s, b, allowed=[True])
    with pytest.raises(UnknownKey, match="did you mean 'asimov'"):
        figure_of_merit("asimof")


def test_an_own_figure_works_everywhere():
    own = FigureOfMerit("own", "s - b", "none", "discovery", lambda s, b, _: s - b)
    assert optimise(own, [5.0, 9.0], [1.0, 6.0]).index == 0
    assert figure_of_merit(own) is own
