"""The time that is left: a forecast, then the pace, and never a number out of nothing."""

import itertools

import pytest

from anomalon.run.progress import TimeLeft, Told


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_nothing_is_known_before_something_is_finished(clock):
    left = TimeLeft(clock)
    assert left.seconds() is None
    left.tell(3, 10, "3 finished earlier")  # by another run, at another pace
    clock.now = 100.0
    assert left.seconds() is None
    left.tell(4, 10, "a piece")
    assert left.seconds() == 600.0
    clock.now = 150.0
    assert left.seconds() == 550.0
    clock.now = 2000.0  # longer than was thought
    assert left.seconds() is None
    left.tell(10, 10, "done")
    assert left.seconds() == 0.0


def test_a_forecast_runs_down_and_gives_way_to_the_pace(clock):
    left = TimeLeft(clock)
    left.tell(0, 1000, Told("beginning", forecast=1000.0))
    assert left.seconds() == 1000.0
    clock.now = 10.0
    assert left.seconds() == 990.0
    said = []
    for done in range(1, 200):  # in truth it takes twice as long
        clock.now = 2.0 * done
        left.tell(done, 1000, "toys")
        said.append(left.seconds())
    assert said[-1] == pytest.approx(2.0 * (1000 - 199))
    assert max(abs(b - a) for a, b in itertools.pairwise(said)) < 15.0  # no jump


@pytest.mark.parametrize("n", [1, 2, 8])
def test_pieces_side_by_side_are_not_taken_for_slow(clock, n):
    """n pieces at a time, ten seconds each, 40 in all: no estimate is twice off."""
    left = TimeLeft(clock)
    left.tell(0, 40, Told("start", under_way=(n - 1) / 2))
    for done in range(1, 40):
        clock.now = 10.0 * (1 + (done - 1) // n) + 0.01 * (done % n)
        left.tell(done, 40, Told("piece", under_way=(n - 1) / 2))
        truth = 10.0 * (40 / n) - clock.now
        if truth > 30.0:
            assert truth / 2 < left.seconds() < truth * 2
