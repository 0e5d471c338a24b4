"""Merits of epochs against slow or independent versions."""

import numpy as np
import pytest

from anomalon.learn.classify.merits import argos, cross_entropy


def plain_argos(score, y, weight):
    """Threshold by threshold."""
    best = -np.inf
    for cut in np.unique(score):
        w = weight[(score >= cut) & (y == 0)]
        if w.sum() > 0 and np.sqrt((w**2).sum()) / w.sum() < 0.2:
            fpr = w.sum() / weight[y == 0].sum()
            tpr = weight[(score >= cut) & (y == 1)].sum() / weight[y == 1].sum()
            best = max(best, tpr / np.sqrt(fpr) - np.sqrt(fpr))
    return best


@pytest.mark.parametrize("ties", [False, True])
def test_argos_agrees_with_a_loop(ties):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 600).astype(np.int8)
    score = rng.normal(size=600) + 0.5 * y
    score = score.round(1) if ties else score
    weight = rng.uniform(0, 2, 600)
    assert argos(score, y, weight) == pytest.approx(plain_argos(score, y, weight))


def test_argos_of_a_perfect_cut():
    # 100 of 1000 data events stand out, with 36 of 3600 reference events: fpr 0.01, tpr 0.1.
    y = np.repeat(np.array([1, 0], np.int8), [1000, 3600])
    score = np.concatenate([np.repeat([1.0, 0.0], [100, 900]), np.repeat([1.0, 0.0], [36, 3564])])
    assert argos(score, y, np.ones(4600)) == pytest.approx(0.1 / 0.1 - 0.1)


def test_argos_without_information_is_zero():
    y = np.repeat(np.array([1, 0], np.int8), 100)
    assert argos(np.zeros(200), y, np.ones(200)) == 0
    assert argos(np.arange(20.0), np.repeat(np.array([1, 0], np.int8), 10), np.ones(20)) == 0


def test_cross_entropy_agrees_with_its_definition():
    rng = np.random.default_rng(0)
    logit, weight = rng.normal(size=50), rng.uniform(size=50)
    y = rng.integers(0, 2, 50).astype(np.int8)
    p = 1 / (1 + np.exp(-logit))
    each = -np.log(np.where(y == 1, p, 1 - p))
    assert cross_entropy(logit, y, weight) == pytest.approx((weight * each).sum() / weight.sum())
    assert np.isfinite(cross_entropy(np.array([-1e4, 1e4]), np.array([1, 0]), np.ones(2)))
