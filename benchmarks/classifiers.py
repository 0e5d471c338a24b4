"""Fifty classifiers, as a search trains them, beside PyTorch, scikit-learn and XGBoost.

    python benchmarks/classifiers.py [--members 10] [--peer-networks 10] [--part networks|trees]

Input: 119,631 synthetic events with four jet-like features, weighted, half of them in a signal
region with 380 signal events (S/B 0.64 %, as in the LHC Olympics), and a test sample that nobody
trains on. Five folds, so each training sees 95.7 thousand events.

- Networks: 3 x 64, dropout 5 %, batch 512, Adam 1e-3, 10 epochs, last epoch. Ours: one call of
  `Ensemble(KFold(Network()), 10).fit`, compilation included. The peer: the same networks one after
  the other in PyTorch, on one and on two threads; the faster counts. A few of its networks are
  timed, before and after ours, and multiplied.
- Trees: 50 trees of 31 leaves, at least 100 events in a leaf. Ours: `BoostedTrees` with its
  defaults, and with the best instead of random thresholds. Peers: the same settings in scikit-learn
  (inputs binned once, outside the clock) and XGBoost. One fit per core and one thread in each, for
  all: with all cores in each fit the peers were slower. Ten fits, two rounds in turn; the best
  counts and is multiplied.

Seconds are wall clock on all cores of the machine; CPU seconds stand beside them, because they say
more when the machine is shared.
"""

import argparse
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
import xgboost
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits
from verdict import finish, row

from anomalon.core import Sample, Seed
from anomalon.learn import BoostedTrees, Classifier, Ensemble, KFold, Network
from anomalon.learn.classify.base import Task
from anomalon.learn.engine import Standardisation
from anomalon.learn.threads import cores, threaded

NAMES = ("mJ1", "dmJ", "tau21_J1", "tau21_J2")
N, N_SIGNAL, FOLDS = 119_631, 380, 5
NETWORK = Network(epochs=10, n_average=1)
TREE_MEMBERS = 2
ROUNDS = 9  # the speed of shared cores changes within a minute


def background(n: int, rng: np.random.Generator, first: int) -> Sample:
    x = [rng.lognormal(-2.3, 0.55, n), rng.gamma(1.3, 0.13, n), rng.beta(5, 3.2, n)]
    return sample([*x, rng.beta(3.5, 3.5, n)], rng, first)


def signal(n: int, rng: np.random.Generator, first: int) -> Sample:
    x = [rng.normal(0.1, 0.018, n), rng.normal(0.4, 0.05, n), rng.beta(4, 9, n)]
    return sample([*x, rng.beta(3, 10, n)], rng, first)


def sample(x: Sequence[NDArray[np.floating]], rng: np.random.Generator, first: int) -> Sample:
    n = len(x[0])
    return Sample(
        x=np.stack(x, axis=1).astype(np.float32),
        names=NAMES,
        mass=np.full(n, 3500.0),
        weight=rng.uniform(0.5, 1.5, n),
        event=first + np.arange(n),
    )


@dataclass(frozen=True, eq=False)
class Data:
    """What is trained on, and what is tested on."""

    inside: Sample
    outside: Sample
    test_background: Sample
    test_signal: Sample

    @classmethod
    def make(cls) -> "Data":
        rng = Seed(1).child("benchmark", "classifiers").generator()
        inside = Sample.concatenate(
            [background(N // 2 - N_SIGNAL, rng, 0), signal(N_SIGNAL, rng, N // 2 - N_SIGNAL)]
        )
        outside = background(N - N // 2, rng, N // 2)
        return cls(inside, outside, background(100_000, rng, 10**7), signal(10_000, rng, 10**8))

    def quality(self, score: Callable[[Sample], NDArray[np.floating]]) -> tuple[float, float]:
        """AUC, and significance improvement at a background efficiency of 1 %."""
        b, s = score(self.test_background), score(self.test_signal)
        ranks = rankdata(np.concatenate([b, s]))
        auc = (ranks[len(b) :].mean() - (len(s) + 1) / 2) / len(b)
        return float(auc), float(np.mean(s > np.quantile(b, 0.99)) / 0.1)


@dataclass(frozen=True)
class Clock:
    """Seconds on the wall and on the processors."""

    wall: float
    cpu: float

    @classmethod
    def of(cls, work: Callable[[], object]) -> "Clock":
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        return cls(time.perf_counter() - wall, time.process_time() - cpu)

    def times(self, factor: float) -> "Clock":
        return Clock(self.wall * factor, self.cpu * factor)


def matmul_peak() -> float:
    """Float32 operations per second of a large matrix product on all cores."""
    a = np.random.default_rng(0).random((2048, 2048), dtype=np.float32)
    return 2 * 2048**3 / min(Clock.of(lambda: a @ a).wall for _ in range(5))


def trainings(data: Data, members: int) -> list[Task]:
    """The very tasks that ours trains: five folds for each of the members."""
    collected: list[Task] = []

    @dataclass(frozen=True)
    class Collect(Classifier):
        def _fit_many(self, tasks: Sequence[Task], names: tuple[str, ...]) -> list[None]:  # noqa: ARG002
            collected.extend(tasks)
            return [None for _ in tasks]

    Ensemble(KFold(Collect(), k=FOLDS), n=members).fit(data.inside, data.outside, seed=1)
    return collected


# --- networks


def torch_network(task: Task, threads: int) -> Callable[[Sample], NDArray[np.floating]]:
    """The same network, the way it is usually written: a loop over batches."""
    torch.set_num_threads(threads)
    torch.manual_seed(task.seed.integer())
    rows = task.rows
    scale = Standardisation.of(task.x[rows], task.weight[rows])
    x, y = torch.from_numpy(scale(task.x[rows])), torch.from_numpy(task.y[rows]).float()
    weight = torch.from_numpy(task.weight[rows])
    layers, width = [], x.shape[1]
    for hidden in NETWORK.hidden:
        layers += [torch.nn.Linear(width, hidden), torch.nn.ReLU(), torch.nn.Dropout(0.05)]
        width = hidden
    model = torch.nn.Sequential(*layers, torch.nn.Linear(width, 1))
    for layer in model:  # as ours (He); from PyTorch's default it ends at a lower AUC
        if isinstance(layer, torch.nn.Linear):
            torch.nn.init.normal_(layer.weight, std=(2 / layer.in_features) ** 0.5)
            torch.nn.init.zeros_(layer.bias)
    optimiser = torch.optim.Adam(model.parameters(), NETWORK.learning_rate, fused=True)
    loss_of = partial(torch.nn.functional.binary_cross_entropy_with_logits, reduction="mean")
    for _ in range(NETWORK.epochs):
        for batch in torch.randperm(len(x)).split(NETWORK.batch_size):
            optimiser.zero_grad()
            loss_of(model(x[batch])[:, 0], y[batch], weight=weight[batch]).backward()
            optimiser.step()
    model.eval()

    def score(sample: Sample) -> NDArray[np.floating]:
        with torch.no_grad():
            return model(torch.from_numpy(scale(sample.x)))[:, 0].double().numpy()

    return score


def networks(data: Data, members: int, n_peer: int) -> list[dict]:
    tasks = trainings(data, members)
    peak = matmul_peak()

    # PyTorch's best number of threads, on one network each.
    by_threads = {t: Clock.of(partial(torch_network, tasks[0], t)) for t in {1, cores()}}
    threads = min(by_threads, key=lambda t: by_threads[t].wall)

    peer_scores, peer_clocks = [], []

    def peer(chosen: Sequence[Task]) -> None:
        for task in chosen:
            peer_clocks.append(
                Clock.of(lambda task=task: peer_scores.append(torch_network(task, threads)))
            )

    peer(tasks[: n_peer // 2])
    fitted = []
    ours = Clock.of(
        lambda: fitted.append(
            Ensemble(KFold(NETWORK, k=FOLDS), n=members).fit(data.inside, data.outside, seed=1)
        )
    )
    peer(tasks[n_peer // 2 : n_peer])
    peak = max(peak, matmul_peak())  # a busy neighbour makes it smaller
    theirs = Clock(
        float(np.mean([c.wall for c in peer_clocks])), float(np.mean([c.cpu for c in peer_clocks]))
    ).times(len(tasks))

    models = [model for member in fitted[0].members for model in member.models]
    our_auc = np.array([data.quality(m.score)[0] for m in models[: 2 * FOLDS]])
    their_auc = np.array([data.quality(score)[0] for score in peer_scores])
    n_parameters = sum(w.size for layer in models[0].layers for w in layer)
    seen = sum(len(task.rows) for task in tasks) * NETWORK.epochs
    achieved = 6 * n_parameters * seen / ours.wall
    error = np.hypot(*(a.std(ddof=1) / np.sqrt(len(a)) for a in (our_auc, their_auc)))
    print(
        f"networks: load {os.getloadavg()[0]:.1f}, {cores()} cores; PyTorch seconds per network: "
        + ", ".join(f"{c.wall:.1f} on {t} threads" for t, c in sorted(by_threads.items()))
        + f"\n  {len(tasks)} networks, seconds (CPU seconds): ours {ours.wall:.1f} ({ours.cpu:.1f})"
        f", PyTorch {theirs.wall:.1f} ({theirs.cpu:.1f}) from {n_peer} networks"
        f"\n  AUC of one network: ours {our_auc.mean():.4f} +- {our_auc.std(ddof=1):.4f}"
        f", PyTorch {their_auc.mean():.4f} +- {their_auc.std(ddof=1):.4f} (spread)"
        f"\n  ours: {achieved / 1e9:.0f} of {peak / 1e9:.0f} GFLOP/s of a large matrix product"
    )
    difference = our_auc.mean() - their_auc.mean()
    ratio = theirs.wall / ours.wall
    name = f"PyTorch {torch.__version__}, {threads} threads"
    return [
        row(
            f"{len(tasks)} networks, seconds",
            ours.wall,
            peer=round(theirs.wall, 2),
            peer_name=name,
            ratio=ratio,
            bar=">= 4 times faster",
            ok=ratio >= 4,
            cpu_seconds=[round(ours.cpu, 2), round(theirs.cpu, 2)],
        ),
        row(
            "AUC of one network",
            our_auc.mean(),
            peer=round(float(their_auc.mean()), 5),
            peer_name=name,
            ratio=our_auc.mean() / their_auc.mean(),
            bar="not below by more than 2 standard errors",
            ok=difference > -2 * error,
            spread=[round(float(a.std(ddof=1)), 5) for a in (our_auc, their_auc)],
            standard_error=round(float(error), 5),
        ),
        row(
            "share of the matrix-product peak",
            achieved / peak,
            bar="reported",
            ok=True,
        ),
    ]


# --- trees


def ordinals(x: NDArray[np.floating], reference: NDArray[np.floating]) -> NDArray[np.float32]:
    """Which of 254 quantiles of the reference a value is in."""
    edges = np.quantile(reference, np.linspace(0, 1, 255)[1:-1], axis=0)
    columns = [np.searchsorted(e, c, side="right") for e, c in zip(edges.T, x.T, strict=True)]
    return np.stack(columns, axis=1).astype(np.float32)


@dataclass(frozen=True)
class ScikitTrees:
    """`HistGradientBoostingClassifier` on ordinals, as its weighted binning is slow (0.9 s)."""

    trees: BoostedTrees
    binned: dict[int, NDArray[np.float32]]

    def fit(self, task: Task) -> Callable[[Sample], NDArray[np.floating]]:
        t, rows = self.trees, task.rows
        model = HistGradientBoostingClassifier(
            max_iter=t.n_trees,
            learning_rate=t.learning_rate,
            max_leaf_nodes=t.n_leaves,
            min_samples_leaf=t.min_leaf,
            early_stopping=False,
            random_state=task.seed.integer(),
        ).fit(self.binned[id(task.x)][rows], task.y[rows], sample_weight=task.weight[rows])
        return lambda sample: model.predict_proba(ordinals(sample.x, task.x))[:, 1]


@dataclass(frozen=True)
class XGBoostTrees:
    """XGBoost's histogram method, leaf by leaf."""

    trees: BoostedTrees

    def fit(self, task: Task) -> Callable[[Sample], NDArray[np.floating]]:
        t, rows = self.trees, task.rows
        data = xgboost.QuantileDMatrix(
            task.x[rows], task.y[rows], weight=task.weight[rows], nthread=1
        )
        # XGBoost bounds the sum of hessians, at most a quarter of the number of events.
        settings = {
            "objective": "binary:logistic",
            "tree_method": "hist",
            "grow_policy": "lossguide",
            "max_depth": 0,
            "max_leaves": t.n_leaves,
            "eta": t.learning_rate,
            "min_child_weight": t.min_leaf / 4,
            "lambda": t.l2,
            "nthread": 1,
            "seed": task.seed.integer(),
        }
        model = xgboost.train(settings, data, t.n_trees)
        return lambda sample: model.predict(xgboost.DMatrix(sample.x)).astype(np.float64)


def trees(data: Data, members: int) -> list[dict]:
    settings = BoostedTrees()
    greedy = replace(settings, random_thresholds=False)
    tasks = trainings(data, TREE_MEMBERS)
    n_fits, factor = members * FOLDS, members / TREE_MEMBERS
    binned = {id(tasks[0].x): ordinals(tasks[0].x, tasks[0].x)}
    candidates: dict[str, Callable[[Task], object]] = {
        "ours": lambda t: settings._fit_many([t], NAMES)[0].score,
        "ours, best thresholds": lambda t: greedy._fit_many([t], NAMES)[0].score,
        "scikit-learn": ScikitTrees(settings, binned).fit,
        "XGBoost": XGBoostTrees(settings).fit,
    }
    clocks: dict[str, list[Clock]] = {name: [] for name in candidates}
    quality: dict[str, tuple[float, float]] = {}
    for _ in range(ROUNDS):
        for name, fit in candidates.items():
            got: list = []
            with threadpool_limits(1):
                clock = Clock.of(lambda f=fit, g=got: g.extend(threaded(f, tasks)))
            clocks[name].append(clock.times(factor))
            if name not in quality:
                quality[name] = data.quality(lambda s, g=got: np.mean([f(s) for f in g], axis=0))
    print(
        f"trees: load {os.getloadavg()[0]:.1f}; median of {ROUNDS} rounds of {len(tasks)} fits, "
        f"times {factor:g}"
    )
    wall = {name: np.array([c.wall for c in times]) for name, times in clocks.items()}
    cpu = {name: float(np.median([c.cpu for c in times])) for name, times in clocks.items()}
    for name, (auc, sic) in quality.items():
        print(
            f"  {name}: {np.median(wall[name]):.1f} s ({cpu[name]:.1f} s CPU); "
            f"mean of the models: AUC {auc:.4f}, SIC at 1 % {sic:.2f}"
        )
    results = []
    for what, mine in (("tree", "ours"), ("best-threshold tree", "ours, best thresholds")):
        for name in ("scikit-learn", "XGBoost"):
            ratios = wall[name] / wall[mine]  # of neighbours in time
            ratio = float(np.median(ratios))
            results.append(
                row(
                    f"{n_fits} {what} fits, seconds",
                    float(np.median(wall[mine])),
                    peer=round(float(np.median(wall[name])), 2),
                    peer_name=name,
                    ratio=ratio,
                    bar="not slower",
                    ok=ratio >= 1,
                    ratios=[round(float(r), 2) for r in ratios],
                    cpu_seconds=[round(cpu[mine], 2), round(cpu[name], 2)],
                )
            )
            auc, sic = zip(quality[mine], quality[name], strict=True)
            results.append(
                row(
                    f"SIC at 1 % of the mean of {len(tasks)} {what} models",
                    sic[0],
                    peer=round(sic[1], 3),
                    peer_name=name,
                    ratio=sic[0] / sic[1],
                    bar="not lower",
                    ok=sic[0] >= sic[1],
                    auc=[round(a, 4) for a in auc],
                )
            )
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--members", type=int, default=10, help="members of five folds")
    parser.add_argument("--peer-networks", type=int, default=10, help="PyTorch networks to time")
    parser.add_argument("--part", choices=["networks", "trees"], help="only this one")
    options = parser.parse_args()
    data = Data.make()
    results = []
    if options.part != "trees":
        results += networks(data, options.members, options.peer_networks)
    if options.part != "networks":
        results += trees(data, options.members)
    finish("classifiers", results)


if __name__ == "__main__":
    main()
