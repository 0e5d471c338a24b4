"""From pulls to verdicts: which windows fail, and what the others' expectations are uncertain by.

Per sample, feature set and working point. A window is asked whether its pulls are explained by the
uncertainties of the search and by the non-closure of windows elsewhere, which share no events of
their signal regions with it. The worst one that is not fails, and is not asked about any more,
until all that are left pass. So one bump does not become the uncertainty of all windows, and what
all of them have in common does not fail them one by one. With fewer than five pulls elsewhere a
window has only the uncertainties of the search.

The non-closure of a window is that of its own pulls if there are enough of them (up-down-sampling),
and else of those of its nearest neighbours as well (a single data set has one pull per window).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.window import Window
from anomalon.search.results.validation import MeasuredClosure
from anomalon.stats.coverage import NonClosureFit, fit_non_closure, width_p_value

__all__ = ["Judged", "WindowPulls", "judged"]

Floats = NDArray[np.floating[Any]]

_ENOUGH = 10
"""Pulls from which a width is known to a fifth or so."""
_FEWEST = 5
"""Pulls elsewhere that may excuse a window: fewer may be off themselves, and hide one another."""


@dataclass(frozen=True, eq=False)
class WindowPulls:
    """The pulls of one window.

    Args:
        window: The window.
        pull: In each data set that gave one, shape (data set,).
        relative: Total uncertainty over expectation, shape (data set,).
    """

    window: Window
    pull: Floats
    relative: Floats


@dataclass(frozen=True)
class Judged:
    """What became of a window.

    Args:
        p_value: Probability of pulls as wide; NaN if it has none.
        failed: Whether it failed.
        closure: Its non-closure; unknown if it failed.
    """

    p_value: float
    failed: bool
    closure: MeasuredClosure


def judged(pulls: Sequence[WindowPulls], level: float, chance: float) -> list[Judged]:
    """One verdict for each window.

    Args:
        pulls: All windows of a sample, feature set and working point.
        level: Below this p-value a window fails.
        chance: From this p-value on pulls that are too wide are taken for chance.
    """
    alive = [i for i, one in enumerate(pulls) if len(one.pull)]
    p_values = dict.fromkeys(range(len(pulls)), nan)
    failed = set[int]()
    while alive:
        p_values |= {i: _p_value(pulls, alive, i) for i in alive}
        worst = min(alive, key=lambda i: p_values[i])
        if p_values[worst] >= level:
            break
        failed.add(worst)
        alive.remove(worst)
    return [
        Judged(
            p_values[i],
            i in failed,
            _measured(pulls, alive, i, chance) if i in alive else MeasuredClosure.unknown(),
        )
        for i in range(len(pulls))
    ]


def _p_value(pulls: Sequence[WindowPulls], alive: Sequence[int], i: int) -> float:
    own = pulls[i]
    elsewhere = [j for j in alive if _apart(pulls[j].window, own.window)]
    enough = sum(len(pulls[j].pull) for j in elsewhere) >= _FEWEST
    delta = _fit(pulls, elsewhere).delta if enough else 0.0
    return width_p_value(own.pull, own.relative, delta)


def _measured(
    pulls: Sequence[WindowPulls], alive: Sequence[int], i: int, chance: float
) -> MeasuredClosure:
    near = _nearest(pulls, alive, pulls[i].window)
    fit = _fit(pulls, near)
    taken = fit.delta if fit.p_value < chance else 0.0
    return MeasuredClosure(fit.delta, fit.low, fit.high, fit.p_value, fit.n, len(near), taken)


def _fit(pulls: Sequence[WindowPulls], chosen: Sequence[int]) -> NonClosureFit:
    return fit_non_closure(
        np.concatenate([pulls[i].pull for i in chosen]),
        np.concatenate([pulls[i].relative for i in chosen]),
    )


def _nearest(pulls: Sequence[WindowPulls], among: Sequence[int], window: Window) -> list[int]:
    """Windows from the nearest on, until there are enough pulls, or all."""
    chosen: list[int] = []
    n = 0
    for i in sorted(among, key=lambda i: abs(pulls[i].window.centre - window.centre)):
        if n >= _ENOUGH:
            break
        chosen.append(i)
        n += len(pulls[i].pull)
    return chosen


def _apart(one: Window, other: Window) -> bool:
    return one.high <= other.low or other.high <= one.low
