"""The training loop against what is known otherwise, and what must not change its results."""

from dataclasses import dataclass, replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from toy_training import Noisy, bits, line, squared_error

from anomalon.core import Seed
from anomalon.core.errors import BadLayout, BadValue, DidNotConverge
from anomalon.learn.engine import Adam, PerBatch, Schedule, Training, train
from anomalon.learn.models.layers import Linear

LINE = Schedule(epochs=3, batch_size=64, optimiser=Adam(0.01), choose="last")


def adam(training, schedule):
    """Kingma and Ba, algorithm 1, full batches, float64."""
    x, y = (a.astype(float) for a in training.data)
    w = training.weight.astype(float)
    p, m, v = np.zeros(2), np.zeros(2), np.zeros(2)
    for t in range(1, schedule.epochs + 1):
        residual = p[0] * x + p[1] - y
        g = np.array([(2 * w * residual * x).sum(), (2 * w * residual).sum()]) / schedule.batch_size
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        step = (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        p = p - schedule.optimiser.learning_rate * step
    return p


@pytest.mark.parametrize("passes", ["compiled", "blocks", "stepwise"])
def test_full_batches_are_adam(passes):
    schedule = Schedule(20, 32, Adam(0.1), choose="last", passes=passes)
    # 20 rows in a batch of 32: the padding has no weight.
    training = line(20, 1, np.linspace(0, 2, 20, dtype=np.float32))
    [fit] = train(squared_error, [training], schedule)
    expected = adam(training, schedule)
    np.testing.assert_allclose([fit.params["a"], fit.params["b"]], expected, rtol=1e-4)


def test_least_squares_end_at_the_closed_form():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 3)).astype(np.float32)
    y = (x @ [1, -2, 0.5] + rng.normal(size=400)).astype(np.float32)
    weight = rng.uniform(0, 2, 400).astype(np.float32)
    weight /= weight.mean()

    def loss(params, batch, noise):
        rows, target = batch
        return (rows @ params - target) ** 2

    schedule = Schedule(60, 400, optax.sgd(0.2), choose="last")
    [fit] = train(loss, [Training(np.zeros(3, np.float32), (x, y), weight, Seed(1))], schedule)
    root = np.sqrt(weight.astype(float))
    expected, [rest], *_ = np.linalg.lstsq(x * root[:, None], y * root, rcond=None)
    np.testing.assert_allclose(fit.params, expected, atol=1e-5)
    assert fit.losses[-1] == pytest.approx(rest / 400, rel=1e-5)


def test_it_converges_with_shuffled_batches():
    [fit] = train(squared_error, [line(1000, 1)], replace(LINE, epochs=30, optimiser=Adam(0.02)))
    assert fit.params["a"] == pytest.approx(2, abs=0.02)
    assert fit.params["b"] == pytest.approx(-1, abs=0.02)


def test_scan_blocks_and_python_loop_agree():
    compiled, *others = (
        train(squared_error, [line(500, 1)], replace(LINE, passes=passes))[0]
        for passes in ("compiled", "blocks", "stepwise")
    )
    for other in others:
        np.testing.assert_allclose(compiled.params["a"], other.params["a"], rtol=1e-6)
        np.testing.assert_allclose(compiled.losses, other.losses, rtol=1e-6)


@pytest.mark.parametrize("passes", ["compiled", "blocks", "stepwise"])
def test_company_changes_nothing(passes):
    schedule = replace(LINE, passes=passes, halve_after=1)
    trainings = [line(200, seed) for seed in (1, 2, 3)]
    together = train(squared_error, trainings, schedule)
    alone = [train(squared_error, [t], schedule)[0] for t in trainings]
    for one, other in zip(together, alone, strict=True):
        np.testing.assert_allclose(one.params["a"], other.params["a"], rtol=1e-5)
        np.testing.assert_allclose(one.losses, other.losses, rtol=1e-5)
    assert len({float(one.params["a"]) for one in alone}) == 3


def test_noise_is_new_in_every_step_and_epoch():
    rows = np.zeros(256, np.float32)
    training = Training(np.float32(0), rows, np.ones(256, np.float32), Seed(0))
    schedule = Schedule(6, 64, Adam(1.0), choose="last", keep=6)
    [fit] = train(Noisy(), [training], schedule)
    path = [float(p) for p in fit.kept]
    assert fit.epochs == (5, 4, 3, 2, 1, 0)
    assert len(set(np.round(np.diff(path), 4))) == 5
    assert bits(train(Noisy(), [training], schedule)[0]) == bits(fit)


class Curve(eqx.Module):
    """A module with parameters, a fixed array, and settings that are no arrays."""

    scale: jax.Array
    layers: tuple[Linear, ...]
    order: jax.Array
    activation: object

    def __init__(self):
        self.scale = jnp.asarray(np.ones(1, np.float32))
        self.layers = Linear(2, 8, seed=Seed(1)), Linear(8, 1, seed=Seed(2))
        self.order = jnp.array([1, 0])
        self.activation = jnp.tanh

    def __call__(self, x):
        hidden = self.activation(self.layers[0](x[self.order]))
        return self.scale[0] * self.layers[1](hidden)[0]


def curve_error(curve, batch, noise):
    x, y = batch
    return (jax.vmap(curve)(x) - y) ** 2


def test_a_module_is_trained_whole():
    x = np.random.default_rng(0).normal(size=(300, 2)).astype(np.float32)
    data = x, np.sin(2 * x[:, 0]) * x[:, 1]
    start = Curve()
    trainings = [Training(start, data, np.ones(300, np.float32), Seed(s)) for s in range(2)]
    for fit in train(curve_error, trainings, Schedule(20, 50, Adam(0.02))):
        end = fit.params
        assert isinstance(end, Curve)
        assert end.activation is jnp.tanh
        np.testing.assert_array_equal(end.order, start.order)
        moved = [
            np.any(np.asarray(a) != np.asarray(b))
            for a, b in zip(
                jax.tree.leaves(eqx.filter(start, eqx.is_inexact_array)),
                jax.tree.leaves(eqx.filter(end, eqx.is_inexact_array)),
                strict=True,
            )
        ]
        assert moved == [True] * 5
        assert fit.losses[-1] < 0.5 * fit.losses[0]
        assert eqx.filter_jit(curve_error)(end, data, None).shape == (300,)


@pytest.mark.parametrize(
    "optimiser", [optax.adamw(0.05), optax.chain(optax.clip(1.0), optax.sgd(0.05, 0.9))]
)
def test_any_optimiser_of_optax_will_do(optimiser):
    [fit] = train(squared_error, [line(500, 1)], Schedule(20, 50, optimiser))
    assert fit.losses[-1] < 0.01 * fit.losses[0]


def spread(params, batch, weight, noise):
    """A loss that is no sum over rows: minus the log variance, of rows that are no padding."""
    mean = jnp.sum(weight * params * batch) / jnp.sum(weight)
    return jnp.sum(weight * (params * batch - mean) ** 2) / jnp.sum(weight) + (params - 3) ** 2


def test_a_loss_per_batch():
    x = np.array([1.0, 2.0, 4.0], np.float32)  # padded to 8
    training = Training(np.float32(0), x, np.ones(3, np.float32), Seed(1))
    [fit] = train(PerBatch(spread), [training], Schedule(100, 8, optax.sgd(0.1), choose="last"))
    variance = x.var(dtype=float)
    assert fit.params == pytest.approx(3 / (1 + variance), rel=1e-5)
    assert fit.losses[-1] == pytest.approx(9 * variance / (1 + variance), rel=1e-5)


def test_a_loss_of_the_wrong_shape_is_refused():
    with pytest.raises(BadLayout, match="expected one number per row"):
        train(lambda p, b, n: jnp.sum(b[0] * p["a"]), [line(20, 1)], LINE)
    with pytest.raises(BadLayout, match="PerBatch: a single number"):
        train(PerBatch(lambda p, b, w, n: b[0] * p["a"]), [line(20, 1)], LINE)


def test_trainings_that_do_not_go_together_are_refused():
    with pytest.raises(BadLayout, match="same number of steps"):
        train(squared_error, [line(20, 1), line(2000, 1)], LINE)
    with pytest.raises(BadLayout, match="floating-point numbers to train"):
        train(squared_error, [replace(line(20, 1), params={"a": 1})], LINE)
    with pytest.raises(BadLayout, match="same number of rows"):
        line(20, 1, np.ones(19, np.float32))


def test_a_loss_that_cannot_be_hashed_is_refused():
    @dataclass
    class Unhashable:
        power: int = 2

        def __call__(self, params, batch, noise):
            return (params["a"] * batch[0] - batch[1]) ** self.power

    with pytest.raises(BadValue, match="share a compiled program: unhashable"):
        train(Unhashable(), [line(20, 1)], LINE)


def test_a_loss_that_is_no_number_says_where_and_what_to_do():
    wild = replace(LINE, epochs=50, optimiser=optax.sgd(30.0))
    with pytest.raises(DidNotConverge, match=r"got (inf|nan) in epoch \d+, step \d of 8.*rate"):
        train(squared_error, [line(500, 1)], wild)


def test_a_merit_that_is_no_number_is_refused():
    with pytest.raises(DidNotConverge, match="merit, got NaN after epoch 1"):
        train(squared_error, [line(20, 1, merit=lambda p: float("nan"))], LINE)


@dataclass
class Script:
    """A merit that says what it was told to say."""

    says: list[float]
    n: int = 0

    def __call__(self, params):
        self.n += 1
        return self.says[self.n - 1]


def test_the_best_epochs_are_kept_and_patience_stops():
    says = [0.0, 5.0, 3.0, 4.0, 2.0, 9.0]
    schedule = replace(LINE, epochs=6, choose="best", keep=2, patience=3)
    [fit] = train(squared_error, [line(200, 1, merit=Script(says))], schedule)
    # Epoch 4 is the third without a new best one; epoch 5 would come too late.
    assert fit.epochs == (1, 3)
    assert fit.merits == tuple(says[:5])
    [all_of_them] = train(squared_error, [line(200, 1)], replace(LINE, epochs=6, keep=6))
    assert fit.params == all_of_them.kept[5 - 1]
    assert fit.kept[1] == all_of_them.kept[5 - 3]


def test_a_training_that_is_over_waits_for_the_others():
    scripts = [Script([3.0, 2.0, 1.0, 9.0]), Script([1.0, 2.0, 3.0, 4.0])]
    trainings = [line(200, s, merit=m) for s, m in enumerate(scripts)]
    schedule = replace(LINE, epochs=4, choose="best", patience=2)
    short, long = train(squared_error, trainings, schedule)
    assert (short.epochs, len(short.losses)) == ((0,), 3)
    assert (long.epochs, len(long.losses)) == ((3,), 4)


def test_validation_rows_judge_without_noise():
    def loss(params, batch, noise):
        return squared_error(params, batch, noise) + (0.0 if noise is None else 100.0)

    held = line(70, 9, np.linspace(0, 2, 70, dtype=np.float32))
    [fit] = train(
        loss, [line(200, 1, validation=(held.data, held.weight))], replace(LINE, choose="best")
    )
    residual = np.asarray(squared_error(fit.params, held.data, None), float)
    assert -max(fit.merits) == pytest.approx(np.average(residual, weights=held.weight), rel=1e-5)
    assert min(fit.losses) > 100


def test_the_step_is_halved_on_a_plateau():
    # Steps of constant size: the parameter says how large they were.
    def slope(params, batch, noise):
        return params + 0 * batch

    says = [1.0, 0.0, 0.0, 0.0, 0.0, 2.0, 0.0]
    training = Training(
        np.float32(0), np.zeros(8, np.float32), np.ones(8, np.float32), Seed(1), merit=Script(says)
    )
    schedule = Schedule(7, 8, optax.sgd(1.0), halve_after=2, choose="last", keep=7)
    [fit] = train(slope, [training], schedule)
    steps = -np.diff([0.0, *(float(p) for p in fit.kept[::-1])])
    np.testing.assert_allclose(steps, [1, 1, 1, 0.5, 0.5, 0.25, 0.25])


def test_progress_counts_epochs_and_time():
    seen = []
    train(squared_error, [line(200, 1), line(200, 2)], LINE, progress=seen.append)
    assert [p.epoch for p in seen] == [1, 2, 3]
    assert [p.epochs for p in seen] == [3, 3, 3]
    assert all(len(p.loss) == len(p.merit) == 2 for p in seen)
    assert 0 < seen[0].seconds < seen[2].seconds
    assert seen[2].seconds_left == 0 < seen[1].seconds_left
    # What is left is told by the epochs behind the first, in which programs are compiled.
    assert seen[1].seconds_left == pytest.approx(seen[1].seconds - seen[0].seconds)
