import numpy as np
import pytest

from anomalon.stats import Dijet, Exponential, Spectrum, choose_order, fit_spectrum
from anomalon.stats.fits import Relative

EDGES = np.arange(2500.0, 6001.0, 100.0)
TRUTH = Exponential(3).integrate([8.0, -2.0, 0.1], EDGES)
INSIDE = (EDGES[:-1] >= 3300) & (EDGES[:-1] < 3700)


def toys(mean, n, seed=0):
    return np.random.default_rng(seed).poisson(mean, size=(n, len(mean)))


def base_fit(counts=TRUTH):
    return fit_spectrum(Spectrum(counts, EDGES), Exponential(3), mask=INSIDE)


def test_one_parameter_is_the_base_times_a_constant():
    base = base_fit()
    fit = fit_spectrum(Spectrum(0.01 * TRUTH, EDGES), Relative(1, base), mask=INSIDE)
    np.testing.assert_allclose(fit.expected, 0.01 * base.expected, rtol=1e-9)
    np.testing.assert_allclose(fit.parameters, [np.log(0.01)], rtol=1e-9)
    outside = 0.01 * TRUTH[~INSIDE].sum()
    share = TRUTH[INSIDE].sum() / TRUTH[~INSIDE].sum()
    value, sigma = fit.integral(3300, 3700)
    assert value == pytest.approx(0.01 * TRUTH[INSIDE].sum(), rel=1e-9)
    assert sigma == pytest.approx(share * np.sqrt(outside), rel=1e-9)


def test_a_drifting_share_takes_more_parameters():
    base, middle = base_fit(), (EDGES[1:] + EDGES[:-1]) / 2

    def orders(mean):
        spectra = (Spectrum(counts, EDGES) for counts in toys(mean, 60))
        fits = [choose_order(s, Relative(1, base), 1, 4, mask=INSIDE) for s in spectra]
        return [fit.n_parameters for fit in fits], fits

    flat, _ = orders(0.1 * TRUTH)
    drift, fits = orders(0.1 * TRUTH * (middle / 3000) ** 2)
    # alpha is 5 % for the F-test and 5 % for the goodness of fit
    assert np.mean(np.array(flat) == 1) > 0.75
    assert np.mean(np.array(drift) >= 2) == 1
    slopes = [fit.parameters[1] for fit in fits if fit.n_parameters == 2]
    assert np.mean(slopes) == pytest.approx(2.0, abs=0.2)


def test_uncertainty_of_the_base_covers_its_fluctuation():
    """Refit the base on toys: the predicted share inside scatters by `base_uncertainty`."""
    expected = base_fit().expected
    fits = fit_spectrum(Spectrum(toys(expected, 2000), EDGES), Exponential(3), mask=INSIDE)
    ratio = fits.expected[:, INSIDE].sum(axis=1) / fits.expected[:, ~INSIDE].sum(axis=1)
    claimed = Relative(1, base_fit()).base_uncertainty(3300, 3700, ~INSIDE)
    assert np.std(np.log(ratio)) == pytest.approx(claimed, rel=0.06)


def test_density_integrates_to_the_bins():
    shape = Relative(2, base_fit())
    m = np.linspace(3000, 3100, 2001)
    integral = np.trapezoid(shape.density([-1.0, 0.5], m), m)
    assert shape.integrate([-1.0, 0.5], [3000.0, 3100.0])[0] == pytest.approx(integral, rel=1e-6)


def test_the_base_says_where_it_is_defined():
    from anomalon.core.errors import BadValue

    base = fit_spectrum(Spectrum(TRUTH, EDGES), Dijet(3))
    with pytest.raises(BadValue, match="sqrt"):
        Relative(1, base).integrate([0.0], [12_900.0, 13_100.0])
