"""The demonstration: a hidden resonance found, and nothing found where nothing is.

Two searches of the same simulated QCD dijet events that ship with the package: one with a few
W'(3.5 TeV) -> X(500 GeV) Y(100 GeV) events added, too few to see in the spectrum, and a twin
without. Everything else is the same, seed included.
"""

from dataclasses import dataclass
from typing import ClassVar

from anomalon.core.document import Report, Section
from anomalon.core.sample import Sample
from anomalon.core.seed import Seed
from anomalon.core.window import Window, sliding_windows
from anomalon.data import sample
from anomalon.learn import BoostedTrees
from anomalon.run import Executor, Store
from anomalon.run.job import HERE, Job, Workplace
from anomalon.run.progress import Progress, part
from anomalon.search.events.inject import inject, with_injection
from anomalon.search.events.scan import Search
from anomalon.search.results.cut import CutResult
from anomalon.search.results.scan import Scan

__all__ = ["FEATURES", "SIGNAL_MASS", "Demo", "DemoJob", "demo_search", "run"]

SIGNAL_MASS = 3500.0
"""Mass of the W' in GeV."""

N_SIGNAL = 300
N_BACKGROUND = 120_000
FEATURES = ("mJ1", "dmJ", "tau21_J1", "tau21_J2")


@dataclass(frozen=True, eq=False)
class Demo:
    """What the demonstration found.

    Args:
        with_signal: The search of background plus signal.
        without: Its twin on the same background alone.
        n_signal: Signal events added.
        window: The window whose signal region holds the resonance most centrally.
        windows: All windows whose signal region holds its mass.
    """

    with_signal: Scan
    without: Scan
    n_signal: int
    window: Window
    windows: tuple[Window, ...]

    def before_and_after(self) -> tuple[CutResult, CutResult]:
        """The window of the resonance: without a cut, and at the tightest working point."""
        cuts = next(w.cuts for w in self.with_signal.windows if w.window == self.window)
        return cuts[0], min(cuts, key=lambda c: c.efficiency)


def demo_search() -> Search:
    """The settings: six windows as in the ATLAS search (arXiv:2502.09770), quick trees."""
    return Search(
        name="Demonstration",
        windows=sliding_windows(2500, 5800),
        features=(FEATURES,),
        classifier=BoostedTrees(n_trees=20),
        efficiencies=(0.1, 0.02, 0.01),
    )


def run(
    *,
    seed: Seed | int = 0,
    executor: Executor | None = None,
    store: Store | None = None,
    progress: Progress | None = None,
) -> Demo:
    """Run both searches.

    Args:
        seed: Which signal events are added, and all training; the background is always the same.
        executor: Who does the work; this process if None.
        store: Where finished windows are kept, so that an interrupted run goes on.
        progress: Called after each finished window; counts both searches.
    """
    seed = Seed.of(seed)
    search = demo_search()
    background = _background()
    signal = sample("signal_wprime_3500_500_100").select(FEATURES)
    data = inject(background, signal, N_SIGNAL, seed=seed)
    n = len(search.windows)
    first = part(progress, "with signal", after=n)
    second = part(progress, "twin without signal", before=n)

    def search_in(events: Sample, tell: Progress | None) -> Scan:
        return search.run(events, seed=seed, executor=executor, store=store, progress=tell)

    with_signal = with_injection(search_in(data, first), N_SIGNAL, seed=seed.root)
    without = search_in(background, second)
    nearest = min(search.windows, key=lambda w: abs(w.centre - SIGNAL_MASS))
    holding = tuple(w for w in search.windows if w.low <= SIGNAL_MASS < w.high)
    return Demo(with_signal, without, N_SIGNAL, nearest, holding)


@dataclass(frozen=True)
class DemoJob(Job):
    """The demonstration, as `anomalon demo` gives it.

    Args:
        seed: Which signal events are added, and all training.
    """

    kind: ClassVar[str] = "demo"
    help: ClassVar[str] = "Search simulated events with a hidden resonance, and without it."

    seed: int = 0

    def run(self, place: Workplace = HERE) -> Report:
        """Both searches; a resonance should be found in the first, and nothing in the second."""
        found = run(
            seed=self.seed,
            executor=place.executor,
            store=place.store,
            progress=place.progress,
        )
        with_signal = (
            f"Simulated dijet background with {found.n_signal} events of a resonance added. Its "
            f"mass, {SIGNAL_MASS:g} GeV, lies in the signal regions "
            f"{' and '.join(map(str, found.windows))} GeV. The search does not know that."
        )
        without = (
            "The same background events, settings and seed, but no resonance: whatever shows here "
            "is what chance and the method make by themselves."
        )
        return Report(
            "A hidden resonance, found and not found",
            (
                Section(found.with_signal, "With a signal", with_signal),
                Section(found.without, "Its twin without a signal", without),
            ),
            expected=("excess", "nothing"),
        )


def _background() -> Sample:
    return sample("qcd_data").select(FEATURES)[:N_BACKGROUND]
