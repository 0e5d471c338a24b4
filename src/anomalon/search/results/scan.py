"""What a search in events found: plain, frozen, and the same in memory, in JSON and on the page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import ClassVar

from anomalon.core.plain import Plain
from anomalon.core.result import Number, Result, Summary, Text
from anomalon.core.rounding import count
from anomalon.core.shown import Shown
from anomalon.search.results.claim import claim
from anomalon.search.results.correlated_trials import CorrelatedTrials
from anomalon.search.results.ledger import PGlobalSource, Trial, TrialToys
from anomalon.search.results.scan_summary import answer, summary
from anomalon.search.results.window import WindowResult

__all__ = ["DataInfo", "Scan"]


@dataclass(frozen=True)
class DataInfo:
    """What was searched.

    Args:
        source: Where the events came from.
        n_events: How many.
        digest: SHA-256 of masses, features and weights.
        has_truth: Whether they are labelled; the search does not look.
        injected_signal: Signal events that were added for a study, if any were.
        injection_seed: Root seed of their choice.
    """

    source: str
    n_events: int
    digest: str
    has_truth: bool
    injected_signal: int | None = None
    injection_seed: int | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Scan(Shown, Result):
    """A whole search.

    Args:
        name: Title that the user gave.
        windows: One result per window and feature set.
        ledger: Every trial, in order; the spectrum without a cut once for each signal region.
        best: The trial with the smallest local p-value, or None if no trial has one.
        p_global: Probability that background alone gives, anywhere in the ledger, a p-value as
            small as the best; `p_global_source` says where it comes from
            (`anomalon.search.results.ledger.global_p`).
        z_global: The same in standard deviations.
        settings: The search as resolved, plain.
        data: What was searched.
        seed: Root seed.
        notes: What a reader must know, in sentences.
        p_global_is_bound: Whether `p_global` is only an upper bound.
        toys: The pseudo-experiments, if there were any.
        p_global_source: Where `p_global` comes from.
        citations: Keys of `anomalon.core.bibliography`, of all that was used.
        roles: What the columns of the files were taken for, a sentence each.
        correlated: What the trials have in common; None if there are too many of them to say, and
            in older files.
    """

    name: str
    windows: tuple[WindowResult, ...]
    ledger: tuple[Trial, ...]
    best: Trial | None
    p_global: float | None
    z_global: float | None
    settings: Mapping[str, Plain]
    data: DataInfo
    seed: int
    notes: tuple[str, ...] = field(default=())
    p_global_is_bound: bool = True
    toys: TrialToys | None = None
    p_global_source: PGlobalSource = "sidak"
    citations: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    correlated: CorrelatedTrials | None = None

    kind: ClassVar[str] = "search"

    @property
    def n_with_answer(self) -> int:
        """Trials that have a p-value."""
        return sum(isfinite(trial.p_local) for trial in self.ledger)

    @property
    def relative(self) -> bool:
        """Whether cut spectra were fitted relative to those before the cut."""
        fit = self.settings.get("fit")
        return bool(fit.get("relative", True)) if isinstance(fit, Mapping) else True

    def summary(self) -> Summary:
        """What a reader is told of it."""
        return summary(self)

    def facts(self) -> tuple[Number | Text, ...]:
        """What its short form says."""
        return (
            Text("name", self.name),
            Text("result", claim(self).verdict),
            *answer(self),
            Text("data", f"{count(self.data.n_events)} events from {self.data.source}"),
        )
