import json

import numpy as np
import pytest

from anomalon.core.errors import BadLayout
from anomalon.stats import Dijet, Exponential, Gaussian
from anomalon.stats.coverage import closure_test

EDGES = np.linspace(2000.0, 6000.0, 41)
SIGNAL = Gaussian(3500.0, 120.0)


def background(events=50_000):
    expected = Dijet(3).integrate([0.0, 9.0, 5.2], EDGES)
    return expected / expected.sum() * events


def test_the_fit_passes_its_own_test():
    test = closure_test((background(), EDGES), Dijet(3), SIGNAL, [0, 100, 300], n_toys=1000, seed=3)
    assert test.ok
    assert test.linearity.slope == pytest.approx(1.0, abs=0.05)
    assert test.uniformity.n == 1000
    assert test.coverage.share == pytest.approx(np.full(3, 0.683), abs=0.05)
    assert json.loads(json.dumps(test.to_dict(), allow_nan=False))["pulls"]["ok"] is True


def test_a_wrong_shape_fails():
    test = closure_test((background(5e5), EDGES), Exponential(2), SIGNAL, [0, 300], n_toys=300)
    assert not test.pulls.ok
    assert not test.uniformity.ok
    assert not test.ok


def test_any_method_can_be_tested():
    """Here one that forgets the uncertainty of the background."""
    seen = []

    def count(counts):
        seen.append(counts.shape)
        bins = (EDGES[1:] > 3300) & (EDGES[:-1] < 3700)
        share = SIGNAL.integrate(EDGES)[bins].sum()
        excess = counts[:, bins].sum(axis=1) - background()[bins].sum()
        sigma = np.full(len(counts), 0.5 * np.sqrt(background()[bins].sum()))
        return excess / share, sigma / share, excess / sigma

    test = closure_test((background(), EDGES), Dijet(3), SIGNAL, [0, 100], n_toys=200, fit=count)
    assert seen == [(200, 40)] * 2
    assert test.linearity.ok
    assert not test.pulls.ok
    assert not test.coverage.ok
    assert not test.uniformity.ok


def test_toys_do_not_depend_on_the_other_strengths():
    def first(counts):
        return counts[:, 0], np.ones(len(counts)), np.zeros(len(counts))

    def run(strengths):
        test = closure_test(
            (background(), EDGES), Dijet(3), SIGNAL, strengths, n_toys=20, seed=1, fit=first
        )
        return test.pulls.mean[-1]

    assert run([0, 100]) == run([100])
    alone = closure_test((background(), EDGES), Dijet(3), SIGNAL, 100, n_toys=20, fit=first)
    assert alone.linearity is None
    assert alone.uniformity is None


def test_shapes_are_checked():
    with pytest.raises(BadLayout, match="background and signal"):
        closure_test((background(), EDGES), Dijet(3), np.ones(5), [0.0])
    with pytest.raises(BadLayout, match="expected counts of shape"):
        closure_test((background()[:5], EDGES), Dijet(3), SIGNAL, [0.0])
