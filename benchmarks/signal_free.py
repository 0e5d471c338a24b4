"""Do background methods find a signal where there is none? Searches without one, by every method.

    python benchmarks/signal_free.py [--methods cathode salad ...] [--replicas 200] [--events 10000]
                                     [--no-axes] [--best] [--one-window] [--keep FOLDER]
                                     [--processes 2]

A pseudo-data set are so many real events, drawn without replacement from the 360,000 shipped ones
of background (two sets have 3 % of their events in common). Their features depend on the mass as
those of jets do. SALAD gets as many of the shipped simulation with other settings, `ideal` as many
of the background that is left. Each set is searched in one window with four members in five folds,
otherwise as by default; with --best as `lhco.py --best`, but for the number of members.

What the 360,000 events themselves have too many or too few in a window, all sets have in common
that are searched there: it moves the mean of their Z by about sqrt(events / 360,000), 0.17 for
10,000, and with it the share of small p-values by 0.017, however many sets there are. So four
windows take turns whose signal regions have no event in common, which halves it; what is left is in
the errors. (--one-window: all sets in one, as it was until November 2026.)

Of p-values that are right 5 % are below 0.05, and all together they are uniform. With --keep what
was searched is written down, and not searched again: an interrupted run goes on, with more replicas
too.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from lhco import BEST, with_chain
from numpy.typing import NDArray
from scipy.stats import kstest, norm
from verdict import finish, row

from anomalon import Sample, Search, Seed
from anomalon.background import ESTIMATORS, BackgroundEstimator, LaCathode
from anomalon.core.window import Window
from anomalon.data import sample
from anomalon.features.axes import AUTOMATIC
from anomalon.run import default_executor

FEATURES = ("mJ1", "dmJ", "tau21_J1", "tau21_J2")
WINDOWS = (
    Window(2750, 3000, 2500, 3250),
    Window(3000, 3270, 2730, 3540),
    Window(3270, 3560, 2980, 3850),
    Window(3560, 3880, 3240, 4200),
)
ONE_WINDOW = (Window(3300, 3700, 2900, 4100),)
METHODS: dict[str, BackgroundEstimator] = {
    **{name: estimator() for name, estimator in ESTIMATORS.items()},
    "lacathode-outside": LaCathode(learned_from="outside"),  # as published
}
EFFICIENCIES = (0.1, 0.02)
LEVEL, LOW, HIGH = 0.05, 0.03, 0.07


@dataclass(frozen=True, eq=False)
class Shipped:
    """Background as data have it, and a simulation with other settings."""

    background: Sample
    simulation: Sample


@dataclass(frozen=True)
class Piece:
    """One pseudo-data set, searched by one method."""

    method: str
    n_events: int
    n_members: int
    no_axes: bool
    best: bool
    windows: tuple[Window, ...]
    number: int

    def __call__(self, shipped: Shipped) -> list[float | None]:
        """The local Z without a cut and behind each; None where there is no answer."""
        seed = Seed(0).child("signal free", set=self.number)
        rng = seed.child("draw").generator()
        order = rng.permutation(len(shipped.background))
        data = shipped.background[order[: self.n_events]]
        other = shipped.simulation[rng.permutation(len(shipped.simulation))[: self.n_events]]
        if self.method == "ideal":
            other = shipped.background[order[self.n_events : 2 * self.n_events]]
        search = Search(
            windows=(self.windows[self.number % len(self.windows)],),
            features=(FEATURES,),
            background=METHODS[self.method],
            efficiencies=EFFICIENCIES,
            n_members=self.n_members,
            axes=() if self.no_axes else AUTOMATIC,
        )
        if self.best:
            search = with_chain(search, BEST)
        scan = search.run(data, other, seed=seed)
        return [float(c.z_local) if c.ok else None for c in scan.windows[0].cuts]

    @property
    def name(self) -> str:
        """Of what is kept of it."""
        sees = "features" if self.no_axes else "axes"
        best = "-best" if self.best else ""
        turns = f"-{len(self.windows)}-windows" if len(self.windows) > 1 else ""
        return f"{self.method}-{self.n_events}-{self.n_members}-{sees}{best}{turns}"


def call(piece: Piece, shipped: Shipped) -> list[float | None]:
    return piece(shipped)


class Kept:
    """What was searched, one line of a file for each set.

    Args:
        folder: Where; None to keep nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def of(self, piece: Piece) -> dict[int, list[float | None]]:
        """By their numbers."""
        path = self._path(piece)
        if path is None or not path.exists():
            return {}
        return dict(map(json.loads, path.read_text().splitlines()))

    def add(self, piece: Piece, z: list[float | None]) -> None:
        path = self._path(piece)
        if path is not None:
            with path.open("a") as file:
                file.write(json.dumps([piece.number, z]) + "\n")

    def _path(self, piece: Piece) -> Path | None:
        return None if self.folder is None else self.folder / f"{piece.name}.jsonl"


def summarise(method: str, z: NDArray[np.floating[Any]], shared: float) -> list[dict[str, object]]:
    """Shares of small p-values behind each cut, shape of z (set, cut).

    `shared` is the standard deviation of what all sets have in common in their Z.
    """
    results = []
    for label, column in zip(("no cut", *(f"{e:.0%} cut" for e in EFFICIENCIES)), z.T, strict=True):
        known = column[np.isfinite(column)]
        p = norm.sf(known)
        share, error = float(np.mean(p < LEVEL)), _error(len(p), shared)
        of_mean = float(np.hypot(1 / np.sqrt(len(p)), shared))
        uniform = float(kstest(p, "uniform").pvalue)
        print(
            f"{method}, {label}: {len(p)} of {len(z)} sets, p < {LEVEL} in {share:.3f} (+- "
            f"{error:.3f}), Z {known.mean():+.2f} +- {of_mean:.2f}, sd "
            f"{known.std():.2f}, largest {known.max():.1f}, Kolmogorov {uniform:.2g}"
        )
        results.append(
            row(
                f"{method}, {label}: share of p < {LEVEL}",
                share,
                bar=f"{LOW} to {HIGH}",
                ok=LOW <= share <= HIGH,
                error=round(error, 4),
                sets=len(p),
                mean_z=round(float(known.mean()), 3),
                sd_z=round(float(known.std()), 3),
                kolmogorov=uniform,
            )
        )
    return results


def _error(n: int, shared: float) -> float:
    """Of the share of small p-values: of so many sets, and of the mean of Z that they share."""
    return float(np.hypot(np.sqrt(LEVEL * (1 - LEVEL) / n), norm.pdf(norm.isf(LEVEL)) * shared))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--methods", nargs="+", default=list(ESTIMATORS), choices=list(METHODS))
    parser.add_argument("--replicas", type=int, default=200)
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--members", type=int, default=4)
    parser.add_argument("--no-axes", action="store_true", help="features alone")
    parser.add_argument("--best", action="store_true", help="as lhco.py --best")
    parser.add_argument("--one-window", action="store_true", help="all sets in the same")
    parser.add_argument("--keep", type=Path, default=None)
    parser.add_argument("--processes", type=int, default=None)
    options = parser.parse_args()
    background = Sample.concatenate([sample(n) for n in ("qcd_data", "qcd_template")])
    samples = (s.select(FEATURES).blind() for s in (background, sample("qcd_simulation")))
    shipped, kept = Shipped(*samples), Kept(options.keep)
    results = []
    # the best chain has a window of its own
    windows = ONE_WINDOW if options.one_window or options.best else WINDOWS
    for method in options.methods:
        how = (method, options.events, options.members, options.no_axes, options.best, windows)
        found = kept.of(Piece(*how, 0))
        pieces = [Piece(*how, i) for i in range(options.replicas) if i not in found]
        executor = default_executor(options.processes)
        for i, z in executor.map_unordered(call, pieces, shared=shipped):
            kept.add(pieces[i], z)
            found[pieces[i].number] = z
            print(f"{method}: {len(found)}/{options.replicas}", file=sys.stderr, end="\r")
        numbers = range(options.replicas)
        z = np.array([found[i] for i in numbers], dtype=np.float64)
        part = options.events / len(shipped.background)
        results += summarise(method, z, float(np.sqrt(part / len(windows))))
    finish("signal_free", results)


if __name__ == "__main__":
    main()
