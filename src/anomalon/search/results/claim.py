"""What a search may claim: an excess only if the checks of the trial that makes it have passed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from anomalon.core.result import Check, Status
from anomalon.core.window import Window
from anomalon.search.results.checks import checks_of, decisive, doubtful, told
from anomalon.search.results.cut import CutResult
from anomalon.search.results.ledger import Trial, best_of, global_p, place_of
from anomalon.search.results.thresholds import EXCESS
from anomalon.search.results.window import WindowResult
from anomalon.stats import p_from_z

if TYPE_CHECKING:
    from anomalon.search.results.scan import Scan

__all__ = ["Claim", "claim", "result_of"]

# Signal regions that have more than this share in common are one place. Half, as neighbours in a
# scan have it, is less.
_SAME = 0.6

_VERDICTS: dict[Status, str] = {
    "excess": "Excess",
    "checks failed": "Checks failed",
    "nothing": "No significant excess",
    "no answer": "No answer",
}


@dataclass(frozen=True)
class Claim:
    """What follows from all trials and their checks.

    Args:
        status: "excess" if the best trial is globally significant and can be believed, "checks
            failed" if it is and cannot, "nothing" if it is not, "no answer" if there is no trial.
        failed: The checks of the best trial that failed, also if it is not significant; if it is,
            also what could not be checked and would have to be.
        instead: If the best trial cannot be believed, the best one elsewhere that is globally
            significant and can; None if there is none.
    """

    status: Status
    failed: tuple[Check, ...] = field(default=())
    instead: Trial | None = None

    @property
    def verdict(self) -> str:
        """The status as a reader is told it."""
        return _VERDICTS[self.status]


def claim(scan: "Scan") -> Claim:
    """What the search may claim."""
    if scan.best is None or scan.p_global is None:
        return Claim("no answer")
    doubts = _doubts(scan, scan.best)
    if not _is_excess(scan.p_global):
        return Claim("nothing", tuple(check for check in doubts if check.verdict == "failed"))
    if not doubts:
        return Claim("excess")
    return Claim("checks failed", doubts, _instead(scan, scan.best))


def result_of(scan: "Scan", trial: Trial) -> tuple[WindowResult, CutResult] | None:
    """The window and the cut of a trial; None if the scan does not hold them."""
    place = place_of(trial, scan.windows)
    if place is None:
        return None
    window = scan.windows[place[0]]
    return window, window.cuts[place[1]]


def _is_excess(p: float | None) -> bool:
    return p is not None and p <= float(p_from_z(EXCESS))


def _doubts(scan: "Scan", trial: Trial) -> tuple[Check, ...]:
    found = result_of(scan, trial)
    if found is None:
        return ()
    checks = decisive(*found, relative=scan.relative)
    return (*filter(doubtful, checks), *_told_elsewhere(scan, *found))


def _told_elsewhere(scan: "Scan", result: WindowResult, cut: CutResult) -> Iterator[Check]:
    """Features that tell the mass, seen in other side bands of the same signal region.

    Narrow ones may not see it. In these it was seen, and makes the same excess.
    """
    for other in scan.windows:
        if other is not result and _same_place(result, other):
            for same in other.cuts:
                if other.series(same) == result.series(cut):
                    yield from filter(told, checks_of(other, same))


def _instead(scan: "Scan", doubted: Trial) -> Trial | None:
    """The best trial that can be believed, where the doubted ones are not.

    What makes one cut of a window unbelievable is at work in its other cuts, even where too few
    events are left to see it.
    """
    left = list(_elsewhere(scan, doubted, scan.ledger))
    while (trial := best_of(left)) is not None:
        if not _is_excess(global_p(scan.ledger, scan.toys, trial, scan.correlated).p):
            return None
        if not _doubts(scan, trial):
            return trial
        left = list(_elsewhere(scan, trial, left))
    return None


def _elsewhere(scan: "Scan", doubted: Trial, trials: Iterable[Trial]) -> Iterable[Trial]:
    """Trials in another window or with other features; after a doubted spectrum, another window."""
    there = result_of(scan, doubted)
    for trial in trials:
        here = result_of(scan, trial)
        if here is None or there is None:
            continue  # what cannot be found cannot be checked
        if not _same_place(here[0], there[0], whatever_features=doubted.efficiency >= 1):
            yield trial


def _same_place(one: WindowResult, other: WindowResult, *, whatever_features: bool = False) -> bool:
    """Whether two results are of the same selection in nearly the same signal region."""
    same = whatever_features or one.way == other.way
    return same and _overlap(one.window, other.window) > _SAME


def _overlap(one: Window, other: Window) -> float:
    """The common part of two signal regions as a share of the smaller one.

    Side bands do not matter: what makes an excess is still there if others are compared with.
    """
    common = min(one.high, other.high) - max(one.low, other.low)
    return max(0.0, common) / min(one.high - one.low, other.high - other.low)
