"""Events that stand for the rest: beside all choices, and by what they are worth elsewhere."""

from itertools import combinations

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from toy_points import toy_points

from anomalon.core import Seed
from anomalon.core.errors import BadLayout, BadNumbers, BadValue
from anomalon.transport import (
    Ground,
    Points,
    Subsamples,
    emd_matrix,
    held_out_loss,
    k_medoids,
    medoids,
    subsample_medoids,
)

JETS = toy_points(120, seed=1, low=5, high=15)
FEW = Subsamples(n_samples=3, size=40, n_held_out=30)


def loss(matrix, chosen):
    return matrix[list(chosen)].min(axis=0).sum()


@pytest.mark.parametrize("seed", range(5))
def test_nearly_the_best_of_all_choices(seed):
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(14, 2))
    matrix = cdist(points, points)
    for k in (1, 2, 3):
        best = min(loss(matrix, chosen) for chosen in combinations(range(14), k))
        found = k_medoids(matrix, k)
        assert len(set(found.tolist())) == k
        assert (np.diff(found) > 0).all()
        assert loss(matrix, found) <= best * (1.0 + 1e-12 if k == 1 else 1.1)


def test_no_replacement_helps():
    points = np.random.default_rng(3).normal(size=(60, 2))
    matrix = cdist(points, points)
    found = k_medoids(matrix, 5)
    for out in range(5):
        for into in set(range(60)) - set(found.tolist()):
            assert loss(matrix, [*np.delete(found, out), into]) >= loss(matrix, found) * (1 - 1e-9)


def test_heaps_are_found():
    centres = np.array([[0, 0], [10, 0], [0, 10], [10, 10]])
    which = np.arange(80) % 4
    points = centres[which] + np.random.default_rng(0).normal(0, 0.5, (80, 2))
    assert sorted(which[k_medoids(cdist(points, points), 4)]) == [0, 1, 2, 3]


def test_events_that_are_the_same_do_not_go_round():
    assert k_medoids(np.zeros((6, 6)), 3).tolist() == [0, 1, 2]
    assert k_medoids(np.zeros((3, 3)), 3).tolist() == [0, 1, 2]
    assert k_medoids(np.zeros((1, 1)), 1).tolist() == [0]


def test_samples_share_no_event_with_those_that_judge():
    held_out = FEW.held_out(120, 5)
    samples = [FEW.sample(number, 120, 5) for number in range(3)]
    assert len(held_out) == 30
    for sample in samples:
        assert len(set(sample.tolist())) == 40
        assert not set(sample.tolist()) & set(held_out.tolist())
    assert len({sample.tobytes() for sample in samples}) == 3
    assert FEW.sample(1, 120, 5).tobytes() == samples[1].tobytes()
    assert FEW.held_out(120, 6).tobytes() != held_out.tobytes()
    assert len(FEW.held_out(10, 5)) == 5
    assert len(FEW.sample(0, 10, 5)) == 5


def test_the_best_sample_is_kept_and_its_loss_is_that_of_the_held_out():
    found = medoids(JETS, 3, seed=5, subsamples=FEW)
    points = Points.of(JETS)
    rest = points[FEW.held_out(120, 5)]
    assert found.loss == min(found.losses)
    assert len(found.losses) == 3
    assert held_out_loss(rest, points[found.indices]) == found.loss
    assert emd_matrix(rest, points[found.indices]).min(axis=1).mean() == found.loss
    assert set(found.indices.tolist()) <= set(FEW.sample(int(np.argmin(found.losses)), 120, 5))


def test_the_whole_is_made_of_its_parts_and_of_the_seed():
    found = medoids(JETS, 3, seed=Seed(5), subsamples=FEW)
    number = int(np.argmin(found.losses))
    one, three = subsample_medoids(JETS, [1, 3], FEW.sample(number, 120, 5))
    assert three.tolist() == found.indices.tolist()
    assert len(one) == 1
    again = medoids(JETS, 3, seed=5, subsamples=FEW, threads=1)
    assert again.indices.tolist() == found.indices.tolist()
    assert again.losses == found.losses


def test_more_medoids_are_nearer_to_all():
    losses = [medoids(JETS, k, seed=1, subsamples=FEW).loss for k in (1, 3, 8)]
    assert losses[0] > losses[1] > losses[2] > 0


def test_what_transport_costs_is_what_was_said():
    ground = Ground(beta=2.0, R=0.5)
    found = medoids(JETS, 2, seed=1, ground=ground, subsamples=FEW)
    points = Points.of(JETS)
    rest = points[FEW.held_out(120, 1)]
    expected = emd_matrix(rest, points[found.indices], 2.0, 0.5).min(axis=1).mean()
    assert found.loss == expected


def test_what_is_refused():
    with pytest.raises(BadLayout, match="square"):
        k_medoids(np.zeros((3, 4)), 2)
    for bad in (np.nan, np.inf):
        matrix = np.zeros((3, 3))
        matrix[1, 2] = bad
        with pytest.raises(BadNumbers, match=f"finite distances, got {bad} between events 1 and 2"):
            k_medoids(matrix, 2)
    with pytest.raises(BadValue, match="at least k = 4 events, got 3"):
        k_medoids(np.zeros((3, 3)), 4)
    with pytest.raises(BadValue, match="k_medoids: k"):
        k_medoids(np.zeros((3, 3)), 0)
    with pytest.raises(BadValue, match="at least k = 50 events, got 40"):
        medoids(JETS, 50, subsamples=FEW)
    with pytest.raises(BadValue, match="size"):
        Subsamples(size=0)


def test_parts_refuse_what_is_not_there():
    points = Points.of(JETS)
    with pytest.raises(BadValue, match="a sample of 120 events, numbered from 0, got event 120"):
        subsample_medoids(JETS, [1], np.array([3, 120]))
    with pytest.raises(BadValue, match="got event -1"):
        subsample_medoids(JETS, [1], np.array([-1, 3]))
    nothing = points[np.array([], dtype=np.int64)]
    with pytest.raises(BadLayout, match="held-out loss: expected events, got none"):
        held_out_loss(nothing, points[:2])
    with pytest.raises(BadLayout, match="held-out loss: expected medoids, got none"):
        held_out_loss(points, nothing)
