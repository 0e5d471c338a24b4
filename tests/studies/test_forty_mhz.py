"""The 40 MHz study on toy events: leaks make areas from nothing, and the choice sees no signal."""

import numpy as np
import pytest
from toy_events import toy_background, toy_signal, toy_split

from anomalon.core import Seed
from anomalon.core.errors import BadValue
from anomalon.core.seen import part
from anomalon.detection import Named
from anomalon.detectors import (
    SURROGATES,
    Baseline,
    EventSummary,
    FeedForward,
    IsolationForest,
    Learning,
    OutlierExposure,
    Transformer,
)
from anomalon.learn import BoostedTrees
from anomalon.learn.engine.schedule import Adam, Schedule
from anomalon.stats import evaluate
from anomalon.studies.forty_mhz.choice import chosen
from anomalon.studies.forty_mhz.deck import LEAKS, DeckProcedure, Leaks
from anomalon.studies.forty_mhz.detectors import architectures, baselines, ours, variants
from anomalon.studies.forty_mhz.leaks import PRINTED, LeakDemonstration, demonstrated
from anomalon.studies.forty_mhz.study import (
    PUBLIC_SIZES,
    FortyMhzStudy,
    in_proportion,
    procedures,
)

SCHEDULE = Schedule(6, 256, Adam(3e-3))
PROCEDURE = DeckProcedure(FeedForward((16,)), 4, SCHEDULE)


@pytest.fixture(scope="module")
def network():
    return PROCEDURE.trained(toy_background(2000, 1), Seed(1))


def test_the_same_events_in_a_smaller_file_are_found_with_certainty(network):
    """From the size of the file alone: nothing else is different."""
    files = {"large": toy_background(4000, 2), "small": toy_background(400, 3)}
    scores = network.scores(files, Leaks(own_scale=False, of_objects=False))
    assert evaluate(scores["large"], scores["small"]).auc.value > 0.9
    honest = network.scores(files, list(LEAKS.values())[-1])
    auc = evaluate(honest["large"], honest["small"]).auc
    assert abs(auc.value - 0.5) < 4 * auc.uncertainty


def test_objects_are_scored_where_events_should_be(network):
    events = toy_background(300, 4)
    of_objects = network.scores({"f": events}, Leaks())["f"]
    assert len(of_objects) == events.mask.sum()
    assert len(network.scores({"f": events}, Leaks(of_objects=False))["f"]) == 300


def test_a_scale_of_its_own_changes_the_scores_of_a_file(network):
    events = toy_signal(500)
    own, common = (
        network.scores({"f": events}, Leaks(own_scale=own, own_number=False, of_objects=False))["f"]
        for own in (True, False)
    )
    assert not np.allclose(own, common)


def test_the_last_line_has_no_leak_and_each_has_one_less():
    counts = [leaks.own_scale + leaks.own_number + leaks.of_objects for leaks in LEAKS.values()]
    assert counts == [3, 2, 1, 0]


@pytest.fixture(scope="module")
def demonstration():
    events = toy_background(3000, 5)
    return demonstrated(
        (events[:2000], events[2000:]),
        {"a": toy_signal(300, 6), "lq": toy_background(200, 7)},
        {"feed-forward": PROCEDURE},
        trainings=2,
        seed=Seed(3),
    )


def test_the_audit_tells_the_procedure_as_it_was_from_the_honest_one(demonstration):
    assert [check.passed for check in demonstration.checks()] == [True, True]
    first, *_, last = demonstration.rows
    assert first.audit
    assert not last.audit


def test_background_in_another_file_is_a_signal_by_leaks_alone(demonstration):
    lq = demonstration.signals.index("lq")
    first, *_, last = demonstration.rows
    assert abs(np.median(first.auc[lq]) - 0.5) > 0.2
    assert abs(np.median(last.auc[lq]) - 0.5) < 0.1


def test_the_demonstration_says_what_is_printed_and_what_is_left(demonstration):
    summary = demonstration.summary()
    assert summary.ok
    table = summary.parts[0].tables[0]
    assert table.rows[0][2] == PRINTED["feed-forward"]["a"]
    assert [row[1] for row in table.rows[1:]] == list(LEAKS)
    assert isinstance(demonstration, LeakDemonstration)
    assert demonstration.networks == ("feed-forward",)
    assert demonstration.false_zeros.shape == (1, 2)
    assert (demonstration.false_zeros <= 1).all()


def test_files_have_the_proportions_of_the_public_ones():
    signals = {name: toy_signal(500, 9) for name in PUBLIC_SIZES}
    background, others = in_proportion(toy_background(2000, 10), signals)
    assert len(others["hplus"]) == 500
    assert len(others["a"]) == 500 * 55_969 // 760_272
    assert len(background) == 500 * 500_000 // 760_272


def test_the_choice_leaves_out_what_it_judges_by():
    few = EventSummary(only=("st", "multiplicity", "n_jet", "n_muon", "dphi_jet_met"))
    trees = BoostedTrees(n_trees=15, min_leaf=20)
    candidates = (
        Named(Baseline("st"), "st"),
        Named(IsolationForest(20, 64, few), "forest"),
        Named(OutlierExposure(trees, inputs=few), "exposure"),
    )
    events = toy_split(1500, 8)
    choice = chosen(events, candidates, seed=Seed(1))
    assert choice.auc.shape == (3, len(SURROGATES))
    assert choice.n_events == len(part(events, "validation"))
    harder = choice.changes.index("harder")
    assert choice.auc[0, harder] > 0.6  # more momentum is more momentum
    turned = choice.changes.index("turned")
    assert abs(choice.auc[0, turned] - 0.5) < 0.05  # and azimuths do not change it
    assert choice.best == candidates[int(np.argmax(choice.auc.mean(axis=1)))].name
    assert choice.best in choice.summary().headline


def test_the_study_has_what_it_compares():
    learning = Learning(epochs=3)
    names = [
        one.name for group in (architectures, baselines, ours, variants) for one in group(learning)
    ]
    assert len(names) == len(set(names))
    assert set(procedures(learning)) == set(PRINTED)
    assert isinstance(procedures(learning)["transformer"].network, Transformer)
    assert FortyMhzStudy.of({"full": True}).trainings == 5
    with pytest.raises(BadValue):
        FortyMhzStudy(full="yes")
