"""Idealised anomaly detection on the shipped samples: how much of the possible is reached?

    python benchmarks/ideal.py [--seeds 5] [--processes 2]

The two QCD samples with the settings of data are put together and split at random: one half with
signal added at S/B = 0.6 % plays the data, the other half is the template, true background. A
classifier of data against template (5 folds, 10 members, scored out of fold) is compared to one
of true signal against background, trained on all of both (5 folds, out of fold): the bound.
Members are trained on all events of the other folds, or each on a random half of them, as
`anomalon search` does by default to measure how folds fluctuate together. All masses count as
signal region, which gives as many background events as the samples have; the mass is no feature.
Features: mJ1, dmJ, tau21 of both jets. "Single" is the median member.

SIC = tpr / sqrt(fpr). Its maximum is taken where the background count has a relative error below
20 %, fpr > 1 / (0.2^2 N_bkg). A seed draws the split, the signal events and all training.
"""

import argparse
import sys
from dataclasses import dataclass

import numpy as np
from verdict import finish, row, spread

from anomalon import Sample, Seed, evaluate
from anomalon.data import sample
from anomalon.learn import BoostedTrees, Ensemble, KFold, Scorer
from anomalon.learn.ensemble import EnsembleScorer
from anomalon.learn.k_fold import KFoldScorer
from anomalon.run import default_executor
from anomalon.search import Search

FEATURES = ("mJ1", "dmJ", "tau21_J1", "tau21_J2")
S_OVER_B = 0.006
METRICS = ("SIC at fpr 1e-2", "SIC at fpr 1e-3", "max SIC")
SUPERVISED = BoostedTrees(n_trees=200)
"""Plenty of signal: more trees than at S/B < 1 %."""
SHARES = {"all": 1.0, "halves": Search.subsample}
"""Share of the other folds that each member is trained on."""


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
        half = len(order) // 2
        data, template = self.background[order[:half]], self.background[order[half:]]
        drawn = rng.permutation(len(self.signal))
        n_signal = round(S_OVER_B * half)
        hidden, unseen = self.signal[drawn[:n_signal]], self.signal[drawn[n_signal:]]
        mixed, template = Sample.concatenate([data, hidden]).blind(), template.blind()
        bound = Ensemble(KFold(SUPERVISED, 5), 3).fit(
            self.signal, self.background, seed=self.seed.child("supervised")
        )
        values = {"supervised": [measure(bound, self.background, self.signal)]}
        for share, subsample in SHARES.items():
            ensemble = Ensemble(BoostedTrees(), self.n_members, subsample=subsample)
            found = KFold(ensemble, 5).fit(mixed, template, seed=self.seed.child("ad", on=share))
            values[f"single, {share}"] = [
                measure(member, self.background, unseen) for member in members(found)
            ]
            values[f"ensemble, {share}"] = [measure(found, self.background, unseen)]
        return values


def members(found: Scorer) -> list[KFoldScorer]:
    """Each member of a cross-validated ensemble, over all folds."""
    assert isinstance(found, KFoldScorer)
    folds = [model for model in found.models if isinstance(model, EnsembleScorer)]
    return [
        KFoldScorer(models, found.names, found.seed)
        for models in zip(*(fold.members for fold in folds), strict=True)
    ]


def measure(scorer: Scorer, background: Sample, signal: Sample) -> list[float]:
    result = evaluate(scorer.score(background), scorer.score(signal))
    return [float(result.sic(1e-2)), float(result.sic(1e-3)), float(result.max_sic)]


def call(piece: Piece) -> dict[str, list[list[float]]]:
    return piece()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--members", type=int, default=10)
    parser.add_argument("--processes", type=int, default=None)
    options = parser.parse_args()
    background = Sample.concatenate([sample(n) for n in ("qcd_data", "qcd_template")])
    background = background.select(FEATURES)
    signal = sample("signal_wprime_3500_500_100").select(FEATURES)
    n_data = len(background) // 2
    n_signal = round(S_OVER_B * n_data)
    print(
        f"{n_data} background + {n_signal} signal events (S/B {S_OVER_B:.1%}, S/sqrt(B) "
        f"{n_signal / np.sqrt(n_data):.2f}) against {n_data} template events; tested on N_bkg = "
        f"{len(background)} (out of fold), fpr floor {1 / (0.2**2 * len(background)):.2e}"
    )
    pieces = [
        Piece(background, signal, options.members, Seed(0).child("ideal", seed=i))
        for i in range(options.seeds)
    ]
    found: list[dict[str, list[list[float]]]] = []
    for _, value in default_executor(options.processes).map_unordered(call, pieces):
        found.append(value)
        print(f"{len(found)}/{len(pieces)}", file=sys.stderr, end="\r")
    values = {kind: np.array([np.median(f[kind], axis=0) for f in found]) for kind in found[0]}
    results = []
    for i, metric in enumerate(METRICS):
        bound = values["supervised"][:, i]
        print(f"{metric}: supervised {spread(bound)}")
        for share in SHARES:
            single, ensemble = (values[f"{kind}, {share}"][:, i] for kind in ("single", "ensemble"))
            print(f"  members on {share}: single {spread(single)}, ensemble {spread(ensemble)}")
            for name, peer, bar in (("single", single, 1.3), ("supervised", bound, 0.75)):
                ratio = float(np.median(ensemble / peer))
                results.append(
                    row(
                        f"{metric}, members on {share}: ensemble over {name}",
                        np.median(ensemble),
                        peer=round(float(np.median(peer)), 4),
                        peer_name=name,
                        ratio=ratio,
                        bar=f"ratio >= {bar}",
                        ok=ratio >= bar,
                    )
                )
    finish("ideal", results)


if __name__ == "__main__":
    main()
