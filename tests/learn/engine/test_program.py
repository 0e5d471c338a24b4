"""What is compiled, and how often."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from toy_training import line, squared_error

from anomalon.core import Seed
from anomalon.learn.engine import Adam, Schedule, Training, program, train


def blur(kernel, batch, noise):
    blurred = jax.lax.conv(batch[:, None], kernel[None, None], (1, 1), "SAME")[:, 0]
    return jnp.mean((blurred - batch) ** 2, axis=(1, 2))


IMAGES = Training(
    np.ones((3, 3), np.float32) / 9,
    np.random.default_rng(0).normal(size=(40, 6, 6)).astype(np.float32),
    np.ones(40, np.float32),
    Seed(1),
)


@pytest.mark.parametrize(
    ("loss", "training", "passes", "expected"),
    [
        (squared_error, line(40, 1), "auto", "scan"),
        (blur, IMAGES, "auto", "step"),
        (jax.checkpoint(blur), IMAGES, "auto", "step"),  # inside another function
        (squared_error, line(40, 1), "stepwise", "step"),
        (blur, IMAGES, "compiled", "scan"),
    ],
)
@pytest.mark.skipif(jax.default_backend() != "cpu", reason="an accelerator scans convolutions")
def test_convolutions_are_stepped_on_a_processor(loss, training, passes, expected, monkeypatch):
    from anomalon.learn.engine import loop

    called = []
    for name in ("scan", "step"):
        run = getattr(program, name)
        monkeypatch.setattr(
            loop, name, lambda *a, name=name, run=run: (called.append(name), run(*a))[1]
        )
    train(loss, [training], Schedule(1, 10, passes=passes))
    assert set(called) == {expected}
    assert len(called) == (1 if expected == "scan" else 4)


def test_trainings_of_almost_the_same_size_share_a_program():
    schedule = Schedule(2, 16, Adam(0.0123))
    before = program.scan._cache_size()
    for n, seed in ((1000, 1), (1003, 2), (1008, 3)):
        train(squared_error, [line(n, seed)], schedule)
    train(squared_error, [line(1000, 1)], Schedule(5, 16, Adam(0.0123), patience=2))
    assert program.scan._cache_size() == before + 1


def test_blocks_of_steps_share_a_program_whatever_the_number_of_rows():
    schedule = Schedule(2, 16, Adam(0.0124), passes="blocks")
    before = program.block._cache_size()
    for n in (40, 300, 1000):  # less than a block, some, many
        train(squared_error, [line(n, 1)], schedule)
    assert program.block._cache_size() == before + 1
