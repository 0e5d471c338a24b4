"""Standardisation against its definition."""

import numpy as np
import pytest

from anomalon.learn.engine import Standardisation


def test_it_is_weighted():
    rng = np.random.default_rng(0)
    x = rng.normal(3, 2, size=(500, 2)).astype(np.float32)
    copies = rng.integers(0, 4, 500)
    scale = Standardisation.of(x, copies)
    expanded = np.repeat(x.astype(float), copies, axis=0)
    np.testing.assert_allclose(scale.mean, expanded.mean(axis=0))
    np.testing.assert_allclose(scale.std, expanded.std(axis=0))
    assert scale(expanded).mean(axis=0) == pytest.approx([0, 0], abs=1e-6)


def test_what_is_far_away_stays_finite():
    scale = Standardisation.of(np.array([[0.0], [1.0]]), np.ones(2))
    assert scale(np.array([[1e300], [-1e300]])).tolist() == [[1e4], [-1e4]]
