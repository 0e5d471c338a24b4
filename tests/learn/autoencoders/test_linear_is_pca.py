"""A linear autoencoder finds the principal components (Baldi and Hornik, Neural Networks 2, 53)."""

import numpy as np
import optax
import pytest

from anomalon.core.seed import Seed
from anomalon.learn.autoencoders.distance import Distance
from anomalon.learn.autoencoders.plain import AutoencoderLoss, fitted, reconstructions
from anomalon.learn.engine.schedule import Schedule
from anomalon.learn.models.dense import Inner
from anomalon.learn.models.slots import EncoderDecoder, FlatDecoder, FlatEncoder

N, K = 6, 2


@pytest.mark.parametrize("seed", [0, 1])
def test_reconstructions_are_those_of_principal_components(seed):
    rng = np.random.default_rng(5)
    spread = np.array([3.0, 2.0, 0.5, 0.4, 0.3, 0.2])
    x = rng.normal(size=(400, N)) * spread @ np.linalg.qr(rng.normal(size=(N, N)))[0]
    x = np.float32(x - x.mean(axis=0))
    start = EncoderDecoder(
        FlatEncoder((1, N), (), K, seed=Seed(seed).child("e"), inner=Inner()),
        FlatDecoder(K, (), (1, N), seed=Seed(seed).child("d"), inner=Inner()),
    )
    steps = optax.exponential_decay(0.05, 400, 0.6)
    schedule = Schedule(6000, 400, optax.adam(steps), halve_after=0, patience=0)
    loss = AutoencoderLoss(Distance(first="squared", reduce="sum"))
    model = fitted(
        loss, start, (x,), np.ones(len(x), np.float32), ((x[:0],), np.zeros(0)), schedule,
        Seed(seed),
    )  # fmt: skip
    back = reconstructions(model, (x,))
    _, _, rows = np.linalg.svd(np.float64(x), full_matrices=False)
    principal = x @ rows[:K].T @ rows[:K]
    error, least = ((back - x) ** 2).sum(), ((principal - x) ** 2).sum()
    assert error == pytest.approx(least, rel=1e-5)
    assert np.sqrt(((back - principal) ** 2).sum() / (principal**2).sum()) < 1e-3
