"""What an unfinished piece of work has so far."""

from dataclasses import replace

import numpy as np
import pytest
from toy_events import toy_background
from toy_jets import split_jets

from anomalon.core import Seed
from anomalon.core.seen import to_learn_from
from anomalon.detection import Named
from anomalon.detection.training import TEST, Training, TrialData
from anomalon.detectors import Autoencoder, FeedForward, Learning, Medoids
from anomalon.learn.engine import loop
from anomalon.run import Store
from anomalon.run.keeping import NOT_KEPT, Keeping


@pytest.fixture
def keeping(tmp_path):
    return replace(Keeping.beside(Store(tmp_path)), seconds=0)


def test_a_value_is_made_but_once(keeping):
    made = []

    def make():
        made.append(1)
        return {"x": np.arange(3), "loss": 0.5}

    first = keeping.part("a").once("value", make)
    again = keeping.part("a").once("value", make)
    other = keeping.part("b").once("value", make)
    assert len(made) == 2
    for found in (first, again, other):
        assert np.array_equal(found["x"], [0, 1, 2])
        assert found["loss"] == 0.5


def test_what_takes_no_time_is_made_again(keeping):
    made = []
    hasty = replace(keeping, seconds=60).part("a")
    for _ in range(2):
        hasty.once("value", lambda: made.append(1) or 1)
    assert len(made) == 2


def test_a_damaged_value_is_made_again(keeping):
    part = keeping.part("a")
    part.once("value", lambda: 1)
    (file,) = (keeping.root / "a").iterdir()
    file.write_text("{}")
    assert part.once("value", lambda: 2) == 2
    assert part.once("value", lambda: 3) == 2


def test_what_is_forgotten_leaves_that_of_others(keeping):
    for name in ("a", "b"):
        keeping.part(name).once("value", lambda: 1)
    keeping.forget_parts(["a", "never there"])
    assert [p.name for p in keeping.root.iterdir()] == ["b"]
    keeping.forget_parts(["b"])
    assert not keeping.root.exists()


def test_nothing_is_kept_where_nobody_looks(tmp_path):
    elsewhere = Keeping(tmp_path / "of another machine", seconds=0)
    for nowhere in (NOT_KEPT, elsewhere.part("a")):
        assert nowhere.once("value", lambda: 1) == 1
        assert nowhere.file("state.npz") is None
    NOT_KEPT.forget_parts(["a"])
    assert list(tmp_path.iterdir()) == []


class Stopped(Exception):
    """As a key press does."""


def test_a_training_goes_on_where_it_was(keeping, monkeypatch):
    detector = Autoencoder(FeedForward((8,)), 2, learning=Learning(epochs=6, batch_size=64))
    events = toy_background(400, 3)
    expected = detector.fit(events, seed=1).score(events)
    epochs = []
    epoch_of = loop._Group.epoch

    def counted(self, state, epoch, damping):
        epochs.append(epoch)
        if len(epochs) == 4:
            raise Stopped
        return epoch_of(self, state, epoch, damping)

    monkeypatch.setattr(loop._Group, "epoch", counted)
    monkeypatch.setattr("anomalon.detectors.trained._SECONDS", 0.0)
    part = keeping.part("a")
    with pytest.raises(Stopped):
        detector.fit(events, seed=1, keeping=part)
    found = detector.fit(events, seed=1, keeping=part).score(events)
    assert epochs == [0, 1, 2, 3, 3, 4, 5]
    assert np.array_equal(found, expected)


def test_medoids_go_on_with_the_next_sample(keeping, monkeypatch):
    jets = to_learn_from(split_jets(400, 2))
    detector = Medoids(2, n_sample=60, n_held=50)
    expected = detector.fit(jets, seed=1).score(jets)
    chosen = []

    def counted(*given):
        chosen.append(1)
        if len(chosen) == 3:
            raise Stopped
        return k_medoids(*given)

    k_medoids = detector._fit.__globals__["k_medoids"]
    monkeypatch.setitem(detector._fit.__globals__, "k_medoids", counted)
    with pytest.raises(Stopped):
        detector.fit(jets, seed=1, keeping=keeping.part("a"))
    found = detector.fit(jets, seed=1, keeping=keeping.part("a")).score(jets)
    assert len(chosen) == 2 + 1 + 1  # two samples, the one that was stopped, and that again
    assert np.array_equal(found, expected)


def test_files_that_are_scored_are_not_scored_again(keeping, monkeypatch):
    events = toy_background(400, 3)
    piece = Training("of", Named(Autoencoder(learning=Learning(epochs=1)), "a"), 1)
    scored = []
    scores_of = piece.__call__.__globals__["scores_of"]

    def counted(scorer, batches):
        scored.append(1)
        if len(scored) == 2:
            raise Stopped
        return scores_of(scorer, batches)

    monkeypatch.setitem(piece.__call__.__globals__, "scores_of", counted)
    test = {TEST: (events[:100],), "signal": (events[100:200],)}
    data = TrialData((events[200:],), test, Seed(0), keeping)
    with pytest.raises(Stopped):
        piece(data)
    found = piece(data)
    assert len(scored) == 3
    expected = piece(replace(data, keeping=NOT_KEPT))
    for there, value in zip(found["scores"], expected["scores"], strict=True):
        assert np.array_equal(there, value)
