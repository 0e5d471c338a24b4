"""Attention ignores order and padding, and agrees with the formula."""

import equinox as eqx
import jax
import numpy as np
import pytest

from anomalon.core import Seed
from anomalon.core.errors import BadValue
from anomalon.learn.models import SetEncoder
from anomalon.learn.models.attention import Attention

RNG = np.random.default_rng(0)
X = RNG.normal(size=(5, 3)).astype(np.float32)
MASK = np.array([True, True, False, True, False])
call = eqx.filter_jit(SetEncoder.__call__)
objects = eqx.filter_jit(SetEncoder.objects)


@pytest.fixture(scope="module")
def model():
    return SetEncoder(3, 8, 2, 2, 4, seed=Seed(1))


def test_order_and_padding_do_not_matter(model):
    expected = call(model, X, MASK)
    order = RNG.permutation(5)
    np.testing.assert_allclose(call(model, X[order], MASK[order]), expected, rtol=1e-4, atol=1e-5)
    rubbish = np.where(MASK[:, None], X, 1e6).astype(np.float32)
    np.testing.assert_array_equal(call(model, rubbish, MASK), expected)
    np.testing.assert_allclose(call(model, X[MASK], MASK[MASK]), expected, rtol=1e-4, atol=1e-5)


def test_objects_hear_each_other(model):
    moved = X.copy()
    moved[3] += 1
    before, after = (np.asarray(objects(model, x, MASK)) for x in (X, moved))
    assert (np.abs(after - before)[MASK].max(axis=1) > 1e-4).all()
    assert (before[~MASK] == 0).all()


def test_an_event_without_objects_has_numbers(model):
    nothing = np.zeros(5, bool)
    gradient = eqx.filter_jit(eqx.filter_grad(lambda m: m(X, nothing).sum()))(model)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(gradient))


def test_attention_is_the_formula():
    layer = Attention(6, 2, seed=Seed(1))
    x = RNG.normal(size=(5, 6))
    weight, out = (np.asarray(one.weight) for one in (layer.queries_keys_values, layer.output))
    qkv = (x @ weight).reshape(5, 3, 2, 3)
    heads = []
    for h in range(2):
        q, k, v = (qkv[:, i, h] for i in range(3))
        score = np.exp(q @ k[MASK].T / np.sqrt(3))
        heads.append(score / score.sum(axis=1, keepdims=True) @ v[MASK])
    expected = np.concatenate(heads, axis=1) @ out
    np.testing.assert_allclose(
        eqx.filter_jit(layer)(x.astype(np.float32), MASK), expected, rtol=1e-4, atol=1e-5
    )


def test_a_width_that_heads_cannot_share_is_refused():
    with pytest.raises(BadValue, match="multiple of 3 heads, got 8"):
        SetEncoder(3, 8, 3, 1, 1, seed=Seed(1))
