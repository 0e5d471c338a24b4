"""Limits on signals by running the whole search again with signal injected.

A classifier that learns from data selects a signal the better the more of it there is: its
efficiency belongs to a strength. So the signal is injected at several strengths, the whole chain
runs again for each, and a strength is excluded if it would give at least the selected events that
the data allow (ATLAS, arXiv:2502.09770; CMS, arXiv:2412.03747).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import numpy as np

from anomalon.core import check, config
from anomalon.core.bibliography import in_order
from anomalon.core.errors import BadLayout, BadValue
from anomalon.core.provenance import code_version
from anomalon.core.sample import Sample
from anomalon.core.seed import Seed
from anomalon.core.window import Window
from anomalon.run import Executor, Progress, Store, do
from anomalon.run.progress import part
from anomalon.search.events.injected_run import InjectedRun, Injecting
from anomalon.search.events.injection_plan import (
    Injections,
    Plan,
    equivalent,
    holding,
    numbers,
    share_inside,
)
from anomalon.search.events.pseudo_data import PseudoData
from anomalon.search.events.scan import Search
from anomalon.search.events.selector import with_own
from anomalon.search.events.signal_limit import signal_limit
from anomalon.search.events.validated import Validated
from anomalon.search.results.injection_limit import InjectionLimitResult
from anomalon.search.results.scan import Scan
from anomalon.stats.limits.count_limits import N_SIGMA

__all__ = ["InjectionLimits", "Signal"]

Into = Literal["pseudo-data", "data"]
Unit = Literal["events", "fb", "sigma"]
Windows = Literal["nearest", "all"]

# Raised when the same settings give other numbers, so that stored injections are done again.
_FORMAT = 1

_MOST = 10_000  # strengths, injections or signals


@dataclass(frozen=True, eq=False)
class Signal:
    """A signal that may be in the data.

    Args:
        name: What it is called, unique among the signals of a job.
        events: Simulated events, all of one weight, behind the same preselection as the data.
        mass: Of the resonance in GeV.

    Raises:
        BadValue: If the mass is not above zero, the name is empty, or the events have different
            weights, of which none could be drawn.
        BadLayout: If the events are no `Sample`.
    """

    name: str
    events: Sample
    mass: float

    def __post_init__(self) -> None:
        check.text(self.name, "signal.name")
        if not isinstance(self.events, Sample):
            raise BadLayout(f"signal {self.name}: expected a Sample, got {self.events!r}.")
        self.events.required_mass(f"signal {self.name}")
        object.__setattr__(self, "mass", check.number(self.mass, "signal.mass", "(0, inf)"))
        if len(self.events) and np.ptp(self.events.weight) > 0:
            raise BadValue(
                f"signal {self.name}: expected events of one weight, got weights from "
                f"{self.events.weight.min():g} to {self.events.weight.max():g}. Draw unweighted "
                "events first."
            )


@dataclass(frozen=True)
class InjectionLimits:
    """Limits on signals by injection: what is injected, and how the limits are set.

    For each signal and strength the signal is drawn and added to data without signal, and the whole
    search runs again in the windows that hold its mass. The share of the injected events that is
    selected, by models that have not seen them, is the efficiency at that strength.

    Args:
        search: The search; its pseudo-experiments, if any, are left out.
        strengths: Of the signals, increasing, above zero, at least two.
        unit: Of the strengths: "events" expected in the data before the search; cross section in
            "fb"; or "sigma", the significance that the signal would have without any cut.
        injections: Draws at each strength.
        level: Confidence level.
        luminosity: Integrated luminosity in fb^-1, for cross sections; None for none.
        acceptance: Share of the signal that is behind the preselection of the data.
        windows: "nearest": the window with its centre nearest to the mass; "all" that hold it.
        into: What signal is injected into. "pseudo-data": data in which masses are drawn from the
            fitted spectrum and features are dealt out anew, so that a signal which is in the data
            teaches the classifiers nothing. "data": the data as they are, which keeps what
            features know of the mass, and takes for granted that there is no signal in them.
        poisson: Whether the number of injected events fluctuates from draw to draw.

    Raises:
        BadValue: If strengths do not increase, a number is outside what is allowed, or there are
            strengths in fb and no luminosity.
    """

    search: Search
    strengths: tuple[float, ...]
    unit: Unit = "events"
    injections: int = 5
    level: float = 0.95
    luminosity: float | None = None
    acceptance: float = 1.0
    windows: Windows = "nearest"
    into: Into = "pseudo-data"
    poisson: bool = True

    def __post_init__(self) -> None:
        check.of_kind(self.search, "limits.search", Search)
        given = check.several(self.strengths, "limits.strengths", _MOST)
        strengths = tuple(check.number(s, "limits.strengths", "(0, inf)") for s in given)
        if len(strengths) < 2 or np.any(np.diff(strengths) <= 0):
            raise BadValue(
                "limits.strengths: expected at least two numbers that increase, got "
                f"{', '.join(f'{s:g}' for s in strengths) or 'none'}."
            )
        object.__setattr__(self, "strengths", strengths)
        check.fields(
            self, "limits", injections=(1, _MOST), level="(0, 1)", acceptance="(0, 1]", poisson=bool
        )
        for name, words in (
            ("unit", ("events", "fb", "sigma")),
            ("windows", ("nearest", "all")),
            ("into", ("pseudo-data", "data")),
        ):
            check.one_of(getattr(self, name), f"limits.{name}", words)
        if self.luminosity is not None:
            luminosity = check.number(self.luminosity, "limits.luminosity", "(0, inf)")
            object.__setattr__(self, "luminosity", luminosity)
        elif self.unit == "fb":
            raise BadValue(
                "limits.luminosity: expected one in fb^-1 for strengths in fb, got none."
            )

    cites = ("ATLAS:2025obc", "Read:2002hq", "Cowan:2010js")

    @property
    def per_event(self) -> float | None:
        """The cross section in fb of one event before the search; None without luminosity."""
        return None if self.luminosity is None else 1.0 / (self.luminosity * self.acceptance)

    def run(
        self,
        data: Sample,
        signals: Sequence[Signal],
        simulation: Sample | None = None,
        *,
        seed: Seed | int = 0,
        executor: Executor | None = None,
        store: Store | None = None,
        progress: Progress | None = None,
    ) -> InjectionLimitResult:
        """Search the data as they are, and again with each signal at each strength.

        Args:
            data: As for `Search.run`. Labels, if there are any, are not looked at.
            signals: On which limits are set, with the features of the data.
            simulation: For background methods that need one.
            seed: Root of all random numbers.
            executor: Who does the work; this process if None. The numbers do not depend on it.
            store: Where finished injections are kept. Other levels, luminosities and further
                strengths and signals take from there what is done.
            progress: Called after each finished window and injection.

        Raises:
            BadValue: If there is no signal, two have one name, or no window holds a mass.
            TooFewEvents: If a signal has no events in its window, or not enough for a strength.
            ColumnMissing: If a signal has not all features of the data.
        """
        seed, data = Seed.of(seed), data.blind()
        n_runs = len(signals) * len(self.strengths) * self.injections
        scan = self._searching(signals).run(
            data,
            simulation,
            seed=seed,
            executor=executor,
            store=store,
            progress=part(progress, after=n_runs),
        )
        injections = self.inject(
            data,
            signals,
            simulation,
            seed=seed,
            executor=executor,
            store=store,
            progress=part(progress, before=len(scan.windows)),
            scan=scan,
        )
        return self.limits(scan, injections)

    def inject(
        self,
        data: Sample,
        signals: Sequence[Signal],
        simulation: Sample | None = None,
        *,
        seed: Seed | int = 0,
        executor: Executor | None = None,
        store: Store | None = None,
        progress: Progress | None = None,
        scan: Scan | None = None,
    ) -> Injections:
        """The injections alone, as `run` does them; they may serve several sets of data.

        Args:
            data: See `run`, as for the others.
            signals: On which limits are to be set.
            simulation: For background methods that need one.
            seed: Root of all random numbers.
            executor: Who does the work.
            store: Where finished injections are kept.
            progress: Called after each finished injection.
            scan: Of the data, which strengths in standard deviations need.

        Raises:
            BadValue: If the strengths are in standard deviations and there is no scan; and see
                `run`.
            TooFewEvents, ColumnMissing: See `run`.
        """
        seed, data = Seed.of(seed), data.blind()
        search = self._searching(signals)
        shared = self._injecting(search, data, simulation, signals, seed)
        of = self._digest(shared)
        plans = tuple(self._plan(signal, scan, shared, of) for signal in signals)
        values: list[Any] = do(
            [run for plan in plans for run in plan.runs],
            shared=shared,
            executor=executor,
            store=store,
            progress=progress,
        )
        return Injections(plans, tuple(values))

    def limits(self, scan: Scan, injections: Injections) -> InjectionLimitResult:
        """The limits of data that were searched.

        Args:
            scan: Of these data, with `search`.
            injections: That were done with the same search.
        """
        return InjectionLimitResult(
            name=self.search.name,
            signals=tuple(
                signal_limit(plan, values, scan, self.level, Seed(scan.seed))
                for plan, values in injections.of_signals()
            ),
            level=self.level,
            luminosity=self.luminosity,
            acceptance=self.acceptance,
            injections=self.injections,
            into=self.into,
            n_sigma=np.array(N_SIGMA),
            data=scan.data,
            settings=scan.settings,
            seed=scan.seed,
            citations=in_order(*scan.citations, *self.cites),
        )

    def _searching(self, signals: Sequence[Signal]) -> Search:
        """The search in the windows that hold a signal."""
        for i, signal in enumerate(check.several(signals, "signals", _MOST)):
            check.of_kind(signal, f"signals[{i}]", Signal)
        if not signals:
            raise BadValue("signals: expected at least one, got none.")
        check.once([signal.name for signal in signals], "signals: names")
        wanted = {window for signal in signals for window in self._holding(signal)}
        windows = tuple(w for w in self.search.windows if w in wanted)
        return replace(self.search, windows=windows, n_toys=0)

    def _holding(self, signal: Signal) -> tuple[Window, ...]:
        """The windows in which a signal is searched for."""
        return holding(self.search.windows, signal.name, signal.mass, self.windows)

    def _injecting(
        self,
        search: Search,
        data: Sample,
        simulation: Sample | None,
        signals: Sequence[Signal],
        seed: Seed,
    ) -> Injecting:
        """What all injections need; the masses of a signal do not widen the range of the fit."""
        pseudo = PseudoData.like(data, search.fit) if self.into == "pseudo-data" else None
        events = {}
        for signal in signals:
            drawn = signal.events.blind().select(data.names)
            events[signal.name] = drawn.with_weight(np.ones(len(drawn)))
        fit = replace(search.fit, range=search.fit.range_in(data))
        return Injecting(replace(search, fit=fit), data, simulation, events, pseudo, seed)

    def _digest(self, shared: Injecting) -> str:
        """Of all that injections depend on, but for the signal; of a score what it says."""
        search, simulation = shared.search, shared.simulation
        scored, _ = with_own(shared.data, search.score, (), ())
        return config.digest(
            code_version(),
            _FORMAT,
            *search.methods,
            search.features,
            search.cuts,
            self.into,
            scored.digest(),
            "" if simulation is None else simulation.digest(),
            str(shared.seed),
            # what it says, not where it is: a path may hold another one next time
            *(() if search.validation is None else (Validated.of(search.validation).digest,)),
        )

    def _plan(self, signal: Signal, scan: Scan | None, shared: Injecting, of: str) -> Plan:
        """All injections of a signal."""
        events, windows = shared.signals[signal.name], self._holding(signal)
        strengths = self._in_events(events, signal.name, windows[0], scan)
        of = config.digest(of, events.digest())
        drawn = partial(numbers, events=events, name=signal.name, seed=shared.seed)
        runs = [
            InjectedRun(of, signal.name, windows, strength, n, repeat)
            for strength in strengths
            for repeat, n in enumerate(drawn(strength, self.injections, poisson=self.poisson))
        ]
        return Plan(signal.name, signal.mass, len(events), windows, strengths, tuple(runs))

    def _in_events(
        self, events: Sample, name: str, window: Window, scan: Scan | None
    ) -> tuple[float, ...]:
        """The strengths in events before the search."""
        share = share_inside(events, name, window)
        if self.unit == "events":
            return self.strengths
        if self.per_event is not None and self.unit == "fb":
            return tuple(s / self.per_event for s in self.strengths)
        if scan is None:
            raise BadValue('scan: expected one of the data for strengths in "sigma", got none.')
        return equivalent(self.strengths, share, window, scan)
