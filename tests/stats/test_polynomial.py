"""Fits of positive polynomials: the likelihood is concave, so the KKT conditions are the truth."""

from itertools import pairwise

import numpy as np
import pytest
from iminuit import Minuit

from anomalon.core import Seed
from anomalon.core.errors import TooFewEvents
from anomalon.stats import (
    Gaussian,
    Polynomial,
    Spectrum,
    UnconstrainedPolynomial,
    bump_hunt,
    choose_order,
    fit_signal,
    fit_spectrum,
    likelihood_ratio_scan,
)
from anomalon.stats.scans import score_test_scan

EDGES = np.linspace(100.0, 160.0, 61)
MIDDLE = (EDGES[1:] + EDGES[:-1]) / 2
TRUTHS = {
    "falling": np.exp(-MIDDLE / 20),
    "steep": np.exp(-MIDDLE / 3),  # all but one coefficient vanish
    "peak": np.exp(-((MIDDLE - 125) ** 2) / 50) + 1e-3,  # both ends vanish
    "step": np.where(MIDDLE > 140, 1.0, 1e-6),
    "flat": np.ones(60),
}


def toys(truth, events, n):
    mean = TRUTHS[truth] * events / TRUTHS[truth].sum()
    return Seed(3).child(truth, events=events).generator().poisson(mean, (n, 60)).astype(float)


def score(counts, templates, mu):
    """The derivatives of ln L, in units of the error that each factor alone would have."""
    information = (templates**2 * (counts / mu**2)[:, None]).sum(axis=0)
    return templates.T @ (counts / mu - 1.0) / np.sqrt(np.maximum(information, 1e-300))


@pytest.mark.parametrize("truth", TRUTHS)
@pytest.mark.parametrize("events", [30, 1000, 1e6])
@pytest.mark.parametrize("n", [1, 2, 5, 8])
def test_karush_kuhn_tucker(truth, events, n):
    fit = fit_spectrum((toys(truth, events, 20), EDGES), Polynomial(n), throw=False)
    assert all(fit.ok | np.array(["filled bins" in why for why in fit.why]))
    assert fit.ok.sum() > 5
    templates = fit.shape.binned(EDGES).templates
    for toy in np.flatnonzero(fit.ok):
        b = fit.parameters[toy]
        slope = score(fit.spectrum.counts[toy], templates, fit.expected[toy])
        assert np.all(b >= 0)
        assert np.abs(slope[b > 0]).max() < 1e-6
        assert np.all(slope[b == 0] < 1e-6)
        assert np.all(fit.errors[toy][b == 0] == 0)
        assert np.all(fit.errors[toy][b > 0] > 0)
    if truth == "peak" and n == 5:
        assert (fit.parameters == 0).any(axis=1).mean() > 0.9  # factors that vanish are tested


@pytest.mark.parametrize("truth", TRUTHS)
def test_no_worse_than_minuit_with_limits(truth):
    counts = toys(truth, 3000, 1)[0]
    fit = fit_spectrum((counts, EDGES), Polynomial(5))
    templates = fit.shape.binned(EDGES).templates
    size = 3000 / templates.sum(axis=0)

    def cost(b):
        mu = templates @ (size * b)
        return 2 * (mu - counts * np.log(mu)).sum()

    minuit = Minuit(cost, np.full(5, 0.2))
    minuit.limits = [(1e-9, None)] * 5
    minuit.strategy = 2
    minuit.migrad()
    ours = 2 * (fit.expected - counts * np.log(fit.expected)).sum()
    assert ours <= minuit.fval + 1e-6
    assert ours == pytest.approx(minuit.fval, abs=0.05)
    if truth == "flat":  # nothing vanishes: the errors are the usual ones
        minuit.hesse()
        assert fit.errors / size == pytest.approx(np.array(minuit.errors), rel=0.05)


def test_batched_equals_looped():
    counts = np.vstack([toys(truth, 300, 4) for truth in TRUTHS])
    mask = Spectrum(counts, EDGES).inside(120, 130)
    batch = fit_spectrum((counts, EDGES), Polynomial(4), mask=mask, throw=False)
    signals = [Gaussian(mass, 1.5) for mass in (110.0, 125.0, 140.0)]
    with_signal = fit_signal((counts, EDGES), Polynomial(4), signals, throw=False)
    for toy, one in enumerate(counts):
        alone = fit_spectrum((one, EDGES), Polynomial(4), mask=mask, throw=False)
        for name in ("parameters", "root", "expected", "sigma_expected", "deviance", "p_value"):
            # to the last bit
            assert np.array_equal(getattr(batch, name)[toy], getattr(alone, name), equal_nan=True)
        alone_with = fit_signal((one, EDGES), Polynomial(4), signals[1], throw=False)
        for name in ("parameters", "strength", "root", "deviance"):
            ours, theirs = getattr(with_signal, name)[toy, 1], getattr(alone_with, name)
            assert np.array_equal(ours, theirs, equal_nan=True), name


@pytest.mark.parametrize("events", [40, 3000])
def test_fits_with_signal_are_at_the_maximum(events):
    """KKT again, with multipliers for empty bins, whose expectations must not be negative."""
    counts = toys("falling", events, 10)
    signals = [Gaussian(mass, 1.5) for mass in (105.0, 125.0, 150.0)]
    fit = fit_signal((counts, EDGES), Polynomial(4), signals)
    templates = fit.background.shape.binned(EDGES).templates
    walls = 0
    for toy, number in np.ndindex(fit.ok.shape):
        mu, rows = fit.expected[toy, number], np.c_[templates, fit.templates[number]]
        at_wall = mu < 1e-4
        assert np.all(counts[toy][at_wall] == 0)
        walls += at_wall.any()
        if not at_wall.any():
            slope = score(np.maximum(counts[toy], 1e-7), rows, mu)
            free = np.append(fit.parameters[toy, number] > 0, True)
            assert np.abs(slope[free]).max() < 1e-4
            assert np.all(slope[~free] < 1e-4)
        # concave: no point in between, and no other fit, is better
        best = (mu - counts[toy] * np.log(np.maximum(mu, 1e-300))).sum()
        none = fit.background.expected[toy]
        for share in (0.01, 0.5, 1.0):
            other = mu + share * (none - mu)
            assert best <= (other - counts[toy] * np.log(other)).sum() + 1e-6
    assert (walls > 0) == (events == 40)


def test_pulls_of_signal_and_prediction():
    mean = Polynomial(4, 100.0, 160.0).integrate([120.0, 50.0, 30.0, 20.0], EDGES)
    counts = Seed(4).child("polynomial").generator().poisson(mean, (1000, 60))
    fit = fit_signal((counts, EDGES), Polynomial(4), Gaussian(130, 1.5))
    pull = fit.strength / fit.sigma_strength
    assert abs(pull.mean()) < 0.1
    assert pull.std() == pytest.approx(1.0, abs=0.07)
    mask = Spectrum(counts, EDGES).inside(120, 130)
    inside = fit_spectrum((counts, EDGES), Polynomial(4), mask=mask).integral(120, 130)
    pull = (inside.value - mean[mask].sum()) / inside.uncertainty
    assert abs(pull.mean()) < 0.15
    assert pull.std() == pytest.approx(1.0, abs=0.07)


def test_integrals_add_up():
    counts = toys("falling", 3000, 1)[0]
    fit = fit_spectrum((counts, EDGES), Polynomial(4))
    assert fit.expected.sum() == pytest.approx(counts.sum(), rel=1e-9)
    parts = [fit.integral(low, high).value for low, high in pairwise([100, 112.5, 130.25, 160])]
    assert sum(parts) == pytest.approx(3000, rel=0.1)
    assert sum(parts) == pytest.approx(fit.expected.sum(), rel=1e-12)
    assert fit.to_dict()["shape"] == {"kind": "polynomial", "n": 4, "low": 100.0, "high": 160.0}


def test_orders_hunts_and_scans():
    counts = toys("falling", 1e5, 1)[0]
    fit = choose_order((counts, EDGES), "polynomial", 2, 7)
    assert 3 <= fit.n_parameters <= 6
    assert fit.p_value > 0.01
    hunt = bump_hunt((counts, EDGES), fit, n_toys=200)
    assert hunt.n_failed == 0
    assert hunt.global_p.p > 0.02
    signals = [Gaussian(mass, 1.5) for mass in np.arange(105.0, 156.0, 5.0)]
    score_z, ratio_z = (scan(fit, signals).z for scan in (score_test_scan, likelihood_ratio_scan))
    assert score_z == pytest.approx(ratio_z, abs=0.1)


def test_too_few_bins():
    with pytest.raises(TooFewEvents, match="polynomial fit with 3 parameters"):
        fit_spectrum((np.r_[5.0, 4.0, 3.0, np.zeros(57)], EDGES), Polynomial(3))


@pytest.mark.parametrize("truth", TRUTHS)
def test_coefficients_of_either_sign_are_never_worse_than_positive_ones(truth):
    counts = toys(truth, 3000, 20)
    free, bound = (
        fit_spectrum((counts, EDGES), shape(5), throw=False)
        for shape in (UnconstrainedPolynomial, Polynomial)
    )
    good = free.ok & bound.ok
    assert good.sum() >= 15
    assert np.all(free.deviance[good] <= bound.deviance[good] + 1e-6)
    assert np.all(free.expected[good] > -1e-9)
    same = good & np.all(bound.parameters > 0, axis=-1)  # then the limits decide nothing
    np.testing.assert_allclose(free.deviance[same], bound.deviance[same], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("truth", ["falling", "flat", "valley"])
def test_without_limits_no_worse_than_minuit_without(truth):
    valley = 1.0 - 3.2 * (T := (MIDDLE - 100) / 60) * (1 - T)  # its middle coefficient is below 0
    mean = valley if truth == "valley" else TRUTHS[truth]
    counts = Seed(5).child(truth).generator().poisson(mean * 3e4 / mean.sum()).astype(float)
    fit = fit_spectrum((counts, EDGES), UnconstrainedPolynomial(4))
    templates = fit.shape.binned(EDGES).templates
    size = 3e4 / templates.sum(axis=0)

    def cost(b):
        mu = np.maximum(templates @ (size * b), 1e-9)
        return 2 * (mu - counts * np.log(mu)).sum()

    minuit = Minuit(cost, np.full(4, 0.25))
    minuit.strategy = 2
    minuit.migrad()
    ours = 2 * (fit.expected - counts * np.log(fit.expected)).sum()
    assert ours <= minuit.fval + 1e-3
    information = templates.T @ (templates * (counts / fit.expected**2)[:, None])
    np.testing.assert_allclose(fit.errors, np.sqrt(np.diag(np.linalg.inv(information))), rtol=0.02)
    if truth == "valley":
        assert fit.parameters.min() < 0


def test_their_deviance_follows_chi2_and_their_pulls_are_normal():
    t = (MIDDLE - 100) / 60
    shape = (1.0 - 3.2 * t * (1 - t)) * 400
    counts = Seed(6).generator().poisson(shape, (1500, 60)).astype(float)
    fit = fit_spectrum((counts, EDGES), UnconstrainedPolynomial(3))
    assert np.mean(fit.p_value) == pytest.approx(0.5, abs=4 * 0.29 / np.sqrt(1500))
    truth = fit_spectrum((shape, EDGES), UnconstrainedPolynomial(3)).parameters
    pulls = (fit.parameters - truth) / fit.errors
    assert np.abs(pulls.mean(axis=0)).max() < 0.1
    assert np.abs(pulls.std(axis=0) - 1).max() < 0.07
    bound = fit_spectrum((counts, EDGES), Polynomial(3))
    assert np.mean(bound.deviance) > np.mean(fit.deviance) + 10
