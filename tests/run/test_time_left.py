"""The time that is left: a forecast, then the pace, and never a number out of nothing."""

import itertools
from dataclasses import dataclass

import pytest

from anomalon.core.config import digest
from anomalon.run import Store
from anomalon.run.progress import TimeLeft, Told, steps
from anomalon.run.work import do


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


def test_what_comes_from_the_store_later_says_nothing_of_the_pace(clock):
    left = TimeLeft(clock)
    left.tell(0, 400, "start")
    clock.now = 0.001
    left.tell(14, 400, Told("14 finished earlier", earlier=14))
    assert left.seconds() is None
    clock.now = 10.0
    left.tell(24, 400, "ten more")
    assert left.seconds() == pytest.approx(376.0)


def test_what_is_told_seldom_forgets_nothing_of_what_was_finished_earlier(clock):
    left = TimeLeft(clock)
    tell = steps(left.tell, 1000)
    tell(0, "start")
    for done in range(10, 110, 10):  # most of it is not told
        tell(done, Told("finished earlier", earlier=10))
    clock.now = 5.0
    tell(150, "fifty more")
    assert left.seconds() == pytest.approx(5.0 * 850 / 50)


@pytest.mark.parametrize("n_kept", [1, 3])
def test_time_left_of_resumed_work_is_that_of_the_pace_of_this_run(clock, tmp_path, n_kept):
    """Two phases of one work, of which the second was begun by an earlier run."""
    store = Store(tmp_path)
    do([Square(i) for i in range(10, 10 + n_kept)], store=store)
    left, said = TimeLeft(clock), []

    def tell(done, total, what):
        left.tell(done, total, what)
        said.append((clock.now, done, left.seconds()))

    for before, first in ((0, 0), (10, 10)):
        do(
            [Square(i, clock) for i in range(first, first + 10)],
            store=store,
            progress=lambda done, _, what, before=before: tell(before + done, 20, what),
        )
    for now, done, seconds in said:
        worked = done if done <= 10 else done - n_kept
        if seconds:  # every piece takes a second; what was kept takes none
            assert seconds == pytest.approx((20 - done) * now / worked)


@dataclass(frozen=True)
class Square:
    n: int
    clock: Clock | None = None

    @property
    def key(self):
        return digest("square", self.n)

    what = "square"

    def __call__(self, shared):
        if self.clock is not None:
            self.clock.now += 1.0
        return self.n**2
