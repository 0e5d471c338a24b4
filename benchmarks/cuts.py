"""Random grid search beside boosted trees and a network on the same events, and its throughput.

    python benchmarks/cuts.py [--points 100000] [--quick]

Events: the shipped W' signal (3.5 TeV, to 500 and 100 GeV) and QCD dijets, four features of the
jets, divided at random: half to choose cuts and train on, half to judge. Everything is told what
is signal. SIC = signal efficiency / sqrt(background efficiency), both on the half that nobody saw,
at working points set to 1 % and 0.3 % background on the other half.

Throughput: (cuts x events) per second of CPU time in one thread. Four features, one-sided cuts at
signal-like points; the peers are a loop over cuts in NumPy, once with an (event, feature) table
and once, several times faster, feature by feature.
"""

import argparse
import os
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from verdict import finish, row

from anomalon.core import Seed
from anomalon.data import sample
from anomalon.learn import BoostedTrees, Network
from anomalon.stats.cuts import RandomGrid, random_grid_search, rectangular_cuts
from anomalon.stats.cuts.cut_kernels import count_events

FEATURES = ("mJ1", "dmJ", "tau21_J1", "tau21_J2")
EFFICIENCIES = (0.01, 0.003)


def halves(name, seed):
    events = sample(name).select(FEATURES)
    order = Seed(seed).child("half", name).generator().permutation(len(events))
    return events[order[: len(order) // 2]], events[order[len(order) // 2 :]]


def judge(signal_share, background_share, n_background):
    """SIC and its relative error, which the background dominates."""
    n = max(background_share * n_background, 1.0)
    return signal_share / np.sqrt(max(background_share, 1.0 / n_background)), 0.5 / np.sqrt(n)


def of_cut(cut, signal, background):
    return judge(cut.passes(signal.x).mean(), cut.passes(background.x).mean(), len(background))


def of_scores(train_background, signal, background, efficiency):
    threshold = np.quantile(train_background, 1 - efficiency)
    return judge((signal >= threshold).mean(), (background >= threshold).mean(), len(background))


def searches(points):
    one = (">", ">", "<", "<")
    two = ("<>", "<>", "<", "<")
    return {
        "one-sided cuts": RandomGrid(points, one),
        "two-sided cuts": RandomGrid(points, two),
        "staircase of 3": RandomGrid(points, two, steps=3),
    }


def beside_learners(points, quick):
    signal, signal_test = halves("signal_wprime_3500_500_100", 1)
    background, background_test = halves("qcd_data", 1)
    print(
        f"{len(signal)} signal and {len(background)} background events to choose on, "
        f"{len(signal_test)} and {len(background_test)} to judge"
    )
    found, seconds = {}, {}
    for name, grid in searches(points).items():
        start = time.process_time()
        search = random_grid_search(
            signal.x, background.x, seed=1, names=FEATURES, test_share=0, grid=grid
        )
        seconds[name] = time.process_time() - start
        found[name] = [
            of_cut(search.working_point(e).cut, signal_test, background_test) for e in EFFICIENCIES
        ]
        if name == "two-sided cuts":
            start = time.process_time()
            moved = rectangular_cuts(search, "asimov", luminosity_scale=(0.02, 1.0))
            seconds["rectangular"] = time.process_time() - start
            print(f"rectangular cuts, Asimov significance: {moved.cut}")
    learners = {"boosted trees": BoostedTrees(n_trees=200)}
    learners["network"] = Network(epochs=3 if quick else 20)
    for name, learner in learners.items():
        start = time.process_time()
        scorer = learner.fit(signal, background, seed=1)
        seconds[name] = time.process_time() - start
        scores = [scorer.score(x) for x in (background, signal_test, background_test)]
        found[name] = [of_scores(*scores, e) for e in EFFICIENCIES]
    for name, values in found.items():
        text = ", ".join(
            f"SIC at {e:.1%} {sic:.2f} +- {sic * error:.2f}"
            for e, (sic, error) in zip(EFFICIENCIES, values, strict=True)
        )
        print(f"{name:<16} {seconds[name]:7.1f} s  {text}")
    best_cut = max(searches(points), key=lambda name: found[name][0][0])
    peer = max(found["boosted trees"][0][0], found["network"][0][0])
    sic = found[best_cut][0][0]
    return [
        row(
            f"SIC at 1 %, {best_cut}", sic, bar="reported", ok=True, peer=round(float(peer), 3),
            peer_name="best of trees and network", ratio=sic / peer,
            seconds={name: round(value, 2) for name, value in seconds.items()},
            all={name: [round(float(v), 3) for v, _ in values] for name, values in found.items()},
        )
    ]  # fmt: skip


def throughput(events, points, weighted):
    rng = Seed(2).child("throughput").generator()
    x = rng.normal(size=(events, 4)).astype(np.float32)
    cuts = rng.normal(-0.3, 1, size=(points, 1, 4)).astype(np.float32)
    w = rng.uniform(0, 1, events) if weighted else None
    low, high = cuts.astype(float), np.full(cuts.shape, np.inf)
    count_events(x[:100], None if w is None else w[:100], low[:10], high[:10])  # compile
    start = time.process_time()
    n, sum_w, _ = count_events(x, w, low, high)
    ours = events * points / (time.process_time() - start)
    some = max(10, int(2e7 / events))
    start = time.process_time()
    table = [(x >= cuts[p, 0]).all(axis=1) for p in range(some)]
    table = [inside.sum() if w is None else w[inside].sum() for inside in table]
    plain = events * some / (time.process_time() - start)
    columns = [np.ascontiguousarray(x[:, j]) for j in range(4)]
    start = time.process_time()
    fast = []
    for p in range(some):
        inside = columns[0] >= cuts[p, 0, 0]
        for j in (1, 2, 3):
            inside &= columns[j] >= cuts[p, 0, j]
        fast.append(np.count_nonzero(inside) if w is None else w[inside].sum())
    by_column = events * some / (time.process_time() - start)
    same = np.allclose(table, sum_w[:some]) and np.allclose(fast, sum_w[:some])
    what = f"{points:g} cuts x {events:g} events{', weighted' if weighted else ''}, 1e9/s"
    return [
        row(
            what, ours / 1e9, bar="> 1 x NumPy by feature, same counts",
            ok=bool(same and ours > by_column), peer=round(by_column / 1e9, 4),
            peer_name="NumPy by feature", ratio=ours / by_column,
            plain_numpy=round(plain / 1e9, 4), ratio_plain=round(ours / plain, 1),
            share_inside=round(float(n.mean() / events), 3),
        )
    ]  # fmt: skip


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    quick = arguments.quick
    points = 2000 if quick else arguments.points
    results = throughput(100_000, points, weighted=False)
    results += throughput(100_000, points // 4, weighted=True)
    if not quick:
        results += throughput(1_000_000, points // 4, weighted=False)
    results += beside_learners(points, quick)
    finish("cuts", results)


if __name__ == "__main__":
    main()
