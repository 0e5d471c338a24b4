"""How long a search in a histogram will take, and how much memory: said before it begins."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from anomalon.run.progress import Told
from anomalon.stats.counts.pseudo_experiments import BLOCK

__all__ = ["Cost", "beginning", "hunt_cost", "limit_cost"]

# Doubles for each toy of a block and bin, for each window, for each mass and bin; and what is there
# before anything begins. From the peak of the resident memory with 5000 bins.
_OF_TOY, _OF_WINDOW, _OF_MASS, _BEFORE = 10, 4, 30, 0.4e9
_SHORT = 1e9  # windows of all toys: some ten seconds
_TOY = 1 / 9  # of the time of a limit: CLs of one strength


@dataclass(frozen=True)
class Cost:
    """What a search will take.

    Args:
        what: Its size in words.
        seconds: Time in one process, if the machine does nothing else.
        n_bytes: Largest memory, of each process.
        at_once: Processes that share the work.

    Example:
        >>> str(Cost("5000 bins", 5400.0, 8.1e8))
        '5000 bins: about 1:30:00 and 0.9 GB of memory'
    """

    what: str
    seconds: float
    n_bytes: float
    at_once: int = 1

    def __str__(self) -> str:
        whole = timedelta(seconds=max(round(self.seconds / self.at_once, -1), 10))
        gigabytes = max(round(self.n_bytes / 1e9 + 0.05, 1), 0.1)
        each = f" in each of {self.at_once} processes" if self.at_once > 1 else ""
        return f"{self.what}: about {whole} and {gigabytes} GB of memory{each}"


def beginning(cost: Cost | None, at_once: int | None = 1) -> Told:
    """What is told when a search begins.

    Args:
        cost: In one process; None if it is short.
        at_once: How many share the work; None if nobody knows, and then the time is not forecast.
    """
    if cost is None:
        return Told("beginning")
    shared = replace(cost, at_once=at_once or 1)
    return Told(str(shared), None if at_once is None else cost.seconds / at_once)


def hunt_cost(
    hunt: Callable[[int], Any], n_bins: int, n_windows: int, n_toys: int, n_hunts: int
) -> Cost | None:
    """Of a bump hunt; None if it is too short to be measured.

    Args:
        hunt: A hunt with a number of toys, done a few times here.
        n_bins: Of the spectrum.
        n_windows: In each toy.
        n_toys: In all hunts together.
        n_hunts: How many there are.
    """
    if n_windows * n_toys < _SHORT:
        return None
    few, some = 1, 6
    hunt(few)  # compiles
    one, more = _seconds(hunt, few), _seconds(hunt, some)
    each = max(more - one, 0.0) / (some - few)
    memory = 8.0 * (_OF_TOY * n_bins * min(n_toys, BLOCK) + _OF_WINDOW * n_windows) + _BEFORE
    what = f"{n_bins} bins, {n_windows} windows, {n_toys} pseudo-experiments"
    return Cost(what, n_hunts * max(one - few * each, 0.0) + n_toys * each, memory)


def limit_cost(
    limit: Callable[[], Any],
    n_bins: int,
    n_masses: int,
    n_functions: int,
    n_toys: int,
    n_at_once: int,
) -> Cost | None:
    """Of limits; None if they are too short to be measured.

    Args:
        limit: Sets a limit at one mass.
        n_bins: Of the spectrum.
        n_masses: At which limits are set.
        n_functions: That are fitted.
        n_toys: Pseudo-experiments in which one is set, in all.
        n_at_once: Of them in memory.
    """
    if n_bins * (n_masses + n_toys) * n_functions < 5e6:
        return None
    limit()  # compiles
    each = _seconds(limit)
    memory = 8.0 * n_bins * (_OF_MASS * n_masses + _OF_TOY * n_at_once) + _BEFORE
    what = f"{n_bins} bins, {n_masses} masses, {n_toys} pseudo-experiments"
    return Cost(what, (n_masses + _TOY * n_toys) * each, memory)


def _seconds(work: Callable[..., Any], *arguments: Any) -> float:
    start = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - start
