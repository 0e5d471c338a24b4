"""What each setting of a search gains, on our own events with signals of other masses.

    anomalon simulate dijet --process wprime --masses 3500,400,170 --events 3000 --seed 11 --out A
    anomalon simulate dijet --process wprime --masses 3500,250,200 --events 3000 --seed 11 --out B
    python benchmarks/chain.py --signal A.parquet --signal B.parquet [--seeds 6] [--events 160]
        [--step STEP ...] [--processes 2]

The 120,000 shipped background events plus so many of a signal at 3.5 TeV, searched in one window;
a seed draws the events that are injected and all random numbers of the training. Each step adds one
setting to those before: more folds, so that classifiers see more of the signal; a peak in the fit;
more members; wide side bands, of which the signal beside the window is a smaller share, but in
which the features may tell the mass (how often, is printed). See `lhco.py --best`.
"""

import argparse
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from lhco import BEST, DEFAULT, with_chain
from verdict import finish, row, spread

import anomalon
from anomalon.core import Sample
from anomalon.data import sample
from anomalon.run import default_executor
from anomalon.search import FitSettings, Search, Window, inject

FEATURES = ("mJ1", "dmJ", "tau21_J1", "tau21_J2")
CUTS = (0.01, 0.005)
SEARCH = Search(
    windows=(Window(3300, 3700, 2900, 4100),),
    features=(FEATURES,),
    efficiencies=CUTS,
    fit=FitSettings(range=(2800, 6500)),
)
GAINS = {
    "default": (),
    "ten folds": ("folds",),
    "peak": ("folds", "resolution"),
    "twenty members": ("folds", "resolution", "n_members"),
    "wide side bands": tuple(BEST),
}


def searched(step: str) -> Search:
    """In the way of a step: what it has of the best chain, the rest by default."""
    chain = DEFAULT | {name: BEST[name] for name in GAINS[step]}
    return replace(with_chain(SEARCH, chain), n_members=chain["n_members"])


@dataclass(frozen=True)
class Piece:
    """One injection, searched in one way."""

    step: str
    background: Sample
    signal: Sample
    n: int
    seed: int

    def __call__(self) -> list[float]:
        """Z behind each cut, whether the features tell the mass, and seconds."""
        data = inject(self.background, self.signal, self.n, seed=self.seed)
        start = time.perf_counter()
        scan = searched(self.step).run(data, seed=self.seed)
        (window,) = scan.windows
        cuts = {cut.efficiency: cut.z_local for cut in window.cuts}
        tells = window.mass_leak is not None and window.mass_leak.d > 0
        return [*(cuts[e] for e in CUTS), float(tells), time.perf_counter() - start]


def call(piece: Piece) -> list[float]:
    return piece()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--signal", type=Path, action="append", required=True)
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--events", type=int, default=160)
    parser.add_argument("--step", action="append", choices=list(GAINS))
    parser.add_argument("--processes", type=int, default=None)
    options = parser.parse_args()
    background, steps = sample("qcd_data").select(FEATURES), options.step or list(GAINS)
    results, judged = [], {}
    for path in options.signal:
        signal = anomalon.load(path, mass="mjj", features=list(FEATURES))
        assert isinstance(signal, Sample)
        pieces = [
            Piece(step, background, signal, options.events, seed)
            for seed in range(options.seeds)
            for step in steps
        ]
        found: dict[str, list[list[float]]] = {step: [] for step in steps}
        executor = default_executor(options.processes)
        for done, (i, value) in enumerate(executor.map_unordered(call, pieces), start=1):
            found[pieces[i].step].append(value)
            print(f"{path.stem}: {done}/{len(pieces)}", file=sys.stderr, end="\r")
        for step, values in found.items():
            *z, tells, seconds = np.array(values).T
            shown = ", ".join(f"{e:g}: {spread(v)}" for e, v in zip(CUTS, z, strict=True))
            print(
                f"{path.stem}, {step}: {shown}; features tell the mass in {tells.mean():.0%}; "
                f"{np.median(seconds):.0f} s"
            )
            judged[path.stem, step] = float(np.median(z[0]))
        first = judged[path.stem, steps[0]]
        for step in steps[1:]:
            median = judged[path.stem, step]
            results.append(
                row(
                    f"median Z at 1 %, {path.stem}, {step}",
                    median,
                    peer=first,
                    peer_name=steps[0],
                    ratio=median / first,
                    bar="above the peer",
                    ok=median > first,
                )
            )
    finish("chain", results)


if __name__ == "__main__":
    main()
