"""Medoids of 100,000 jets and scores of 300,000: seconds, memory, and going on after a stop.

    python benchmarks/medoids.py [--learn 100000] [--score 300000] [--processes 2]

Jets of the shipped sample, again and again, each turned by another angle, are as different as
transport needs. A detector of five medoids is fitted in a process of its own, saved, and scores a
file piece by piece (`anomalon.detection.score_file`); the largest resident memory is asked of the
system. There is no peer: the seminar on arXiv:2110.06948 gives no times.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from verdict import finish, row

from anomalon.core import Events
from anomalon.data import sample, stream
from anomalon.data.jets import write_jet_chunks
from anomalon.detection import score_file
from anomalon.detectors import Medoids
from anomalon.learn import save_scorer

_BLOCK = 10_000


def turned(jets, n, seed):
    """Pieces of n jets in all."""
    rng = np.random.default_rng(seed)
    for first in range(0, n, _BLOCK):
        some = jets[rng.integers(0, len(jets), min(_BLOCK, n - first))]
        angle = rng.uniform(0, 2 * np.pi, len(some))[:, None]
        pt, eta, phi = (np.asarray(some.feature(a), float) for a in ("pt", "eta", "phi"))
        pt = pt * np.exp(rng.normal(0, 0.1, pt.shape))
        x, y = np.cos(angle) * eta - np.sin(angle) * phi, np.sin(angle) * eta + np.cos(angle) * phi
        objects = np.stack([pt, x, y], axis=2) * some.mask[:, :, None]
        columns = {"event": np.arange(first, first + len(some))}
        yield Events(
            objects.astype(np.float32), some.object_names, some.feature_names, some.mask,
            columns=columns, object_kinds=some.object_kinds,
        )  # fmt: skip


def work(folder):
    """Fit and score, in this process."""
    start = time.perf_counter()
    scorer = Medoids(5).fit(stream(folder / "learn.h5"), seed=0)
    save_scorer(scorer, folder / "medoids.npz")
    fitted = time.perf_counter() - start
    start = time.perf_counter()
    score_file(folder / "medoids.npz", folder / "score.h5", folder / "scores.parquet")
    scored = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps({"fit": fitted, "score": scored, "peak": peak}))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learn", type=int, default=100_000)
    parser.add_argument("--score", type=int, default=300_000)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work is not None:
        work(options.work)
        return
    jets = sample("jets_qcd")
    with TemporaryDirectory() as name:
        folder = Path(name)
        for file, n, seed in (("learn", options.learn, 1), ("score", options.score, 2)):
            write_jet_chunks(turned(jets, n, seed), folder / f"{file}.h5", compact=True)
        command = [sys.executable, __file__, "--work", name]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found = json.loads(done.stdout.splitlines()[-1])
    minutes = (found["fit"] + found["score"]) / 60
    finish(
        "medoids",
        [
            row("5 medoids of the jets that are learned from, minutes", found["fit"] / 60,
                bar="part of 15", ok=minutes <= 15),
            row("scores of the others, minutes", found["score"] / 60, bar="part of 15",
                ok=minutes <= 15, jets_per_s=round(options.score / found["score"])),
            row("both, minutes", minutes, bar="<= 15", ok=minutes <= 15),
            row("largest memory, GiB", found["peak"], bar="<= 4", ok=found["peak"] <= 4),
        ],
    )  # fmt: skip


if __name__ == "__main__":
    main()
