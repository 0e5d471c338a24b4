"""Gradients of attention that are written out are those of automatic differentiation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from anomalon.learn.models.gradients import heard, overlaps

RNG = np.random.default_rng(4)
PLAIN = {
    overlaps: lambda a, b: jnp.einsum("...qhn,...khn->...hqk", a, b),
    heard: lambda a, b: jnp.einsum("...hqk,...khn->...qhn", a, b),
}


@pytest.mark.parametrize("many", [(), (3,)], ids=["one event", "many"])
@pytest.mark.parametrize("ours", PLAIN, ids=lambda f: f.__name__)
def test_they_are_those_of_the_plain_products(ours, many):
    objects = RNG.normal(size=(*many, 5, 2, 4)).astype(np.float32)
    first = objects if ours is overlaps else RNG.normal(size=(*many, 2, 5, 5)).astype(np.float32)
    second = RNG.normal(size=objects.shape).astype(np.float32)

    @jax.jit
    def both(a, b):
        def loss(of):
            return lambda a, b: jnp.sin(of(a, b)).sum()

        return [(of(a, b), *jax.grad(loss(of), argnums=(0, 1))(a, b)) for of in (ours, PLAIN[ours])]

    for found, expected in zip(*both(first, second), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-5)
