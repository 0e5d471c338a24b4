"""Idealised anomaly detection on the shipped samples: how much of the possible is reached?

    python benchmarks/ideal.py [--seeds 9] [--processes 2]        (needs the extra "bench")

The two QCD samples with the settings of data are put together and split at random: one third with
signal added at S/B = 0.6 % plays the data, the rest is the template, true background (in the usual
test on LHC Olympics events it is 2.2 times the data too). A classifier of data against template
(5 folds, scored out of fold) is compared to one of true signal against background, trained on all
of both (5 folds, out of fold): the bound. All masses count as signal region, which gives as many
background events as the samples have; the mass is no feature. Features: mJ1, dmJ, tau21 of both
jets. "Single" is the median member of an ensemble.

Judged is an ensemble of twenty members, each trained on a random third of the events of the other
folds: ten with random thresholds, ten with the best ones, which follow noise sooner and get half as
many trees. Beside it stand ten members with random thresholds on all events, and ten on halves, as
`anomalon search` does by default to measure how folds fluctuate together. The peer is the
classifier of arXiv:2309.13111: twenty members of scikit-learn's gradient boosting, each with at
most 200 trees, stopped by a random half of the events. The two kinds and their numbers of trees
were chosen on seeds 100 and up, which split the same samples in other ways.

A member that sees a third of the events is weaker than one that sees all, so that the ratio to it
alone says little. The same bar therefore stands beside the best single model at hand, one with
random thresholds on all events, and beside a single one of the usual kind.

SIC = tpr / sqrt(fpr). Its maximum is taken where the background count has a relative error below
20 %, fpr > 1 / (0.2^2 N_bkg). A seed draws the split, the signal events and all training.
Nine seeds take an hour on two cores, most of it for the peer.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from verdict import finish, row, spread

from anomalon import Sample, Seed, evaluate
from anomalon.data import sample
from anomalon.learn import TREES_OF_TWO_KINDS, BoostedTrees, Classifier, Ensemble, KFold, Scorer
from anomalon.learn.classify.base import Task
from anomalon.learn.classify.ensemble import EnsembleScorer
from anomalon.learn.classify.k_fold import KFoldScorer
from anomalon.run import default_executor
from anomalon.search import Search

FEATURES = ("mJ1", "dmJ", "tau21_J1", "tau21_J2")
S_OVER_B = 0.006
TEMPLATE_OVER_DATA = 2
METRICS = ("SIC at fpr 1e-2", "SIC at fpr 1e-3", "max SIC")
PEER = "scikit-learn"
Floats = NDArray[np.float64]
SUPERVISED = BoostedTrees(n_trees=200)
"""Plenty of signal: more trees than at S/B < 1 %."""
JUDGED, ALL = "two kinds on thirds", "on all"


@dataclass(frozen=True, eq=False)
class UsualScorer(Scorer):
    """Scores of the peer."""

    model: HistGradientBoostingClassifier
    names: tuple[str, ...]

    def _score(self, sample: Sample) -> Floats:
        return self.model.predict_proba(sample.x)[:, 1]


@dataclass(frozen=True)
class UsualTrees(Classifier):
    """The peer."""

    kind: ClassVar[str] = "usual_trees"

    def _fit_many(self, tasks: Sequence[Task], names: tuple[str, ...]) -> list[UsualScorer]:
        return [UsualScorer(self._train(task), names) for task in tasks]

    def _train(self, task: Task) -> HistGradientBoostingClassifier:
        model = HistGradientBoostingClassifier(
            max_iter=200,
            early_stopping=True,
            validation_fraction=0.5,
            n_iter_no_change=10,
            random_state=task.seed.integer(2**31),
        )
        rows = task.rows
        return model.fit(task.x[rows], task.y[rows], sample_weight=task.weight[rows])


def ensembles(n: int) -> dict[str, Ensemble]:
    """What is compared; the one that is judged and the peer have twice as many members."""
    return {
        ALL: Ensemble(BoostedTrees(), n),
        "on halves": Ensemble(BoostedTrees(), n, subsample=Search.subsample),
        JUDGED: Ensemble(TREES_OF_TWO_KINDS, 2 * n, subsample=1 / 3),
        PEER: Ensemble(UsualTrees(), 2 * n),
    }


@dataclass(frozen=True, eq=False)
class Piece:
    """One seed, to be done in any process."""

    background: Sample
    signal: Sample
    n_members: int
    seed: Seed

    def __call__(self) -> dict[str, list[list[float]]]:
        rng = self.seed.child("split").generator()
        order = rng.permutation(len(self.background))
        n_data, n_signal = sizes(self.background)
        data, template = self.background[order[:n_data]], self.background[order[n_data:]]
        drawn = rng.permutation(len(self.signal))
        hidden, unseen = self.signal[drawn[:n_signal]], self.signal[drawn[n_signal:]]
        mixed, template = Sample.concatenate([data, hidden]).blind(), template.blind()
        bound = Ensemble(KFold(SUPERVISED, 5), 3).fit(
            self.signal, self.background, seed=self.seed.child("supervised")
        )
        values = {"supervised": [measure(*scores(bound, self.background, self.signal))]}
        for name, ensemble in ensembles(self.n_members).items():
            found = KFold(ensemble, 5).fit(mixed, template, seed=self.seed.child("ad", how=name))
            each = [scores(member, self.background, unseen) for member in members(found)]
            values[f"single, {name}"] = [measure(*member) for member in each]
            # The score of an ensemble is the mean of its members' scores.
            means = (np.mean(of_each, axis=0) for of_each in zip(*each, strict=True))
            values[f"ensemble, {name}"] = [measure(*means)]
        return values


def sizes(background: Sample) -> tuple[int, int]:
    """Background and signal events in the data."""
    n_data = len(background) // (1 + TEMPLATE_OVER_DATA)
    return n_data, round(S_OVER_B * n_data)


def members(found: Scorer) -> list[KFoldScorer]:
    """Each member of a cross-validated ensemble, over all folds."""
    assert isinstance(found, KFoldScorer)
    folds = [model for model in found.models if isinstance(model, EnsembleScorer)]
    return [
        KFoldScorer(models, found.names, found.seed)
        for models in zip(*(fold.members for fold in folds), strict=True)
    ]


def scores(scorer: Scorer, background: Sample, signal: Sample) -> tuple[Floats, Floats]:
    return scorer.score(background), scorer.score(signal)


def measure(background: Floats, signal: Floats) -> list[float]:
    result = evaluate(background, signal)
    return [float(result.sic(1e-2)), float(result.sic(1e-3)), float(result.max_sic)]


def call(piece: Piece) -> dict[str, list[list[float]]]:
    return piece()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=9)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--members", type=int, default=10)
    parser.add_argument("--processes", type=int, default=None)
    options = parser.parse_args()
    background = Sample.concatenate([sample(n) for n in ("qcd_data", "qcd_template")])
    background = background.select(FEATURES)
    signal = sample("signal_wprime_3500_500_100").select(FEATURES)
    n_data, n_signal = sizes(background)
    print(
        f"{n_data} background + {n_signal} signal events (S/B {S_OVER_B:.1%}, S/sqrt(B) "
        f"{n_signal / np.sqrt(n_data):.2f}) against {len(background) - n_data} template events; "
        f"tested on N_bkg = {len(background)} (out of fold), fpr floor "
        f"{1 / (0.2**2 * len(background)):.2e}"
    )
    pieces = [
        Piece(background, signal, options.members, Seed(0).child("ideal", seed=i))
        for i in range(options.first_seed, options.first_seed + options.seeds)
    ]
    found: list[dict[str, list[list[float]]]] = []
    for _, value in default_executor(options.processes).map_unordered(call, pieces):
        found.append(value)
        print(f"{len(found)}/{len(pieces)}", file=sys.stderr, end="\r")
    results = []
    for i, metric in enumerate(METRICS):
        values = {
            kind: np.array([np.median(f[kind], axis=0)[i] for f in found]) for kind in found[0]
        }
        results += compare(metric, options.members, values)
    finish("ideal", results)


def compare(metric: str, n: int, values: dict[str, Floats]) -> list[dict[str, Any]]:
    """Print one metric, and judge our ensemble by it; values have the shape (seed,)."""
    bound = values["supervised"]
    print(f"{metric}: supervised {spread(bound)}")
    for name, kind in ensembles(n).items():
        single, ensemble = values[f"single, {name}"], values[f"ensemble, {name}"]
        print(
            f"  {kind.n} {name}: single {spread(single)}, ensemble {spread(ensemble)}, "
            f"over single {spread(ensemble / single)}, over supervised {spread(ensemble / bound)}"
        )
    judged = values[f"ensemble, {JUDGED}"]
    others = (
        ("its median member", values[f"single, {JUDGED}"], 1.3),
        ("supervised", bound, 0.75),
        (PEER, values[f"ensemble, {PEER}"], 1.0),
        (f"single {PEER}", values[f"single, {PEER}"], 1.3),
        (f"single {ALL}", values[f"single, {ALL}"], 1.3),
    )
    return [
        row(
            f"{metric}, over {name}",
            np.median(judged),
            peer=round(float(np.median(other)), 4),
            peer_name=name,
            ratio=ratio,
            bar=f"ratio >= {bar}",
            ok=ratio >= bar,
        )
        for name, other, bar in others
        for ratio in [float(np.median(judged / other))]
    ]


if __name__ == "__main__":
    main()
