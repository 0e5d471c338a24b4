"""Whether pseudo-experiments contradict local p-values: size, power, and what hides it."""

import numpy as np
import pytest
from scipy.stats import norm

from anomalon.core import Seed
from anomalon.core.errors import BadLayout, BadNumbers
from anomalon.stats import p_from_z
from anomalon.stats.scans import LocalPTest, local_p_test, sidak_test

N, LEAST = 120, LocalPTest.LEAST


def independent(rng, n, trials):
    return rng.normal(size=(n, trials))


def identical(rng, n, trials):
    return np.repeat(rng.normal(size=(n, 1)), trials, axis=1)


def overlapping(rng, n, trials):
    return np.sqrt(0.8) * rng.normal(size=(n, 1)) + np.sqrt(0.2) * rng.normal(size=(n, trials))


def refuted(make, trials, width=1.0, n=LEAST):
    rng = Seed(n).child(make.__name__, trials=trials).generator()
    tests = [local_p_test(p_from_z(width * make(rng, n, trials))) for _ in range(N)]
    return np.mean([test.refutes for test in tests])


@pytest.mark.parametrize(
    ("make", "trials"), [(independent, 1), (independent, 9), (identical, 9), (overlapping, 9)]
)
def test_right_ones_are_seldom_refuted(make, trials):
    assert refuted(make, trials) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / N)
    # and smaller ones less often: conservative p-values are right enough
    assert refuted(make, trials, 0.8) <= 0.03


@pytest.mark.parametrize(
    ("make", "trials", "least"),
    [(independent, 1, 0.85), (independent, 9, 0.99), (identical, 9, 0.82), (overlapping, 9, 0.92)],
)
def test_a_z_that_is_wider_by_a_half_is_noticed(make, trials, least):
    assert refuted(make, trials, 1.5) >= least


def test_one_wrong_trial_among_right_ones_is_noticed():
    wide = np.array([1.5, *[1.0] * 8])
    assert refuted(independent, 9, wide) > 0.6
    assert refuted(independent, 9, np.array([2.0, *[1.0] * 8])) > 0.98


def test_correlated_trials_hide_nothing_that_their_best_does():
    """Nine trials that are one: for nine independent ones their best would be right."""
    quantiles = norm.ppf((np.arange(300) + 0.5) / 300)
    z = 1.4 * np.repeat(quantiles[:, None], 9, axis=1)
    assert sidak_test(p_from_z(z).min(axis=1), 9).holds
    assert local_p_test(p_from_z(z)).refutes


def test_a_single_p_value_may_be_too_small():
    z = independent(Seed(4).generator(), 100, 3)
    assert local_p_test(p_from_z(z)).confirms
    z[17, 1] = 7.0
    assert local_p_test(p_from_z(z)).refutes
    assert local_p_test([[0.0]]).refutes


def test_few_of_them_confirm_nothing():
    p = p_from_z(independent(Seed(5).generator(), LEAST, 2))
    assert local_p_test(p).confirms
    assert not local_p_test(p[1:]).confirms
    assert not local_p_test(p[1:]).refutes
    p[0, 1] = np.nan  # too few in one trial
    assert local_p_test(p).n == LEAST - 1
    assert not local_p_test(p).confirms


def test_effective_trials():
    rng = Seed(6).generator()
    for make, expected in ((independent, 8), (identical, 1)):
        found = local_p_test(p_from_z(make(rng, 4000, 8)))
        assert found.n_effective == pytest.approx(expected, rel=0.1)


def test_without_an_answer_nothing_is_said():
    found = local_p_test(np.full((100, 3), np.nan))
    assert (found.n, found.n_trials) == (0, 0)
    assert not found.confirms
    assert not found.refutes


def test_what_is_no_p_value_is_refused():
    with pytest.raises(BadLayout, match=r"\(toy, trial\)"):
        local_p_test([0.1])
    with pytest.raises(BadNumbers, match="p-values"):
        local_p_test([[1.1]])
