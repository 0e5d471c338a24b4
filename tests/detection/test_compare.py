import pickle
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import spearmanr
from toy_events import toy_background, toy_signal, toy_split
from toy_jets import toy_jets
from toy_objects import found_detection, quick_autoencoder, toy_objects

import anomalon
from anomalon.core import Events
from anomalon.core.errors import BadLayout, BadRows, BadValue, Leak, TooFewEvents, UnknownKey
from anomalon.core.seen import with_split
from anomalon.detection import Choices, Named, Split, detect
from anomalon.detection.anomalous import most_anomalous
from anomalon.detection.assembling import latent_warning
from anomalon.detection.batches import numbered, surveyed
from anomalon.detection.describing import rank_correlations
from anomalon.detection.results.standing import standing
from anomalon.detectors import BASELINES, Baseline, IsolationForest
from anomalon.learn import load_scorer
from anomalon.run.executors import Serial
from anomalon.run.job import Workplace
from anomalon.run.store import Store

BACKGROUND = toy_objects(400)
HARD = toy_objects(80, 2, hard=3.0)
ONCE = Choices(trainings=1, most_anomalous=4)


@pytest.fixture(scope="module")
def found():
    return found_detection()


def test_baselines_are_always_there_and_each_quantity_once(found):
    assert [d.name for d in found.detectors[:2]] == ["autoencoder feed forward 3", "baseline st"]
    assert [d.name for d in found.baselines] == [q for q in BASELINES if q != "st"]
    assert [d.trainings for d in found.detectors] == [2, 2, 1, 1, 1, 1, 1]


def test_auc_is_that_of_evaluate(found):
    file, score = found.scores["file"], found.scores["autoencoder-feed-forward-3-2"]
    one = found.detectors[0].signals[0]
    expected = anomalon.evaluate(score[file == "background"], score[file == "hard"])
    assert one.auc[1] == expected.auc.value
    assert one.efficiencies[0].why.startswith("needs 1")  # of a hundred test events


def test_efficiencies_are_told_where_the_background_is_large_enough():
    events = with_split(toy_objects(3000), test=0.9)
    found = detect(events, (Baseline("st"),), {"hard": HARD}, choices=ONCE)
    one = found.detectors[0].signals[0].efficiencies
    score, file = found.scores["baseline-st-1"], found.scores["file"]
    background, hard = score[file == "background"], score[file == "hard"]
    threshold = np.sort(background)[::-1][int(0.01 * len(background)) - 1]
    assert one[0].tpr.tolist() == [np.mean(hard >= threshold)]
    assert one[0].low < one[0].median < one[0].high
    assert [len(e.tpr) for e in one[1:]] == [0, 0, 0]


def test_only_the_parts_to_learn_from_are_learned_from_and_all_others_are_scored(found):
    background, *_ = found.files
    assert background.n_events == 400
    assert (found.scores["file"] == "background").sum() == background.n_test
    assert 60 < background.n_test < 140
    assert {d.seen for d in found.detectors} == {0.0}


def test_events_that_were_learned_from_are_found_among_the_signal():
    found = detect(BACKGROUND, (Baseline("st"),), {"same": BACKGROUND}, choices=ONCE)
    (check,) = [c for c in found.checks if c.passed is False]
    assert "learned from" in check.what
    assert found.summary().status == "checks failed"


def test_a_detector_that_loses_to_a_baseline_says_so_first(found):
    """An average of two epochs does not beat the sum of momenta on a harder signal."""
    summary = found.summary()
    assert summary.verdict == "No detector beats the trivial baselines"
    assert any("does not beat" in text for text in summary.warnings)
    assert summary.ok  # a finding, and no failure


def test_a_detector_that_wins_says_so():
    found = detect(BACKGROUND, (Baseline("st"),), {"hard": HARD}, choices=ONCE)
    other = detect(BACKGROUND, (Baseline("met"),), {"hard": HARD}, choices=ONCE)
    assert found.detector("baseline st").mean_auc > other.detector("baseline met").mean_auc
    assert other.summary().verdict == "No detector beats the trivial baselines"


def test_without_signals_there_are_scores_alone():
    found = detect(BACKGROUND, (Baseline("st"),), data=HARD, choices=ONCE)
    assert found.signals == ()
    assert found.summary().table is None
    assert set(found.scores["file"]) == {"background", "data"}
    assert {e.file for e in found.events} == {"data"}  # the harder ones


def test_the_most_anomalous_events_are_those_with_the_highest_scores(found):
    file, score = found.scores["file"], found.scores["autoencoder-feed-forward-3-1"]
    test = file == "background"
    order = np.argsort(-score[test])[:3]
    assert [e.event for e in found.events] == found.scores["event"][test][order].tolist()
    assert [e.fpr * test.sum() for e in found.events] == pytest.approx([1, 2, 3])
    row = int(found.events[0].event) - 10_000
    np.testing.assert_array_equal(
        found.events[0].objects, BACKGROUND.objects[row][BACKGROUND.mask[row]]
    )


def test_correlations_are_spearmans(found):
    test = found.scores["file"] == "background"
    columns = [found.scores[name][test] for name in ("baseline-st-1", "met-1")]
    names = [d.name for d in found.detectors]
    i, j = names.index("baseline st"), names.index("met")
    expected = spearmanr(*columns).statistic
    assert found.correlations[i, j] == pytest.approx(expected, abs=1e-12)
    assert found.detectors[i].correlations["met"] == pytest.approx(expected, abs=1e-6)


def test_saved_models_give_the_same_scores(found, tmp_path):
    path = tmp_path / "model.npz"
    path.write_bytes(found.models["autoencoder-feed-forward-3-2"])
    score = load_scorer(path).score(toy_objects(60, 2, hard=3.0))
    hard = found.scores["file"] == "hard"
    np.testing.assert_array_equal(score, found.scores["autoencoder-feed-forward-3-2"][hard])


def test_reconstruction_is_told_for_each_kind_and_feature(found):
    rows = {(q.kind, q.feature): q for q in found.detectors[0].reconstruction}
    kinds = ("met", "electron", "jet")
    assert set(rows) == {(k, f) for k in kinds for f in ("pt", "eta", "phi")}
    assert rows["jet", "pt"].mean_absolute <= rows["jet", "pt"].rms < 2
    assert found.detectors[2].reconstruction == ()


def test_pieces_and_events_in_memory_give_the_same_numbers():
    def pieces(events):
        return [events[:150], events[150:]]

    one = detect(BACKGROUND, (Baseline("norm"),), {"hard": HARD}, choices=ONCE, seed=3)
    other = detect(
        pieces(BACKGROUND), (Baseline("norm"),), {"hard": pieces(HARD)}, choices=ONCE, seed=3
    )
    np.testing.assert_allclose(
        other.scores["baseline-norm-1"], one.scores["baseline-norm-1"], rtol=1e-5
    )
    assert [e.event for e in other.events] == [e.event for e in one.events]


def test_finished_trainings_come_from_the_store(tmp_path):
    told = []
    place = Workplace(Serial(), Store(tmp_path), lambda *now: told.append(str(now[2])))
    forest = IsolationForest(10)
    first = detect(BACKGROUND, (forest,), choices=ONCE, place=place)
    told.clear()
    renamed = Named(forest, "other name")
    second = detect(BACKGROUND, (renamed,), choices=ONCE, place=place)
    assert told == ["7 finished earlier"]
    name = "isolation-forest-1"
    np.testing.assert_array_equal(second.scores["other-name-1"], first.scores[name])


def test_pieces_of_work_do_not_know_where_they_are_done(tmp_path):
    """Twice packed for another process: the same bytes of scores and models."""
    forest, place = IsolationForest(10), Workplace(Packing(), Store(tmp_path))
    here = detect(BACKGROUND, (forest,), {"hard": HARD}, choices=ONCE)
    there = detect(BACKGROUND, (forest,), {"hard": HARD}, choices=ONCE, place=place)
    assert there.models == here.models
    assert all(np.array_equal(there.scores[name], here.scores[name]) for name in here.scores)


class Packing(Serial):
    """All that goes to another process and comes back, goes through bytes."""

    def map_unordered(self, function, items, shared=None):
        for i, item in enumerate(items):
            given = pickle.loads(pickle.dumps((function, item, shared)))
            yield i, pickle.loads(pickle.dumps(given[0](*given[1:])))


def test_a_wide_middle_is_warned_of(found):
    """An event of seven objects is 21 numbers."""
    assert not any("copy" in text for text in found.summary().warnings)
    wide = Named(quick_autoencoder(21), "wide")
    assert "21 numbers in its middle and 21 at its entrance" in latent_warning(wide, 21)
    assert latent_warning(wide, 22) == ""


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(Leak, match="true signal"):
        detect(toy_objects(400, label=np.ones(400, np.int8)), (Baseline(),))
    with pytest.raises(TooFewEvents, match="kept for the test"):
        detect(BACKGROUND, (Baseline(),), choices=Choices(split=Split(test=0.01)))
    with pytest.raises(UnknownKey, match="chosen"):
        detect(BACKGROUND, (Baseline(),), choices=Choices(chosen="narrow"))


def test_columns_that_say_nothing_and_weights_that_are_none_are_refused_before_any_training():
    background, signal = toy_split(400), toy_signal(60)

    def with_column(name, values):
        return background.with_columns({**background.columns, name: values})

    place = Workplace(Refuses())
    for name in ("event", "split"):
        wrong = with_column(name, np.array(["a", "b"] * 200))
        with pytest.raises(BadLayout, match=f"column '{name}'.*'a'"):
            detect(wrong, (IsolationForest(5, 32),), place=place)
    with pytest.raises(BadLayout, match=r"got \[7\]"):
        detect(with_column("split", np.arange(400) % 3 // 2 * 7), (Baseline(),), place=place)
    nothing = weighted(signal, 0.0)
    with pytest.raises(TooFewEvents, match=r"a: expected events with weights above zero.* 60 of"):
        detect(background, (IsolationForest(5, 32),), {"a": nothing}, place=place)


@pytest.mark.parametrize("n_pieces", [1, 3])
@pytest.mark.parametrize("where", ["background", "signals.a", "data"])
def test_negative_weights_are_refused_before_any_training(where, n_pieces, monkeypatch):
    """By name, file and row in that file, also where the test part alone has them."""
    monkeypatch.setattr(IsolationForest, "_fit", lambda *_: pytest.fail("a training has begun"))
    given = {"background": toy_split(200), "signals.a": toy_signal(60), "data": toy_signal(90, 7)}
    given["data"] = given["data"].blind()
    events = given[where]
    rows = [9, 30, 41, 57]
    if where == "background":
        rows = np.flatnonzero(events.column("split") == 2)[:7].tolist()
    weight = np.ones(len(events))
    weight[rows] = -0.5
    bad = replace(events, weight=weight, source=f"{where}.h5")
    size = -(-len(bad) // n_pieces)
    given[where] = [bad[i : i + size] for i in range(0, len(bad), size)]
    given[where] = [numbered(one, i * size) for i, one in enumerate(given[where])]
    with pytest.raises(BadRows) as refused:
        detect(
            given["background"], (IsolationForest(5),), {"a": given["signals.a"]},
            data=given["data"], choices=ONCE,
        )  # fmt: skip
    said = str(refused.value)
    assert said.startswith(f"{where}: weights of {where}.h5: expected no negative numbers, got neg")
    assert f"the lowest is -0.5) in {len(rows)} of {len(events)} rows" in said
    assert f"(first: {', '.join(map(str, rows[:5]))}" in said


def test_weights_that_are_all_zero_are_said_in_the_same_words_for_pieces():
    background = weighted(toy_background(200), 0.0)
    for given in (background, [background[:100], background[100:]]):
        with pytest.raises(TooFewEvents, match="got 200 whose weights are all zero"):
            IsolationForest(5, 32).fit(given)


def test_correlations_and_shares_are_those_of_weighted_events():
    """An event of weight two is the same event twice."""
    rng = np.random.default_rng(0)
    x = np.round(rng.normal(size=(2, 300)), 1)
    weight = rng.integers(1, 4, 300)
    twice = np.repeat(x, weight, axis=1)
    found = rank_correlations(list(x), weight.astype(float))
    assert found[0, 1] == pytest.approx(spearmanr(*twice).statistic, abs=1e-12)
    events = toy_objects(300)
    [top] = most_anomalous({"": [events]}, {"": x[0]}, (x[1], weight.astype(float)), 1, {"": "b"})
    assert top.fpr == pytest.approx(np.mean(twice[1] >= x[0].max()))


def test_a_margin_over_a_baseline_has_the_uncertainty_of_the_difference(found):
    for one in found.learned:
        assert set(one.beside) == {b.name for b in found.baselines}
    first = standing(found)[0]
    assert first.sigma < np.hypot(first.detector.mean_auc_sigma, first.baseline.mean_auc_sigma)


class Refuses:
    """Does no work."""

    at_once = 1

    def map_unordered(self, function, items, shared=None):
        raise AssertionError("a training began")


def weighted(events, weight):
    return Events(
        events.objects, events.object_names, events.feature_names, events.mask,
        np.full(len(events), weight), events.label, events.columns, events.source,
        events.object_kinds,
    )  # fmt: skip


def test_files_that_are_not_what_they_are_given_as_are_refused():
    background, signal = toy_split(400), toy_signal(60)
    detector = IsolationForest(5, 32)
    parts = labelled(background, 0), labelled(with_split(signal), 1)
    mixed = Events.concatenate([p.with_columns({"split": p.column("split")}) for p in parts])
    with pytest.raises(Leak, match="60 of 460 events"):
        detect(mixed, (detector,), {"a": signal})
    with pytest.raises(BadLayout, match=r"signals.a: .* 400 of them with the label 0"):
        detect(background, (detector,), {"a": mixed})
    with pytest.raises(BadLayout, match="at least 2 events"):
        detect(background, (detector,), {"a": signal[:1]})
    with pytest.raises(BadValue, match="other events"):
        detect(background, (detector,), data=background)
    for name in ("", " ", "data", "background"):
        with pytest.raises(BadValue, match="expected names other than"):
            detect(background, (detector,), {name: signal})


def labelled(events, label):
    return Events(
        events.objects, events.object_names, events.feature_names, events.mask,
        label=np.full(len(events), label), columns=events.columns,
    )  # fmt: skip


@pytest.mark.parametrize("names", [("ht",), ("x y", "x-y"), (" ",), ("..",)])
def test_names_that_would_hide_others_are_refused(names):
    with pytest.raises(BadValue):
        detect(toy_split(200), tuple(Named(IsolationForest(5, 32), name) for name in names))


def test_shares_that_leave_nothing_are_refused():
    for shares in ((0.5, 0.6), (-0.1, 0.2), (0.1, 0.0)):
        with pytest.raises(BadValue, match="split"):
            Split(*shares)


def test_files_that_do_not_go_together_fail_a_check():
    """One in MeV, and one without slots for what the background has."""
    mev = replace(HARD, objects=HARD.objects * [1000, 1, 1])
    few = HARD.of_kind(HARD.object_kinds[1])
    found = detect(BACKGROUND, (Baseline("st"),), {"hard": HARD, "mev": mev, "few": few},
                   choices=ONCE)  # fmt: skip
    failed = {(c.what, c.where) for c in found.checks if c.passed is False}
    assert failed == {
        ("momenta of files are in one unit", "mev"),
        ("files have slots for the same kinds of objects", "few"),
    }
    assert found.summary().status == "checks failed"


def test_jets_without_constituents_fail_a_check_and_events_without_objects_do_not():
    jets, other = (toy_jets(n, seed, label=False) for n, seed in ((300, 1), (60, 2)))
    none = jets.mask & (np.arange(len(jets)) >= 9)[:, None]
    jets = replace(jets, objects=np.where(none[..., None], jets.objects, 0), mask=none)
    found = detect(jets, (Baseline("jet_mass"),), {"other": other}, choices=ONCE)
    (check,) = (c for c in found.checks if c.passed is False)
    assert (check.what, check.where) == ("jets have constituents", "background")
    assert check.found.startswith("9 of 300")
    assert found.summary().status == "checks failed"
    nothing = BACKGROUND.mask & (np.arange(len(BACKGROUND)) >= 9)[:, None]
    empty = replace(BACKGROUND, mask=nothing)
    found = detect(empty, (Baseline("st"),), {"hard": HARD}, choices=ONCE)
    assert not [c for c in found.checks if c.what == "jets have constituents"]


@pytest.mark.parametrize("heaviest", [1e12, 1e200])
@pytest.mark.parametrize("where", ["background", "hard"])
def test_an_event_that_weighs_more_than_all_others_is_refused(where, heaviest):
    files = {"background": BACKGROUND, "hard": HARD}
    events = files[where]
    weight = np.ones(len(events))
    weight[7] = heaviest
    files[where] = replace(events, weight=weight)
    signals = {"hard": files["hard"]}
    with pytest.raises(TooFewEvents, match=f"{where}: .* worth 1 of equal weight"):
        detect(files["background"], (Baseline("st"),), signals, choices=ONCE)


def test_what_events_are_worth_does_not_depend_on_pieces():
    weight = np.random.default_rng(0).exponential(size=len(BACKGROUND)) ** 3
    events = replace(BACKGROUND, weight=weight)
    whole, parts = surveyed((events,)), surveyed((events[:150], events[150:]))
    expected = weight.sum() ** 2 / (weight**2).sum()
    assert whole.n_effective == pytest.approx(expected)
    assert parts.n_effective == pytest.approx(expected)


def test_a_background_that_is_all_kept_for_the_test_is_refused():
    same = BACKGROUND[np.zeros(200, int)]
    same = same.with_columns({"event": np.arange(200), "split": np.full(200, 2)})
    with pytest.raises(TooFewEvents, match="all 200 are kept for the test"):
        detect(same, (Baseline("st"),), {"hard": HARD}, choices=ONCE)


def test_intervals_of_efficiencies_stay_between_none_and_all():
    apart = {"far": toy_objects(80, 3, hard=50.0), "same": toy_objects(30, 4)}
    found = detect(toy_objects(3000, 5), (Baseline("st"),), apart, choices=ONCE)
    for one in found.detectors:
        for signal in one.signals:
            for e in signal.efficiencies:
                if e.median is not None:
                    assert 0 <= e.low <= e.median <= e.high <= 1


def test_a_detector_that_is_not_better_by_enough_says_by_how_much(found):
    (place,) = standing(found)[:1]
    assert "standard deviations" in place.in_words
    assert place.in_words in place.check().found
