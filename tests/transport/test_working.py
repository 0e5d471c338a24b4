"""Pairs are shared out to threads, and an interruption leaves what is not begun."""

from threading import Barrier

import numpy as np
import pytest
from toy_points import toy_points

from anomalon.transport import Points, emd_matrix
from anomalon.transport import working as module
from anomalon.transport.working import in_threads


@pytest.mark.parametrize("n", [1, 3, None])
def test_each_number_is_taken_once(n):
    taken = []
    in_threads(lambda firsts: [taken.append(first) for first in firsts], range(0, 1000, 7), n)
    assert sorted(taken) == list(range(0, 1000, 7))


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_error_in_one_of_them_ends_the_others(error):
    both, taken = Barrier(2), []

    def work(firsts):
        for first in firsts:
            if first < 2:
                both.wait()  # each of them has one
            if first == 0:
                raise error
            taken.append(first)

    with pytest.raises(error):
        in_threads(work, range(10**7), 2)
    assert len(taken) < 10**7 - 1  # else all but the one with the error


def test_distances_do_not_depend_on_how_many_are_done_at_once(monkeypatch):
    points = Points.of(toy_points(20, seed=1, low=2, high=30))
    whole = emd_matrix(points)
    monkeypatch.setattr(module, "_WORK", 1)
    np.testing.assert_array_equal(emd_matrix(points), whole)
