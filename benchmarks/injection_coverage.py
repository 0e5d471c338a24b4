"""How many limits by injection are above a signal that is in the data.

    python benchmarks/injection_coverage.py [--experiments 100] [--quick] [--own]

Pseudo-experiments: a falling spectrum of 8,000 events with two features, and a Poisson number of
events of a resonance whose features lie off the middle. Limits are those of `InjectionLimits`, the
cut with the smallest expected limit chosen each time.

own score    nothing is trained. The whole chain, injections and all, in every experiment.
trained      boosted trees, two members in two folds, with a signal near the strength from which on
             they find it. The injections are done once, in data with the same signal in them, and
             shared by the experiments: into pseudo-data, or into these data as they are. The
             latter teaches the classifiers the signal of the data as well, so that the efficiency
             is that of a stronger signal than the one which is limited: the row shows what that
             costs.
"""

import argparse
import os
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from verdict import finish, row

from anomalon import Sample, Seed
from anomalon.learn import BoostedTrees
from anomalon.search import InjectionLimits, Search, Signal, Window, inject
from anomalon.search.events.injected_run import told_apart

N, MASS = 8_000, 3500.0
WINDOW = Window(3200, 3800, 2600, 4400)
NAMES = ("a", "b")
LEVEL = 0.95
OWN = Search(windows=(WINDOW,), score="a + b", efficiencies=(0.1, 0.02))
TRAINED = Search(
    windows=(WINDOW,), features=(NAMES,), efficiencies=(0.1, 0.02), n_members=2, n_folds=2,
    classifier=BoostedTrees(n_trees=15),
)  # fmt: skip


def background(seed):
    rng = seed.generator()
    mass = 2000 * np.exp(rng.exponential(0.18, 2 * N))
    return Sample(rng.normal(size=(N, 2)), NAMES, mass[mass < 7000][:N], label=np.zeros(N))


def resonance(n, seed):
    rng = seed.generator()
    x = rng.normal((1.5, 1.5), 0.7, (n, 2))
    return Sample(x, NAMES, rng.normal(MASS, 0.03 * MASS, n), label=np.ones(n))


SIGNAL = Signal("resonance", resonance(4000, Seed(1).child("limits")), MASS)
IN_DATA = resonance(4000, Seed(1).child("in the data"))


def with_signal(strength, seed):
    """Data of an experiment."""
    empty = background(seed.child("background"))
    n = int(seed.child("number").generator().poisson(strength))
    return inject(empty, told_apart(IN_DATA, empty), n, seed=seed)


def observed(signal):
    """The limit of the chosen cut; without one nothing is excluded."""
    cut = signal.chosen
    return np.inf if cut is None or not np.isfinite(cut.observed) else cut.observed


def whole_chain(strength, experiments):
    settings = InjectionLimits(OWN, (10.0, 40.0, 160.0), injections=1, level=LEVEL)
    seed, limits = Seed(5).child("own score", strength=strength), []
    for i in range(experiments):
        found = settings.run(with_signal(strength, seed.child(toy=i)), [SIGNAL], seed=i)
        limits.append(observed(found.signals[0]))
    return np.array(limits)


def shared_injections(strength, experiments, into):
    settings = InjectionLimits(
        TRAINED, (25.0, 50.0, 100.0, 200.0, 400.0), injections=4, level=LEVEL, into=into
    )
    seed = Seed(6).child("trained", strength=strength)
    injections = settings.inject(with_signal(strength, seed.child("first")), [SIGNAL], seed=1)
    limits = []
    for i in range(experiments):
        scan = TRAINED.run(with_signal(strength, seed.child(toy=i)).blind(), seed=i)
        limits.append(observed(settings.limits(scan, injections).signals[0]))
    return np.array(limits)


def covering(what, limits, strength, *, promised=True):
    share = float((limits >= strength).mean())
    least = LEVEL - 2 * np.sqrt(LEVEL * (1 - LEVEL) / len(limits))
    median = float(np.median(limits))
    return row(
        f"coverage, {what}, {strength:g} events in the data", share,
        bar=f">= {least:.3f}" if promised else "none", ok=share >= least or not promised,
        experiments=len(limits), median_limit=round(median, 1) if np.isfinite(median) else None,
    )  # fmt: skip


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--experiments", type=int, default=100)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--own", action="store_true", help="only what trains nothing")
    arguments = parser.parse_args()
    n = 20 if arguments.quick else arguments.experiments
    results = []
    for what, strength, limits_of, promised in (
        ("own score", 30.0, whole_chain, True),
        ("own score", 80.0, whole_chain, True),
        ("trained, into pseudo-data", 120.0, lambda s, k: shared_injections(s, k, "pseudo-data"),
         True),
        ("trained, into the data", 120.0, lambda s, k: shared_injections(s, k, "data"), False),
    ):  # fmt: skip
        if arguments.own and what != "own score":
            continue
        start = time.perf_counter()
        results.append(covering(what, limits_of(strength, n), strength, promised=promised))
        results[-1]["seconds"] = round(time.perf_counter() - start, 1)
        print(results[-1], flush=True)
    finish("injection_coverage", results)


if __name__ == "__main__":
    main()
