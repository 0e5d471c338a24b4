"""`AuditResult`: whether procedures that score files know what they must not know."""

from dataclasses import dataclass
from typing import ClassVar

from anomalon.core.result import Check, Column, Number, Part, Result, Summary, Table
from anomalon.core.rounding import count

__all__ = ["AuditResult"]


@dataclass(frozen=True, eq=False)
class AuditResult(Result):
    """What an audit has found.

    Args:
        name: Title.
        source: Where the events are from.
        n_events: How many were scored.
        procedures: Names of what was audited.
        checks: Of all of them; `Check.where` names the procedure.
        citations: Of what was used.
    """

    kind: ClassVar[str] = "detection audit"

    name: str
    source: str
    n_events: int
    procedures: tuple[str, ...]
    checks: tuple[Check, ...]
    citations: tuple[str, ...] = ()

    @property
    def leaking(self) -> tuple[str, ...]:
        """Procedures of which a check failed."""
        failed = {check.where for check in self.checks if check.passed is False}
        return tuple(name for name in self.procedures if name in failed)

    @property
    def passed(self) -> bool:
        """Whether all checks of all procedures hold."""
        return not self.leaking

    def summary(self) -> Summary:
        """What a reader is told."""
        n, leaking = len(self.procedures), self.leaking
        these = ", ".join(leaking)
        verdict = f"Leaks in {len(leaking)} of {n}" if leaking else "No leak found"
        headline = (
            f"{verdict}: {these}. Scores that depend on anything but the event itself make "
            "efficiencies and AUCs meaningless."
            if leaking
            else f"{verdict} in {n} procedure{'s' if n > 1 else ''}, on {count(self.n_events)} "
            "events: each score is a function of its event alone."
        )
        return Summary(
            kind="leak audit",
            title=self.name,
            status="checks failed" if leaking else "done",
            verdict=verdict,
            headline=headline,
            numbers=(
                Number("events", self.n_events, form="count"),
                Number("checks", len(self.checks), form="count"),
                Number("failed", sum(c.passed is False for c in self.checks), form="count"),
            ),
            ok=not leaking,
            how=f"Events of {self.source} were scored as one file, and again as they could have "
            "come: in several files, in another order, with empty slots, in other pieces.",
            checks=self.checks,
            parts=(
                Part("What was checked", tables=(self._table(),)),
                Part("Every check", checks=True, folded=True, open=bool(leaking)),
            ),
            citations=self.citations,
        )

    def _table(self) -> Table:
        """A row per check, a column per procedure."""
        whats = tuple(dict.fromkeys(check.what for check in self.checks))
        found = {(check.what, check.where): check.verdict for check in self.checks}
        rows = tuple(
            (what, *(str(found.get((what, name), "-")) for name in self.procedures))
            for what in whats
        )
        columns = (Column("check"), *(Column(name) for name in self.procedures))
        return Table("Verdicts", columns, rows)
