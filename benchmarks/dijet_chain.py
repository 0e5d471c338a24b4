"""Seconds per stage of a search in one window, for each background method; and a whole quick scan.

    python benchmarks/dijet_chain.py [--methods cwola morph ...] [--scan]      (extra "bench")

One window (3300 to 3700 GeV) of 100,000 shipped background events, ten members in five folds, four
features, two cuts. Stages are timed around the functions that do them; what is left is histograms
and numbers for the page. A method is run once before with a single member, so that compilation,
which a search of many windows pays once, is not in it. `--scan`: all windows of the demonstration
with three methods (CWoLa, morph, SALAD).

Beside it the training and sampling speed of the flow, with zuko (PyTorch) on the same architecture
in the same run. On a shared machine compare processor seconds, not the clock.
"""

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from verdict import finish, row

from anomalon.background import ESTIMATORS, Cwola, Morph, Salad
from anomalon.core.window import Window
from anomalon.data import sample
from anomalon.features.decorrelate import ConditionalQuantiles
from anomalon.search import Search, sliding_windows
from anomalon.search.events import one, selection
from anomalon.search.events.fold_training import FoldTraining

FEATURES = ("mJ1", "dmJ", "tau21_J1", "tau21_J2")
N = 100_000
WINDOW = Window(3300, 3700, 2900, 4100)
BARS = {"cwola": 45.0, "morph": 45.0, "salad": 45.0}
BAR_FLOW, BAR_SCAN = 90.0, 20 * 60.0
PROCESSORS = 2

STAGES: tuple[tuple[str, Any, str], ...] = (
    ("decorrelation", ConditionalQuantiles, "fit"),
    ("templates", FoldTraining, "templates"),
    ("classifiers", FoldTraining, "member_scores"),
    ("mass told by features", selection, "fold_leak"),
    ("cuts", one, "select"),
    ("fits and folds' covariance", one, "measure"),
)


@contextmanager
def timed() -> Iterator[dict[str, float]]:
    """Seconds in each stage while it lasts."""
    spent: dict[str, float] = defaultdict(float)

    def around(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def timing(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter()
            try:
                return real(*args, **kwargs)
            finally:
                spent[name] += time.perf_counter() - start

        return timing

    before = [(where, what, getattr(where, what)) for _, where, what in STAGES]
    for (name, where, what), (_, _, real) in zip(STAGES, before, strict=True):
        setattr(where, what, around(name, real))
    try:
        yield spent
    finally:
        for where, what, real in before:
            setattr(where, what, real)


def window_of(method: str) -> list[dict[str, object]]:
    """One window with one method."""
    data, simulation = (sample(n).select(FEATURES)[:N] for n in ("qcd_data", "qcd_simulation"))
    data = data.blind()
    search = Search(
        windows=(WINDOW,), features=(FEATURES,), background=ESTIMATORS[method](),
        efficiencies=(0.1, 0.02),
    )  # fmt: skip

    def run(settings: Search, seed: int) -> tuple[float, float]:
        start, cpu = time.perf_counter(), time.process_time()
        scan = settings.run(data, simulation, seed=seed)
        if scan.n_with_answer < len(scan.ledger):
            raise RuntimeError(f"{method}: {scan.summary().problems}")
        return time.perf_counter() - start, time.process_time() - cpu

    first, _ = run(replace(search, n_members=1), 1)
    with timed() as spent:
        total, cpu = run(search, 2)
    stages = ", ".join(f"{name} {seconds:.1f}" for name, seconds in spent.items())
    rest = total - sum(spent.values())
    print(f"{method}: first call {first:.1f} s; then {total:.1f} s: {stages}, other {rest:.1f}")
    flow = method not in BARS and method != "ideal"
    bar = BAR_FLOW if flow else BARS.get(method, BAR_FLOW)
    return [
        row(
            f"one window, {method}, seconds",
            ours=total,
            bar=f"<= {bar:g}",
            ok=total <= bar,
            cpu_seconds=round(cpu, 1),
            cpu_bar=bar * PROCESSORS,
            stages={name: round(seconds, 2) for name, seconds in spent.items()},
        )
    ]


def scan() -> list[dict[str, object]]:
    """All windows with three methods."""
    data, simulation = (sample(n).select(FEATURES) for n in ("qcd_data", "qcd_simulation"))
    search = Search(
        windows=sliding_windows(2500, 5800), features=(FEATURES,),
        background=(Cwola(), Morph(), Salad()), efficiencies=(0.1, 0.02),
    )  # fmt: skip
    start, cpu = time.perf_counter(), time.process_time()
    found = search.run(data.blind(), simulation, seed=1)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    print(f"{len(search.windows)} windows x 3 methods: {seconds:.0f} s, p_global {found.p_global}")
    return [
        row(
            "quick scan, three methods, seconds", ours=seconds, bar=f"<= {BAR_SCAN:g}",
            ok=seconds <= BAR_SCAN, cpu_seconds=round(cpu, 1),
        )
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    methods = [m for m in ESTIMATORS if m != "ideal"]
    parser.add_argument("--methods", nargs="*", default=methods, choices=methods)
    parser.add_argument("--scan", action="store_true")
    parser.add_argument("--flow", type=int, default=3, help="rounds beside zuko; 0: none")
    options = parser.parse_args()
    results = [one_row for method in options.methods for one_row in window_of(method)]
    if options.scan:
        results += scan()
    if options.flow:
        from densities import compared

        results += compared(options.flow, len(FEATURES))
    finish("dijet_chain", results)


if __name__ == "__main__":
    main()
