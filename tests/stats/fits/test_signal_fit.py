import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from iminuit import Minuit

from anomalon.core import Seed
from anomalon.core.errors import BadLayout, BadNumbers, DidNotConverge, TooFewEvents
from anomalon.stats import (
    Dijet,
    Exponential,
    Gaussian,
    Spectrum,
    Value,
    fit_signal,
    fit_spectrum,
    likelihood_ratio_scan,
)

EDGES = np.linspace(2800.0, 6500.0, 38)
MASSES = np.array([3200.0, 4000.0, 5500.0])
SIGNALS = Gaussian(4000.0, 120.0).templates(MASSES, EDGES, lambda m: 0.03 * m)


def truth(events):
    expected = Dijet(3).integrate([0.0, 9.0, 5.2], EDGES)
    return expected / expected.sum() * events


def toys(events, n, name, signal=0.0, mass=1):
    rng = Seed(21).child(name, events=events).generator()
    return rng.poisson(truth(events) + signal * SIGNALS[mass], (n, 37)).astype(float)


@pytest.mark.parametrize("shape", [Dijet(3), Dijet(4), Exponential(3)], ids=repr)
@pytest.mark.parametrize(("events", "signal"), [(200, 0), (200, 30), (60_000, 0), (60_000, 500)])
def test_no_worse_than_minuit(shape, events, signal):
    for mass in range(3):
        counts = toys(events, 1, "minuit", signal, mass)[0]
        fit = fit_signal((counts, EDGES), shape, SIGNALS[mass])
        best = np.append(fit.parameters, fit.strength)
        minuit, cost = minuit_fit(counts, shape, SIGNALS[mass], best, fit.root)
        assert cost(best) <= minuit.fval + 1e-3
        if events > 1000 and mass < 2:  # many events under the signal
            minuit.hesse()
            covariance = fit.root @ np.array(minuit.covariance) @ fit.root.T
            assert fit.sigma_strength == pytest.approx(np.sqrt(covariance[-1, -1]), rel=0.06)


def minuit_fit(counts, shape, template, best, root):
    """Minuit gets parameters without their correlations and a start near the minimum."""

    def cost(p):
        mu = shape.integrate(p[:-1], EDGES) + p[-1] * template
        if np.any(mu < -1e-9):  # rounding, where a negative signal leaves nothing
            return 1e9 * (1 + np.sum(mu < -1e-9))
        mu = np.maximum(mu, 1e-300)
        return 2 * (mu - counts * np.log(mu)).sum()

    minuit = Minuit(lambda a: cost(best + root @ (a + 0.3)), np.zeros(shape.n + 1))
    minuit.errordef = Minuit.LEAST_SQUARES
    minuit.tol = 1e-4
    minuit.migrad()
    return minuit, cost


def test_injected_asimov_signal_is_found_exactly():
    for strength in (-20.0, 0.0, 40.0, 300.0):
        fit = fit_signal((truth(6000) + strength * SIGNALS[1], EDGES), Dijet(3), SIGNALS[1])
        assert fit.strength == pytest.approx(strength, abs=1e-3)
        assert fit.deviance == pytest.approx(0.0, abs=1e-6)
        assert fit.expected_background == pytest.approx(truth(6000), rel=1e-5)
        assert np.sign(np.round(fit.z, 6)) == np.sign(strength)
        assert fit.q0 == (fit.t0 if fit.strength > 0 else 0.0)


def test_a_counting_experiment_in_one_bin():
    """One parameter, and a signal in one bin: everything has a closed form."""
    counts, edges = np.array([30.0, 10.0, 10.0, 10.0]), np.arange(5.0)
    fit = fit_signal((counts, edges), Exponential(1), np.array([1.0, 0, 0, 0]))
    assert fit.strength == pytest.approx(20.0)
    assert fit.sigma_strength**2 == pytest.approx(30 + 10 / 3)
    n_on_off = 30 * np.log(30 / 15) + 30 * np.log(30 / 45)  # Li-Ma with tau = 3
    assert fit.t0 == pytest.approx(2 * n_on_off)


@pytest.mark.parametrize("weighted", [False, True])
def test_batched_equals_looped_to_the_last_bit(weighted):
    counts = toys(300, 12, "batch")
    variance = 0.4 * counts + 0.1 * (counts > 0) if weighted else None
    mask = Spectrum(counts, EDGES).inside(4400, 4700)
    batch = fit_signal(Spectrum(counts, EDGES, variance), Dijet(3), SIGNALS, mask=mask)
    assert batch.strength.shape == (12, 3)
    for i in range(12):
        one = batch.background.spectrum.with_counts(counts[i])
        for m in range(3):
            fit = fit_signal(one, Dijet(3), SIGNALS[m], mask=mask)
            for name in ("parameters", "strength", "root", "deviance", "z", "q0"):
                assert np.array_equal(getattr(batch, name)[i, m], getattr(fit, name)), name
    masses = fit_signal(Spectrum(counts[0], EDGES), Dijet(3), SIGNALS)
    assert masses.expected.shape == (3, 37)


def test_the_mass_scan_is_the_same():
    fit = fit_spectrum((toys(3000, 5, "scan"), EDGES), Dijet(3))
    scan = likelihood_ratio_scan(fit, SIGNALS)
    ours = fit_signal(fit.spectrum, Dijet(3), SIGNALS)
    assert ours.z == pytest.approx(scan.z, abs=1e-6)
    assert ours.strength == pytest.approx(scan.strength)


def test_pulls_are_standard_normal():
    counts = toys(30_000, 2000, "pulls", signal=150)
    fit = fit_signal((counts, EDGES), Dijet(3), SIGNALS[1])
    pulls = (fit.strength - 150) / fit.sigma_strength
    assert abs(pulls.mean()) < 0.08
    assert pulls.std() == pytest.approx(1.0, abs=0.05)
    null = fit_signal((toys(30_000, 2000, "null"), EDGES), Dijet(3), SIGNALS[1])
    assert abs(null.z.mean()) < 0.08
    assert null.z.std() == pytest.approx(1.0, abs=0.05)


def test_deficits_stop_where_nothing_would_be_expected():
    """Empty bins under the signal: the strength is as negative as the background allows."""
    counts = np.round(truth(400))
    counts[SIGNALS[1] > 1e-4] = 0
    fit = fit_signal((counts, EDGES), Dijet(3), SIGNALS[1])
    assert fit.strength < 0
    assert 0 <= fit.expected.min() < 1e-3
    assert fit.sigma_strength > 1  # not that of bins that seem to be known to be empty
    assert fit.z < -2


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=37, max_size=37), st.integers(0, 2))
def test_any_counts_give_a_fit_that_is_no_worse_than_without_signal(counts, mass):
    fit = fit_signal((np.array(counts), EDGES), Exponential(3), SIGNALS[mass], throw=False)
    assert fit.ok or fit.why
    if fit.ok:
        assert fit.deviance <= fit.background.deviance + 1e-6
        assert fit.expected.min() >= 0
        assert np.isfinite(fit.sigma_strength)


@pytest.mark.parametrize("shape", [Dijet(3), Dijet(4), Exponential(3)], ids=repr)
def test_fits_at_the_end_of_the_spectrum_converge(shape):
    """Masses with less than an event in the window: the maximum is often at zero expectation."""
    edges = np.geomspace(1000.0, 8000.0, 81)
    masses = np.geomspace(4000.0, 6000.0, 20)
    templates = Gaussian(1.0, 1.0).templates(masses, edges, lambda m: 0.03 * m)
    expected = Dijet(4).integrate([0.0, 8.0, 5.6, 0.08], edges)
    rng = Seed(21).child("end").generator()
    counts = rng.poisson(expected / expected.sum() * 3e4, (200, 80))
    fit = fit_signal((counts, edges), shape, templates)
    assert (fit.strength < 0).mean() > 0.5
    assert (fit.deviance <= fit.background.deviance[:, None] + 1e-6).all()
    assert (fit.expected >= 0).all()


def test_weighted_spectra_are_scaled_poisson():
    counts = toys(3000, 1, "factor", 100)[0]
    plain = fit_signal((counts, EDGES), Dijet(3), SIGNALS[1])
    scaled = fit_signal(Spectrum(0.1 * counts, EDGES, 0.01 * counts), Dijet(3), SIGNALS[1])
    assert scaled.strength == pytest.approx(0.1 * plain.strength, rel=1e-5)
    assert scaled.sigma_strength == pytest.approx(0.1 * plain.sigma_strength, rel=1e-4)
    assert scaled.z == pytest.approx(plain.z, abs=1e-5)


def test_failures_keep_the_others():
    counts = toys(3000, 3, "bad")
    counts[1] = 0
    mask = SIGNALS[2] > 0
    with pytest.raises(TooFewEvents):
        fit_signal((counts, EDGES), Dijet(3), SIGNALS)
    fit = fit_signal((counts, EDGES), Dijet(3), SIGNALS[:2], throw=False)
    assert fit.ok.tolist() == [[True, True], [False, False], [True, True]]
    assert "filled bins" in fit.why[1, 0]
    assert np.isnan(fit.strength[1]).all()
    hidden = Gaussian(6000.0, 1.0).integrate(EDGES)
    mask = hidden > 0
    with pytest.raises(DidNotConverge, match="1 of 2 fits with signal"):
        fit_signal((counts[0], EDGES), Dijet(3), [SIGNALS[0], hidden], mask=mask)
    fit = fit_signal((counts[0], EDGES), Dijet(3), [SIGNALS[0], hidden], mask=mask, throw=False)
    assert fit.ok.tolist() == [True, False]
    assert "no signal" in fit.why[1]


@pytest.mark.parametrize("signal", [np.ones(5), np.ones((2, 2, 37)), np.zeros((0, 37))])
def test_templates_fit_the_bins(signal):
    with pytest.raises(BadLayout, match="fraction per bin"):
        fit_signal((truth(1000), EDGES), Dijet(3), signal)


def test_templates_are_numbers():
    with pytest.raises(BadNumbers):
        fit_signal((truth(1000), EDGES), Dijet(3), -SIGNALS[0])


def test_signals_lists_and_templates_are_the_same():
    signals = [Gaussian(m, 100.0) for m in MASSES]
    one = fit_signal((truth(1000), EDGES), Dijet(3), signals)
    other = fit_signal((truth(1000), EDGES), Dijet(3), signals[0].templates(MASSES, EDGES))
    assert np.array_equal(one.strength, other.strength)
    single = fit_signal((truth(1000), EDGES), Dijet(3), signals[0])
    assert single.strength == one.strength[0]


def test_to_dict_is_json_and_repr_reads():
    fit = fit_signal((toys(3000, 1, "json")[0], EDGES), Dijet(3), Gaussian(4000.0, 120.0))
    plain = json.loads(json.dumps(fit.to_dict()))
    assert plain["strength"] == float(fit.strength)
    assert plain["background"]["shape"]["kind"] == "dijet"
    assert isinstance(fit.value, Value)
    assert "strength = " in repr(fit)
    assert "ok" in repr(fit_signal((truth(1000), EDGES), Dijet(3), SIGNALS))
