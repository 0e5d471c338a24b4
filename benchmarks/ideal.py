"""Idealised anomaly detection on the shipped sample: how much of the possible is reached?

    python benchmarks/ideal.py [--seeds 5] [--processes 2]

The shipped QCD sample is split at random: one half with signal added at S/B = 0.6 % plays the data,
the other half is the template, true background. A classifier of data against template (5 folds,
scored out of fold) is compared to one of true signal against background, trained on all of both (5
folds, out of fold): the bound. All masses count as signal region, which gives as many background
events as the shipped sample has; the mass is no feature. Features: mJ1, dmJ, tau21 of both jets.

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
from anomalon.learn import BoostedTrees, Ensemble, KFold
from anomalon.run import default_executor

FEATURES = ("mJ1", "dmJ", "tau21_J1", "tau21_J2")
S_OVER_B = 0.006
METRICS = ("SIC at fpr 1e-2", "SIC at fpr 1e-3", "max SIC")
SUPERVISED = BoostedTrees(n_trees=200)
"""Plenty of signal: more trees than at S/B < 1 %."""


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
        method = Ensemble(KFold(BoostedTrees(), 5), self.n_members)
        found = method.fit(
            Sample.concatenate([data, hidden]).blind(), template.blind(), seed=self.seed.child("ad")
        )
        members = [(m.score(self.background), m.score(unseen)) for m in found.members]
        ensemble = tuple(np.mean([m[i] for m in members], axis=0) for i in range(2))
        bound = Ensemble(KFold(SUPERVISED, 5), 3).fit(
            self.signal, self.background, seed=self.seed.child("supervised")
        )
        supervised = (bound.score(self.background), bound.score(self.signal))
        return {
            "single": [measure(*m) for m in members],
            "ensemble": [measure(*ensemble)],
            "supervised": [measure(*supervised)],
        }


def measure(background: np.ndarray, signal: np.ndarray) -> list[float]:
    result = evaluate(background, signal)
    return [float(result.sic(1e-2)), float(result.sic(1e-3)), float(result.max_sic)]


def call(piece: Piece) -> dict[str, list[list[float]]]:
    return piece()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--members", type=int, default=10)
    parser.add_argument("--processes", type=int, default=None)
    options = parser.parse_args()
    background = sample("qcd_data").select(FEATURES)
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
    values = {
        kind: np.array([np.median(f[kind], axis=0) for f in found])
        for kind in ("single", "ensemble", "supervised")
    }
    results = []
    for i, metric in enumerate(METRICS):
        single, ensemble, bound = (values[k][:, i] for k in ("single", "ensemble", "supervised"))
        print(
            f"{metric}: single {spread(single)}, ensemble of {options.members} {spread(ensemble)}, "
            f"supervised {spread(bound)}"
        )
        gain = float(np.median(ensemble / single))
        share = float(np.median(ensemble / bound))
        results += [
            row(
                f"{metric}: ensemble over single model",
                np.median(ensemble),
                peer=float(np.median(single)),
                peer_name="single model",
                ratio=gain,
                bar="ratio >= 1.3",
                ok=gain >= 1.3,
            ),
            row(
                f"{metric}: ensemble over supervised bound",
                np.median(ensemble),
                peer=float(np.median(bound)),
                peer_name="supervised",
                ratio=share,
                bar="ratio >= 0.75",
                ok=share >= 0.75,
            ),
        ]
    finish("ideal", results)


if __name__ == "__main__":
    main()
