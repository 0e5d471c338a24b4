"""Batches in parts, blocks in parts, and columns: the same numbers as the whole, up to rounding."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from anomalon.core.seed import Seed
from anomalon.learn.engine import Adam, Schedule, Training, train
from anomalon.learn.engine import program as programs
from anomalon.learn.engine.scoring import PART, in_parts
from anomalon.learn.models.attention import SetEncoder
from anomalon.learn.models.dense import Dense, Inner

RNG = np.random.default_rng(0)
X = RNG.normal(size=(512, 19, 4)).astype(np.float32)
MASK = RNG.random((512, 19)) < 0.5


def of_sets(model, batch, noise):
    return (model(*batch)[:, 0] - 1.0) ** 2


def noisy(model, batch, noise):
    added = 0.0 if noise is None else jax.random.normal(jax.random.key(noise), (len(batch[0]),))
    return (model(*batch)[:, 0] - added) ** 2


def looked_at(loss):
    model = SetEncoder(4, 32, 4, 2, 1, seed=Seed(0))
    parts = programs.taken_apart(model)
    program = programs.Program(loss, Adam(), 512, damped=False, rest=parts.rest)
    batch = (X, MASK), np.ones(512, np.float32)
    return programs.planned(program, Schedule(1, 512), parts, batch)[0].parts


def test_only_large_batches_without_noise_are_gone_through_in_parts(monkeypatch):
    assert looked_at(of_sets) > 1
    assert looked_at(noisy) == 1
    monkeypatch.setattr(programs, "_LARGE", 1e12)
    programs._looked_at.cache_clear()
    assert looked_at(of_sets) == 1
    programs._looked_at.cache_clear()


def test_a_training_in_parts_is_that_of_whole_batches(monkeypatch):
    def trained():
        model = SetEncoder(4, 32, 4, 2, 1, seed=Seed(0))
        weight = np.ones(512, np.float32)
        programs._looked_at.cache_clear()
        return train(of_sets, [Training(model, (X, MASK), weight, Seed(1))], Schedule(3, 512))[0]

    parts = trained()
    monkeypatch.setattr(programs, "_LARGE", 1e12)
    whole = trained()
    programs._looked_at.cache_clear()
    np.testing.assert_allclose(parts.losses, whole.losses, rtol=1e-4)


def test_blocks_are_computed_in_parts_and_others_as_they_are():
    def sums(rows):
        return rows["x"].sum(axis=1)

    for n in (4 * PART, PART, PART + 3):
        rows = {"x": np.asarray(RNG.normal(size=(n, 5)), np.float32)}
        found = jax.jit(lambda rows: in_parts(sums, rows))(rows)
        np.testing.assert_allclose(found, rows["x"].sum(axis=1), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("norm", ["none", "layer"])
@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_a_network_of_columns_is_that_of_rows_and_so_are_its_gradients(norm, dropout):
    network = Dense(7, (16, 8), 3, seed=Seed(2), inner=Inner("leaky_relu", norm, dropout))
    x = RNG.normal(size=(64, 7)).astype(np.float32)
    key = jax.random.key(1)

    def of_rows(network):
        return jnp.sum(network(x, key) ** 2)

    def of_columns(network):
        return jnp.sum(network.of_columns(x.T, key) ** 2)

    a, b = (jax.tree.leaves(jax.jit(jax.value_and_grad(f))(network)) for f in (of_rows, of_columns))
    assert len(a) > 1
    for one, other in zip(a, b, strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-4, atol=1e-4)
