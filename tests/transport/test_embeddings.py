"""Vectors beside the distances that they stand for."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import wasserstein_distance
from toy_points import toy_points

from anomalon.core.errors import BadLayout, BadValue
from anomalon.transport import (
    emd,
    emd_matrix,
    linearised_embedding,
    sliced_embedding,
    transport_plan,
)

JETS = toy_points(60, seed=1)
PAIRS = np.triu_indices(60, 1)


def test_slices_are_distances_in_one_dimension():
    a, b = JETS[:2]
    vectors = sliced_embedding([a, b], n_directions=4, n_bins=2000, reach=1.2).astype(float)
    by_hand = np.mean([
        wasserstein_distance(a[:, 1:] @ u, b[:, 1:] @ u, a[:, 0], b[:, 0])
        for u in ((np.cos(t), np.sin(t)) for t in np.arange(4) * np.pi / 4)
    ])  # fmt: skip
    found = np.abs(vectors[0] - vectors[1]).sum()
    assert found == pytest.approx(by_hand, rel=2e-3)
    assert found < by_hand


def test_slices_are_a_lower_bound_that_knows_the_order():
    vectors = sliced_embedding(JETS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (60, 16 * 120)
    nearly, exact = cdist(vectors, vectors, "cityblock"), emd_matrix(JETS)
    assert (nearly <= exact + 1e-5).all()
    assert np.corrcoef(nearly[PAIRS], exact[PAIRS])[0, 1] > 0.95


def test_what_is_out_of_reach_is_at_the_end():
    far, end = [[1.0, 50.0, 0.0]], [[1.0, 1.0, 0.0]]
    both = sliced_embedding([far, end], n_directions=1)
    np.testing.assert_allclose(both[0], both[1], atol=1e-6)


def test_linearised_steps_are_those_of_the_plan():
    reference = toy_points(1, seed=2, low=20, high=20)[0]
    share = reference[:, 0] / reference[:, 0].sum()
    for jet in (JETS[0], toy_points(1, seed=3, low=5, high=5)[0]):
        mean = transport_plan(reference, jet, 2.0) @ jet[:, 1:] / share[:, None]
        steps = ((mean - reference[:, 1:]) * np.sqrt(share)[:, None]).T
        found = linearised_embedding([jet], reference)[0].reshape(2, 20)
        np.testing.assert_allclose(found, steps, atol=1e-12)


def test_linearised_distances_are_nearly_exact():
    axis = np.linspace(-0.6, 0.6, 7)
    x, y = np.meshgrid(axis, axis)
    reference = np.column_stack([np.ones(49), x.ravel(), y.ravel()])
    vectors = linearised_embedding(JETS, reference)
    to_reference = emd_matrix(JETS, [reference], 2.0)[:, 0]
    assert ((vectors**2).sum(axis=1) <= to_reference * (1 + 1e-9)).all()
    nearly, exact = cdist(vectors, vectors)[PAIRS], np.sqrt(emd_matrix(JETS, beta=2.0)[PAIRS])
    assert np.median(np.abs(nearly / exact - 1)) < 0.06
    assert np.corrcoef(nearly, exact)[0, 1] > 0.97


def test_a_reference_of_one_particle_sees_the_centroid():
    reference = [[7.0, 0.1, -0.2]]
    vectors = linearised_embedding(JETS, reference)
    centroids = [jet[:, 0] @ jet[:, 1:] / jet[:, 0].sum() for jet in JETS]
    np.testing.assert_allclose(vectors, np.array(centroids) - reference[0][1:], atol=1e-12)


def test_linearised_steps_come_round():
    near = linearised_embedding([[[1.0, 0.0, -3.1]]], [[1.0, 0.0, 3.1]])[0]
    np.testing.assert_allclose(near, [0, 2 * np.pi - 6.2])
    far = linearised_embedding([[[1.0, 0.0, -3.1]]], [[1.0, 0.0, 3.1]], periodic=False)[0]
    np.testing.assert_allclose(far, [0, -6.2])


def test_threads_and_company_change_no_vector():
    reference = JETS[5]
    one = linearised_embedding(JETS, reference, threads=1)
    assert linearised_embedding(JETS, reference, threads=2).tobytes() == one.tobytes()
    assert linearised_embedding(JETS[7:8], reference).tobytes() == one[7:8].tobytes()
    assert sliced_embedding(JETS[7:8]).tobytes() == sliced_embedding(JETS)[7:8].tobytes()


def test_what_is_refused():
    for settings in ({"n_directions": 0}, {"n_bins": 0}, {"reach": 0.0}):
        with pytest.raises(BadValue, match="sliced_embedding"):
            sliced_embedding(JETS, **settings)
    with pytest.raises(BadLayout, match="expected one event"):
        linearised_embedding(JETS, JETS)
    with pytest.raises(BadValue, match="threads"):
        linearised_embedding(JETS, JETS[0], threads=0)


def test_a_jet_far_from_a_shifted_one():
    """Of a shift both are known: 2 / pi of it on average over directions, and all of it."""
    shifted = JETS[0] + [0, 0.1, 0]
    vectors = sliced_embedding([JETS[0], shifted], n_directions=64, n_bins=1000).astype(float)
    assert np.abs(vectors[0] - vectors[1]).sum() == pytest.approx(0.2 / np.pi, rel=0.01)
    assert emd(JETS[0], shifted) == pytest.approx(0.1, rel=1e-9)
    both = linearised_embedding([JETS[0], shifted], JETS[0])
    assert np.linalg.norm(both[0] - both[1]) == pytest.approx(0.1, rel=1e-9)
