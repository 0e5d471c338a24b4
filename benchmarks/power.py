"""Which members of an ensemble come closest to a supervised classifier, signal by signal?

    python benchmarks/power.py [--seeds 9] [--signal NAME=FILE ...] [--member NAME ...] [--raw]

The split of `benchmarks/ideal.py`: one third of 360,000 shipped background events, with signal at
S/B = 0.6 %, plays the data, the rest is true background. Members are judged as ensembles of ten on
random halves, as `anomalon search` trains them, in five folds, out of fold; trees and `Excess`, of
which a fit takes some CPU seconds, as two of each and as eight and two. All events are in
normal scores at given mass, as a search shows them to its members (--raw: as they are).

Other signals than the shipped one are files of `anomalon simulate dijet --process wprime
--masses 3500,250,200 --events 8000 --seed 77`. What is a default is chosen on signals that it is
not judged on; the last lines say which were which (--chosen-on NAME).

The bound is a supervised classifier of all signal against all background (out of fold), with the
features and with the derived axes beside them, whichever is better by the figure at hand. It is
trained once for each signal: between seeds of `ideal.py` it differs by 1 to 3 %.

SIC = tpr / sqrt(fpr); its maximum is taken where the background count has a relative error below
20 %. Shown are the median over seeds and the band that holds 68 % of them.
"""

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from verdict import finish, row

import anomalon
from anomalon import Sample, Seed, evaluate
from anomalon.data import sample
from anomalon.features.axes import Axes, automatic
from anomalon.features.decorrelate import ConditionalQuantiles
from anomalon.learn import TREES_OF_TWO_KINDS, BoostedTrees, Classifiers, Ensemble, Excess, KFold
from anomalon.run import default_executor
from anomalon.search import Search

FEATURES = ("mJ1", "dmJ", "tau21_J1", "tau21_J2")
AXES = automatic(FEATURES)
SHIPPED = "signal_wprime_3500_500_100"
S_OVER_B, TEMPLATE_OVER_DATA = 0.006, 2
METRICS = {"SIC at fpr 1e-2": 0.85, "SIC at fpr 1e-3": 0.87, "max SIC": 0.82}
SUPERVISED = Ensemble(KFold(BoostedTrees(n_trees=200), 5), 3)
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Member:
    """What is trained, and what it sees."""

    classifier: Classifiers
    axes: bool = False
    n: int = 10
    subsample: float = Search.subsample

    @property
    def ensemble(self) -> Ensemble:
        return Ensemble(self.classifier, self.n, subsample=self.subsample)


MEMBERS = {
    "trees": Member(BoostedTrees()),
    "trees with axes": Member(BoostedTrees(), axes=True),
    "twenty trees with axes": Member(BoostedTrees(), axes=True, n=20),
    "forty trees with axes": Member(BoostedTrees(), axes=True, n=40),
    "two kinds with axes": Member(TREES_OF_TWO_KINDS, axes=True, n=20, subsample=1 / 3),
    "trees with axes + excess": Member((BoostedTrees(), Excess()), axes=True, n=4),
    "eight trees with axes + two of excess": Member(
        (*[BoostedTrees()] * 4, Excess()), axes=True, n=10
    ),
}


@dataclass(frozen=True, eq=False)
class Events:
    """Background and one signal; the axes are the last columns."""

    background: Sample
    signal: Sample

    @staticmethod
    def of(background: Sample, signal: Sample, raw: bool) -> "Events":
        """As members see them."""
        if raw:
            axes = Axes.fit(AXES, background)
            return Events(axes(background), axes(signal))
        settings = ConditionalQuantiles()
        flatten = settings.fit(background)
        flat = flatten(background)
        axes = Axes.fit(AXES, flat, flatten, settings)
        return Events(axes(flat), axes(flatten(signal)))

    def seen(self, axes: bool) -> "Events":
        names = self.background.names if axes else FEATURES
        return Events(self.background.select(names), self.signal.select(names))


@dataclass(frozen=True, eq=False)
class Piece:
    """One seed, one member and one signal, to be done in any process; the bound has no seed."""

    signal: str
    member: str
    number: int
    events: Events

    def __call__(self) -> tuple[list[float], float]:
        """The three figures, and CPU seconds."""
        started = time.process_time()
        value = self._bound() if self.member == "supervised" else self._detected()
        return value, time.process_time() - started

    def _bound(self) -> list[float]:
        both = []
        for axes in (False, True):
            seen = self.events.seen(axes)
            bound = SUPERVISED.fit(seen.signal, seen.background, seed=1)
            both.append(figures(bound.score(seen.background), bound.score(seen.signal)))
        return np.ravel(both).tolist()

    def _detected(self) -> list[float]:
        member = MEMBERS[self.member]
        seen = self.events.seen(member.axes)
        seed = Seed(0).child("power", seed=self.number)
        rng = seed.child("split").generator()
        order = rng.permutation(len(seen.background))
        n_data, n_signal = sizes(seen.background)
        data, template = seen.background[order[:n_data]], seen.background[order[n_data:]]
        drawn = rng.permutation(len(seen.signal))
        hidden, unseen = seen.signal[drawn[:n_signal]], seen.signal[drawn[n_signal:]]
        mixed = Sample.concatenate([data, hidden]).blind()
        found = KFold(member.ensemble, 5).fit(
            mixed, template.blind(), seed=seed.child("ad", how=self.member)
        )
        return figures(found.score(seen.background), found.score(unseen))


def sizes(background: Sample) -> tuple[int, int]:
    """Background and signal events in the data."""
    n_data = len(background) // (1 + TEMPLATE_OVER_DATA)
    return n_data, round(S_OVER_B * n_data)


def figures(background: Floats, signal: Floats) -> list[float]:
    result = evaluate(background, signal)
    return [float(result.sic(1e-2)), float(result.sic(1e-3)), float(result.max_sic)]


def call(piece: Piece) -> tuple[list[float], float]:
    return piece()


def signals(named: list[str]) -> dict[str, Sample]:
    """The shipped one, and those of files; identities of their own."""
    found = {SHIPPED.removeprefix("signal_"): sample(SHIPPED).select(FEATURES)}
    for text in named:
        name, _, path = text.partition("=")
        loaded = anomalon.load(Path(path or name), mass="mjj", features=list(FEATURES))
        assert isinstance(loaded, Sample)
        found[name if path else Path(name).stem] = loaded
    return found


def band(values: Floats) -> str:
    low, high = np.quantile(values, [0.16, 0.84])
    return f"{np.median(values):.3f} ({low:.3f} to {high:.3f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=9)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--signal", action="append", default=[], help="NAME=FILE, repeatable")
    parser.add_argument("--only", action="append", default=[], help="signals, by their names")
    parser.add_argument("--chosen-on", action="append", default=[], help="not judged")
    parser.add_argument("--member", action="append", default=[], choices=list(MEMBERS))
    parser.add_argument("--judged", default="trees with axes", choices=list(MEMBERS))
    parser.add_argument("--raw", action="store_true")
    parser.add_argument("--processes", type=int, default=None)
    options = parser.parse_args()
    background = Sample.concatenate([sample(n) for n in ("qcd_data", "qcd_template")])
    background = background.select(FEATURES)
    members = options.member or list(MEMBERS)
    every = signals(options.signal)
    if strange := [name for name in options.only if name not in every]:
        sys.exit(f"--only: expected some of {list(every)}, got {strange}")
    chosen = {k: s for k, s in every.items() if k in (options.only or [k])}
    n_data, n_signal = sizes(background)
    print(
        f"{n_data} background + {n_signal} signal events against {len(background) - n_data} "
        f"template events; N_bkg = {len(background)} (out of fold), fpr floor "
        f"{1 / (0.2**2 * len(background)):.2e}; {'raw features' if options.raw else 'flat in mass'}"
    )
    pieces = []
    for name, signal in chosen.items():
        events = Events.of(background, signal, options.raw)
        pieces.append(Piece(name, "supervised", 0, events))
        numbers = range(options.first_seed, options.first_seed + options.seeds)
        pieces += [Piece(name, member, i, events) for i in numbers for member in members]
    found: dict[tuple[str, str], list[tuple[list[float], float]]] = {}
    for i, value in default_executor(options.processes).map_unordered(call, pieces):
        piece = pieces[i]
        found.setdefault((piece.signal, piece.member), []).append(value)
        print(piece.signal, piece.member, piece.number, value, file=sys.stderr, flush=True)
    results = []
    for name in chosen:
        results += compare(name, members, found, options)
    finish("power", results)


def compare(
    signal: str,
    members: list[str],
    found: dict[tuple[str, str], list[tuple[list[float], float]]],
    options: argparse.Namespace,
) -> list[dict[str, Any]]:
    """Print one signal; the judged member has a bar there, unless it was chosen on it."""
    results = []
    both = np.array(found[signal, "supervised"][0][0]).reshape(2, len(METRICS))
    for i, (metric, bar) in enumerate(METRICS.items()):
        bound = both[:, i].max()
        print(f"{signal}, {metric}: supervised {both[0, i]:.2f}, with axes {both[1, i]:.2f}")
        for member in members:
            values = np.array([value[i] for value, _ in found[signal, member]])
            shares, seconds = values / bound, [cpu for _, cpu in found[signal, member]]
            own = values / both[0, i]
            print(
                f"  {member}: {np.median(values):.2f}, share {band(shares)}, of the bound with "
                f"the features alone {band(own)}; {np.median(seconds):.0f} s CPU"
            )
            judged = member == options.judged and signal not in options.chosen_on
            median = float(np.median(shares))
            results.append(
                row(
                    f"{signal}, {metric}, {member}",
                    median,
                    peer=round(float(bound), 4),
                    peer_name="supervised",
                    bar=f">= {bar}" if judged else "reported",
                    ok=median >= bar or not judged,
                    share_68=np.quantile(shares, [0.16, 0.84]).round(4).tolist(),
                    share_of_features_alone=round(float(np.median(own)), 4),
                    seeds=len(values),
                )
            )
    return results


if __name__ == "__main__":
    main()
