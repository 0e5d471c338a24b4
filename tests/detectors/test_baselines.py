"""Trivial detectors of jets: what they are, and for which events."""

import numpy as np
import pytest
from toy_events import NAMES, toy_background
from toy_jets import jets_of_one_prong

from anomalon.core import Events
from anomalon.core.errors import BadLayout, BadValue
from anomalon.detection.named import baselines, named
from anomalon.detectors import BASELINES, JET_BASELINES, Baseline, baselines_of
from anomalon.features.event_summary import EventSummary, summarised
from anomalon.features.feature_rows import described
from anomalon.features.jet_substructure import JetSubstructure

JETS = jets_of_one_prong(100, 1)


def test_jets_have_others_than_events():
    assert baselines_of(JETS.object_kinds) == JET_BASELINES
    assert baselines_of(toy_background(3).object_kinds) == BASELINES
    assert baselines_of(("constituent", "met")) == BASELINES
    assert not set(BASELINES) & set(JET_BASELINES)
    assert NAMES[0] == "met"


def test_those_that_are_there_are_not_added_again():
    mine = named((Baseline("tau21"),))
    added = baselines(mine, JETS.object_kinds)
    assert [one.name for one in added] == [q for q in JET_BASELINES if q != "tau21"]
    assert all(one.baseline for one in added)


@pytest.mark.parametrize(
    ("quantity", "feature"),
    [("jet_mass", "log_mass"), ("jet_width", "width"), ("constituents", "log_n"),
     ("tau21", "tau21"), ("tau32", "tau32")],
)  # fmt: skip
def test_scores_are_in_the_order_of_the_quantity(quantity, feature):
    scores = Baseline(quantity).fit(JETS, seed=1).score(JETS)
    values = described(JETS, JetSubstructure(only=(feature,)))[feature]
    few_prongs_are_the_rule = -1 if quantity.startswith("tau") else 1
    slope, offset = np.polyfit(values, scores, 1)
    np.testing.assert_allclose(scores, slope * values + offset, atol=1e-5 * np.abs(scores).max())
    assert np.sign(slope) == few_prongs_are_the_rule


def test_events_have_no_substructure():
    with pytest.raises(BadLayout, match=r"jets of constituents for 'tau21'"):
        Baseline("tau21").fit(toy_background(50))


def test_a_name_of_one_is_taken():
    from anomalon.detection.named import Named

    with pytest.raises(BadValue, match="trivial baseline, got 'jet_mass'"):
        named((Named(Baseline("tau21"), "jet_mass"),))


def test_a_jet_with_two_prongs_is_above_one_without():
    def jet(*constituents):
        names = tuple(f"constituent{i + 1}" for i in range(4))
        return Events(np.asarray(constituents, float)[None], names, ("pt", "eta", "phi"))

    two = jet((90, -0.3, 0), (90, 0.3, 0), (5, -0.32, 0.02), (5, 0.33, -0.02))
    one = jet((90, 0, 0), (60, 0.1, 0.1), (20, -0.1, 0.2), (20, 0.15, -0.2))
    for quantity in ("jet_mass", "jet_width", "tau21"):
        scorer = Baseline(quantity).fit(JETS, seed=1)
        assert scorer.score(two)[0] > scorer.score(one)[0]


def test_of_events_with_as_many_objects_the_harder_is_first():
    """In steps of one object no rate could be asked for."""
    events = toy_background(2000)
    scores = Baseline("multiplicity").fit(events, seed=1).score(events)
    known = summarised(events, EventSummary(only=("multiplicity", "st")))
    assert np.array_equal(np.argsort(scores), np.lexsort((known["st"], known["multiplicity"])))
    assert len(np.unique(scores)) == len(events)
