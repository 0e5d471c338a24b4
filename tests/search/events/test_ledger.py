"""What the best of many trials is worth: bounds, and pseudo-experiments that repeat the choice."""

import json
from itertools import pairwise

import numpy as np
import pytest
from toy_search import background, search, signal

from anomalon.core.errors import BadValue, TooFewEvents
from anomalon.core.plain import from_plain, to_plain
from anomalon.run import Store
from anomalon.search import Window, inject
from anomalon.search.events import pieces
from anomalon.search.results.ledger import Trial, best_of, global_p, repeat_choice
from anomalon.search.results.scan import Scan
from anomalon.stats import p_from_z, z_from_p

B, S = background(4000), signal()
NUMBER = "number of pseudo-experiments", True
QUICK = {"n_members": 2, "efficiencies": (0.1,)}


def trials(*p):
    return tuple(Trial(str(i), "a", 1.0, value, 0.0) for i, value in enumerate(p))


def text(found):
    return json.dumps(to_plain(found), allow_nan=False)


@pytest.fixture(scope="module")
def found():
    return search(**QUICK, n_toys=4).run(B, seed=5)


def test_the_share_of_pseudo_experiments_that_do_as_well_is_the_global_p():
    toys = repeat_choice(trials(0.3, 0.02), np.array([[0.5, 0.6], [0.01, 0.9], [0.4, 0.02]]))
    assert (toys.n, toys.k, toys.p) == (3, 2, 3 / 4)
    np.testing.assert_array_equal(toys.smallest, [0.5, 0.01, 0.02])
    found = global_p(trials(0.3, 0.02), toys)
    assert (found.p, found.source, found.is_bound) == (3 / 4, "pseudo-experiments", False)


def test_without_one_that_does_the_smaller_of_two_bounds_is_given():
    none_as_small = np.tile((np.arange(100)[:, None] + 50) / 150, 2)
    strong, weak = trials(0.3, 1e-6), trials(0.9, 0.2)
    found = global_p(strong, repeat_choice(strong, none_as_small))
    assert found.p == pytest.approx(2e-6, rel=1e-5)
    assert (found.source, found.is_bound) == ("sidak", True)
    found = global_p(weak, repeat_choice(weak, none_as_small))
    assert (found.p, found.source, found.is_bound) == (1 / 101, *NUMBER)
    few = repeat_choice(strong, none_as_small[:79])
    assert (global_p(strong, few).p, global_p(strong, few).source) == (1 / 80, NUMBER[0])
    assert global_p(strong, None).is_bound


def test_pseudo_experiments_that_refute_local_p_values_leave_their_number():
    one = trials(1e-39)
    toys = repeat_choice(one, np.geomspace(1e-38, 1e-20, 100)[:, None])
    found = global_p(one, toys)
    assert (found.p, found.source) == (1 / 101, "number of pseudo-experiments")
    assert found.z == pytest.approx(2.33, abs=0.01)
    # one of them is enough, if it is extreme enough
    assert global_p(one, repeat_choice(one, np.array([[1e-20]]))).p == 1 / 2
    # and few that do not are no consent
    assert global_p(one, repeat_choice(one, np.array([[0.4]]))).p == 1 / 2


def test_correlated_trials_do_not_hide_local_p_values_that_are_wrong():
    """Nine trials that are one; the best alone looks as if nine right ones had been tried."""
    quantiles = z_from_p((np.arange(100) + 0.5) / 100)
    z = 1.5 * np.repeat(quantiles[:, None], 9, axis=1)
    some = trials(*[1e-12] * 9)
    found = global_p(some, repeat_choice(some, p_from_z(z)))
    assert (found.p, found.source) == (1 / 101, NUMBER[0])
    right = global_p(some, repeat_choice(some, p_from_z(z / 1.5)))
    assert right.source == "sidak"


def test_pseudo_experiments_without_an_answer_are_none():
    some = trials(1e-9, 1e-3)
    failed = np.full((100, 2), np.nan)
    toys = repeat_choice(some, failed)
    assert (toys.n, toys.k, toys.p) == (0, 0, 1.0)
    assert (global_p(some, toys).p, global_p(some, toys).source) == (1.0, NUMBER[0])
    # a trial that has none is not tested, and the bound needs every one
    half = np.random.default_rng(2).uniform(1e-3, 1, (100, 2))
    half[:30, 1] = np.nan
    assert repeat_choice(some, half).n == 100
    assert repeat_choice(some, half).n_tested == 70
    assert global_p(some, repeat_choice(some, half)).p == 1 / 101


def test_any_trial_has_a_global_p_value():
    some = trials(0.3, 1e-6, 1e-9)
    assert global_p(some, None, some[1]).p == pytest.approx(3e-6, rel=1e-5)
    toys = repeat_choice(some, np.array([[1e-7, 0.9, 0.9], [0.4, 0.02, 0.3]]))
    assert global_p(some, toys, some[1]).p == 2 / 3


def test_trials_that_failed_count_neither_as_best_nor_as_tried():
    some = trials(np.nan, 0.02, 0.3)
    assert best_of(some) is some[1]
    assert global_p(some, None).p == pytest.approx(1 - 0.98**2)
    assert repeat_choice(some, np.full((3, 3), np.nan)).k == 0
    nothing = trials(np.nan, np.nan)
    assert global_p(nothing, repeat_choice(nothing, np.full((3, 2), 0.1))).p is None


def test_correlated_trials_cost_less_than_their_number():
    p = np.random.default_rng(0).random((4000, 1))
    one_trial_thrice = repeat_choice(trials(0.01, 0.01, 0.01), np.hstack([p, p, p]))
    assert one_trial_thrice.n_effective == pytest.approx(1, rel=0.15)
    assert one_trial_thrice.p == pytest.approx(0.01, abs=0.005)


def test_every_trial_is_repeated_and_the_data_are_searched_as_ever(found):
    assert found.toys.p_local.shape == (4, 2)
    assert len(np.unique(found.toys.p_local)) == 8
    assert not found.p_global_is_bound or found.toys.k == 0
    alone = search(**QUICK).run(B, seed=5)
    assert alone.toys is None
    assert alone.p_global_source == "correlated trials"
    assert [t.p_local for t in alone.ledger] == [t.p_local for t in found.ledger]


def test_a_resonance_beats_all_pseudo_experiments():
    found = search(**QUICK, n_toys=3).run(inject(background(), S, 200, seed=3), seed=5)
    assert found.best.z_local > 5
    assert found.toys.k == 0
    assert found.p_global_is_bound
    assert found.p_global == 1 / 4  # three are too few for a smaller bound
    assert "Fewer than 80" in found.summary().how


def test_more_pseudo_experiments_go_on_from_fewer(found, tmp_path):
    store, seen = Store(tmp_path), []
    few = search(**QUICK, n_toys=2).run(B, seed=5, store=store)
    more = search(**QUICK, n_toys=4).run(B, seed=5, store=store, progress=lambda *a: seen.append(a))
    assert seen[0][:2] == (3, 5)
    assert all(a[0] <= b[0] for a, b in pairwise(seen))
    assert "pseudo-experiment" in seen[-1][2]
    np.testing.assert_array_equal(more.toys.p_local[:2], few.toys.p_local)
    assert text(more) == text(found)


def test_round_trip_through_json(found):
    assert text(from_plain(Scan, json.loads(text(found)))) == text(found)


def test_results_of_before_there_were_pseudo_experiments_can_be_read(found):
    plain = json.loads(text(found))
    del plain["toys"], plain["p_global_is_bound"]
    assert from_plain(Scan, plain).p_global_is_bound


def test_the_spectrum_without_a_cut_is_one_trial_for_all_feature_sets(found):
    both = search(**QUICK, n_toys=4, features=(("a", "b"), ("a",))).run(B, seed=5)
    listed = [(t.features, t.efficiency) for t in both.ledger]
    assert listed == [("none", 1.0), ("a, b", 0.1), ("a", 0.1)]
    first, second = both.windows
    assert first.cuts[0].p_local == second.cuts[0].p_local == both.ledger[0].p_local
    assert both.toys.p_local.shape == (4, 3)
    np.testing.assert_array_equal(both.toys.p_local[:, :2], found.toys.p_local)
    assert len(np.unique(both.toys.p_local)) == 12
    alone = search(**QUICK, features=(("a", "b"), ("a",))).run(B, seed=5)
    assert alone.best.p_local < alone.p_global < 1 - (1 - alone.best.p_local) ** 3


def test_a_region_that_comes_out_empty_is_a_failed_trial(monkeypatch):
    real, calls = pieces.search_window, []

    def empty_in_pseudo_data(data, *rest, **options):
        calls.append(data.source)
        if data.source.startswith("pseudo-data"):
            raise TooFewEvents("the region is empty")
        return real(data, *rest, **options)

    monkeypatch.setattr(pieces, "search_window", empty_in_pseudo_data)
    found = search(**QUICK, n_toys=2).run(B, seed=5)
    assert len(calls) == 3
    assert np.isnan(found.toys.p_local).all()
    assert (found.toys.n, found.p_global) == (0, 1.0)
    assert found.summary().status == "nothing"


def test_negative_numbers_are_refused():
    with pytest.raises(BadValue, match="n_toys"):
        search(n_toys=-1, windows=(Window(3000, 3600, 2400, 4200),))
