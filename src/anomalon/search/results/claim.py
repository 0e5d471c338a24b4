"""What a search may claim: an excess only if the checks of the trial that makes it have passed."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from anomalon.core.result import Check, Status
from anomalon.search.results.checks import decisive, doubtful
from anomalon.search.results.cut import CutResult
from anomalon.search.results.ledger import NO_FEATURES, Trial, best_of, global_p, is_of
from anomalon.search.results.thresholds import EXCESS
from anomalon.search.results.window import WindowResult
from anomalon.stats import p_from_z

if TYPE_CHECKING:
    from anomalon.search.results.scan import Scan

__all__ = ["Claim", "claim", "result_of"]

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
    for window in scan.windows:
        if is_of(trial, window):
            for cut in window.cuts:
                if cut.efficiency == trial.efficiency:
                    return window, cut
    return None


def _is_excess(p: float | None) -> bool:
    return p is not None and p <= float(p_from_z(EXCESS))


def _doubts(scan: "Scan", trial: Trial) -> tuple[Check, ...]:
    found = result_of(scan, trial)
    if found is None:
        return ()
    checks = decisive(*found, relative=scan.relative)
    return tuple(filter(doubtful, checks))


def _instead(scan: "Scan", doubted: Trial) -> Trial | None:
    """The best trial that can be believed, where the doubted ones are not.

    What makes one cut of a window unbelievable is at work in its other cuts, even where too few
    events are left to see it.
    """
    left = list(_elsewhere(doubted, scan.ledger))
    while (trial := best_of(left)) is not None:
        if not _is_excess(global_p(scan.ledger, scan.toys, trial).p):
            return None
        if not _doubts(scan, trial):
            return trial
        left = list(_elsewhere(trial, left))
    return None


def _elsewhere(doubted: Trial, trials: Iterable[Trial]) -> Iterable[Trial]:
    """Trials in another window or with other features; after a doubted spectrum, another window."""
    for trial in trials:
        same = trial.features == doubted.features or doubted.features == NO_FEATURES
        if trial.window != doubted.window or not same:
            yield trial
