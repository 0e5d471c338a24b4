"""What the best of correlated trials is worth, where the answer is known."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from anomalon.core.plain import from_plain, to_plain
from anomalon.core.seed import Seed
from anomalon.search.results.correlated_trials import CorrelatedTrials
from anomalon.search.results.ledger import Trial, global_p, repeat_choice
from anomalon.stats import p_from_z, sidak

SEED = Seed(3)
Z = (0.5, 1.5, 2.25, 3.0, 5.0)


def pairs(rho):
    """Four pairs; in each the correlation is rho."""
    return np.kron(np.eye(4), np.array([[1, rho], [rho, 1]]))


def trials(*p):
    return tuple(Trial(str(i), "a", 1.0, value, 0.0) for i, value in enumerate(p))


@pytest.mark.parametrize("z", Z)
def test_independent_trials_are_sidaks(z):
    p = float(p_from_z(z))
    found = CorrelatedTrials.of(np.eye(8), SEED).p(p)
    assert found == pytest.approx(float(sidak(p, 8)), rel=0.03)
    assert CorrelatedTrials.of(np.eye(1), SEED).p(p) == pytest.approx(p, rel=1e-9)


@pytest.mark.parametrize("z", Z)
def test_the_same_trial_many_times_is_one(z):
    p = float(p_from_z(z))
    assert CorrelatedTrials.of(np.ones((9, 9)), SEED).p(p) == pytest.approx(p, rel=0.04)


@pytest.mark.parametrize("rho", [0.3, 0.8, 0.98, -0.5])
@pytest.mark.parametrize("z", Z)
def test_pairs_are_as_the_bivariate_normal_distribution_says(rho, z):
    below = multivariate_normal([0, 0], [[1, rho], [rho, 1]]).cdf([z, z])
    found = CorrelatedTrials.of(pairs(rho), SEED).p(float(p_from_z(z)))
    assert found == pytest.approx(1 - below**4, rel=0.05)


def test_far_out_and_for_many_trials_it_is_a_bound():
    found = CorrelatedTrials.of(pairs(0.9), SEED)
    assert found.p(1e-30) == pytest.approx(8e-30, rel=1e-6)
    assert CorrelatedTrials.of(np.eye(1001), SEED) is None
    assert CorrelatedTrials.of(np.empty((0, 0)), SEED) is None


def test_deficits_are_worth_nothing():
    assert CorrelatedTrials.of(np.eye(8), SEED).p(0.99) > 0.999


def test_it_survives_a_file():
    found = CorrelatedTrials.of(pairs(0.5), SEED)
    again = from_plain(CorrelatedTrials, to_plain(found))
    assert again.p(0.01) == found.p(0.01)


def test_it_takes_the_place_of_sidaks_bound_and_gives_way_to_pseudo_experiments():
    some, correlated = trials(*[1e-3] * 8), CorrelatedTrials.of(pairs(0.98), SEED)
    cheap = global_p(some, None, correlated=correlated)
    assert (cheap.source, cheap.is_bound) == ("correlated trials", False)
    assert 4e-3 < cheap.p < 6.5e-3
    assert global_p(some, None).source == "sidak"
    seen = repeat_choice(some, np.full((9, 8), 1e-4))
    assert global_p(some, seen, correlated=correlated).source == "pseudo-experiments"
    # local p-values that pseudo-experiments refute are not taken at their word
    wrong = repeat_choice(
        trials(*[1e-39] * 8), np.tile(np.geomspace(1e-38, 1e-20, 100)[:, None], 8)
    )
    found = global_p(trials(*[1e-39] * 8), wrong, correlated=correlated)
    assert found.source == "number of pseudo-experiments"
