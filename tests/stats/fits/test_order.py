from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import chi2, f

from anomalon.core import Seed
from anomalon.core.errors import BadLayout, BadValue, TooFewEvents, UnknownKey
from anomalon.stats import (
    Dijet,
    Exponential,
    Gaussian,
    Spectrum,
    choose_order,
    fit_signal,
    fit_spectrum,
)
from anomalon.stats.fits import NestedTest, choose_order_with_signal, choose_orders

EDGES = np.linspace(2800.0, 6500.0, 38)


def spectrum(events, parameters=(0.0, 9.0, 5.2), name="order"):
    expected = Dijet(len(parameters)).integrate(parameters, EDGES)
    rng = Seed(3).child(name, events=events).generator()
    return Spectrum(rng.poisson(expected / expected.sum() * events), EDGES)


def test_the_table_is_the_arithmetic_of_the_fits():
    data = spectrum(60_000)
    fit = choose_order(data, "dijet", 2, 5)
    fits = {n: fit_spectrum(data, Dijet(n)) for n in (2, 3, 4)}
    assert fit.n_parameters == 3
    assert [row.n_parameters for row in fit.tried] == [2, 3, 4]
    assert [row.chosen for row in fit.tried] == [False, True, False]
    assert fit.tried[0].f is None
    assert fit.tried[0].p_f is None
    for row, n in zip(fit.tried[1:], (2, 3), strict=True):
        small, large = fits[n], fits[n + 1]
        statistic = (small.deviance - large.deviance) / (large.deviance / large.ndf)
        assert row.f == pytest.approx(statistic, rel=1e-9)
        assert row.p_f == pytest.approx(f.sf(statistic, 1, large.ndf), rel=1e-9)
        assert row.deviance == large.deviance
    assert fit.parameters.tolist() == fits[3].parameters.tolist()


def test_likelihood_ratio():
    data = spectrum(60_000)
    fit = choose_order(data, "dijet", 2, 5, test="likelihood_ratio")
    gain = fit_spectrum(data, Dijet(2)).deviance - fit_spectrum(data, Dijet(3)).deviance
    assert fit.tried[1].f == pytest.approx(gain, rel=1e-9)
    assert fit.tried[1].p_f == pytest.approx(chi2.sf(gain, 1), rel=1e-6)


@pytest.mark.parametrize(("test", "most"), [("f", 0.075), ("likelihood_ratio", 0.075)])
def test_a_parameter_too_many_at_the_nominal_rate(test, most):
    """At 60,000 events both tests hold their 5 %."""
    taken = [
        choose_order(
            spectrum(60_000, name=f"rate{i}"),
            "dijet",
            3,
            4,
            test=NestedTest(test, go_on_if_rejected=False),
        ).n_parameters
        for i in range(300)
    ]
    assert 0.02 < np.mean(np.array(taken) == 4) < most


def test_the_likelihood_ratio_also_holds_it_at_few_events():
    """The F-test takes the fourth parameter in 19 % of spectra with 60 events."""
    rate = {
        test: np.mean(
            [
                choose_order(spectrum(60, name=f"few{i}"), "dijet", 3, 4, test=test).n_parameters
                for i in range(300)
            ]
        )
        - 3
        for test in ("f", "likelihood_ratio")
    }
    assert rate["likelihood_ratio"] < 0.11
    assert rate["f"] > rate["likelihood_ratio"]


def test_goes_on_from_a_rejected_fit():
    # a polynomial even in log f: the step to the third power alone does not help, the fourth does
    u = np.linspace(-1, 1, 41)
    mass_edges = np.linspace(1000.0, 5000.0, 41)
    centre = (u[1:] + u[:-1]) / 2
    counts = 1000 * np.exp(-2 * centre**2)
    data = Spectrum(np.round(counts), mass_edges)
    stop = choose_order(data, "exponential", 1, 3, test=NestedTest(go_on_if_rejected=False))
    go_on = choose_order(data, "exponential", 1, 3)
    assert stop.n_parameters == 1
    assert stop.p_value < 1e-10
    assert go_on.n_parameters == 3
    assert go_on.p_value > 0.05


def test_family_by_name_class_or_shape():
    data = spectrum(6000)
    by_shape = choose_order(data, Dijet(1, sqrt_s=14_000.0), 2, 4)
    assert by_shape.shape == replace(Dijet(1, sqrt_s=14_000.0), n=by_shape.n_parameters)
    assert choose_order(data, Exponential).shape.kind == "exponential"
    with pytest.raises(UnknownKey, match="did you mean 'dijet'"):
        choose_order(data, "dijets")


def test_ends_where_the_next_order_cannot_be_fitted():
    counts = np.zeros(37)
    counts[[0, 1, 2, 9]] = [40, 12, 3, 1]
    fit = choose_order(Spectrum(counts, EDGES), "dijet", 3, 5)
    assert fit.n_parameters == 3
    assert len(fit.tried) == 1
    assert fit.tried[0].chosen


def test_too_few_events_even_for_the_smallest():
    empty = Spectrum(np.zeros(37), EDGES)
    with pytest.raises(TooFewEvents):
        choose_order(empty, "dijet")
    fit = choose_order(empty, "dijet", throw=False)
    assert not fit.ok
    assert "filled bins" in fit.why


def test_refusals():
    data = spectrum(6000)
    for n_min, n_max, alpha in ((0, 3, 0.05), (4, 3, 0.05), (2, 9, 0.05), (2, 4, 0.0)):
        with pytest.raises(BadValue, match="n_min <= n_max"):
            choose_order(data, "dijet", n_min, n_max, test=NestedTest(alpha=alpha))
    with pytest.raises(UnknownKey, match="test"):
        choose_order(data, "dijet", test="aic")
    with pytest.raises(BadLayout, match="one spectrum"):
        choose_order(data.with_counts(np.ones((2, 37))), "dijet")


@pytest.mark.parametrize("test", ["f", "likelihood_ratio"])
def test_toys_are_chosen_for_as_one_after_the_other(test):
    expected = Dijet(3).integrate((0.0, 9.0, 5.2), EDGES)
    rng = Seed(9).child("toys").generator()
    toys = rng.poisson(expected / expected.sum() * 3000, (60, len(expected))).astype(float)
    toys[7] = 0.0
    toys[8, 3:] = 0.0  # enough for two parameters
    together = choose_orders((toys, EDGES), "dijet", 2, 5, test=test)
    assert len(set(together.n_parameters.tolist())) > 3
    for counts, mean, n in zip(toys, together.expected, together.n_parameters, strict=True):
        alone = choose_order((counts, EDGES), "dijet", 2, 5, test=test, throw=False)
        assert n == (alone.n_parameters if alone.ok else 0)
        assert mean.tolist() == alone.expected.tolist() or not alone.ok
    assert np.isnan(together.expected[7]).all()


def test_toys_and_one_spectrum_are_told_apart():
    data = spectrum(1000)
    with pytest.raises(BadLayout, match="see choose_order"):
        choose_orders(data, "dijet")
    with pytest.raises(BadValue, match="choose_orders: expected 1 <= n_min"):
        choose_orders((data.counts[None], EDGES), "dijet", 3, 2)


def test_with_a_signal_the_table_is_of_fits_with_the_signal():
    peak = Gaussian(3500.0, 105.0)
    data = spectrum(60_000)
    bumped = Spectrum(data.counts + np.rint(3000 * peak.integrate(EDGES)), EDGES)
    found = choose_order_with_signal(bumped, "dijet", peak, 2, 5)
    assert found.n_parameters == 3
    assert [row.n_parameters for row in found.background.tried] == [2, 3, 4]
    for row in found.background.tried:
        alone = fit_signal(bumped, Dijet(row.n_parameters), peak)
        assert row.deviance == pytest.approx(float(alone.deviance))
        assert row.ndf == len(EDGES) - 1 - row.n_parameters - 1
        assert row.p_value == pytest.approx(chi2.sf(float(alone.deviance), row.ndf), rel=0.05)
    assert found.strength == pytest.approx(3000, abs=3 * float(found.sigma_strength))


def test_with_a_signal_one_spectrum_is_expected():
    toys = Spectrum(np.ones((3, len(EDGES) - 1)), EDGES)
    with pytest.raises(BadLayout):
        choose_order_with_signal(toys, "dijet", Gaussian(3500.0, 105.0))
