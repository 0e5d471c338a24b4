"""The training loop against Adam written out, and what padding and company must not change."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
import pytest

from anomalon.core import Seed
from anomalon.core.errors import BadValue
from anomalon.learn.training import Schedule, Training, epochs, n_steps, side_by_side


@dataclass(frozen=True)
class Line:
    """y = a x + b with squared errors; it knows nothing of networks or classes."""

    def loss(self, params, batch, noise):
        x, y = batch
        return (params["a"] * x + params["b"] - y) ** 2


@dataclass(frozen=True)
class Noise:
    """The parameter follows the sum of the noise it was shown."""

    def loss(self, params, batch, noise):
        return params * (noise % 97).astype(jnp.float32) + 0 * batch


def line(n, seed, weight=None):
    rng = np.random.default_rng(n)
    x = rng.normal(size=n).astype(np.float32)
    data = x, (2 * x - 1).astype(np.float32)
    start = {"a": np.float32(0), "b": np.float32(0)}
    return Training(start, data, np.ones(n, np.float32) if weight is None else weight, Seed(seed))


def adam(training, schedule, n_epochs):
    """Kingma and Ba, algorithm 1, full batches, float64."""
    x, y = (a.astype(float) for a in training.data)
    w = training.weight.astype(float)
    p, m, v = np.zeros(2), np.zeros(2), np.zeros(2)
    for t in range(1, n_epochs + 1):
        residual = p[0] * x + p[1] - y
        g = np.array([(2 * w * residual * x).sum(), (2 * w * residual).sum()]) / schedule.batch_size
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        p = p - schedule.learning_rate * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return p


def test_full_batches_are_adam():
    schedule = Schedule(epochs=20, batch_size=32, learning_rate=0.1)
    # 20 rows in a batch of 32: the padding has no weight.
    training = line(20, 1, np.linspace(0, 2, 20, dtype=np.float32))
    *_, [last] = epochs(Line(), [training], schedule)
    np.testing.assert_allclose([last["a"], last["b"]], adam(training, schedule, 20), rtol=1e-4)


def test_it_converges_with_shuffled_batches():
    *_, [last] = epochs(Line(), [line(1000, 1)], Schedule(30, 64, 0.02))
    assert last["a"] == pytest.approx(2, abs=0.02)
    assert last["b"] == pytest.approx(-1, abs=0.02)


def test_company_changes_nothing():
    schedule = Schedule(epochs=3, batch_size=64, learning_rate=0.01)
    trainings = [line(200, seed) for seed in (1, 2, 3)]
    together = [p["a"] for p in list(epochs(Line(), trainings, schedule))[-1]]
    alone = [list(epochs(Line(), [t], schedule))[-1][0]["a"] for t in trainings]
    np.testing.assert_allclose(together, alone, rtol=1e-5)
    assert len({float(a) for a in alone}) == 3


def test_noise_is_new_in_every_step_and_epoch():
    rows = np.zeros(256, np.float32)
    training = Training(np.float32(0), rows, np.ones(256, np.float32), Seed(0))
    path = [float(p) for [p] in epochs(Noise(), [training], Schedule(6, 64, 1.0))]
    moves = np.diff(path)
    assert len(set(np.round(moves, 4))) == 5
    again = [float(p) for [p] in epochs(Noise(), [training], Schedule(6, 64, 1.0))]
    assert path == again


def test_steps_are_round_numbers():
    for rows in (1, 511, 512, 513, 10_000, 95_600, 95_900, 1_000_000):
        exact = -(-rows // 512)
        assert exact <= n_steps(rows, 512) <= max(exact * 17 / 16, exact)
    assert len({n_steps(rows, 512) for rows in range(94_500, 98_000, 100)}) == 1


def test_side_by_side_keeps_the_order():
    seen = []

    def run(group):
        seen.extend(group)
        return [10 * i for i in group]

    assert side_by_side([5, 5000, 6, 5001], 3, 512, run) == [0, 10, 20, 30]
    assert sorted(seen) == [0, 1, 2, 3]


@pytest.mark.parametrize("setting", ["epochs", "batch_size", "learning_rate"])
def test_settings_are_checked(setting):
    with pytest.raises(BadValue, match=f"{setting}: expected a .* got 0"):
        Schedule(**({"epochs": 1, "batch_size": 1, "learning_rate": 1.0} | {setting: 0}))
