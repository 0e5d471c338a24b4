"""Scorers check names at the door, and what comes back."""

from dataclasses import dataclass

import numpy as np
import pytest

from anomalon.core import Events, Sample
from anomalon.core.errors import BadLayout, BrokenPromise
from anomalon.core.scorer import EventScorer, Scorer

EVENTS = Events(np.arange(12.0).reshape(2, 3, 2), ("j1", "j2", "j3"), ("pt", "eta"))
SAMPLE = Sample(x=np.arange(6.0).reshape(3, 2), names=("a", "b"), mass=np.ones(3))


@dataclass(frozen=True, eq=False)
class OfEvents(EventScorer):
    object_names: tuple[str, ...] = ("j1", "j2", "j3")
    feature_names: tuple[str, ...] = ("pt", "eta")
    gives: object = None

    def _score(self, events):
        return events.objects.sum(axis=(1, 2)) if self.gives is None else self.gives


@dataclass(frozen=True, eq=False)
class OfSamples(Scorer):
    names: tuple[str, ...] = ("a", "b")

    def _score(self, sample):
        return sample.x[:, 0]


def test_scores_are_numbers_in_double_precision():
    assert OfEvents().score(EVENTS).tolist() == [15.0, 51.0]
    assert OfEvents().score(EVENTS).dtype == np.float64
    assert OfSamples().score(SAMPLE).tolist() == [0.0, 2.0, 4.0]


def test_other_names_are_refused():
    with pytest.raises(
        BadLayout, match=r"expected object names \['j1'\], got \['j1', 'j2', 'j3'\]"
    ):
        OfEvents(object_names=("j1",)).score(EVENTS)
    with pytest.raises(
        BadLayout, match=r"expected feature names \['eta', 'pt'\], got \['pt', 'eta'\]"
    ):
        OfEvents(feature_names=("eta", "pt")).score(EVENTS)
    with pytest.raises(BadLayout, match=r"expected features \['b', 'a'\], got \['a', 'b'\]"):
        OfSamples(("b", "a")).score(SAMPLE)


@pytest.mark.parametrize("gives", [[1.0], [1.0, np.nan], "two"])
def test_what_is_no_score_is_refused(gives):
    with pytest.raises(BrokenPromise, match="OfEvents: scores: expected"):
        OfEvents(gives=gives).score(EVENTS)
