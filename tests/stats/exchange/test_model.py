import numpy as np
import pytest

from anomalon.core.errors import BadLayout, BadNumbers, BadValue
from anomalon.stats import Dijet, Gaussian, Spectrum, fit_spectrum
from anomalon.stats.exchange import BinnedModel

EDGES = np.linspace(2800.0, 6500.0, 38)


def fitted(events=3000, seed=5):
    expected = Dijet(3).integrate([0.0, 9.0, 5.2], EDGES)
    counts = np.random.default_rng(seed).poisson(expected / expected.sum() * events)
    spectrum = Spectrum(counts, EDGES)
    return fit_spectrum(spectrum, Dijet(3), mask=spectrum.inside(3300, 3700))


def test_a_fit_becomes_a_model_with_the_same_covariance():
    fit = fitted()
    signal = 50 * Gaussian(3500.0, 100.0).integrate(EDGES)
    model = BinnedModel.from_fit(fit, signal, ~fit.fitted, name="bump")
    assert model.background.tolist() == fit.expected[~fit.fitted].tolist()
    assert model.observed.tolist() == fit.spectrum.counts[~fit.fitted].tolist()
    assert model.signal == pytest.approx(signal[~fit.fitted])
    covariance = model.variations.T @ model.variations
    assert covariance == pytest.approx(fit.covariance_expected(~fit.fitted), rel=1e-2)
    assert np.sqrt(covariance.sum()) == pytest.approx(fit.integral(3300, 3700).uncertainty, 1e-3)
    assert "'bump': 4 bins" in repr(model)


def test_a_fit_that_saw_the_bins_is_refused():
    fit = fitted()
    signal = Gaussian(3500.0, 100.0).integrate(EDGES)
    with pytest.raises(BadLayout, match="not seen"):
        BinnedModel.from_fit(fit, signal, fit.spectrum.inside(3200, 3700))
    weighted = fit_spectrum(
        Spectrum(fit.spectrum.counts, EDGES, fit.spectrum.counts / 2), Dijet(3), mask=~fit.fitted
    )
    with pytest.raises(BadValue, match="weighted"):
        BinnedModel.from_fit(weighted, signal, ~fit.fitted)


@pytest.mark.parametrize(
    ("settings", "error", "match"),
    [
        ({"background": [1.0]}, BadLayout, "background"),
        ({"observed": [-1.0, 2.0]}, BadNumbers, "observed"),
        ({"signal": [0.0, 0.0]}, BadValue, "signal events"),
        ({"sigma_background": [1.0, np.nan]}, BadNumbers, "sigma_background"),
        ({"background": [0.0, 1.0], "sigma_background": [1.0, 1.0]}, BadValue, "without backgr"),
        ({"background": [0.0, 1.0], "variations": [[1.0, 1.0]]}, BadValue, "without background"),
        ({"variations": [[1.0]]}, BadLayout, r"\(source, 2\)"),
        ({"constraint": "flat"}, BadValue, "gamma, gaussian, log_normal"),
        ({"name": "signal region"}, BadValue, "name"),
    ],
)
def test_models_are_checked(settings, error, match):
    good = {"observed": [3.0, 4.0], "background": [2.0, 5.0], "signal": [1.0, 1.0]}
    with pytest.raises(error, match=match):
        BinnedModel(**(good | settings))
