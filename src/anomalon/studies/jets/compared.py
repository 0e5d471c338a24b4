"""`PublishedComparison`: areas under curves beside those that were published."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from anomalon.core.result import Check, Column, Number, Part, Result, Summary, Table
from anomalon.detection.results.standing import span
from anomalon.report import register_result

__all__ = ["ComparedRow", "PublishedComparison"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class ComparedRow:
    """One way to score jets.

    Args:
        labels: What it is, one for each head.
        auc: Shape (signal, repetition).
        published: Of each signal; NaN where nothing was.
    """

    labels: tuple[str, ...]
    auc: Floats
    published: Floats


@dataclass(frozen=True, eq=False)
class PublishedComparison(Result):
    """Many ways to score jets.

    Args:
        title: What is compared.
        heads: Of the labels.
        signals: Names.
        rows: Ways.
        how: What was done, in a sentence or two.
        note: Below the table.
        within: Half a width within which ours are said to agree; NaN: nothing is said.
        citations: Of what was used.
    """

    kind: ClassVar[str] = "published comparison"

    title: str
    heads: tuple[str, ...]
    signals: tuple[str, ...]
    rows: tuple[ComparedRow, ...]
    how: str
    note: str = ""
    within: float = 0.03
    citations: tuple[str, ...] = ()

    @property
    def differences(self) -> Floats:
        """Ours less what was published, medians, shape (row, signal)."""
        ours = np.array([np.median(row.auc, axis=1) for row in self.rows])
        return np.asarray(ours - np.array([row.published for row in self.rows]))

    def summary(self) -> Summary:
        """What a reader is told."""
        away = self.differences
        known = np.isfinite(away)
        agree = int((np.abs(away[known]) <= self.within).sum())
        best = [int(np.argmax([np.median(r.auc[i]) for r in self.rows])) for i in self._signals]
        words = ", ".join(
            f"{np.median(self.rows[b].auc[i]):.3f} for {self.signals[i]} "
            f"({', '.join(self.rows[b].labels)})"
            for i, b in zip(self._signals, best, strict=True)
        )
        typical = float(np.median(np.abs(away[known]))) if known.any() else float("nan")
        checks = self._checks()
        ok = all(check.passed is not False for check in checks)
        return Summary(
            kind="comparison",
            title=self.title,
            status="done" if ok else "checks failed",
            ok=ok,
            verdict=f"{agree} of {int(known.sum())} published values within {self.within:g}"
            if known.any()
            else "Compared",
            headline=f"The largest areas under the curve are {words}."
            + (
                f" Of {int(known.sum())} published values {agree} are met within "
                f"{self.within:g}; the median difference is {typical:.3f}."
                if known.any()
                else ""
            ),
            how=self.how,
            numbers=(
                Number("published values", int(known.sum()), form="count"),
                Number(f"met within {self.within:g}", agree, form="count"),
            )
            if known.any()
            else (),
            checks=checks,
            parts=(Part("All of them", tables=(self._table(),)),),
            citations=self.citations,
        )

    @property
    def _signals(self) -> range:
        return range(len(self.signals))

    def _checks(self) -> tuple[Check, ...]:
        finite = all(np.isfinite(row.auc).all() for row in self.rows)
        return (
            Check(
                "all scores are numbers",
                "yes" if finite else "some areas are not",
                "passed" if finite else "failed",
            ),
        )

    def _table(self) -> Table:
        head = [Column(name) for name in self.heads]
        for name in self.signals:
            head += [Column(f"AUC {name}"), Column(f"published {name}", digits=3)]
        rows: list[tuple[float | str | None, ...]] = []
        for row in self.rows:
            cells: list[float | str | None] = [*row.labels]
            for auc, published in zip(row.auc, row.published, strict=True):
                cells += [span(auc), float(published) if np.isfinite(published) else None]
            rows.append(tuple(cells))
        return Table(self.title, tuple(head), tuple(rows), note=self.note)


register_result(PublishedComparison)
