"""What is injected where: windows that hold a signal, strengths in events, numbers of events."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import brentq

from anomalon.core.errors import BadValue, TooFewEvents
from anomalon.core.sample import Sample
from anomalon.core.seed import Seed
from anomalon.core.window import Window
from anomalon.search.events.injected_run import InjectedRun
from anomalon.search.results.scan import Scan
from anomalon.stats import asimov_significance

__all__ = ["Injections", "Plan", "equivalent", "holding", "numbers", "share_inside"]


@dataclass(frozen=True)
class Plan:
    """All injections of a signal.

    Args:
        name: Of the signal.
        mass: Of its resonance in GeV.
        n_events: In its sample.
        windows: Those that are searched.
        strengths: In events before the search, increasing.
        runs: By strength, and for each strength by draw.
    """

    name: str
    mass: float
    n_events: int
    windows: tuple[Window, ...]
    strengths: tuple[float, ...]
    runs: tuple[InjectedRun, ...]


@dataclass(frozen=True)
class Injections:
    """Injections that are done.

    Args:
        plans: Of each signal.
        values: What their runs gave, those of the first signal first.
    """

    plans: tuple[Plan, ...]
    values: tuple[dict[str, Any], ...]

    def of_signals(self) -> Iterator[tuple[Plan, tuple[dict[str, Any], ...]]]:
        """The plan and the values of each signal."""
        first = 0
        for plan in self.plans:
            yield plan, self.values[first : first + len(plan.runs)]
            first += len(plan.runs)


def holding(windows: Sequence[Window], name: str, mass: float, which: str) -> tuple[Window, ...]:
    """The windows whose signal region holds a mass, the one with the nearest centre first.

    Args:
        windows: Of the search.
        name: Of the signal, for messages.
        mass: In GeV.
        which: "nearest" for one of them, "all".

    Raises:
        BadValue: If there is none.
    """
    found = [w for w in windows if w.low <= mass < w.high]
    if not found:
        raise BadValue(
            f"signal {name}: expected a mass in the signal region of a window, got {mass:g} GeV; "
            f"the windows are {', '.join(map(str, windows))} GeV. Add one, or leave this signal "
            "out."
        )
    found.sort(key=lambda w: abs(w.centre - mass))
    return tuple(found[:1] if which == "nearest" else found)


def share_inside(events: Sample, name: str, window: Window) -> float:
    """The share of a signal that is in the signal region.

    Raises:
        TooFewEvents: If none is.
    """
    if not len(events):
        raise TooFewEvents(f"signal {name}: {events.source} has no events.")
    inside = window.in_signal_region(events.mass)
    if not inside.any():
        raise TooFewEvents(
            f"signal {name}: expected events in the signal region {window} GeV, got none of "
            f"{len(events)}, which have masses from {events.mass.min():.0f} to "
            f"{events.mass.max():.0f} GeV. Check `mass`, its column and unit."
        )
    return float(inside.mean())


def numbers(
    strength: float, repeats: int, *, events: Sample, name: str, seed: Seed, poisson: bool
) -> list[int]:
    """How many events are injected in each draw.

    Raises:
        TooFewEvents: If the sample has not that many.
        BadValue: If a fixed number would be none.
    """
    if poisson:
        drawn = [
            int(
                seed.child("injected events", signal=name, strength=strength, repeat=i)
                .generator()
                .poisson(strength)
            )
            for i in range(repeats)
        ]
    else:
        drawn = [round(strength)] * repeats
        if drawn[0] < 1:
            raise BadValue(
                f"signal {name}: expected strengths of one event or more if their number is "
                f"fixed, got {strength:g} events."
            )
    if max(drawn) > len(events):
        raise TooFewEvents(
            f"signal {name}: a strength of {strength:.4g} events asks for {max(drawn)}, and "
            f"{events.source} has {len(events)}. Simulate more, or inject less."
        )
    return drawn


def equivalent(
    sigmas: Sequence[float], share: float, window: Window, scan: Scan
) -> tuple[float, ...]:
    """Events before the search that would be so many standard deviations without any cut.

    Args:
        sigmas: Significances.
        share: Of the signal that is in the signal region.
        window: That region.
        scan: Of the data.

    Raises:
        TooFewEvents: If the spectrum without a cut has no significance.
    """
    uncut = next(result.cuts[0] for result in scan.windows if result.window == window)
    if not uncut.ok:
        raise TooFewEvents(
            f"limits.unit: no significance without a cut in window {window} GeV: {uncut.why}"
        )
    b = uncut.expected_effective
    unit = b / uncut.expected
    sigma = unit * float(np.hypot(uncut.sigma.fit, uncut.sigma.function))
    most = 1e3 * (b + sigma + 10.0)

    def missing(s: float, wanted: float) -> float:
        return float(asimov_significance(s, b, sigma)) - wanted

    return tuple(float(brentq(missing, 1e-9, most, args=(z,))) / (unit * share) for z in sigmas)
