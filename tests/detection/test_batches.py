import numpy as np
import pytest
from forty_mhz_events import forty_mhz_events
from toy_objects import toy_objects

from anomalon.core.errors import BadLayout
from anomalon.core.seed import Seed
from anomalon.core.seen import with_split
from anomalon.data.forty_mhz import write_forty_mhz
from anomalon.detection import Choices, batches, detect
from anomalon.detection.batches import FileBatches, Parts, Split, opened, surveyed
from anomalon.detectors import Baseline


@pytest.fixture
def file(tmp_path):
    return write_forty_mhz(forty_mhz_events(300, label=False, columns=False), tmp_path / "sm.h5")


def test_a_file_that_is_larger_than_memory_gives_the_same_result(file, monkeypatch):
    choices = Choices(trainings=1, most_anomalous=3)
    whole = opened(file)
    monkeypatch.setattr(batches, "IN_MEMORY", 0)
    monkeypatch.setattr(batches, "_PIECE", 40 * 300)
    pieces = opened(file)
    assert isinstance(whole, tuple)
    assert isinstance(pieces, FileBatches)
    assert len(list(pieces)) > 5
    assert surveyed(pieces).digest == surveyed(whole).digest
    one, other = (
        detect(b, (Baseline("norm"),), {"same": b}, choices=choices) for b in (whole, pieces)
    )
    for name in ("event", "st-1"):
        np.testing.assert_allclose(other.scores[name], one.scores[name], rtol=1e-6)
    assert [e.event for e in other.events] == [e.event for e in one.events]


def test_a_survey_sees_a_changed_event_weight_or_number(file):
    (events,) = opened(file)
    changed = [
        events[::-1],
        events.with_columns({"event": events.column("event") + 1}),
        with_split(events),
    ]
    digests = {surveyed((one,)).digest for one in (events, *changed)}
    assert len(digests) == 4


def test_parts_are_those_of_the_file_or_drawn():
    events = toy_objects(2000)
    everything = Parts((events,), ("train", "validation", "test"), Split(), Seed(1))
    assert sum(map(len, everything)) == 2000
    shares = [
        sum(map(len, Parts((events,), (name,), Split(0.2, 0.3), Seed(1)))) / 2000
        for name in ("train", "validation", "test")
    ]
    assert shares == pytest.approx([0.5, 0.2, 0.3], abs=4 * np.sqrt(0.25 / 2000))
    own = events.with_columns({"event": events.column("event"), "split": np.full(2000, 2)})
    assert sum(map(len, Parts((own,), ("test",), Split(), Seed(1)))) == 2000


def test_events_without_a_number_get_their_row(file):
    events = toy_objects(5).with_columns({})
    assert batches.of_events(events)[0].column("event").tolist() == [0, 1, 2, 3, 4]


def test_a_table_of_columns_is_refused(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n" + "1,2\n" * 9)
    with pytest.raises(BadLayout, match="objects"):
        opened(tmp_path / "t.csv")
