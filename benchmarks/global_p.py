"""Is the global p-value of a whole search one? Signal-free searches, without pseudo-experiments.

    python benchmarks/global_p.py [--replicas 100] [--own 300] [--members 4] [--processes 2]

A search has three overlapping windows, two nested cuts and two background methods (CWoLa and
morph): 15 trials that share events. Its data are pseudo-data as in calibration.py. The global
p-value that follows from the correlation of the trials should be uniform; beside it Sidak's bound
for independent ones. The same for a score that knows nothing, in more data sets, because that takes
a tenth of the time.
"""

import argparse
import sys
from dataclasses import dataclass

import numpy as np
from calibration import RANGE, Null, load_background
from numpy.typing import NDArray
from scipy.stats import binom, kstest
from verdict import finish, row

from anomalon.background import Cwola, Morph
from anomalon.core import Seed
from anomalon.run import default_executor
from anomalon.search import FitSettings, Search, Window
from anomalon.stats import Dijet, Spectrum, fit_spectrum, sidak

WINDOWS = tuple(Window(m - 200, m + 200, m - 600, m + 600) for m in (3500.0, 3700.0, 3900.0))
LEVEL = 0.05


@dataclass(frozen=True, eq=False)
class Piece:
    """One replica, to be done in any process."""

    search: Search
    null: Null
    seed: Seed

    def __call__(self) -> tuple[float, float, float]:
        data = self.null.draw(self.seed.child("draw"))
        if not self.search.trains:
            noise = self.seed.child("score").generator().normal(size=len(data))
            data = data.with_x(np.column_stack([data.x, noise]), (*data.names, "noise"))
        scan = self.search.run(data, seed=self.seed)
        if scan.best is None or scan.p_global is None or scan.correlated is None:
            raise RuntimeError("no trial has an answer")
        n = scan.correlated.n_at(scan.best.p_local)
        return scan.p_global, float(sidak(scan.best.p_local, scan.n_with_answer)), n


def call(piece: Piece) -> tuple[float, float, float]:
    return piece()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicas", type=int, default=100)
    parser.add_argument("--own", type=int, default=300)
    parser.add_argument("--members", type=int, default=4)
    parser.add_argument("--processes", type=int, default=None)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    background = load_background()
    inside = background.between(*RANGE)
    edges = np.arange(RANGE[0], RANGE[1] + 1, 100.0)
    fit = fit_spectrum(Spectrum.from_masses(inside.mass, edges), Dijet(4))
    null = Null(inside.x, inside.names, fit)
    common = {
        "windows": WINDOWS,
        "efficiencies": (0.1, 0.02),
        "fit": FitSettings(range=RANGE),
    }
    trained = Search(
        **common,
        features=(background.names,),
        background=(Cwola(), Morph()),
        n_members=options.members,
    )
    results = []
    for what, search, n in (
        ("two methods", trained, options.replicas),
        ("a score that knows nothing", Search(**common, score="noise"), options.own),
    ):
        seed = Seed(options.seed).child("global p", what)
        pieces = [Piece(search, null, seed.child(replica=i)) for i in range(n)]
        found: list[tuple[float, float, float]] = []
        for _, value in default_executor(options.processes).map_unordered(call, pieces):
            found.append(value)
            print(f"{what}: {len(found)}/{n}", file=sys.stderr, end="\r")
        if found:
            results += summarise(what, np.array(found))
    finish("global_p", results)


def summarise(what: str, found: NDArray[np.float64]) -> list[dict[str, object]]:
    """Shares of small global p-values, beside those of Sidak's bound."""
    ours, bound, n_effective = found.T
    share, theirs = float(np.mean(ours < LEVEL)), float(np.mean(bound < LEVEL))
    low, high = binom.interval(0.95, len(ours), LEVEL)
    uniform = float(kstest(ours, "uniform").pvalue)
    print(
        f"{what}: {len(ours)} searches, p < {LEVEL} in {share:.3f} (Sidak {theirs:.3f}), mean p "
        f"{ours.mean():.3f} (Sidak {bound.mean():.3f}), Kolmogorov {uniform:.2g}, equivalent to "
        f"{np.median(n_effective):.1f} independent trials"
    )
    return [
        row(
            f"share of global p < {LEVEL}, {what}",
            ours=share,
            peer=theirs,
            peer_name="Sidak's bound",
            bar=f"{low / len(ours):.3f} to {high / len(ours):.3f}",
            ok=low <= share * len(ours) <= high,
        ),
        row(
            f"p-value of global p being uniform, {what}",
            ours=uniform,
            bar="0.01",
            ok=uniform > 0.01,
        ),
    ]


if __name__ == "__main__":
    main()
