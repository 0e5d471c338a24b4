"""What is beside normal noise is found; where nothing is, little is claimed."""

from dataclasses import replace

import numpy as np
import pytest
from quick_flows import FLOW
from scipy.stats import norm

from anomalon.core import Seed
from anomalon.core.errors import BadValue
from anomalon.learn.density import ResidualFlow, ResidualTask

N = 6000
QUICK = ResidualFlow(replace(FLOW, epochs=20), 0.2)


def task(share, seed=1, n_features=2):
    """A share of the events are in a corner, two widths out and narrow."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(N, n_features))
    z[: int(share * N)] = rng.normal(2, 0.3, size=(int(share * N), n_features))
    return ResidualTask(z, np.ones(N), np.arange(N), Seed(seed))


def test_the_signal_and_its_share_are_found():
    with_signal, without = QUICK.fit_many([task(0.05), task(0.0, seed=2)])
    assert with_signal.share == pytest.approx(0.05, abs=0.02)
    corner, centre = np.full((10, 2), 2.0), np.zeros((10, 2))
    assert (with_signal.log_ratio(corner) > with_signal.log_ratio(centre) + 3).all()
    # the true ratio in the middle of the signal
    truth = 2 * (norm(2, 0.3).logpdf(2) - norm.logpdf(2))
    assert with_signal.log_ratio(corner)[0] == pytest.approx(truth, abs=1)
    # without a signal the mixture is normal noise, whatever share of it is called signal
    z = np.random.default_rng(3).normal(size=(4000, 2))
    mixture = 1 - without.share + without.share * np.exp(without.log_ratio(z))
    assert np.mean(np.log(mixture)) == pytest.approx(0, abs=0.01)


def test_a_single_feature():
    (found,) = QUICK.fit_many([task(0.1, n_features=1)])
    assert found.log_ratio(np.full((3, 1), 2.0))[0] > found.log_ratio(np.zeros((3, 1)))[0] + 1


def test_a_share_is_a_share():
    with pytest.raises(BadValue, match="most"):
        ResidualFlow(most=1.5)
