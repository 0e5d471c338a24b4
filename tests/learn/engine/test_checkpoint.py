"""A training that was interrupted ends with the same bytes."""

from dataclasses import replace

import numpy as np
import pytest
from toy_training import bits, line, squared_error

from anomalon.core.errors import BadLayout, BadValue
from anomalon.learn.engine import Adam, Checkpoint, Schedule, train

SCHEDULE = Schedule(8, 64, Adam(0.05), halve_after=2, keep=3)


class Interrupted(Exception):
    pass


def stop_after(n):
    def progress(p):
        if p.epoch == n:
            raise Interrupted

    return progress


@pytest.mark.parametrize("together", [1, 2])
@pytest.mark.parametrize("every", [1, 3])
def test_it_goes_on_and_gives_the_same_bytes(together, every, tmp_path):
    trainings = [line(300, seed, merit=lambda p: float(p["b"])) for seed in range(together)]
    checkpoint = Checkpoint(tmp_path / "state.npz", every=every)
    expected = train(squared_error, trainings, SCHEDULE)
    epochs = []
    for stop in (2, 5, 7):
        with pytest.raises(Interrupted):
            train(
                squared_error, trainings, SCHEDULE, checkpoint=checkpoint, progress=stop_after(stop)
            )
    fits = train(
        squared_error,
        trainings,
        SCHEDULE,
        checkpoint=checkpoint,
        progress=lambda p: epochs.append(p.epoch),
    )
    assert [bits(fit) for fit in fits] == [bits(fit) for fit in expected]
    assert epochs == ([8] if every == 1 else [7, 8])
    epochs.clear()
    again = train(squared_error, trainings, SCHEDULE, checkpoint=checkpoint)
    assert [bits(fit) for fit in again] == [bits(fit) for fit in expected]
    assert epochs == []


def test_a_checkpoint_of_another_training_is_refused(tmp_path):
    checkpoint = Checkpoint(tmp_path / "state.npz")
    train(squared_error, [line(300, 1)], SCHEDULE, checkpoint=checkpoint)
    one = line(300, 1)
    start = {"a": np.float32(1), "b": np.float32(0)}
    for other, schedule in (
        (line(300, 2), SCHEDULE),
        (line(290, 1), SCHEDULE),
        (line(300, 1, 2 * one.weight), SCHEDULE),
        (replace(one, params=start), SCHEDULE),
        (one, replace(SCHEDULE, epochs=9)),
        (one, replace(SCHEDULE, optimiser=Adam(0.04))),
    ):
        with pytest.raises(BadValue, match="belongs to another training"):
            train(squared_error, [other], schedule, checkpoint=checkpoint)


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "state.npz"
    path.write_bytes(b"no archive")
    with pytest.raises(BadLayout, match="not a checkpoint"):
        train(squared_error, [line(300, 1)], SCHEDULE, checkpoint=Checkpoint(path))
    with pytest.raises(BadValue, match=r"ends in \.npz"):
        Checkpoint(tmp_path / "state.pkl")
