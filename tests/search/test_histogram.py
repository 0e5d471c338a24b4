"""Searches in a histogram: known bumps, known nothing, and limits that cover."""

import numpy as np
import pytest

from anomalon.core.errors import BadValue, UnknownKey
from anomalon.search import SmoothBackground, hunt_bump, scan_limits
from anomalon.search.histogram_result import BumpResult, LimitResult
from anomalon.search.serial import from_plain, to_plain
from anomalon.search.window_count import count_in_window
from anomalon.search.window_limit import is_covered
from anomalon.stats import Exponential, Gaussian, Reference, Spectrum, p_from_z

EDGES = np.linspace(1000.0, 5000.0, 41)
SHAPE = Exponential(2)
EXPECTED = SHAPE.integrate([5.0, -1.2], EDGES)
SMOOTH = SmoothBackground("exponential", 2, 3)


def spectrum(seed, signal=0, mass=3000.0, sigma=90.0):
    rng = np.random.default_rng(seed)
    masses = rng.normal(mass, sigma, signal)
    return Spectrum(rng.poisson(EXPECTED) + np.histogram(masses, EDGES)[0], EDGES)


@pytest.fixture(scope="module")
def found():
    return hunt_bump(spectrum(1, 220), SMOOTH, resolution=0.03, n_toys=400, n_closure=20, seed=3)


@pytest.fixture(scope="module")
def limits():
    return scan_limits(spectrum(2), SMOOTH, resolution=0.03, n_closure=40)


def test_a_bump_is_found_where_it_is(found):
    assert 2700 <= found.low <= 3000 <= found.high <= 3300
    assert found.z_local > 4
    assert found.p_global < 0.02
    assert found.n - found.expected == pytest.approx(220, rel=0.35)
    best = found.masses[np.argmax(found.mass_z)]
    assert best == pytest.approx(3000, abs=90)


def test_a_global_p_value_is_larger_than_the_local_one(found):
    local = p_from_z(found.mass_z)
    assert np.all(found.mass_p_global >= np.minimum(local, 0.5) * 0.9)
    assert found.trial_factor > 5
    assert found.p_global >= found.p_local


def test_a_fit_that_suffices_invents_no_signal_and_one_that_does_not_does(found):
    assert len(found.mass_spurious) == len(found.masses)
    assert np.abs(found.mass_spurious).max() < 1.5
    bent = Spectrum(np.random.default_rng(4).poisson(Exponential(3).integrate(
        [4.6, -1.2, 0.12], EDGES) * 20), EDGES)  # fmt: skip
    rigid = hunt_bump(
        bent, SmoothBackground("exponential", 2, 2), resolution=0.03, n_toys=50, n_closure=0
    )
    assert np.abs(rigid.mass_spurious).max() > 3
    assert rigid.mass_spurious_error.max() < 1


def test_the_search_is_tested(found, limits):
    assert found.closure.n + found.closure.n_failed == 20
    assert found.signal.mass == found.masses[np.argmax(found.mass_z)]
    assert found.signal.test.pulls.n.tolist() == [20] * 5
    assert len(limits.coverage.coverage) == 3
    assert limits.signal.mass in limits.masses
    none = hunt_bump(spectrum(1), SMOOTH, resolution=0.03, n_toys=20, n_closure=0)
    assert (none.closure, none.signal) == (None, None)
    given = hunt_bump(spectrum(1), EXPECTED, n_toys=20)
    assert (given.closure, given.signal) == (None, None)
    bare = scan_limits(spectrum(2), SMOOTH, resolution=0.1, n_closure=0)
    assert (bare.coverage, bare.signal) == (None, None)


def test_no_bump_no_significance():
    p = [
        hunt_bump(spectrum(seed), SMOOTH, n_toys=200, n_closure=0, seed=seed).p_global
        for seed in range(20, 40)
    ]
    assert 0.2 < np.mean(p) < 0.8
    assert np.sum(np.array(p) < 0.05) <= 4


def test_pseudo_experiments_choose_their_own_order():
    data = spectrum(3)
    chosen, kept, fixed = (
        hunt_bump(data, smooth, n_toys=100, n_closure=0, repeat_choice=repeat)
        for smooth, repeat in (
            (SMOOTH, True), (SMOOTH, False), (SmoothBackground("exponential", 2, 2), True),
        )
    )  # fmt: skip
    assert (chosen.choice_repeated, kept.choice_repeated, fixed.choice_repeated) == (1, 0, 0)
    assert chosen.fit.n_parameters == kept.fit.n_parameters == 2
    assert chosen.t == kept.t == fixed.t
    assert chosen.t_counts.tolist() != kept.t_counts.tolist()
    assert kept.t_counts.tolist() == fixed.t_counts.tolist()


def test_a_reference_knows_that_it_fluctuates():
    rng = np.random.default_rng(5)
    data, sample = spectrum(6), Spectrum(rng.poisson(EXPECTED), EDGES)
    honest = hunt_bump(data, Reference(sample, 1.0), n_toys=400)
    naive = hunt_bump(data, np.maximum(sample.counts, 0.1), n_toys=400)
    assert (honest.background, naive.background) == ("reference", "exact")
    assert honest.p_global > naive.p_global
    assert np.all(honest.fit.sigma_expected > 0)


def test_limits_lie_around_what_is_expected(limits):
    good = np.isfinite(limits.observed)
    assert good.all()
    assert np.all(np.diff(limits.band, axis=0) >= 0)  # of few events several limits are the same
    inside = (limits.observed > limits.band[0]) & (limits.observed < limits.band[4])
    assert inside.mean() > 0.8
    assert np.all((limits.share > 0.5) & (limits.share <= 1))


@pytest.mark.parametrize("strength", [100, 400])
def test_limits_cover_a_true_signal(strength):
    """A fit that saw the flanks would take them for background: coverage below 95 %."""
    rng = np.random.default_rng(7)
    template = Gaussian(3000.0, 90.0).integrate(EDGES)
    toys = rng.poisson(EXPECTED + strength * template, (2000, len(EXPECTED))).astype(float)
    counted = count_in_window(Spectrum(toys, EDGES), Exponential(2), 3000.0, 90.0)
    signal = (counted.n - counted.expected) / counted.share
    assert signal.mean() == pytest.approx(strength, abs=4 * signal.std() / np.sqrt(2000))
    covered, there = is_covered(counted, strength, 0.95)
    assert there.all()
    assert covered.mean() > 0.95 - 3 * np.sqrt(0.95 * 0.05 / 2000)


def test_one_spectrum_is_counted_as_among_toys():
    counts = spectrum(8).counts
    one = count_in_window(Spectrum(counts, EDGES), Exponential(2), 2500.0, 75.0)
    many = count_in_window(Spectrum(np.array([counts] * 3), EDGES), Exponential(2), 2500.0, 75.0)
    assert many.expected.tolist() == [float(one.expected)] * 3
    assert (one.low, one.high) == (2400, 2600)
    assert one.n == counts[14:16].sum()


def test_a_fit_that_fails_has_a_reason():
    counts = np.zeros(40)
    counts[:3] = 5.0
    counted = count_in_window(Spectrum(counts, EDGES), Exponential(3), 2000.0, 100.0)
    assert np.isnan(counted.expected)
    assert "filled bins" in str(counted.why)


def test_progress_reaches_the_end_and_changes_no_number(limits):
    told = []
    again = scan_limits(
        spectrum(2), SMOOTH, resolution=0.03, n_closure=40, progress=lambda *now: told.append(now)
    )
    assert to_plain(again) == to_plain(limits)
    done = [now[0] for now in told]
    assert done[0] == 0
    assert np.all(np.diff(done) > 0)
    assert told[-1] == (told[-1][1], told[-1][1], "injected signals")
    assert 10 < len(told) <= 21
    told.clear()
    options = {"n_toys": 60, "n_closure": 10, "progress": lambda *now: told.append(now)}
    hunt_bump(spectrum(1), SMOOTH, **options)
    assert told[0][:2] == (0, 60 + 10 * 99)
    assert told[-1][0] == told[-1][1]
    told.clear()
    hunt_bump(spectrum(1), EXPECTED, **options)
    assert told == [(60, 60, "pseudo-experiments")]


def test_results_survive_json(found, limits):
    for result, kind in ((found, BumpResult), (limits, LimitResult)):
        assert to_plain(from_plain(kind, to_plain(result))) == to_plain(result)


def test_the_seed_decides(found):
    again = hunt_bump(spectrum(1, 220), SMOOTH, resolution=0.03, n_toys=400, n_closure=20, seed=3)
    assert to_plain(again) == to_plain(found)


def test_bad_settings():
    with pytest.raises(BadValue, match="resolution"):
        scan_limits(spectrum(1), SMOOTH, resolution=1.5)
    with pytest.raises(UnknownKey, match="did you mean 'exponential'"):
        hunt_bump(spectrum(1), SmoothBackground("exponentil"))
    with pytest.raises(BadValue, match="1 <= n_min <= n_max"):
        SmoothBackground("exponential", 3, 2)
    with pytest.raises(BadValue, match="here the background is given"):
        hunt_bump(spectrum(1), EXPECTED, resolution=0.03)
    with pytest.raises(BadValue, match="0 or at least 10"):
        hunt_bump(spectrum(1), SMOOTH, n_closure=3)
    with pytest.raises(BadValue, match="0 or at least 10"):
        scan_limits(spectrum(1), SMOOTH, resolution=0.03, n_closure=3)
