"""Does a cut change the shape of the mass spectrum, where features depend on the mass?

    python benchmarks/sculpting.py [--seeds 3] [--processes 2]

Half of the shipped background (180,000 events, no signal) with 0.1 times the dijet mass added to
the masses of both jets, searched in one window. CATHODE's score is made for the window: it is
another score at other masses. LaCATHODE and R-ANODE score in the latent space of the density, where
background looks the same at all masses, and compare with noise there or with the side bands; their
density learns from all events, or as published from those outside the signal region.
Without decorrelation all is left to the method; with it, as by default, quantiles at given mass
come before. Printed is chi2/ndf of the share that passes each cut against the mass, which should be
flat: 1 is perfect. Published (arXiv:2210.14924, figure, with dR): CATHODE 25 to 30, LaCATHODE 1.2.
"""

import argparse
import sys
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from verdict import finish, row, spread

from anomalon import Sample, Search, Seed
from anomalon.background import BackgroundEstimator, Cathode, Cwola, LaCathode, Ranode
from anomalon.core.window import Window
from anomalon.data import sample
from anomalon.run import default_executor

FEATURES = ("mJ1", "dmJ", "tau21_J1", "tau21_J2")
_SIDEBANDS = LaCathode(reference="sidebands")
_PUBLISHED = LaCathode(learned_from="outside")
METHODS: dict[str, tuple[BackgroundEstimator, bool]] = {  # and whether features are decorrelated
    "cwola": (Cwola(), False),
    "cathode": (Cathode(), False),
    "lacathode": (LaCathode(), False),
    "lacathode, learned outside": (_PUBLISHED, False),
    "lacathode of side bands": (_SIDEBANDS, False),
    "ranode": (Ranode(), False),
    "lacathode, decorrelated": (LaCathode(), True),
    "lacathode, learned outside, decorrelated": (_PUBLISHED, True),
    "lacathode of side bands, decorrelated": (_SIDEBANDS, True),
}
EFFICIENCIES = (0.1, 0.01)
SHIFT = 0.1
BAR = 2.0


@dataclass(frozen=True)
class Piece:
    """One method and seed."""

    method: str
    number: int

    def __call__(self, data: Sample) -> list[float]:
        background, decorrelated = METHODS[self.method]
        search = Search(
            windows=(Window(3300, 3700, 2900, 4100),),
            features=(FEATURES,),
            background=background,
            efficiencies=EFFICIENCIES,
        )
        if not decorrelated:
            search = replace(search, decorrelate=None)
        half = Seed(0).child("sculpting", seed=self.number).generator().random(len(data)) < 0.5
        scan = search.run(data[half], seed=self.number)
        passed = [cut.pass_fraction for cut in scan.windows[0].cuts[1:]]
        return [p.chi2 / p.ndf if p.chi2 is not None and p.ndf else np.nan for p in passed]


def call(piece: Piece, data: Sample) -> list[float]:
    return piece(data)


def shifted() -> Sample:
    data = Sample.concatenate([sample(n) for n in ("qcd_data", "qcd_template")]).select(FEATURES)
    x = data.x.astype(np.float64).copy()
    x[:, :2] += SHIFT * data.mass[:, None]
    return data.with_x(x).blind()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=list(METHODS))
    parser.add_argument("--processes", type=int, default=None)
    options = parser.parse_args()
    methods = sorted({*options.methods, "cathode"})
    pieces = [Piece(m, i) for i in range(options.seeds) for m in methods]
    found: dict[str, list[list[float]]] = {m: [] for m in methods}
    executor = default_executor(options.processes)
    for i, value in executor.map_unordered(call, pieces, shared=shifted()):
        found[pieces[i].method].append(value)
        print(pieces[i], value, file=sys.stderr)
    results: list[dict[str, Any]] = []
    for j, efficiency in enumerate(EFFICIENCIES):
        peer = np.array([v[j] for v in found["cathode"]])
        for method in methods:
            values = np.array([v[j] for v in found[method]])
            print(f"{method} at {efficiency:g}: chi2/ndf {spread(values)}")
            if method not in ("cathode", "cwola"):
                ours, theirs = float(np.median(values)), float(np.median(peer))
                what = f"{method}: chi2/ndf of the pass fraction at {efficiency:g}"
                results.append(
                    row(
                        what,
                        ours,
                        peer=theirs,
                        peer_name="our CATHODE",
                        ratio=theirs / ours,
                        bar=f"< {BAR:g}",
                        ok=ours < BAR,
                    )
                )
    finish("sculpting", results)


if __name__ == "__main__":
    main()
