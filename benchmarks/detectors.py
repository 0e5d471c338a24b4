"""Events per second of detectors, in training and scoring, and their memory for a large file.

    python benchmarks/detectors.py [--quick] [--rounds 5] [--events 13500000]

Events of nineteen slots, as at 40 MHz, drawn at random. The feed-forward and the transformer
autoencoder are trained by the engine, as detectors do it, and in PyTorch: same layers, batch, loss
(circular in azimuth, with L2), Adam (fused there), rows in memory, no loader. PyTorch has one
thread or two, whatever is faster here. Candidates take turns, a round is an epoch of each, and
ratios are medians over rounds of seconds of PyTorch over ours; the first epochs, in which programs
are compiled, do not count. Ratios of processor seconds stand beside, and have to meet the bar too:
where others use the machine, a thread that waits for its turn makes the clock useless.

Scoring is from `Events` in memory to scores, encoding included. The large file is written piece by
piece, and read, learned from (one epoch) and scored in a process of its own, whose largest resident
memory is asked of the system. That counts pages of files that are mapped, which the system could
take back; what cannot be taken back is looked at ten times a second, and stands beside.
"""

import argparse
import json
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from torch import nn
from torch_attention import Block
from verdict import finish, row, spread

from anomalon import detectors as d
from anomalon.core import Events, Seed
from anomalon.data import stream
from anomalon.data.forty_mhz import FEATURE_NAMES, OBJECT_NAMES, write_chunks
from anomalon.learn.autoencoders.plain import AutoencoderLoss
from anomalon.learn.engine import Schedule, Training, train

EPOCHS = 3
Epochs = Iterator[tuple[float, float]]  # seconds and processor seconds of an epoch


def drawn(n: int, seed: int = 0) -> Events:
    """Events of one missing momentum, few leptons and some jets."""
    rng = np.random.default_rng(seed)
    most, mean = (4, 4, 10), (0.4, 0.4, 3.0)
    there = [np.arange(m) < rng.poisson(k, (n, 1)) for m, k in zip(most, mean, strict=True)]
    mask = np.concatenate([np.ones((n, 1), bool), *there], axis=1)
    x = np.empty((*mask.shape, 3), np.float32)
    x[:, :, 0] = rng.exponential(30.0, mask.shape) + 3.0
    x[:, :, 1] = rng.normal(0.0, 1.5, mask.shape)
    x[:, 0, 1] = 0.0
    x[:, :, 2] = rng.uniform(-3.14, 3.14, mask.shape)
    return Events(x * mask[:, :, None], OBJECT_NAMES, FEATURE_NAMES, mask=mask)


# --- the same networks in PyTorch


class TransformerNet(nn.Module):
    """As `Autoencoder(Transformer())`."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("kinds", torch.eye(4)[[0] + [1] * 4 + [2] * 4 + [3] * 10])
        self.input, self.norm, self.output = nn.Linear(7, 32), nn.LayerNorm(32), nn.Linear(32, 8)
        self.blocks = nn.ModuleList(Block(32, 4) for _ in range(2))
        self.decoder = nn.Sequential(nn.Linear(8, 64), nn.LeakyReLU(0.3), nn.Linear(64, 57))

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        y = self.input(torch.cat([x, self.kinds.expand(len(x), -1, -1)], dim=2))
        for block in self.blocks:
            y = block(y, mask)
        total = (self.norm(y) * mask[:, :, None]).sum(dim=1)
        mean = total / mask.sum(dim=1, keepdim=True).clamp(min=1)
        return self.decoder(self.output(mean)).reshape(x.shape)


class DenseNet(nn.Module):
    """As `Autoencoder(FeedForward())`."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for sizes in ((57, 64, 32, 8), (8, 32, 64, 57)):
            for a, b in pairwise(sizes):
                layers += [nn.Linear(a, b), nn.LeakyReLU(0.3)]
            layers.pop()
        self.layers = nn.Sequential(*layers)

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        del mask
        return self.layers(x.flatten(1)).reshape(x.shape)


PEERS = {"feed_forward": DenseNet, "transformer": TransformerNet}


# --- epochs of a training, each with its seconds


def ours(loss: Any, start: Any, data: Any, size: int) -> Epochs:
    schedule = Schedule(EPOCHS, size, d.Learning().schedule.optimiser, halve_after=5)
    weight = np.ones(len(data[0]), np.float32)
    while True:
        marks: list[tuple[float, float]] = []

        def note(_, marks=marks):
            marks.append((time.perf_counter(), time.process_time()))

        train(loss, [Training(start, data, weight, Seed(1))], schedule, progress=note)
        for before, after in pairwise(marks):
            yield after[0] - before[0], after[1] - before[1]


def in_torch(name: str, loss: AutoencoderLoss, data: Any, size: int, threads: int) -> Epochs:
    x, mask = (torch.from_numpy(a.copy()) for a in data)
    turn = torch.tensor(np.array(loss.distance.turns, np.float32))
    model = PEERS[name]()
    optimiser = torch.optim.Adam(model.parameters(), 1e-3, fused=True)
    weights = [p for p in model.parameters() if p.ndim > 1]

    def distance(a: torch.Tensor, m: torch.Tensor) -> torch.Tensor:
        away = model(a, m) - a
        phi = away[:, :, 2]
        phi = phi - turn * torch.round((phi / turn).detach())
        each = (away[:, :, 0] ** 2 + away[:, :, 1] ** 2 + phi**2) / 3 * m
        return (each.sum(dim=1) / m.sum(dim=1).clamp(min=1)).mean()

    while True:
        torch.set_num_threads(threads)
        start = time.perf_counter(), time.process_time()
        for some in torch.randperm(len(x)).split(size):
            optimiser.zero_grad()
            penalty = sum((w**2).sum() for w in weights)
            (distance(x[some], mask[some]) + loss.l2 * penalty).backward()
            optimiser.step()
        yield time.perf_counter() - start[0], time.process_time() - start[1]


def training(name: str, detector: Any, n: int, rounds: int, bar: float) -> dict[str, Any]:
    events = drawn(n)
    inputs = detector.inputs.fit(events)
    seen = inputs(events)
    data, size = (seen.x, seen.mask), detector.learning.batch_size
    loss = AutoencoderLoss(detector.loss.distance(inputs), l2=detector.l2)
    candidates = {
        "ours": ours(loss, detector._model(detector.network, inputs, Seed(1)), data, size)
    }
    if name in PEERS:
        small = tuple(a[: 8 * size] for a in data)
        trials = {k: in_torch(name, loss, small, size, k) for k in (1, 2)}
        seconds = {k: min(next(t)[0] for _ in range(3)) for k, t in trials.items()}
        threads = min(seconds, key=lambda k: seconds[k])
        candidates[f"PyTorch, threads: {threads}"] = in_torch(name, loss, data, size, threads)
    times: dict[str, list[tuple[float, float]]] = {who: [] for who in candidates}
    for i in range(rounds + 1):
        for who, epochs in candidates.items():
            taken = next(epochs)
            if i:
                times[who].append(taken)
    wall = {who: np.array([t[0] for t in all_]) for who, all_ in times.items()}
    cpu = {who: np.array([t[1] for t in all_]) for who, all_ in times.items()}
    for who in candidates:
        print(f"{name}, {who}: {spread(n / wall[who])} events/s, CPU {spread(cpu[who])} s an epoch")
    rate = float(np.median(n / wall["ours"]))
    if name not in PEERS:
        return row(f"training {name}, events/s", rate, bar="reported", ok=True)
    peer = next(who for who in candidates if who != "ours")
    ratio = float(np.median(wall[peer] / wall["ours"]))
    of_cpu = float(np.median(cpu[peer] / cpu["ours"]))
    return row(
        f"training {name}, events/s", rate, peer=round(float(np.median(n / wall[peer]))),
        peer_name=peer, ratio=ratio, bar=f"both ratios >= {bar:g}", ok=min(ratio, of_cpu) >= bar,
        cpu_ratio=round(of_cpu, 2),
    )  # fmt: skip


def scoring(name: str, detector: Any, n: int, rounds: int, bar: float | None) -> dict[str, Any]:
    events = drawn(n)
    fitted = detector.fit(events[:20_000], seed=1)
    fitted.score(events)
    rates, cpu = [], []
    for _ in range(rounds):
        start = time.perf_counter(), time.process_time()
        fitted.score(events)
        rates.append(n / (time.perf_counter() - start[0]))
        cpu.append(n / (time.process_time() - start[1]))
    rate = float(np.median(rates))
    print(f"scoring {name}: {spread(np.array(rates) / 1e6)} million events/s")
    return row(
        f"scoring {name}, events/s", rate, bar="reported" if bar is None else f">= {bar:g}",
        ok=bar is None or rate >= bar, per_cpu_second=round(float(np.median(cpu))),
    )  # fmt: skip


def memory(path: Path) -> None:
    """Learn from a file and score it; figures as JSON, from its own process."""
    most = 0

    def watch() -> None:
        nonlocal most
        while True:
            lines = Path("/proc/self/status").read_text().splitlines()
            anonymous = next(line for line in lines if line.startswith("RssAnon"))
            most = max(most, int(anonymous.split()[1]))
            time.sleep(0.1)

    threading.Thread(target=watch, daemon=True).start()
    start = time.perf_counter()
    pieces = stream(path)
    fitted = d.Autoencoder(learning=d.Learning(epochs=1, batch_size=512)).fit(pieces, seed=1)
    learned = time.perf_counter()
    n = sum(len(fitted.score(piece)) for piece in pieces)
    kib = 1024 / 1e9
    figures = {
        "events": n,
        "fit_seconds": round(learned - start, 1),
        "score_seconds": round(time.perf_counter() - learned, 1),
        "resident": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * kib,
        "anonymous": round(most * kib, 3),
    }
    print(json.dumps(figures))


def of_memory(n: int, folder: str | None) -> dict[str, Any]:
    with TemporaryDirectory(dir=folder) as place:
        step = 250_000
        chunks = (drawn(min(step, n - first), seed=first) for first in range(0, n, step))
        path = write_chunks(chunks, Path(place) / "events.h5")
        command = [sys.executable, __file__, "--memory", str(path)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    print(found)
    resident = found.pop("resident")
    what = f"GB at most, training and scoring {n / 1e6:g} million events of a file"
    return row(what, resident, bar="< 6", ok=resident < 6, **found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--events", type=int, default=13_500_000, help="of the large file; 0: none")
    parser.add_argument("--folder", help="where the large file is written")
    parser.add_argument("--memory", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory:
        memory(options.memory)
        return
    rounds = 2 if options.quick else options.rounds
    few, n_large = (4, 300_000) if options.quick else (1, options.events)
    short = d.Learning(epochs=1)
    dense, transformer = d.Autoencoder(), d.Autoencoder(d.Transformer())
    conv = d.Autoencoder(d.Convolutional())
    results = [
        training("feed_forward", dense, 80_000 // few, rounds, 5.0),
        training("transformer", transformer, 8192 // few, rounds, 1.0),
        training("convolutional", conv, 20_000 // few, rounds, 0.0),
    ]
    scored: dict[str, tuple[Any, int, float | None]] = {
        "feed_forward": (d.Autoencoder(learning=short), 1_000_000, 1e6),
        "transformer": (d.Autoencoder(d.Transformer(), learning=short), 40_000, None),
        "convolutional": (d.Autoencoder(d.Convolutional(), learning=short), 100_000, None),
        "deep_sets": (d.Autoencoder(d.DeepSets(), learning=short), 100_000, None),
        "variational": (d.Variational(learning=short), 400_000, None),
        "isolation_forest": (d.IsolationForest(), 20_000, None),
        "nearest_neighbours": (d.NearestNeighbours(), 4_000, None),
    }
    for name, (detector, n, bar) in scored.items():
        results.append(scoring(name, detector, n // few, rounds, bar))
    if n_large:
        results.append(of_memory(n_large, options.folder))
    finish("detectors", results)


if __name__ == "__main__":
    main()
