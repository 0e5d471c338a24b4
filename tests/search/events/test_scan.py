import json
from dataclasses import replace

import numpy as np
import pytest
from parcels import Parcels
from toy_search import THREE, background, search, signal

from anomalon import Events, Sample
from anomalon.background import Ideal
from anomalon.core.errors import (
    BadLayout,
    BadValue,
    ColumnMissing,
    DataError,
    MissingExtra,
    TooFewEvents,
)
from anomalon.core.plain import from_plain, to_plain
from anomalon.run import Store
from anomalon.search import Search, Window, inject
from anomalon.search.events import pieces as scan_module
from anomalon.search.results.scan import Scan

B, S = background(), signal()


@pytest.fixture(scope="module")
def found():
    return search().run(inject(B, S, 120, seed=3), seed=5)


OF_THREE = search(windows=THREE, n_members=2)


@pytest.fixture(scope="module")
def three():
    return OF_THREE.run(B, seed=5)


def text(scan):
    return json.dumps(to_plain(scan), allow_nan=False)


def test_a_hidden_resonance_stands_out_after_the_cut(found):
    before, *after = found.windows[0].cuts
    assert before.efficiency == 1
    assert abs(before.z_local) < 4
    assert after[-1].z_local > 5
    assert after[-1].z_local > before.z_local + 3
    assert found.best.efficiency < 1
    assert found.p_global < 1e-6


def test_truth_columns_count_true_events(found):
    for cut in found.windows[0].cuts:
        assert cut.truth.signal + cut.truth.background == pytest.approx(cut.n)
    assert found.windows[0].cuts[0].truth.efficiency == 1
    assert 0.3 < found.windows[0].cuts[-1].truth.efficiency < 1
    assert found.windows[0].roc.auc > 0.9


def test_labels_change_nothing_but_the_truth_columns(found):
    data = inject(B, S, 120, seed=3)
    blind = search().run(data.blind(), seed=5)
    assert blind.windows[0].roc is None
    for ours, theirs in zip(blind.windows[0].cuts, found.windows[0].cuts, strict=True):
        assert (ours.n, ours.z_local, ours.expected) == (theirs.n, theirs.z_local, theirs.expected)
        assert ours.truth is None


def test_members_of_two_kinds_take_turns(found):
    data, one = inject(B, S, 120, seed=3), search().classifier
    both = search(classifier=[one, replace(one, random_thresholds=False)]).run(data, seed=5)
    for cut, alone in zip(both.windows[0].cuts[1:], found.windows[0].cuts[1:], strict=True):
        same = cut.member_counts == alone.member_counts
        assert same[::2].all()
        assert not same[1::2].any()
    assert both.best.z_local > 5
    with pytest.raises(BadValue, match="at least 3 member"):
        search(classifier=[one] * 3, n_members=2)


def test_no_signal_no_significance(three):
    z = [t.z_local for t in three.ledger]
    assert np.max(np.abs(z)) < 4
    assert three.p_global > 0.001
    # nine dependent trials are not as bad as nine independent ones
    best = three.best.p_local
    assert best < three.p_global < 1 - (1 - best) ** 9


def test_each_cut_keeps_the_share_it_was_asked_for(three):
    for w in three.windows:
        for cut in w.cuts[1:]:
            assert cut.n / w.n_signal_region == pytest.approx(cut.efficiency, rel=0.35)
            assert cut.fit.counts.sum() > 0


def test_same_seed_same_bytes_other_seed_other_numbers(found):
    data = inject(B, S, 120, seed=3)
    assert text(search().run(data, seed=5)) == text(found)
    assert search().run(data, seed=6).windows[0].cuts[1].n != found.windows[0].cuts[1].n


def test_round_trip_through_json(found):
    again = from_plain(Scan, json.loads(text(found)))
    assert text(again) == text(found)
    np.testing.assert_array_equal(
        again.windows[0].cuts[0].fit.fitted, found.windows[0].cuts[0].fit.fitted
    )


def test_executors_change_nothing(three):
    assert text(OF_THREE.run(B, seed=5, executor=Parcels())) == text(three)


def test_an_interrupted_run_goes_on_and_gives_the_same_bytes(three, tmp_path):
    store, seen = Store(tmp_path), []

    def stop_after_one(done, total, what):
        seen.append((done, total, what))
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        OF_THREE.run(B, seed=5, store=store, progress=stop_after_one)
    assert len(list(tmp_path.iterdir())) == 1
    seen.clear()
    resumed = OF_THREE.run(B, seed=5, store=store, progress=lambda *a: seen.append(a))
    assert seen[0] == (1, 3, "1 finished earlier")
    assert len(seen) == 3
    assert text(resumed) == text(three)


def test_the_store_never_answers_for_other_settings_data_or_seed(tmp_path):
    store = Store(tmp_path)
    few = search(n_members=1, efficiencies=(0.1,))
    few.run(B, seed=5, store=store)
    few.run(B, seed=6, store=store)
    few.run(B[1:], seed=5, store=store)
    few.run(B.blind(), seed=5, store=store)
    search(n_members=1, efficiencies=(0.2,)).run(B, seed=5, store=store)
    assert len(list(tmp_path.iterdir())) == 5


def test_copies_of_events_do_not_fake_a_signal():
    # Every event three times with one identity: memorised copies would be selected again.
    tripled = Sample.concatenate([B[:6000]] * 3)
    scan = search(windows=(Window(3000, 3600, 2400, 4200),)).run(tripled, seed=1)
    cut = scan.windows[0].cuts[1]
    assert cut.n / cut.expected < 1.25
    fresh = Sample(tripled.x, tripled.names, tripled.mass)  # identities lost
    leak = search().run(fresh, seed=1).windows[0].cuts[1]
    assert leak.n / leak.expected > cut.n / cut.expected


def test_cuts_with_few_events_are_warned_of_in_percent():
    (window,) = search(efficiencies=(0.1, 0.005), n_members=2).run(B[:6000], seed=1).windows
    (warning,) = window.warnings
    assert warning.startswith("cut at 0.5\u202f%: only ")


def test_undecorrelated_is_an_option_and_shows():
    scan = search(decorrelate=None, n_members=1).run(B, seed=1)
    for row in scan.windows[0].correlation:
        assert row.before == row.after
        assert row.before > 0.03
    flat = search(n_members=1).run(B, seed=1)
    assert all(abs(r.after) < 0.02 for r in flat.windows[0].correlation)


def test_a_window_that_fails_does_not_lose_the_others():
    known = background(seed=9).between(2400, 3600)  # nothing in the second signal region
    two = search(windows=(THREE[0], THREE[2]), background=Ideal(), n_members=1)
    scan = two.run(B, known, seed=1)
    good, bad = scan.windows
    assert all(cut.ok for cut in good.cuts)
    assert bad.cuts[0].ok  # the spectrum without a cut needs no template
    assert not any(cut.ok for cut in bad.cuts[1:])
    assert "no events in the signal region 3600-4200" in bad.cuts[1].why
    assert [cut.efficiency for cut in bad.cuts] == [1.0, 0.1, 0.02]
    assert scan.notes == ("2 of 6 trials have no significance.",)
    assert scan.best.window in ("3000-3600", "3600-4200")
    assert json.loads(text(scan))["windows"][1]["cuts"][-1]["z_local"] is None


def in_the_second_window(error):
    """`search_window`, but for the second window an error."""
    real = scan_module.search_window

    def search_window(data, window, *rest, **options):
        if window == THREE[1]:
            raise error
        return real(data, window, *rest, **options)

    return search_window


@pytest.mark.parametrize("error", [BadValue("No bin."), DataError("No data."), TooFewEvents("No.")])
def test_a_window_without_any_answer_does_not_end_the_scan(three, monkeypatch, error):
    monkeypatch.setattr(scan_module, "search_window", in_the_second_window(error))
    scan = OF_THREE.run(B, seed=5)
    first, failed, third = scan.windows
    assert [cut.efficiency for cut in failed.cuts] == [1.0, 0.1, 0.02]
    assert {cut.why for cut in failed.cuts} == {str(error)}
    assert not any(cut.ok for cut in failed.cuts)
    assert failed.n_signal_region == three.windows[1].n_signal_region
    assert failed.n_sidebands == three.windows[1].n_sidebands
    assert scan.notes == ("3 of 9 trials have no significance.",)
    # but for the correlation of the folds, which is that of all windows with an answer
    for one, same in ((first, three.windows[0]), (third, three.windows[2])):
        assert one.cuts[-1].n == same.cuts[-1].n
        assert one.cuts[-1].comparison.correlation == same.cuts[-1].comparison.correlation
    assert text(from_plain(Scan, json.loads(text(scan)))) == text(scan)


@pytest.mark.parametrize("error", [ZeroDivisionError("a bug"), MissingExtra("x", "y", "z")])
def test_a_bug_ends_the_scan_but_keeps_what_is_finished(monkeypatch, tmp_path, error):
    monkeypatch.setattr(scan_module, "search_window", in_the_second_window(error))
    with pytest.raises(type(error)):
        search(windows=THREE, n_members=1).run(B, seed=5, store=Store(tmp_path))
    assert len(list(tmp_path.iterdir())) == 1


def test_a_range_that_leaves_no_bins_beside_a_window_is_the_reason_of_that_window():
    narrow = replace(search().fit, range=(2400, 4250))
    scan = search(windows=(THREE[0], THREE[2]), n_members=1, fit=narrow).run(B, seed=1)
    assert scan.windows[0].cuts[1].ok
    assert "search.fit.range: 2400-4250 GeV leaves no whole bin" in scan.windows[1].cuts[0].why


def test_a_gap_in_the_data_is_the_result_of_its_window():
    gap = B[(B.mass < THREE[2].low) | (B.mass >= THREE[2].high)]
    scan = search(windows=(Window(2900, 3300, 2500, 3600), THREE[2]), n_members=1).run(gap, seed=1)
    assert scan.windows[0].cuts[1].ok
    assert not any(cut.ok for cut in scan.windows[1].cuts)
    assert "no events in the signal region" in scan.windows[1].cuts[0].why
    # beyond the data there is nothing to search
    with pytest.raises(TooFewEvents, match="no events in the upper side band"):
        search(windows=(THREE[0], THREE[2])).run(B[B.mass < THREE[2].high], seed=1)


def test_data_without_weight_are_no_answer_and_no_warning():
    scan = search(n_members=1).run(B.with_weight(np.zeros(len(B))), seed=1)
    assert scan.best is None
    assert "side band of the window 3000-3600 GeV have no weight" in scan.windows[0].cuts[1].why


def test_the_order_of_the_rows_does_not_matter_where_masses_repeat():
    rounded = replace(B[:6000], mass=np.round(B.mass[:6000], -1))
    order = np.random.default_rng(1).permutation(len(rounded))
    one, other = (search(n_members=2, n_toys=1).run(s, seed=5) for s in (rounded, rounded[order]))
    for a, b in zip(one.ledger, other.ledger, strict=True):
        assert a.z_local == pytest.approx(b.z_local, abs=1e-9)
    np.testing.assert_allclose(one.toys.p_local, other.toys.p_local, rtol=1e-9)


def test_features_may_be_as_large_as_numbers_are():
    x = np.where(B.x > 0.3, 1e308, -1e308)
    (window,) = search(n_members=1).run(B.with_x(x), seed=1).windows
    assert all(cut.ok for cut in window.cuts)
    assert all(np.all(np.diff(h.edges) > 0) for h in window.histograms)
    assert [h.signal_region.sum() for h in window.histograms] == pytest.approx([1, 1, 1])


def test_a_heavy_event_makes_neither_an_excess_nor_a_deficit():
    """In the signal region, and beside it, where it sets thresholds."""
    places = B.mass[:6000], THREE[0]
    for where in (places[1].in_signal_region, places[1].in_high_sideband):
        weight = np.ones(6000)
        weight[np.flatnonzero(where(places[0]))[:2]] = 1e4
        scan = search(n_members=2).run(B[:6000].with_weight(weight), seed=1)
        assert all(abs(cut.z_local) < 4 for cut in scan.windows[0].cuts)
        summary = scan.summary()
        assert summary.status == "nothing"
        weights = [check for check in summary.checks if "carry the weight" in check.what]
        assert "failed" in {check.verdict for check in weights}


def test_few_events_are_counted_in_effective_ones():
    """The warning does not depend on the unit of weights."""
    for weight in (1e-3, 1e3):
        data = B[:6000].with_weight(np.full(6000, weight))
        (window,) = search(efficiencies=(0.1, 0.005), n_members=2).run(data, seed=1).windows
        (warning,) = window.warnings
        assert warning.startswith("cut at 0.5\u202f%: only ")


def test_the_simulation_needs_the_features_too():
    with pytest.raises(ColumnMissing, match="no feature 'b'"):
        search(background=Ideal()).run(B, B.select(("a",)))


def test_a_cut_that_was_never_made_has_no_numbers_of_the_spectrum_before_it():
    known = background(seed=9).between(2400, 3600)
    scan = search(windows=THREE[2:], background=Ideal(), n_members=1).run(B, known, seed=1)
    before, *failed = scan.windows[0].cuts
    assert before.truth.background == before.n
    for cut in failed:
        numbers = {k: v for k, v in vars(cut).items() if isinstance(v, float)}
        assert {k for k, v in numbers.items() if not np.isnan(v)} == {"efficiency"}
        assert np.isnan(cut.sigma.total)
        assert cut.truth is cut.pass_fraction.chi2 is cut.pass_fraction.ndf is None
        assert len(cut.pass_fraction) == 0
        assert len(cut.member_counts) == len(cut.fit.counts) == len(cut.fit.expected) == 0
        assert not cut.fit.ok
        assert cut.fit.why == cut.why


def test_errors_before_any_work():
    raw = Events(np.ones((3, 2, 1)), ("jet1", "jet2"), ("pt",))
    with pytest.raises(BadLayout, match=r"data: expected a Sample, got Events\(.*features\.dijet"):
        search().run(raw)
    with pytest.raises(BadLayout, match="simulation: expected a Sample"):
        search().run(B, raw)
    with pytest.raises(TooFewEvents, match="no events"):
        search().run(B[:0])
    with pytest.raises(ColumnMissing, match="no feature 'c'"):
        search(features=(("a", "c"),)).run(B)
    with pytest.raises(TooFewEvents, match=r"window 8000-8600 GeV.*no events in the signal region"):
        search(windows=(THREE[0], Window(8000, 8600, 7400, 9200))).run(B)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"windows": ()}, "windows: expected at least one"),
        ({"features": "masses"}, "features: expected a list, got 'masses'"),
        (
            {"efficiencies": (0.1, 1.5)},
            r"efficiencies\[1\]: .* in \(0, 1\), got 1.5",
        ),
        ({"efficiencies": (0.1, 0.02, 0.1)}, "efficiencies: .* once, got 0.1 as number 1 and"),
        ({"windows": (THREE[0], *THREE)}, "windows: expected every entry once"),
        ({"features": (("a",), ["a"])}, "features: expected every entry once"),
        ({"n_folds": 1}, "n_folds: expected a whole number from 2"),
    ],
)
def test_bad_settings(changes, message):
    with pytest.raises(BadValue, match=message):
        search(**changes)


def test_printing_a_search_documents_it():
    names = vars(__import__("anomalon.search", fromlist=["x"])) | vars(
        __import__("anomalon.learn", fromlist=["x"])
    )
    names |= vars(__import__("anomalon.background", fromlist=["x"]))
    names |= vars(__import__("anomalon.features.decorrelate", fromlist=["x"]))
    assert eval(repr(search()), dict(names)) == search()
    assert isinstance(search(), Search)
