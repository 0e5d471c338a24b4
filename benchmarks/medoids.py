"""Medoids of 100,000 jets and scores of 300,000: seconds, memory, and going on after a stop.

    python benchmarks/medoids.py [--learn 100000] [--score 300000] [--processes 2]

Jets of the shipped sample, again and again, each turned by another angle, are as different as
transport needs. A detector of five medoids is fitted in a process of its own, saved, and scores a
file piece by piece (`anomalon.detection.score_file`); the largest resident memory is asked of the
system. There is no peer: the seminar on arXiv:2110.06948 gives no times.

Then the same is killed (SIGKILL) as soon as the medoids of the first sample are kept, and started
again: it has to go on with the second sample, and to give the same scores, bit by bit.
"""

import argparse
import hashlib
import json
import resource
import shutil
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
from anomalon.run import Store
from anomalon.run.keeping import Keeping

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
    keeping = Keeping.beside(Store(folder / "work")).part("medoids")
    scorer = Medoids(5).fit(stream(folder / "learn.h5"), seed=0, keeping=keeping)
    save_scorer(scorer, folder / "medoids.npz")
    fitted = time.perf_counter() - start
    start = time.perf_counter()
    score_file(folder / "medoids.npz", folder / "score.h5", folder / "scores.parquet")
    scored = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    digest = hashlib.sha256((folder / "scores.parquet").read_bytes()).hexdigest()
    print(json.dumps({"fit": fitted, "score": scored, "peak": peak, "digest": digest}))


def killed_and_again(command, folder):
    """What the second run says, of which the first was killed when it had kept something."""
    shutil.rmtree(folder / "work")
    first = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while not list((folder / "work").rglob("sample-0.*")):
        if first.poll() is not None:
            raise SystemExit("it was done before anything was kept: take more jets")
        time.sleep(0.05)
    first.kill()
    first.wait()
    return said_by(command)


def said_by(command):
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


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
        found = said_by(command)
        again = killed_and_again(command, folder)
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
            row("medoids after a stop, share of the time of all", again["fit"] / found["fit"],
                bar="< 0.9, same scores",
                ok=again["fit"] < 0.9 * found["fit"] and again["digest"] == found["digest"]),
        ],
    )  # fmt: skip


if __name__ == "__main__":
    main()
