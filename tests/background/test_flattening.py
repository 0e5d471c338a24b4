"""Methods that learn densities leave to them what quantiles at given mass do not know."""

from dataclasses import replace

import numpy as np
import pytest
from quick_flows import FLOW
from scipy.stats import kstest, norm

from anomalon import Sample
from anomalon.background import BackgroundTask, Cathode, Curtains, LaCathode
from anomalon.core import Seed
from anomalon.core.errors import BadValue, TooFewEvents
from anomalon.core.window import Window

WINDOW = Window(3000, 3600, 2400, 4200)
# learns nothing of the mass, as if features did not depend on it
BLIND = replace(FLOW, condition_width=1e-6)


def moving(n=12_000):
    """Independent features of which the first moves a width in 600 GeV, the second is whole."""
    rng = np.random.default_rng(1)
    mass = 2400 * (1 - rng.random(n)) ** (-1 / 6)
    x = np.stack([rng.normal(size=n) + mass / 600, rng.poisson(3 + mass / 1000)], axis=1)
    return Sample(x, ("a", "n"), mass)


DATA = moving()


@pytest.mark.parametrize("method", [Cathode, Curtains])
def test_features_come_back_at_their_mass(method):
    made = method(BLIND).fit(DATA, WINDOW, seed=1).sample
    p = made.weight / made.weight.sum()
    rows = np.random.default_rng(0).choice(len(made), 4000, p=p)
    z = (made.x[:, 0] - made.mass / 600)[rows]
    assert kstest(z, norm.cdf).statistic < 0.06
    assert (made.x[:, 1] == np.round(made.x[:, 1])).all()
    assert np.average(made.x[:, 1] - made.mass / 1000, weights=p) == pytest.approx(3, abs=0.15)
    stayed = method(BLIND, quantiles=None).fit(DATA, WINDOW, seed=1).sample
    assert kstest(stayed.x[:, 0] - stayed.mass / 600, norm.cdf).statistic > 0.2


def test_latent_features_do_not_know_the_mass():
    def correlation(method):
        view = method.fit(DATA, WINDOW, seed=1).view(DATA)
        return np.abs(np.corrcoef(view.x.T, np.log(DATA.mass))[-1, :-1]).max()

    assert correlation(LaCathode(BLIND)) < 0.05
    assert correlation(LaCathode(BLIND, quantiles=None)) > 0.5


def test_a_signal_region_is_not_looked_at():
    x = DATA.x.copy()
    x[WINDOW.in_signal_region(DATA.mass), 0] += 100
    templates = [Cathode(BLIND).fit(data, WINDOW, seed=1) for data in (DATA, DATA.with_x(x))]
    assert templates[0].sample.digest() == templates[1].sample.digest()


def test_features_that_are_flat_already_stay_as_they_are():
    flat = BackgroundTask(DATA, WINDOW, None, Seed(1), flat=True)
    (template,) = Cathode(BLIND).fit_many([flat])
    without = Cathode(BLIND, quantiles=None).fit(DATA, WINDOW, seed=1)
    assert template.sample.digest() == without.sample.digest()


def test_too_few_events_are_told():
    with pytest.raises(TooFewEvents, match="at least 600 events"):
        Cathode(BLIND).fit(DATA[:500], WINDOW)


@pytest.mark.parametrize("method", [Cathode, LaCathode, Curtains])
def test_other_quantiles_are_refused(method):
    wanted = rf"{method.kind}\.quantiles: expected a ConditionalQuantiles or None, got 3"
    with pytest.raises(BadValue, match=wanted):
        method(quantiles=3)
