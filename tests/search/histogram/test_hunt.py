"""Searches in a histogram: known bumps, known nothing, and limits that cover."""

import numpy as np
import pytest

from anomalon.core.errors import BadLayout, BadValue, UnknownKey
from anomalon.core.plain import from_plain, to_plain
from anomalon.data import read_spectrum
from anomalon.run.job import Workplace
from anomalon.search import HuntSettings, LimitSettings, SmoothBackground, hunt_bump, scan_limits
from anomalon.search.results.bump import BumpResult
from anomalon.search.results.limit import LimitResult
from anomalon.stats import Exponential, Reference, SignalNuisances, Spectrum, p_from_z

EDGES = np.linspace(1000.0, 5000.0, 41)
SHAPE = Exponential(2)
EXPECTED = SHAPE.integrate([5.0, -1.2], EDGES)
SMOOTH = SmoothBackground("exponential", 2, 3, alternatives=("dijet",))


def spectrum(seed, signal=0, mass=3000.0, sigma=90.0):
    rng = np.random.default_rng(seed)
    masses = rng.normal(mass, sigma, signal)
    return Spectrum(rng.poisson(EXPECTED) + np.histogram(masses, EDGES)[0], EDGES)


@pytest.fixture(scope="module")
def found():
    return hunt_bump(
        spectrum(1, 220), SMOOTH, HuntSettings(resolution=0.03, n_toys=400, n_closure=20), seed=3
    )


@pytest.fixture(scope="module")
def limits():
    return scan_limits(spectrum(2), SMOOTH, LimitSettings(resolution=0.03, n_closure=40))


def test_a_bump_is_found_where_it_is(found):
    assert 2700 <= found.window.low <= 3000 <= found.window.high <= 3300
    assert found.window.z_local > 4
    assert found.significance.p < 0.02
    assert found.window.n - found.window.expected == pytest.approx(220, rel=0.35)
    best = found.narrow.masses[found.narrow.best]
    assert best == pytest.approx(3000, abs=90)


def test_a_global_p_value_is_larger_than_the_local_one(found):
    local = p_from_z(found.narrow.z)
    assert np.all(found.narrow.p_global >= np.minimum(local, 0.5) * 0.9)
    assert found.narrow.trial_factor > 5
    assert found.significance.p >= found.window.p_local


def test_a_fit_that_suffices_invents_no_signal_and_one_that_does_not_does(found):
    assert len(found.narrow.spurious) == len(found.narrow.masses)
    assert np.abs(found.narrow.spurious).max() < 1.5
    bent = Spectrum(np.random.default_rng(4).poisson(Exponential(3).integrate(
        [4.6, -1.2, 0.12], EDGES) * 20), EDGES)  # fmt: skip
    rigid = hunt_bump(
        bent,
        SmoothBackground("exponential", 2, 2),
        HuntSettings(resolution=0.03, n_toys=50, n_closure=0),
    )
    assert np.abs(rigid.narrow.spurious).max() > 3
    assert rigid.narrow.spurious_error.max() < 1


def test_the_search_is_tested(found, limits):
    assert found.closure.n + found.closure.n_failed == 20
    assert found.signal.mass == found.narrow.masses[np.argmax(found.narrow.z)]
    assert found.signal.test.pulls.n.tolist() == [20] * 5
    assert len(limits.coverage.coverage) == 3
    assert limits.signal.mass in limits.masses
    none = hunt_bump(spectrum(1), SMOOTH, HuntSettings(resolution=0.03, n_toys=20, n_closure=0))
    assert (none.closure, none.signal) == (None, None)
    given = hunt_bump(spectrum(1), EXPECTED, HuntSettings(n_toys=20))
    assert (given.closure, given.signal) == (None, None)
    bare = scan_limits(spectrum(2), SMOOTH, LimitSettings(resolution=0.08, n_closure=0))
    assert (bare.coverage, bare.signal) == (None, None)


def test_no_bump_no_significance():
    p = [
        hunt_bump(
            spectrum(seed), SMOOTH, HuntSettings(n_toys=200, n_closure=0), seed=seed
        ).significance.p
        for seed in range(20, 40)
    ]
    assert 0.2 < np.mean(p) < 0.8
    assert np.sum(np.array(p) < 0.05) <= 4


def test_pseudo_experiments_choose_their_own_order():
    data = spectrum(3)
    chosen, kept, fixed = (
        hunt_bump(data, smooth, HuntSettings(n_toys=100, n_closure=0, repeat_choice=repeat))
        for smooth, repeat in (
            (SMOOTH, True), (SMOOTH, False), (SmoothBackground("exponential", 2, 2), True),
        )
    )  # fmt: skip
    assert (chosen.choice_repeated, kept.choice_repeated, fixed.choice_repeated) == (1, 0, 0)
    assert chosen.fit.n_parameters == kept.fit.n_parameters == 2
    assert chosen.window.t == kept.window.t == fixed.window.t
    assert chosen.significance.t_counts.tolist() != kept.significance.t_counts.tolist()
    assert kept.significance.t_counts.tolist() == fixed.significance.t_counts.tolist()


def test_a_reference_knows_that_it_fluctuates():
    rng = np.random.default_rng(5)
    data, sample = spectrum(6), Spectrum(rng.poisson(EXPECTED), EDGES)
    honest = hunt_bump(data, Reference(sample, 1.0), HuntSettings(n_toys=400))
    naive = hunt_bump(data, np.maximum(sample.counts, 0.1), HuntSettings(n_toys=400))
    assert (honest.background, naive.background) == ("reference", "exact")
    assert honest.significance.p > naive.significance.p
    assert np.all(honest.fit.sigma_expected > 0)


def test_limits_lie_around_what_is_expected(limits):
    good = np.isfinite(limits.observed)
    assert good.all()
    assert np.all(np.diff(limits.band, axis=0) >= 0)  # of few events several limits are the same
    inside = (limits.observed > limits.band[0]) & (limits.observed < limits.band[4])
    assert inside.mean() > 0.8
    assert limits.masses[0] == pytest.approx(1000 / 0.91)
    assert limits.fit.tried[0].cost == 0
    assert limits.fit.shape == limits.fit.tried[0].shape


def test_limits_move_smoothly_with_the_mass(limits):
    """No bin is cut out or counted as a whole: neighbours differ by what the spectrum does."""
    wide = limits.masses[1:] * 0.03 > 75.0  # narrower signals feel the edges of bins of 100 GeV
    ratio = (limits.median[1:] / limits.median[:-1])[wide]
    assert ratio.min() > 0.95
    assert ratio.max() < 1.02


def test_a_signal_is_measured_and_its_limit_is_above_it():
    data = spectrum(2, 300)
    for smooth in (SMOOTH, SmoothBackground("exponential", 2, 3, choice="test")):
        found = scan_limits(
            data, smooth, LimitSettings(resolution=0.03, masses=[2000, 3000, 4000], n_closure=0)
        )
        assert found.profiled == (smooth.choice == "profile")
        assert found.strength[1] == pytest.approx(300, abs=2.5 * found.sigma_strength[1])
        assert found.z[1] > 5
        assert found.observed[1] > found.strength[1]
        assert found.observed[1] > 2 * found.median[1]


def test_cross_sections_and_what_is_not_known_of_the_signal():
    options = {"resolution": 0.03, "masses": [2500.0], "n_closure": 0}
    plain = scan_limits(spectrum(2), SMOOTH, LimitSettings(**options))
    assert plain.per_event is None
    some = scan_limits(
        spectrum(2),
        SMOOTH,
        LimitSettings(
            luminosity=139.0, acceptance=0.4, nuisances=SignalNuisances(efficiency=0.2), **options
        ),
    )
    assert some.per_event == pytest.approx(1 / (139 * 0.4))
    assert 1.005 < some.median[0] / plain.median[0] < 1.2


@pytest.mark.parametrize("resolution", [1e-4, 0.005, 0.2])
def test_any_resolution_is_searched_or_refused(resolution):
    """Below the width of a bin four masses for each bin are enough, and no memory runs out."""
    hunt = hunt_bump(
        spectrum(1), SMOOTH, HuntSettings(resolution=resolution, n_toys=20, n_closure=0)
    )
    assert 5 < len(hunt.narrow.masses) <= 4 * 40 + 2
    found = scan_limits(spectrum(1), SMOOTH, LimitSettings(resolution=resolution, n_closure=0))
    assert np.isfinite(found.observed).any()
    with pytest.raises(BadValue, match="too wide for 1000-5000 GeV"):
        scan_limits(spectrum(1), SMOOTH, LimitSettings(resolution=0.9))


def test_masses_outside_are_counted_and_not_listed():
    masses = np.arange(500.0, 1300.0, 1.0)
    said = r"between 1000 and 5000 GeV, .*, got 500 to 1000, 501 of 800 of them outside\.$"
    with pytest.raises(BadValue, match=said):
        scan_limits(spectrum(1), SMOOTH, LimitSettings(resolution=0.03, masses=masses, n_closure=0))
    with pytest.raises(BadValue, match="got 6000"):
        scan_limits(
            spectrum(1),
            SMOOTH,
            LimitSettings(resolution=0.03, masses=[2000.0, 6000.0], n_closure=0),
        )
    with pytest.raises(BadValue, match="increasing numbers, got 3000 before 2000"):
        scan_limits(
            spectrum(1),
            SMOOTH,
            LimitSettings(resolution=0.03, masses=[3000.0, 2000.0], n_closure=0),
        )


def test_what_read_spectrum_returns_goes_in(tmp_path):
    path = tmp_path / "spectrum.csv"
    rows = zip(EDGES[:-1], EDGES[1:], spectrum(1).counts, strict=True)
    path.write_text(
        "low,high,count\n" + "\n".join(",".join(map(repr, map(float, r))) for r in rows)
    )
    table = read_spectrum(path)
    found = scan_limits(table, SMOOTH, LimitSettings(resolution=0.03, masses=[3000.0], n_closure=0))
    same = scan_limits(
        spectrum(1), SMOOTH, LimitSettings(resolution=0.03, masses=[3000.0], n_closure=0)
    )
    assert found.observed.tolist() == same.observed.tolist()
    assert hunt_bump(table, SMOOTH, HuntSettings(n_toys=20, n_closure=0)).window.t > 0
    with pytest.raises(BadLayout, match="one spectrum"):
        scan_limits((np.ones((2, 40)), EDGES), SMOOTH, LimitSettings(resolution=0.03))


def test_progress_reaches_the_end_and_changes_no_number(limits):
    told = []
    again = scan_limits(
        spectrum(2),
        SMOOTH,
        LimitSettings(resolution=0.03, n_closure=40),
        place=Workplace(progress=lambda *now: told.append(now)),
    )
    assert to_plain(again) == to_plain(limits)
    done = [now[0] for now in told]
    assert done[0] == 0
    assert np.all(np.diff(done) > 0)
    assert told[-1] == (told[-1][1], told[-1][1], "injected signals")
    assert 10 < len(told) <= 21
    told.clear()
    options = {"n_toys": 60, "n_closure": 10}
    place = Workplace(progress=lambda *now: told.append(now))
    hunt_bump(spectrum(1), SMOOTH, HuntSettings(**options), place=place)
    assert told[0][:2] == (0, 2 * 60 + 10 * 99)
    assert told[-1][0] == told[-1][1]
    told.clear()
    hunt_bump(spectrum(1), EXPECTED, HuntSettings(**options), place=place)
    assert told == [(0, 60, "beginning"), (60, 60, "pseudo-experiments")]


def test_results_survive_json(found, limits):
    for result, kind in ((found, BumpResult), (limits, LimitResult)):
        assert to_plain(from_plain(kind, to_plain(result))) == to_plain(result)


def test_the_seed_decides(found):
    again = hunt_bump(
        spectrum(1, 220), SMOOTH, HuntSettings(resolution=0.03, n_toys=400, n_closure=20), seed=3
    )
    assert to_plain(again) == to_plain(found)


def test_bad_settings():
    with pytest.raises(BadValue, match="resolution"):
        scan_limits(spectrum(1), SMOOTH, LimitSettings(resolution=1.5))
    with pytest.raises(UnknownKey, match="did you mean 'exponential'"):
        hunt_bump(spectrum(1), SmoothBackground("exponentil"))
    with pytest.raises(BadValue, match="1 <= n_min <= n_max"):
        SmoothBackground("exponential", 3, 2)
    with pytest.raises(BadValue, match="here the background is given"):
        hunt_bump(spectrum(1), EXPECTED, HuntSettings(resolution=0.03))
    with pytest.raises(BadValue, match="0 or at least 10"):
        hunt_bump(spectrum(1), SMOOTH, HuntSettings(n_closure=3))
    for wrong, match in (
        ({"n_closure": 3}, "0 or at least 10"),
        ({"masses": [500.0]}, "between 1000 and 5000 GeV"),
        ({"masses": [3000.0, 2000.0]}, "increasing"),
        ({"luminosity": 0.0}, "luminosity"),
        ({"acceptance": 1.5}, "acceptance"),
    ):
        with pytest.raises(BadValue, match=match):
            scan_limits(spectrum(1), SMOOTH, LimitSettings(resolution=0.03, **wrong))
    with pytest.raises(UnknownKey, match="did you mean 'test'"):
        SmoothBackground(choice="tests")
    with pytest.raises(UnknownKey, match="likelihood_ratio"):
        SmoothBackground(test="likelihood")
