"""Distances to the nearest rows: those of a tree of scikit-learn, whatever the block."""

import numpy as np
import pytest
from sklearn.neighbors import KDTree

from anomalon.detectors.neighbours import mean_distance

RNG = np.random.default_rng(5)


@pytest.mark.parametrize("k", [1, 5, 40])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
def test_they_are_those_of_a_tree(k, scale):
    kept = scale * (RNG.normal(size=(700, 12)) + 3)
    x = scale * (RNG.normal(size=(600, 12)) + 3)
    distance, _ = KDTree(kept).query(x, k=k)
    assert np.allclose(mean_distance(x, kept, k), distance.mean(axis=1), rtol=1e-12)


def test_rows_that_are_there_many_times_have_no_distance():
    kept = np.repeat(RNG.normal(size=(30, 4)), 10, axis=0)
    assert np.array_equal(mean_distance(kept, kept, 10), np.zeros(300))
    assert (mean_distance(kept, kept, 11) > 0).all()


def test_whole_numbers_tie_and_far_rows_are_far():
    kept = RNG.integers(0, 3, size=(500, 5)).astype(float)
    x = np.concatenate([RNG.integers(0, 4, size=(100, 5)), np.full((1, 5), 1e4)])
    distance, _ = KDTree(kept).query(x, k=7)
    assert np.allclose(mean_distance(x, kept, 7), distance.mean(axis=1), rtol=1e-12)


def test_a_row_knows_no_neighbours_of_its_own():
    kept, x = RNG.normal(size=(900, 30)), RNG.normal(size=(1500, 30)).astype(np.float32)
    whole = mean_distance(x, kept, 5)
    for size in (1, 7, 513):
        pieces = [mean_distance(x[i : i + size], kept, 5) for i in range(0, 60, size)]
        assert np.array_equal(np.concatenate(pieces), whole[: sum(map(len, pieces))])
    assert mean_distance(x[:0], kept, 5).shape == (0,)
