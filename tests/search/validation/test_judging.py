"""Which windows fail, and what the others get: laws on pulls that are made by hand."""

import numpy as np
import pytest

from anomalon.core.window import Window, sliding_windows
from anomalon.search.validation.judging import WindowPulls, judged

TWELVE = sliding_windows(2400, 7500)
assert len(TWELVE) >= 12


def series(windows, mean=None, n=1, seed=0, delta=0.0):
    """Pulls of every window, at 5 % uncertainty; `mean` has those of windows that are off."""
    rng = np.random.default_rng(seed)
    return [
        WindowPulls(
            w,
            rng.normal((mean or {}).get(i, 0.0), np.hypot(1, delta / 0.05), n),
            np.full(n, 0.05),
        )
        for i, w in enumerate(windows)
    ]


@pytest.mark.parametrize("n", [1, 10])
def test_without_non_closure_a_window_fails_as_often_as_it_says(n):
    level = 0.05
    failed = [v.failed for s in range(20) for v in judged(series(TWELVE, n=n, seed=s), level, 0.1)]
    # of 240: three binomial standard deviations of 0.014 above, where it is conservative below
    assert 0.01 < np.mean(failed) < 0.09


@pytest.mark.parametrize("n", [1, 10])
def test_a_bump_fails_its_window_and_is_no_uncertainty_of_the_others(n):
    verdicts = judged(series(TWELVE, {4: 7.0, 5: 5.0}, n=n), 0.001, 0.1)
    assert [i for i, v in enumerate(verdicts) if v.failed] == [4, 5]
    assert verdicts[4].p_value < 1e-5
    assert np.isnan(verdicts[4].closure.delta)
    assert max(v.closure.taken for v in verdicts) < 0.06


@pytest.mark.parametrize("n", [1, 10])
def test_what_all_windows_have_in_common_fails_none_and_is_measured(n):
    scans = [judged(series(TWELVE, n=n, seed=s, delta=0.1), 0.001, 0.1) for s in range(20)]
    verdicts = [verdict for scan in scans for verdict in scan]
    assert np.mean([v.failed for v in verdicts]) < 0.05
    passed = [v.closure for v in verdicts if not v.failed]
    assert np.median([one.taken for one in passed]) == pytest.approx(0.1, rel=0.15)
    assert 0.4 < np.mean([one.low <= 0.1 <= one.high for one in passed]) < 0.85


def test_few_pulls_are_pooled_with_neighbours_and_many_are_not():
    one, many = (judged(series(TWELVE, n=n), 0.001, 1.0) for n in (1, 10))
    assert {(v.closure.n_pulls, v.closure.n_windows) for v in one} == {(10, 10)}
    assert {(v.closure.n_pulls, v.closure.n_windows) for v in many} == {(10, 1)}


def test_what_may_be_chance_costs_nothing():
    pulls = [WindowPulls(Window(3000, 3600, 2400, 4200), np.array([1.3]), np.array([0.1]))]
    (careless,), (careful,) = judged(pulls, 0.001, 0.1), judged(pulls, 0.001, 1.0)
    assert careless.closure.delta == careful.closure.delta > 0
    assert careless.closure.taken == 0
    assert careful.closure.taken == careful.closure.delta


def test_a_window_without_pulls_has_no_verdict_and_does_not_matter():
    windows = [*series(TWELVE[:3]), WindowPulls(TWELVE[5], np.array([]), np.array([]))]
    *others, nothing = judged(windows, 0.001, 0.1)
    assert np.isnan(nothing.p_value)
    assert not nothing.failed
    assert others == judged(windows[:3], 0.001, 0.1)
