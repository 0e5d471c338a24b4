"""Files that are gone through more than once."""

import numpy as np
import pytest

from anomalon.core import Events, Sample
from anomalon.core.errors import BadLayout, BadValue
from anomalon.data import load, stream, write
from anomalon.data.forty_mhz import FEATURE_NAMES, OBJECT_NAMES, write_forty_mhz
from anomalon.detectors import Autoencoder, FeedForward, Learning


@pytest.fixture
def file(tmp_path):
    rng = np.random.default_rng(0)
    n, kinds = 900, np.array([name.rstrip("0123456789") for name in OBJECT_NAMES])
    objects = np.zeros((n, len(kinds), 3), np.float32)
    for kind in dict.fromkeys(kinds):
        here = kinds == kind
        objects[:, here, 0] = -np.sort(-rng.exponential(30, (n, here.sum())), axis=1)
    objects[:, 1:, 1] = rng.normal(size=(n, len(kinds) - 1))
    objects[:, :, 2] = rng.uniform(-3, 3, (n, len(kinds)))
    mask = objects[:, :, 0] > 20
    events = Events(objects * mask[:, :, None], OBJECT_NAMES, FEATURE_NAMES, mask=mask)
    return write_forty_mhz(events, tmp_path / "events.h5")


def test_a_stream_gives_the_same_events_again_and_again(file):
    pieces = stream(file, size=256)
    for _ in range(2):
        events = Events.concatenate(list(pieces))
        np.testing.assert_array_equal(events.objects, load(file).objects)
    assert [len(piece) for piece in stream(file, size=256, start=100, stop=700)] == [256, 256, 88]


def test_a_detector_learns_the_same_from_a_stream_and_from_memory(file):
    detector = Autoencoder(
        FeedForward((8,)), 2, learning=Learning(epochs=2, batch_size=64, validation=0.1)
    )
    there = detector.fit(stream(file, size=256), seed=3)
    here = detector.fit(load(file), seed=3)
    assert there.state.keys() == here.state.keys()
    for name, array in here.state.items():
        assert np.array_equal(array, there.state[name])
    assert np.array_equal(here.score(load(file)), there.score(load(file)))


def test_what_is_no_stream_of_events_is_refused_at_once(file, tmp_path):
    write(Sample(np.zeros((5, 1), np.float32), ("x",), np.ones(5)), tmp_path / "table.parquet")
    with pytest.raises(BadLayout, match="table of features"):
        stream(tmp_path / "table.parquet")
    with pytest.raises(BadValue, match="size"):
        stream(file, size=0)
