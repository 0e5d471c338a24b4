"""How a fit outside of a signal region answers to the counts there, beside fits of other counts."""

import numpy as np
import pytest

from anomalon.core.window import Window
from anomalon.search import FitSettings
from anomalon.search.events.background_fits import fit_backgrounds
from anomalon.stats import Spectrum

WINDOW = Window(3300, 3700, 2900, 4100)
EDGES = np.arange(2500.0, 5600.0, 100.0)
OUTSIDE = ~WINDOW.in_signal_region((EDGES[:-1] + EDGES[1:]) / 2)
# counts without fluctuations fit too well for an F-test
SETTINGS = FitSettings(choice="test", test="likelihood_ratio", n_min=3, n_max=3)


def falling(total):
    mass = (EDGES[:-1] + EDGES[1:]) / 2
    x = mass / 13_000
    shape = (1 - x) ** 10 * x**-4.5
    return total * shape / shape.sum()


def expected(counts, base=None):
    fits = fit_backgrounds(Spectrum(counts, EDGES), SETTINGS, WINDOW, OUTSIDE, base)
    return fits, float(fits.expected[0])


@pytest.mark.parametrize("relative", [False, True])
def test_the_influence_of_a_bin_is_what_another_count_changes(relative):
    base = expected(falling(1e6))[0].envelope if relative else None
    counts = falling(1e4 if relative else 1e5)
    fits, _ = expected(counts, base)
    for i in np.flatnonzero(OUTSIDE)[[0, 5, -8]]:
        step = np.zeros_like(counts)
        step[i] = 0.05 * counts[i]
        change = (expected(counts + step, base)[1] - expected(counts - step, base)[1]) / 2
        assert fits.influence[i] == pytest.approx(change / step[i], rel=0.02)


def test_bins_that_are_not_fitted_have_none_and_the_others_carry_the_uncertainty():
    counts = falling(1e5)
    fits, _ = expected(counts)
    assert not fits.influence[~OUTSIDE].any()
    variance = float((fits.influence**2 * fits.best.expected)[OUTSIDE].sum())
    assert np.sqrt(variance) == pytest.approx(fits.sigma[0], rel=1e-3)


def test_of_a_constant_share_all_events_have_the_same():
    base = expected(falling(1e6))[0].envelope
    fits, b = expected(falling(1e3), base)
    np.testing.assert_allclose(fits.influence[OUTSIDE], b / falling(1e3)[OUTSIDE].sum(), rtol=1e-3)
