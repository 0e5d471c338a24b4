"""Is a p-value a p-value? Hundreds of searches in data without signal.

    python benchmarks/calibration.py [--replicas 400] [--members 10] [--processes 2] [--best]

A pseudo-dataset has masses drawn from the smooth function fitted to the background spectrum, and
the features of real background events, each used at most once, dealt out at random: there is no
signal and no correlation with the mass, and no event occurs twice. Each is searched like data, in
one window, with the default settings; with --best, as `lhco.py --best`, but for the members.

Then the same search on the real background itself, in all windows of the LHC Olympics example, with
five seeds: is the share of events that pass flat in mass?
"""

import argparse
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from lhco import BEST, DEFAULT, with_chain
from numpy.typing import NDArray
from scipy.stats import binom, kstest, norm
from verdict import finish, row

from anomalon.core import Sample, Seed
from anomalon.data import sample
from anomalon.run import default_executor
from anomalon.search import FitSettings, Search, Window, sliding_windows
from anomalon.search.events.job import read
from anomalon.search.results.cut import CutResult
from anomalon.stats import Dijet, Fit, Spectrum, fit_spectrum, scaled_significance

EFFICIENCIES = (0.1, 0.01, 0.001)
RANGE = (2800.0, 6500.0)
GRID = 20_000
TRAININGS = 5  # on the real background, of which there is one


@dataclass(frozen=True, eq=False)
class Null:
    """Draws pseudo-datasets without signal.

    Args:
        features: One row per real event, to be dealt out.
        names: Of the features.
        fit: The smooth spectrum.
    """

    features: NDArray[np.float64]
    names: tuple[str, ...]
    fit: Fit

    def draw(self, seed: Seed) -> Sample:
        rng = seed.generator()
        available = len(self.features)
        # A Poisson number that is practically never larger than the number of feature rows.
        n = min(int(rng.poisson(available - 5 * np.sqrt(available))), available)
        mass = np.linspace(*RANGE, GRID + 1)
        cumulative = np.concatenate(
            [[0.0], np.cumsum(self.fit.shape.integrate(self.fit.parameters, mass))]
        )
        masses = np.interp(rng.random(n) * cumulative[-1], cumulative, mass)
        rows = rng.permutation(available)[:n]
        return Sample(self.features[rows], self.names, masses, source="pseudo-data")


@dataclass(frozen=True, eq=False)
class Piece:
    """One replica, to be done in any process."""

    search: Search
    null: Null
    seed: Seed

    def __call__(self) -> NDArray[np.float64]:
        scan = self.search.run(self.null.draw(self.seed.child("draw")), seed=self.seed)
        return np.array(
            [
                (c.n, c.expected, c.z_local, c.p_local, without_folds(c))
                for c in scan.windows[0].cuts
            ]
        )


def without_folds(cut: CutResult) -> float:
    """Z if folds that learn from each other were independent."""
    if not cut.ok or cut.sigma.poisson == 0:
        return np.nan
    scale = cut.sigma.poisson**2 / cut.expected
    sigma_b = np.hypot(cut.sigma.fit, cut.sigma.ensemble)
    return float(scaled_significance(cut.n, cut.expected, scale, sigma_b))


def call(piece: Piece) -> NDArray[np.float64]:
    return piece()


def load_background() -> Sample:
    """The real LHC Olympics background where it is at hand, else the shipped simulation."""
    root = Path(__file__).parents[1]
    if "ANOMALON_DATA" in os.environ or (root / "../shared/data/lhco").exists():
        data = read(root / "examples" / "lhco.toml").data.read()
        return data[data.label == 0].blind()
    return sample("qcd_data").select(["mJ1", "dmJ", "tau21_J1", "tau21_J2"]).blind()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicas", type=int, default=400)
    parser.add_argument("--processes", type=int, default=None)
    parser.add_argument("--members", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--best", action="store_true", help="as lhco.py --best")
    options = parser.parse_args()
    background = load_background()
    print(background)
    inside = background.between(*RANGE)
    edges = np.arange(RANGE[0], RANGE[1] + 1, 100.0)
    fit = fit_spectrum(Spectrum.from_masses(inside.mass, edges), Dijet(4))
    null = Null(inside.x, inside.names, fit)
    search = Search(
        windows=(Window(3300, 3700, 2900, 4100),),
        features=(background.names,),
        efficiencies=EFFICIENCIES,
        n_members=options.members,
        fit=FitSettings(range=RANGE),
    )
    search = with_chain(search, BEST if options.best else DEFAULT)
    seed = Seed(options.seed).child("calibration")
    pieces = [Piece(search, null, seed.child(replica=i)) for i in range(options.replicas)]
    found: list[NDArray[np.float64]] = []
    for _, value in default_executor(options.processes).map_unordered(call, pieces):
        found.append(value)
        print(f"{len(found)}/{len(pieces)}", file=sys.stderr, end="\r")
    results = summarise(np.array(found))
    results += flatness(background, options.processes)
    finish("calibration", results)


def summarise(found: NDArray[np.float64]) -> list[dict[str, object]]:
    """Shares of small p-values, mean Z and counts over expectation, per cut."""
    results = []
    for i, efficiency in enumerate((1.0, *EFFICIENCIES)):
        n, expected, z, p, naive = found[np.isfinite(found[:, i, 2]), i].T
        share = float(np.mean(p < 0.05))
        low, high = binom.interval(0.68, len(p), share) if 0 < share < 1 else (0, 0)
        ratio = float(n.sum() / expected.sum())
        error = float(np.std(n / expected) / np.sqrt(len(n)))
        label = "no cut" if efficiency == 1 else f"{efficiency:.1%} cut"
        print(
            f"{label}: {len(p)} of {len(found)} replicas, p < 0.05 in {share:.3f} "
            f"[{low / len(p):.3f}, {high / len(p):.3f}], p < 0.01 in {np.mean(p < 0.01):.4f}, "
            f"Z {z.mean():+.3f} +- {z.std() / np.sqrt(len(z)):.3f}, sd {z.std():.3f}, "
            f"largest {z.max():.2f}, sd with independent folds {naive.std():.3f} (p < 0.05 in "
            f"{np.mean(naive > norm.isf(0.05)):.3f}), counts/expected {ratio:.4f} +- {error:.4f}, "
            f"KS of p against uniform {kstest(p, 'uniform').pvalue:.3f}"
        )
        results += [
            row(f"share of p < 0.05, {label}", share, bar="0.02..0.08", ok=0.02 <= share <= 0.08),
            row(f"mean Z, {label}", z.mean(), bar="|.| < 0.2", ok=abs(z.mean()) < 0.2),
            row(f"counts/expected, {label}", ratio, bar="0.98..1.02", ok=abs(ratio - 1) <= 0.02),
        ]
    return results


def flatness(background: Sample, processes: int | None) -> list[dict[str, object]]:
    """Chi2 of a constant pass fraction against mass on real background, windows and trainings."""
    search = Search(
        windows=sliding_windows(2800, 4800, width=400, sideband=400, step=200),
        features=(background.names,),
        efficiencies=EFFICIENCIES,
        fit=FitSettings(range=RANGE),
    )
    executor = default_executor(processes)
    scans = [
        search.run(background, seed=seed, executor=executor) for seed in range(1, TRAININGS + 1)
    ]
    results = []
    for i, efficiency in enumerate(EFFICIENCIES, start=1):
        cuts = [w.cuts[i] for scan in scans for w in scan.windows]
        chi2 = [p.chi2 / p.ndf for p in (c.pass_fraction for c in cuts) if p.chi2 is not None]
        z = [c.z_local for c in cuts]
        print(
            f"real background, {efficiency:.1%} cut: chi2/ndf of the pass fraction "
            + " ".join(f"{v:.2f}" for v in chi2)
            + "; Z "
            + " ".join(f"{v:+.2f}" for v in z)
        )
        mean = float(np.mean(chi2)) if chi2 else np.nan
        results.append(
            row(
                f"mean chi2/ndf of the pass fraction, {efficiency:.1%} cut",
                mean,
                bar="< 1.3",
                ok=mean < 1.3,
                windows=len(chi2),
                worst=max(chi2) if chi2 else None,
            )
        )
    return results


if __name__ == "__main__":
    main()
