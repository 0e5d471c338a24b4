"""Exact distances of jets per second, beside the solvers that others have.

    python benchmarks/emd.py [--wasserstein-python PATH] [--quick]

Toy jets: pixels of a 40 x 40 grid (34 not empty on average), 46 constituents, and a jet beside the
average image of 5000. Each row is one process and one thread, the same input for all, in rounds
that take turns; the ratio is the median of the ratios of the rounds, in processor time.

POT (`ot.lp.emd_c`, its network simplex) is given the matrix of costs, made by scipy's cdist outside
of the clock; ours and `wasserstein` (PairwiseEMD) start from coordinates. `wasserstein` is GPL and
needs numpy < 2, so it runs in an environment of its own (`python -m venv DIR; DIR/bin/pip install
'numpy<2' wasserstein`), whose Python is given.

The bars are 4.5, 5 and 15 times the faster of them for pixels, constituents and images; 4 and 4 for
the first two where the processor has no AVX-512. The other rows have no bar but to be exact. Two
threads: at least 1.8 times one.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from ot.lp.emd_wrap import emd_c
from scipy.spatial.distance import cdist
from verdict import finish, row, spread

from anomalon.core import Seed
from anomalon.transport import emd_matrix

EXACT = 1e-9  # relative, of our distances beside POT's

# Asked by the process below for each round; speaks the seconds of processor time.
PEER = """
import sys, time, numpy as np, wasserstein
def events(path):
    z = np.load(path)
    return np.split(z["table"], z["ends"][:-1])
for line in sys.stdin:
    a, b, beta, norm = line.split()
    a, b = events(a), events(b)
    pairs = wasserstein.PairwiseEMD(
        beta=float(beta), R=1.0, norm=bool(int(norm)), num_threads=1, print_every=-10,
        throw_on_error=True,
    )
    start = time.process_time()
    pairs(a, b)
    seconds = time.process_time() - start
    print("seconds", seconds, float(np.sum(pairs.emds())), flush=True)
"""


class Wasserstein:
    """The peer in its own environment, as long as this process lives."""

    def __init__(self, python):
        self.folder = tempfile.TemporaryDirectory()
        self.process = subprocess.Popen(
            [python, "-c", PEER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def write(self, events, name):
        path = Path(self.folder.name) / f"{name}.npz"
        np.savez(path, table=np.concatenate(events), ends=np.cumsum([len(e) for e in events]))
        return path

    def seconds(self, a, b, beta, unbalanced):
        paths = self.write(a, "a"), self.write(b, "b")
        self.process.stdin.write(f"{paths[0]} {paths[1]} {beta} {int(not unbalanced)}\n")
        self.process.stdin.flush()
        for line in self.process.stdout:  # it says more than that
            if line.startswith("seconds"):
                return float(line.split()[1])
        raise RuntimeError("wasserstein has gone")


def jet(rng, n):
    """A few clusters of n particles, within 0.8 of the axis."""
    centres = rng.normal(0, 0.25, (rng.integers(1, 4), 2))
    spread_by = rng.exponential(0.12, n)[:, None] * rng.normal(size=(n, 2))
    at = centres[rng.integers(0, len(centres), n)] + spread_by
    weight = rng.exponential(1.0, n) ** 2
    at = np.clip(at - weight @ at / weight.sum(), -0.799, 0.799)
    return np.column_stack([weight, at])[np.argsort(-weight)]


def jets(n, low, high, what):
    rng = Seed(5).child("toy jets", what).generator()
    return [jet(rng, int(rng.integers(low, high + 1))) for _ in range(n)]


def pixels(particles):
    """The same on a grid of 40 x 40."""
    edges = np.linspace(-0.8, 0.8, 41)
    image = np.histogram2d(*particles[:, 1:].T, [edges, edges], weights=particles[:, 0])[0]
    centres = (edges[1:] + edges[:-1]) / 2
    x, y = np.meshgrid(centres, centres, indexing="ij")
    kept = image > 0
    return np.column_stack([image[kept], x[kept], y[kept]])


def ours(a, b, beta, unbalanced):
    start = time.process_time()
    found = emd_matrix(a, b, beta, unbalanced=unbalanced, threads=1)
    return time.process_time() - start, found


def pot(a, b, beta, unbalanced):
    """Seconds of the solver alone, and what it found."""
    found, seconds = np.zeros((len(a), len(b))), 0.0
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            cost, p, q = cdist(x[:, 1:], y[:, 1:]) ** beta, x[:, 0], y[:, 0]
            more = q.sum() - p.sum()
            if unbalanced and more > 0:
                p, cost = np.append(p, more), np.vstack([cost, np.zeros(len(q))])
            elif unbalanced:
                q, cost = np.append(q, -more), np.hstack([cost, np.zeros((len(p), 1))])
            scale = max(p.sum(), q.sum()) if unbalanced else 1.0
            p, q, cost = p / p.sum(), q / q.sum(), np.ascontiguousarray(cost)
            start = time.process_time()
            found[i, j] = emd_c(p, q, cost, 10**7, 1)[1] * scale
            seconds += time.process_time() - start
            found[i, j] += abs(more) if unbalanced else 0.0
    return seconds, found


def compare(what, a, b, *, beta=1.0, unbalanced=False, peer=None, rounds=5, bar=None):
    """One row: the median of the ratios of rounds."""
    n_pairs = len(a) * len(b)
    few = min(len(a), max(1, 400 // len(b), len(a) // 8))  # POT is slow, and is given fewer
    if len(b) == 1:
        few = max(1, len(a) // 8)
    ours(a[:2], b[:2], beta, unbalanced)
    times, ratios, names = [], [], []
    for _ in range(rounds):
        seconds, found = ours(a, b, beta, unbalanced)
        pot_seconds, expected = pot(a[:few], b, beta, unbalanced)
        peers = {"POT": pot_seconds * len(a) / few}
        if peer is not None:
            peers["wasserstein"] = peer.seconds(a, b, beta, unbalanced)
        name = min(peers, key=peers.get)
        times.append(seconds / n_pairs)
        ratios.append(peers[name] / seconds)
        names.append((peers[name] / n_pairs, name))
    wrong = (np.abs(found[:few] - expected) / np.maximum(expected, 1e-12)).max()
    per_pair, name = sorted(names)[rounds // 2]
    sizes = f"{np.mean([len(e) for e in a]):.0f} x {np.mean([len(e) for e in b]):.0f}"
    ratio, us = np.median(ratios), 1e6 * np.median(times)
    print(f"{what:<28} {sizes:>10} {us:8.1f} us  {name} {1e6 * per_pair:8.1f} us  "
          f"ratio {spread(ratios)}  off by {wrong:.0e}")  # fmt: skip
    return row(
        what, 1e6 / us, bar=f"> {bar} x" if bar else f"exact to {EXACT:g}",
        ok=wrong < EXACT and (bar is None or ratio > bar), peer=round(1 / per_pair),
        peer_name=name, ratio=ratio, us=round(us, 2), wrong=float(wrong),
    )  # fmt: skip


def two_threads(events, rounds):
    """How much faster two threads are: by the clock, and by processor time if both had a core.

    The clock says little while others use the machine; that two threads spend no more processor
    time than one is what our code has to see to.
    """
    clock, processor = [], []
    for _ in range(rounds):
        spent = []
        for threads in (1, 2):
            start = time.perf_counter(), time.process_time()
            emd_matrix(events, threads=threads)
            spent.append((time.perf_counter() - start[0], time.process_time() - start[1]))
        clock.append(spent[0][0] / spent[1][0])
        processor.append(2 * spent[0][1] / spent[1][1])
    load = os.getloadavg()[0]
    print(f"two threads beside one: {spread(clock)} by the clock at a load of {load:.1f}, "
          f"{spread(processor)} by processor time")  # fmt: skip
    gain = max(clock) if load < 1 else np.median(processor)
    what = "two threads beside one, by " + ("the clock" if load < 1 else "processor time")
    return row(what, gain, bar="> 1.8", ok=gain > 1.8, ratio=gain, load=round(load, 1),
               clock=round(float(np.median(clock)), 2))  # fmt: skip


def wide_vectors():
    try:
        return "avx512f" in Path("/proc/cpuinfo").read_text("utf-8")
    except OSError:
        return False


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--wasserstein-python", help="a Python that has numpy < 2 and wasserstein")
    parser.add_argument("--quick", action="store_true")
    args = parser.parse_args()
    n, rounds = (24, 3) if args.quick else (60, 5)
    bars = (4.5, 5.0, 15.0) if wide_vectors() else (4.0, 4.0, 15.0)
    peer = Wasserstein(args.wasserstein_python) if args.wasserstein_python else None
    if peer is None:
        print("without wasserstein: POT alone, which is the slower one for jets")

    grids = [pixels(j) for j in jets(n, 39, 53, "pixels")]
    constituents = jets(n, 41, 51, "constituents")
    average = pixels(np.concatenate(jets(5000, 39, 53, "image")))
    again = {"peer": peer, "rounds": rounds}
    results = [
        compare("pixels", grids, grids[::-1], bar=bars[0], **again),
        compare("constituents", constituents, constituents[::-1], bar=bars[1], **again),
        compare("jet beside dense image", grids[: n // 2], [average], bar=bars[2], **again),
    ]
    for beta in (0.5, 1.5, 2.0):
        results.append(compare(f"pixels, beta {beta:g}", grids, grids[::-1], beta=beta, **again))
    results.append(compare("constituents, unbalanced", constituents, constituents[::-1],
                           unbalanced=True, **again))  # fmt: skip
    for size in (10, 20, 60, 100, 200):
        some = jets(max(2, n * 10 // size), size, size, f"{size}")
        results.append(compare(f"{size} constituents", some, some[::-1], **again))
    results.append(two_threads(constituents * 4, rounds))
    finish("emd", results)
    return 0 if all(r["ok"] for r in results) else 1


if __name__ == "__main__":
    sys.exit(main())
