"""Seconds per epoch of the training loop, beside a loop written by hand, and beside PyTorch.

    python benchmarks/engine.py [--rounds 5] [--only dense|conv|attention|flow]

Four models are trained by the same call of `train`: a dense and a convolutional autoencoder, an
attention network on sets of objects, and a normalising flow; float32, Adam, batches drawn anew in
every epoch. Peers, on the same rows:

- The same model, loss and optimiser in a loop that is written by hand in JAX and does nothing else:
  no padding, no judgement of epochs, no check for NaN. It has the form that the engine chooses, a
  compiled loop over the epoch or (convolutions) a Python loop over a compiled step; the bar is on
  that. Without convolutions the other form is timed as well: where a machine is crowded a Python
  loop can win, because its steps spread over two threads and use more than twice the CPU time.
- The same architecture with the same number of parameters in PyTorch, with fused Adam, on one
  thread or all cores, whatever a trial of some batches finds faster. No flow: none is installed.

A round is some epochs of each candidate in turn, so that what else the machine does hits all of
them; the first round, in which programs are compiled, does not count. A ratio is the median over
rounds of the peer's seconds by ours. CPU seconds and the ratio of the fastest epochs stand beside:
they say more when the machine is shared.
"""

import argparse
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import torch
from torch import nn
from torch.nn import functional
from torch_attention import Block
from verdict import finish, row, spread

from anomalon.core import Seed
from anomalon.learn.engine import Adam, Schedule, Training, train
from anomalon.learn.models import (
    ConvAutoencoder,
    DenseAutoencoder,
    SetEncoder,
    reconstruction_error,
)
from anomalon.learn.models.flow import negative_log_likelihood, spline_flow
from anomalon.learn.threads import cores

SEED, RATE, EPOCHS = Seed(1), 1e-3, 4
Epochs = Iterator[tuple[list[float], float]]  # seconds of each epoch, and the last loss


@dataclass(frozen=True, eq=False)
class Case:
    """One model and what it is trained on."""

    make: Callable[[], Any]
    loss: Callable[[Any, Any, Any], jax.Array]
    data: Any
    batch_size: int
    torch_model: Callable[[], nn.Module] | None
    torch_loss: Callable[[nn.Module, Any], torch.Tensor] | None

    @property
    def n_rows(self) -> int:
        return len(jax.tree.leaves(self.data)[0])


# --- the candidates: each gives the seconds of some epochs, as often as it is asked


def ours(case: Case) -> Epochs:
    schedule = Schedule(EPOCHS, case.batch_size, Adam(RATE))
    while True:
        marks, losses = [0.0], []

        def note(p, marks=marks, losses=losses):
            marks.append(p.seconds)
            losses.append(p.loss[0])

        weight = np.ones(case.n_rows, np.float32)
        train(case.loss, [Training(case.make(), case.data, weight, SEED)], schedule, progress=note)
        yield list(np.diff(marks)), losses[-1]


def by_hand(case: Case, compiled: bool) -> Epochs:
    optimiser = optax.adam(RATE)
    _, static = eqx.partition(case.make(), eqx.is_inexact_array)
    n_steps, size = case.n_rows // case.batch_size, case.batch_size

    def step(state, batch, noise):
        params, moments = state

        def mean_loss(params):
            return jnp.mean(case.loss(eqx.combine(params, static), batch, noise))

        loss, gradient = jax.value_and_grad(mean_loss)(params)
        change, moments = optimiser.update(gradient, moments, params)
        return (optax.apply_updates(params, change), moments), loss

    @jax.jit
    def whole(state, data, order):
        batches = jax.tree.map(lambda a: a[order].reshape(n_steps, size, *a.shape[1:]), data)
        return jax.lax.scan(lambda s, b: step(s, b, jnp.uint32(0)), state, batches)

    one = jax.jit(partial(step, noise=jnp.uint32(0)))
    data = jax.tree.map(jnp.asarray, case.data) if compiled else case.data
    while True:
        rng, seconds = np.random.default_rng(1), []
        params = eqx.filter(case.make(), eqx.is_inexact_array)
        state = params, optimiser.init(params)
        for _ in range(EPOCHS):
            start = time.perf_counter()
            order = rng.permutation(case.n_rows)[: n_steps * size].astype(np.int32)
            if compiled:
                state, losses = whole(state, data, order)
            else:
                losses = []
                for some in order.reshape(n_steps, size):
                    state, loss = one(state, jax.tree.map(lambda a, i=some: a[i], data))
                    losses.append(loss)
            mean = float(np.mean(jax.device_get(losses)))
            seconds.append(time.perf_counter() - start)
        yield seconds, mean


def in_torch(case: Case, threads: int) -> Epochs:
    data = jax.tree.map(lambda a: torch.from_numpy(np.ascontiguousarray(a)), case.data)
    torch.set_num_threads(threads)
    while True:
        torch.manual_seed(1)
        model, seconds = case.torch_model(), []
        optimiser = torch.optim.Adam(model.parameters(), RATE, fused=True)
        for _ in range(EPOCHS):
            start, losses = time.perf_counter(), []
            for some in torch.randperm(case.n_rows).split(case.batch_size):
                optimiser.zero_grad()
                loss = case.torch_loss(model, jax.tree.map(lambda a, i=some: a[i], data))
                loss.backward()
                optimiser.step()
                losses.append(loss.detach())
            mean = float(torch.stack(losses).mean())
            seconds.append(time.perf_counter() - start)
        yield seconds, mean


# --- the models


def rebuilt(model: nn.Module, x: torch.Tensor) -> torch.Tensor:
    return ((model(x) - x) ** 2).mean()


def dense(rng: np.random.Generator) -> Case:
    x = rng.normal(size=(50_000, 6)) @ rng.normal(size=(6, 24)) + rng.normal(size=(50_000, 24))
    sizes = (24, 64, 64, 8)

    def torch_model() -> nn.Module:
        layers = []
        for half in (sizes, sizes[::-1]):
            for a, b in pairwise(half):
                layers += [nn.Linear(a, b), nn.ReLU()]
            layers.pop()
        return nn.Sequential(*layers)

    return Case(
        lambda: DenseAutoencoder(24, (64, 64), 8, seed=SEED),
        reconstruction_error,
        x.astype(np.float32),
        256,
        torch_model,
        rebuilt,
    )


def conv(rng: np.random.Generator) -> Case:
    images = rng.exponential(size=(3000, 32, 32, 1)) * (rng.random((3000, 32, 32, 1)) < 0.05)

    def torch_model() -> nn.Module:
        return nn.Sequential(
            *(nn.Conv2d(1, 16, 3, 2, 1), nn.ReLU(), nn.Conv2d(16, 32, 3, 2, 1), nn.ReLU()),
            *(nn.Flatten(), nn.Linear(2048, 16), nn.Linear(16, 2048), nn.ReLU()),
            *(nn.Unflatten(1, (32, 8, 8)), nn.ConvTranspose2d(32, 16, 2, 2), nn.ReLU()),
            nn.ConvTranspose2d(16, 1, 2, 2),
        )

    return Case(
        lambda: ConvAutoencoder((32, 32, 1), (16, 32), 16, seed=SEED),
        reconstruction_error,
        images.astype(np.float32),
        128,
        torch_model,
        lambda model, x: rebuilt(model, x.permute(0, 3, 1, 2)),
    )


class TorchSet(nn.Module):
    """As `SetEncoder(4, 32, 4, 2, 1)`."""

    def __init__(self) -> None:
        super().__init__()
        self.input, self.norm, self.output = nn.Linear(4, 32), nn.LayerNorm(32), nn.Linear(32, 1)
        self.blocks = nn.ModuleList(Block(32, 4) for _ in range(2))

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        x = self.input(x)
        for block in self.blocks:
            x = block(x, mask)
        total = (self.norm(x) * mask[:, :, None]).sum(dim=1)
        return self.output(total / mask.sum(dim=1, keepdim=True))[:, 0]


def set_loss(model: Any, batch: Any, noise: Any) -> jax.Array:
    del noise
    x, mask, target = batch
    return optax.sigmoid_binary_cross_entropy(model(x, mask)[:, 0], target)


def attention(rng: np.random.Generator) -> Case:
    x = rng.normal(size=(4096, 16, 4)).astype(np.float32)
    mask = np.arange(16) < rng.integers(1, 17, 4096)[:, None]
    target = (np.where(mask, x[:, :, 0] * x[:, :, 1], 0).sum(axis=1) > 0).astype(np.float32)

    def torch_loss(model: nn.Module, batch: Any) -> torch.Tensor:
        x, mask, target = batch
        return functional.binary_cross_entropy_with_logits(model(x, mask), target)

    return Case(
        lambda: SetEncoder(4, 32, 4, 2, 1, seed=SEED),
        set_loss,
        (x, mask, target),
        256,
        TorchSet,
        torch_loss,
    )


def flow(rng: np.random.Generator) -> Case:
    x = rng.normal(size=(10_000, 4)) @ rng.normal(size=(4, 4)) / 2
    make = partial(spline_flow, 4, n_layers=4, hidden=(32, 2), seed=SEED)
    return Case(make, negative_log_likelihood, x.astype(np.float32), 256, None, None)


CASES = {"dense": dense, "conv": conv, "attention": attention, "flow": flow}


# --- the measurement


@dataclass(eq=False)
class Times:
    """What one candidate took, round by round, for an epoch."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    fastest: float = np.inf
    loss: float = np.nan

    def add(self, epochs: Epochs) -> None:
        cpu = time.process_time()
        seconds, self.loss = next(epochs)
        self.cpu.append((time.process_time() - cpu) / len(seconds))
        self.wall.append(float(np.mean(seconds)))
        self.fastest = min(self.fastest, *seconds)


def measured(name: str, case: Case, rounds: int) -> list[dict]:
    forms = ("Python",) if name == "conv" else ("compiled", "Python")  # as a scan it takes minutes
    candidates = {"ours": ours(case)}
    for form in forms:
        candidates[f"hand-written, {form} loop"] = by_hand(case, form == "compiled")
    weights = jax.tree.leaves(eqx.filter(case.make(), eqx.is_inexact_array))
    n_parameters = sum(a.size for a in weights)
    if case.torch_model is not None:
        n_theirs = sum(p.numel() for p in case.torch_model().parameters())
        assert n_theirs == n_parameters, (n_theirs, n_parameters)
        small = replace(case, data=jax.tree.map(lambda a: a[: 4 * case.batch_size], case.data))
        threads, _ = chosen({n: in_torch(small, n) for n in sorted({1, cores()})})
        candidates[f"PyTorch {torch.__version__}, {threads} threads"] = in_torch(case, threads)
    for epochs in candidates.values():
        next(epochs)
    times = {who: Times() for who in candidates}
    for _ in range(rounds):
        for who, epochs in candidates.items():
            times[who].add(epochs)
    print(f"{name}: {n_parameters} parameters, {case.n_rows} rows, load {os.getloadavg()[0]:.1f}")
    for who, t in times.items():
        print(
            f"  {who}: {spread(t.wall)} s, fastest {t.fastest:.4f}, CPU {spread(t.cpu)} s, "
            f"loss after {EPOCHS} epochs {t.loss:.4f}"
        )
    bar = f"hand-written, {forms[0]} loop"
    return [
        compared(name, times["ours"], times[who], who, barred=who == bar)
        for who in list(candidates)[1:]
    ]


def chosen(candidates: dict[Any, Epochs]) -> tuple[Any, Epochs]:
    """The candidate with the fastest epoch, after one round to warm up."""
    fastest = {who: min(next(epochs)[0] + next(epochs)[0]) for who, epochs in candidates.items()}
    best = min(fastest, key=lambda who: fastest[who])
    return best, candidates[best]


def compared(name: str, mine: Times, theirs: Times, who: str, *, barred: bool) -> dict:
    ratios = np.array(theirs.wall) / np.array(mine.wall)
    ratio = float(np.median(ratios))
    return row(
        f"{name}, seconds per epoch",
        float(np.median(mine.wall)),
        peer=round(float(np.median(theirs.wall)), 4),
        peer_name=who,
        ratio=ratio,
        bar="within 10 %" if barred else "reported",
        ok=ratio >= 0.9 if barred else True,
        ratios=[round(float(r), 2) for r in ratios],
        cpu_ratio=round(float(np.median(np.array(theirs.cpu) / np.array(mine.cpu))), 3),
        fastest_ratio=round(theirs.fastest / mine.fastest, 3),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=list(CASES))
    options = parser.parse_args()
    results = []
    for name, make in CASES.items():
        if options.only in (None, name):
            rng = Seed(1).child("benchmark", name).generator()
            results += measured(name, make(rng), options.rounds)
    finish("engine", results)


if __name__ == "__main__":
    main()
