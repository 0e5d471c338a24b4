import json

import numpy as np
import pytest
from iminuit import Minuit
from scipy.stats import norm

from anomalon.core import Seed
from anomalon.core.errors import BadLayout, BadNumbers
from anomalon.stats import Dijet, Exponential, Spectrum, fit_spectrum
from anomalon.stats.numerics import poisson_deviance
from anomalon.stats.scans.gaussian_process import global_p_gaussian
from anomalon.stats.scans.mass_scan import likelihood_ratio_scan, score_correlation, score_test_scan
from anomalon.stats.scans.upcrossings import expected_upcrossings

EDGES = np.geomspace(1000.0, 6000.0, 51)
SHAPE = Dijet(3)
MASSES = np.geomspace(1300.0, 4500.0, 25)
TEMPLATES = np.array([np.diff(norm.cdf(EDGES, m, 0.04 * m)) for m in MASSES])


def truth(events):
    expected = SHAPE.integrate([0.0, 8.0, 5.5], EDGES)
    return expected / expected.sum() * events


def toys(events, n, name):
    return Seed(21).child(name).generator().poisson(truth(events), (n, 50)).astype(float)


def fit(counts, shape=SHAPE):
    return fit_spectrum((counts, EDGES), shape)


def test_likelihood_ratio_is_minuits():
    counts = toys(2e4, 1, "minuit")[0]
    counts[20] += 60
    background = fit(counts)
    scan = likelihood_ratio_scan(background, TEMPLATES)
    assert scan.ok.all()

    def two_nll_of(i):
        def two_nll(x):
            mu = SHAPE.integrate(background.parameters + background.root @ x[:3], EDGES)
            mu = mu + 50 * x[3] * TEMPLATES[i]
            return poisson_deviance(counts, mu).sum() if np.all(mu > 0) else 1e10

        return two_nll

    for i in range(0, 21, 4):  # above, a deficit pushes an expectation to zero, where Minuit stops
        minuit = Minuit(two_nll_of(i), np.zeros(4))
        minuit.errordef = 1.0
        minuit.errors = [0.5, 0.5, 0.5, 0.5 * scan.sigma_strength[i] / 50]
        minuit.tol = 1e-4
        minuit.migrad().hesse()
        assert minuit.valid
        q0 = two_nll_of(i)(np.zeros(4)) - minuit.fval
        assert scan.z[i] ** 2 >= q0 - 1e-3
        assert scan.z[i] ** 2 == pytest.approx(q0, abs=2e-3)
        assert scan.strength[i] == pytest.approx(50 * minuit.values[3], abs=0.1)
        assert scan.sigma_strength[i] == pytest.approx(50 * minuit.errors[3], rel=0.1)


def test_score_test_is_the_small_step_of_the_likelihood_ratio():
    """At large counts both are one; the strength follows as well."""
    counts = toys(1e7, 100, "large")
    background = fit(counts)
    score, ratio = (f(background, TEMPLATES) for f in (score_test_scan, likelihood_ratio_scan))
    narrow = MASSES < 3000
    assert np.abs(score.z - ratio.z)[:, narrow].max() < 0.05
    assert np.corrcoef(score.z[:, narrow].ravel(), ratio.z[:, narrow].ravel())[0, 1] > 0.9999
    assert score.sigma_strength[:, narrow] == pytest.approx(
        ratio.sigma_strength[:, narrow], rel=0.05
    )


def test_score_test_of_one_bin_by_hand():
    """Against the projection written as matrices."""
    counts = toys(3000, 1, "hand")[0]
    background = fit(counts)
    b = background.expected
    slope = background.leverage()
    scan = score_test_scan(background, TEMPLATES)
    for i in (0, 12, 24):
        s = TEMPLATES[i]
        u = (s * (counts - b) / b).sum()
        v = (s**2 / b).sum() - ((slope.T @ (s / b)) ** 2).sum()
        assert scan.z[i] == pytest.approx(u / np.sqrt(v), rel=1e-9)
        assert scan.strength[i] == pytest.approx(u / v, rel=1e-9)


def test_unit_normal_under_the_null_and_correlated_as_predicted():
    counts = toys(1e5, 2000, "null")
    score = score_test_scan(fit(counts), TEMPLATES)
    assert np.abs(score.z.mean(axis=0)).max() < 5 / np.sqrt(2000)
    assert score.z.std(axis=0) == pytest.approx(np.ones(25), abs=0.07)
    asimov = fit(truth(1e5))
    predicted = score_correlation(asimov, TEMPLATES)
    assert np.diagonal(predicted) == pytest.approx(np.ones(25))
    assert np.abs(np.corrcoef(score.z.T) - predicted).max() < 0.1
    ratio = likelihood_ratio_scan(fit(counts[:400]), TEMPLATES)
    assert ratio.z[ratio.ok].std() == pytest.approx(1.0, abs=0.05)


def test_global_p_without_toys_is_that_of_toys():
    """The Gaussian process of the score test against the likelihood ratio of pseudo-experiments."""
    counts = toys(1e5, 1500, "global")
    ratio = likelihood_ratio_scan(fit(counts), TEMPLATES)
    correlation = score_correlation(fit(truth(1e5)), TEMPLATES)
    assert ratio.upcrossings(0.0).mean() == pytest.approx(
        expected_upcrossings(correlation), rel=0.05
    )
    for z in (1.5, 2.0, 2.5):
        share = np.mean(ratio.z_max > z)
        p = global_p_gaussian(correlation, z)
        assert p.value == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / 1500) + 0.01)


@pytest.mark.parametrize("scan", [score_test_scan, likelihood_ratio_scan])
def test_batched_equals_looped_to_the_last_bit(scan):
    counts = toys(5000, 12, "bits")
    together = scan(fit(counts), TEMPLATES)
    for i in range(12):
        alone = scan(fit(counts[i]), TEMPLATES)
        assert np.array_equal(alone.z, together.z[i], equal_nan=True)
        assert np.array_equal(alone.strength, together.strength[i], equal_nan=True)
        assert alone.ok.tolist() == together.ok[i].tolist()


@pytest.mark.parametrize("scan", [score_test_scan, likelihood_ratio_scan])
def test_finds_the_signal(scan):
    signal = 400 * TEMPLATES[10]
    counts = Seed(22).child("signal").generator().poisson(truth(3e4) + signal).astype(float)
    found = scan(fit(counts), TEMPLATES)
    assert abs(int(found.best) - 10) <= 1
    assert found.z_max > 5
    assert abs(found.strength[10] - 400) < 4 * found.sigma_strength[10]
    assert f"number {found.best}" in repr(found)
    assert json.loads(json.dumps(found.to_dict()))["ok"] == [True] * 25


def test_weighted_counts_are_scaled():
    counts = toys(2e4, 1, "weights")[0]
    light = fit_spectrum(Spectrum(0.1 * counts, EDGES, 0.01 * counts), SHAPE)
    for scan in (score_test_scan, likelihood_ratio_scan):
        plain, scaled = scan(fit(counts), TEMPLATES), scan(light, TEMPLATES)
        assert scaled.z == pytest.approx(plain.z, abs=2e-3)
        assert scaled.strength == pytest.approx(0.1 * plain.strength, abs=0.05)
        assert scaled.sigma_strength == pytest.approx(0.1 * plain.sigma_strength, rel=0.02)


def test_one_failed_fit_keeps_the_others():
    counts = toys(5000, 3, "failed")
    counts[1] = 0
    background = fit_spectrum((counts, EDGES), SHAPE, throw=False)
    for scan in (score_test_scan, likelihood_ratio_scan):
        found = scan(background, TEMPLATES)
        assert found.ok.all(axis=1).tolist() == [True, False, True]
        assert np.isnan(found.z[1]).all()
        assert np.isnan(found.z_max[1])
        assert "filled bins" in found.why[1, 0]
        assert "3 toys" in repr(found)


def test_a_signal_that_the_background_absorbs_has_no_significance():
    background = fit(toys(5000, 1, "absorbed")[0], Exponential(1))
    found = score_test_scan(background, np.stack([np.diff(EDGES), TEMPLATES[3]]))
    assert found.ok.tolist() == [False, True]
    assert "absorbs" in found.why[0]


def test_signals_that_integrate_themselves():
    class Peak:
        def __init__(self, mass):
            self.mass = mass

        def integrate(self, edges):
            return np.diff(norm.cdf(edges, self.mass, 0.04 * self.mass))

    background = fit(toys(5000, 1, "objects")[0])
    found = score_test_scan(background, [Peak(m) for m in MASSES])
    assert found.z.tolist() == score_test_scan(background, TEMPLATES).z.tolist()


def test_says_what_is_wrong():
    counts = toys(5000, 1, "wrong")[0]
    masked = fit_spectrum((counts, EDGES), SHAPE, mask=np.arange(50) == 7)
    with pytest.raises(BadLayout, match="leaves out 1"):
        score_test_scan(masked, TEMPLATES)
    with pytest.raises(BadLayout, match="templates of shape"):
        likelihood_ratio_scan(fit(counts), TEMPLATES[:, :-1])
    with pytest.raises(BadNumbers, match="templates"):
        score_test_scan(fit(counts), np.full((2, 50), np.nan))
    with pytest.raises(BadLayout, match="one spectrum"):
        score_correlation(fit(toys(5000, 2, "two")), TEMPLATES)
