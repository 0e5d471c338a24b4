"""Training and drawing of a conditional flow, beside zuko (PyTorch) on the same architecture.

    python benchmarks/densities.py [--rounds 3] [--features 4]          (needs the extra "bench")

Autoregressive rational-quadratic splines: three layers, networks of two hidden layers of 64, eight
bins, one condition (log of the mass); Adam, batches of 512; normal scores of features of the
shipped background, 60,000 events. An epoch of ours is the difference between a training of three
epochs and one of one, without compilation; validation on 15 % of the events is part of it. zuko has
one epoch over as many events, without validation. Draws: 100,000 events, after a first call.
PyTorch has one thread: with such small matrices more do not help. Rounds alternate; medians.

Beside it one gradient of the same flow as flowjax computes it, and with splines of many events at
once (`learn.models.splines`), which is why there are two.
"""

import argparse
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import equinox as eqx
import jax
import numpy as np
import torch
import zuko  # type: ignore[import-untyped]
from verdict import finish, row

from anomalon.core import Seed
from anomalon.data import sample
from anomalon.learn.density import DensityTask, SplineFlow
from anomalon.learn.density.scaling import NormalScores
from anomalon.learn.models.flow import spline_flow

N, N_DRAWN, BATCH = 60_000, 100_000, 512
BAR = 3.0
NAMES = ("mJ1", "dmJ", "tau21_J1", "tau21_J2", "tau32_J1", "tau32_J2", "dR", "dY")


torch.set_num_threads(1)


def seconds(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def ours(task: DensityTask) -> tuple[float, Any]:
    """Events per second of training, and the density."""

    def training(epochs: int) -> Any:
        how = SplineFlow(epochs=epochs, patience=0, n_average=1, batch_size=BATCH)
        return how.fit_many([task])[0]

    short = seconds(lambda: training(1))
    density: list[Any] = []
    long = seconds(lambda: density.append(training(3)))
    return 2 * 0.85 * len(task.x) / (long - short), density[0]


def zukos(x: torch.Tensor, given: torch.Tensor) -> tuple[float, Any]:
    """Events per second of training, and the flow."""
    torch.manual_seed(0)
    flow = zuko.flows.NSF(
        x.shape[1], given.shape[1], transforms=3, bins=8, hidden_features=(64, 64)
    )
    optimiser = torch.optim.Adam(flow.parameters(), 2e-3)

    def epoch() -> None:
        for rows in torch.split(torch.randperm(len(x)), BATCH):
            optimiser.zero_grad()
            (-flow(given[rows]).log_prob(x[rows]).mean()).backward()
            optimiser.step()

    return len(x) / seconds(epoch), flow


def compared(rounds: int, features: int) -> list[dict[str, Any]]:
    """Training and drawing, ours and zuko's."""
    events = sample("qcd_data").select(NAMES[:features])[:N]
    x, given = events.x.astype(np.float64), np.log(events.mass)[:, None]
    task = DensityTask(x, given, np.ones(N), events.event, Seed(1))
    z = torch.from_numpy(NormalScores.of(x, np.ones(N))(x, events.event))
    c = torch.from_numpy(((given - given.mean()) / given.std()).astype(np.float32))
    ours(task)  # compiles
    train: list[tuple[float, float]] = []
    draw: list[tuple[float, float]] = []
    where = given[np.arange(N_DRAWN) % N]
    theirs = c[torch.arange(N_DRAWN) % N]
    for i in range(rounds):
        speed, density = ours(task)
        peer_speed, flow = zukos(z, c)
        train.append((speed, peer_speed))
        density.draw(where, seed=Seed(1))
        drawn = seconds(partial(density.draw, where, seed=Seed(1)))
        with torch.no_grad():
            flow(theirs[:100]).sample()
            peer_drawn = seconds(flow(theirs).sample)
        draw.append((N_DRAWN / drawn, N_DRAWN / peer_drawn))
        print(f"round {i + 1}: train {train[-1]}, draw {draw[-1]} events/s")
    results = []
    for what, found in (("training", train), ("drawing", draw)):
        mine, peer = np.median(found, axis=0)
        ratio = float(np.median([a / b for a, b in found]))
        bar = BAR if what == "training" else 1.0
        results.append(
            row(
                f"{what}, {features} features, events/s",
                mine,
                peer=round(float(peer)),
                peer_name="zuko",
                ratio=ratio,
                bar=f"ratio >= {bar:g}",
                ok=ratio >= bar,
            )
        )
    return results


def gradients(rounds: int, features: int) -> list[dict[str, Any]]:
    """Events per second of a gradient, by one formula for many events and by flowjax."""
    flow = spline_flow(features, 1, n_layers=3, autoregressive=True, seed=Seed(1))
    rng = np.random.default_rng(1)
    x, given = (rng.normal(size=(BATCH, k)).astype(np.float32) for k in (features, 1))

    def speed(density: Callable[[Any, Any, Any], Any]) -> float:
        @eqx.filter_jit
        def gradient(flow: Any, x: Any, given: Any) -> Any:
            return eqx.filter_grad(lambda f: density(f, x, given).mean())(flow)

        def steps(n: int = 100) -> None:
            for _ in range(n):
                jax.block_until_ready(gradient(flow, x, given))  # type: ignore[no-untyped-call]

        steps(2)  # compiles
        return 100 * BATCH / seconds(steps)

    def many(f: Any, x: Any, given: Any) -> Any:
        return f.log_density(x, given)

    def mapped(f: Any, x: Any, given: Any) -> Any:
        return f.distribution.log_prob(x, given)

    found = [(speed(many), speed(mapped)) for _ in range(rounds)]
    print(f"gradient: {found} events/s")
    mine, peer = np.median(found, axis=0)
    ratio = float(np.median([a / b for a, b in found]))
    what = f"gradient, {features} features, events/s"
    words = {"peer": round(float(peer)), "peer_name": "flowjax"}
    return [row(what, mine, **words, ratio=ratio, bar="ratio > 1", ok=ratio > 1)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--features", type=int, default=4)
    options = parser.parse_args()
    both = (options.rounds, options.features)
    finish("densities", compared(*both) + gradients(*both))


if __name__ == "__main__":
    main()
