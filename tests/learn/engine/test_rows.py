"""Rows in memory and rows on disk are the same rows."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from toy_training import bits, line, squared_error

from anomalon.core.errors import BadLayout
from anomalon.learn.engine import Adam, Schedule, rows, spooled, train


def chunks(training, *cuts):
    x, y = training.data
    edges = [0, *cuts, len(x)]
    for a, b in pairwise(edges):
        yield x[a:b], y[a:b]


def test_chunks_become_the_whole(tmp_path):
    training = line(500, 1)
    on_disk = spooled(chunks(training, 100, 101, 390), tmp_path / "rows")
    for whole, part in zip(training.data, on_disk, strict=True):
        assert isinstance(part, np.memmap)
        assert not part.flags.writeable
        np.testing.assert_array_equal(part, whole)
    # Numbers of rows that need more digits than the first header has.
    many = spooled((np.zeros((7, 2), np.int8) for _ in range(2000)), tmp_path / "many")
    assert many.shape == (14_000, 2)


def test_chunks_that_do_not_go_together_leave_nothing(tmp_path):
    for bad in ([], [np.zeros(3), np.zeros((3, 2))], [np.zeros(3), (np.zeros(3),)]):
        with pytest.raises(BadLayout, match="chunks: expected"):
            spooled(iter(bad), tmp_path / "rows")
    assert not list(tmp_path.rglob("*.npy"))


@pytest.mark.parametrize("passes", ["compiled", "blocks", "stepwise"])
@pytest.mark.parametrize("n", [500, 60])  # many steps, and a single one
@pytest.mark.parametrize("together", [1, 2])
def test_streamed_rows_give_the_same_bytes(passes, n, together, tmp_path, monkeypatch):
    monkeypatch.setattr(rows, "_BLOCK_BYTES", 64 * 8 * 3)  # three steps at a time, at most
    schedule = Schedule(3, 64, Adam(0.02), passes=passes, keep=2)
    whole = [line(n, seed) for seed in range(together)]
    streamed = [
        replace(t, data=spooled(chunks(t, n // 3), tmp_path / str(i))) for i, t in enumerate(whole)
    ]
    expected = train(squared_error, whole, schedule)
    for one, other in zip(train(squared_error, streamed, schedule), expected, strict=True):
        assert bits(one) == bits(other)


def test_a_block_is_a_round_share_of_the_steps():
    data = np.zeros((1, 1000), np.float32)
    for n_steps, expected in ((1, 1), (24, 12), (29, 29), (64, 16)):
        assert rows.steps_at_a_time(data, n_steps, 1000) == expected
    assert rows.steps_at_a_time(np.zeros((1, 10**6), np.float32), 24, 1000) == 2
