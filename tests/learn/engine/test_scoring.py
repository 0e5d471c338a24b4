"""The score of an event does not depend on its neighbours."""

import jax
import numpy as np

from anomalon.learn.engine import in_blocks

RNG = np.random.default_rng(0)
W = RNG.normal(size=(5, 7)).astype(np.float32)


@jax.jit
def score(rows):
    x, scale = rows
    return jax.numpy.tanh(x @ W).sum(axis=1) * scale


def rows(n):
    return RNG.normal(size=(n, 5)).astype(np.float32), np.ones(n, np.float32)


def test_neighbours_and_their_number_do_not_matter():
    x, scale = rows(100)
    whole = in_blocks(score, (x, scale), block=16)
    assert whole.shape == (100,)
    assert whole.dtype == np.float64
    np.testing.assert_allclose(whole, np.tanh(x @ W).sum(axis=1), rtol=1e-4, atol=1e-5)
    order = RNG.permutation(100)
    for some in (order, order[:3], order[:16], order[50:51]):
        assert (in_blocks(score, (x[some], scale[some]), block=16) == whole[some]).all()


def test_no_rows_have_no_scores():
    assert in_blocks(score, rows(0)).shape == (0,)
    assert in_blocks(lambda r: r[0] @ W, rows(0)).shape == (0, 7)
