"""The weakly supervised dijet search of ATLAS (arXiv:2502.09770), on simulated events.

What the talk shows, in its order: the search in overlapping windows with several background
methods, without a signal and with one; the validation on data without signal; what the search gains
for a signal that would have three standard deviations without it, and the limits by injection.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from anomalon.background import BackgroundEstimator, Cathode, Curtains, Cwola, Salad
from anomalon.core import check
from anomalon.core.document import Report, Section
from anomalon.core.sample import Sample
from anomalon.core.seed import Seed
from anomalon.core.window import Window, sliding_windows
from anomalon.data import sample
from anomalon.run.job import HERE, Job, Workplace
from anomalon.search import InjectionLimits, Resampled, Search, Signal, Validation, inject
from anomalon.search.events.inject import with_injection
from anomalon.simulate.recipe import TALK_POINTS
from anomalon.studies.signals import simulated

__all__ = ["DijetStudy"]

MASS = 3500.0
SIGNAL = "signal_wprime_3500_500_100"
EFFICIENCIES = (0.1, 0.02)
_SIGNAL_EVENTS = 4000  # of each simulated signal
SETS = (
    ("mJ1", "dmJ"),
    ("mJ1", "dmJ", "tau21_J1", "tau21_J2"),
    ("mJ1", "dmJ", "tau21_J1", "tau21_J2", "tau32_J1", "tau32_J2"),
)


@dataclass(frozen=True)
class DijetStudy(Job):
    """The study, in minutes or in full.

    Args:
        full: CWoLa, SALAD, CURTAINs and CATHODE with the feature sets {M}, {M, tau21} and {M,
            tau21, tau32}, ten members, fifty mock data sets, and limits for twenty simulated
            signals (`TALK_POINTS`). Else CWoLa and SALAD with the second set, four members,
            ten mock data sets in every other window, and limits for the shipped signal.
        significance: Of the injected signal in its window, S/sqrt(B), before any cut.
        events: How many of the shipped background events are the data.
        seed: Root of all random numbers.

    Raises:
        BadValue: If a number is outside what is allowed.
    """

    kind: ClassVar[str] = "study dijet"
    help: ClassVar[str] = "The weakly supervised dijet search of ATLAS on simulated events."

    full: bool = False
    significance: float = 3.0
    events: int = 120_000
    seed: int = 0

    def __post_init__(self) -> None:
        check.fields(self, "study", full=bool, significance="(0, inf)", events=(10_000, 120_000))
        Seed.of(self.seed)

    @property
    def methods(self) -> tuple[BackgroundEstimator, ...]:
        """The background methods that are compared."""
        quick = (Cwola(), Salad())
        return (*quick, Curtains(), Cathode()) if self.full else quick

    @property
    def windows(self) -> tuple[Window, ...]:
        """600 GeV wide, in steps of 300 GeV, with side bands as wide on either side."""
        return sliding_windows(2500, 5800)

    @property
    def search(self) -> Search:
        """All methods in all windows."""
        return Search(
            name="Dijets",
            windows=self.windows,
            features=SETS if self.full else SETS[1:2],
            background=self.methods,
            n_members=10 if self.full else 4,
            efficiencies=EFFICIENCIES,
        )

    def run(self, place: Workplace = HERE) -> Report:
        """All parts, one after the other; what is finished is kept."""
        names = tuple(dict.fromkeys(name for features in SETS for name in features))
        data = sample("qcd_data").select(names)[: self.events]
        simulation = sample("qcd_simulation").select(names)[: self.events]
        signal = sample(SIGNAL).select(names)
        return Report("A weakly supervised dijet search", tuple(
            self._sections(data, simulation, signal, place)
        ))  # fmt: skip

    def _sections(
        self, data: Sample, simulation: Sample, signal: Sample, place: Workplace
    ) -> Iterator[Section]:
        n = self.n_signal(data, signal)
        with_signal = inject(data, signal, n, seed=self.seed)
        injected = (
            f"{n} events of W' (3.5 TeV) -> X (500 GeV) Y (100 GeV): {self.significance:g} "
            "standard deviations in their window before any cut."
        )
        for events, heading, text in (
            (data, "Without a signal", "What chance and the methods make by themselves."),
            (with_signal, "With a signal", injected),
        ):
            there = place.stage(heading)
            scan = self.search.run(
                events, simulation, seed=self.seed, executor=there.executor, store=there.store,
                progress=there.progress,
            )  # fmt: skip
            if events is with_signal:
                scan = with_injection(scan, n, seed=self.seed)
            yield Section(scan, heading, text)
        yield from self._validated(data, place)
        yield from self._limited(data, signal, place)

    def n_signal(self, data: Sample, signal: Sample) -> int:
        """How many signal events have the wanted significance in the window of their mass."""
        window = self.nearest
        background = data.weight[window.in_signal_region(data.mass)].sum()
        share = float(window.in_signal_region(signal.mass).mean())
        return round(self.significance * float(np.sqrt(background)) / share)

    @property
    def nearest(self) -> Window:
        """The window whose centre is nearest to the mass of the signal."""
        return min(self.windows, key=lambda window: abs(window.centre - MASS))

    @property
    def _alone(self) -> Search:
        """The first method with a single feature set."""
        return replace(self.search, background=self.methods[0], features=SETS[1:2])

    def _validated(self, data: Sample, place: Workplace) -> Iterator[Section]:
        windows = self.windows if self.full else self.windows[::2]
        found = Validation((Resampled(50 if self.full else 10),)).run(
            replace(self._alone, windows=windows), data, seed=self.seed,
            place=place.stage("validation"),
        )  # fmt: skip
        yield Section(
            found,
            "Validation",
            "Mock data without signal, drawn from a density that is learned from a small share of "
            "the data; the whole search in each.",
        )

    def signals(self, shipped: Sample, place: Workplace = HERE) -> list[Signal]:
        """Those for which there are limits; behind the cuts of the shipped samples."""
        if not self.full:
            return [Signal(SIGNAL.removeprefix("signal_"), shipped, MASS)]
        there = place.stage("signals")
        return simulated(
            tuple(TALK_POINTS), shipped.names, _SIGNAL_EVENTS, seed=self.seed, place=there
        )

    def _limited(self, data: Sample, signal: Sample, place: Workplace) -> Iterator[Section]:
        signals = self.signals(signal, place)
        there = place.stage("limits")
        found = InjectionLimits(
            self._alone, (1.0, 2.0, 3.0, 4.0), "sigma", 5 if self.full else 2
        ).run(
            data.blind(), signals, seed=self.seed,
            executor=there.executor, store=there.store, progress=there.progress,
        )  # fmt: skip
        yield Section(
            found,
            "Limits by injection",
            "Signals of several strengths injected, the whole search again with each; and what it "
            "gains for one of three standard deviations.",
        )
