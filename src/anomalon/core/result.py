"""What every result tells, whatever job made it: one contract for pages, terminals and programs.

A result is a frozen dataclass that derives from `Result` and says in `summary()` what a reader must
know: a status, the answer in a sentence, numbers with units and uncertainties, checks, tables. All
of it is plain. How it looks is the business of `anomalon.report`, which finds the drawings of a
result by its type and prints the rest from here; the exit status of a command is `Summary.ok`.

Writing your own: a frozen dataclass with a `kind` (the name of its command), whose fields are
numbers, strings, arrays and other such dataclasses, and `summary`. `exports` has files for other
tools, if there are any. `anomalon.core.plain` keeps it as JSON and reads it again.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import ClassVar, Literal

from anomalon.core import rounding

__all__ = [
    "Check",
    "Column",
    "Form",
    "Number",
    "Part",
    "Result",
    "Status",
    "Summary",
    "Table",
    "Text",
    "Verdict",
    "Writer",
]

Status = Literal["excess", "nothing", "checks failed", "no answer", "done"]
"""An excess whose checks passed; none; one that is not to be believed; no number; no question."""

Verdict = Literal["passed", "too small to matter", "failed", "not made", "for information"]

Form = Literal["plain", "count", "p-value", "significance", "percent"]
"""How a number is written: `anomalon.core.rounding` has a function for each."""

_WRITTEN = {
    "plain": rounding.plain,
    "count": rounding.count,
    "p-value": rounding.p_value,
    "significance": rounding.sigmas,
    "percent": rounding.percent,
}


@dataclass(frozen=True)
class Number:
    r"""A number as a reader needs it; None is one that does not exist.

    Args:
        name: What it is, e.g. "local p-value".
        value: In `unit`; of a range the lower end.
        uncertainty: One standard deviation, if it has one.
        unit: "GeV", "fb", "events", or "" for a pure number.
        form: How it is written.
        bound: "at most" or "at least", if that is all that is known.
        upper: The upper end of a range.
        digits: Significant digits without an uncertainty, for "plain".

    Example:
        >>> str(Number("mass", 3512.3, 12.1, unit="GeV")).replace("\u202f", " ")
        '3 512\xa0± 12 GeV'
        >>> str(Number("global p-value", 0.012, form="p-value", bound="at most"))
        '≤ 0.012'
    """

    name: str
    value: float | None
    uncertainty: float | None = None
    unit: str = ""
    form: Form = "plain"
    bound: Literal["", "at most", "at least"] = ""
    upper: float | None = None
    digits: int = 3

    def __post_init__(self) -> None:
        for name in ("value", "uncertainty", "upper"):
            given = getattr(self, name)
            finite = given is not None and isfinite(given)
            object.__setattr__(self, name, float(given) if finite else None)

    def __str__(self) -> str:
        if self.value is not None and self.uncertainty is not None:
            text = rounding.measured(self.value, self.uncertainty)
        else:
            text = self._written(self.value)
            if self.upper is not None:
                text += f" to {self._written(self.upper)}"
        sign = {"": "", "at most": "≤ ", "at least": "≥ "}[self.bound]
        return f"{sign}{text}{f' {self.unit}' if self.unit else ''}"

    def _written(self, value: float | None) -> str:
        if self.form == "plain":
            return rounding.plain(value, self.digits)
        return _WRITTEN[self.form](value)


@dataclass(frozen=True)
class Text:
    """What belongs among the numbers and is none: a name, a choice.

    Args:
        name: What it is.
        text: The words.
    """

    name: str
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Check:
    """Something that has to hold if the result is to be believed.

    Args:
        what: What is to hold.
        found: What was found, in words and numbers.
        verdict: What follows.
        where: The window, cut or mass that it is about; "" for the whole.
        p_value: Probability of such a difference by chance, if it has one.
        size: The difference as a share of what was expected, if it has one.
    """

    what: str
    found: str
    verdict: Verdict
    where: str = ""
    p_value: float | None = None
    size: float | None = None

    @property
    def passed(self) -> bool | None:
        """Whether it leaves the result as it is; None if it decides nothing."""
        if self.verdict in ("not made", "for information"):
            return None
        return self.verdict != "failed"


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Args:
        name: Its head, with the unit of its numbers, if they have one, in `unit`.
        unit: "GeV", "fb" …
        form: How its numbers are written; text is left as it is.
        digits: Significant digits, for "plain".
    """

    name: str
    unit: str = ""
    form: Form = "plain"
    digits: int = 3

    def written(self, value: "float | str | None") -> str:
        """A cell of this column; empty where there is nothing."""
        if value is None:
            return ""
        if isinstance(value, str):
            return value
        return str(Number("", value, form=self.form, digits=self.digits))


@dataclass(frozen=True)
class Table:
    """Rows of numbers and words.

    Args:
        title: What it shows.
        columns: Heads.
        rows: Cells; None where there is nothing.
        best: Rows that stand out, by their position.
        note: A sentence below it.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[float | str | None, ...], ...]
    best: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Part:
    """A piece of a page under a heading of its own.

    Args:
        title: The heading.
        text: Before the rest.
        numbers: What is known.
        figures: Kinds of the drawings that are shown here, in this order.
        tables: After them.
        parts: Pieces inside of it.
        folded: Whether a reader opens it first; long tables are, drawings seldom.
        open: Whether it is open from the beginning all the same.
        note: A sentence in small print at its end.
        name: What its drawings are called by, if parts of the same kind are many; "" for all.
        checks: Whether the table of all checks stands here; if nowhere, it stands at the end.
    """

    title: str
    text: str = ""
    numbers: tuple[Number | Text, ...] = ()
    figures: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    parts: "tuple[Part, ...]" = ()
    folded: bool = False
    open: bool = False
    note: str = ""
    name: str = ""
    checks: bool = False


@dataclass(frozen=True)
class Summary:
    """What a reader is told.

    Args:
        kind: What was done, e.g. "bump hunt".
        title: Of this result.
        status: The outcome in one word.
        verdict: The outcome in the field's words, e.g. "No significant excess".
        headline: The answer in a sentence or two.
        numbers: What the answer stands on.
        ok: Whether it can be used as it is; commands exit with 1 otherwise.
        how: How it was done, in a sentence.
        problems: What failed: to be read before anything else.
        warnings: What a reader must know and the numbers do not say.
        notes: What is worth knowing.
        checks: All of them; failed ones are shown first.
        table: What a terminal shows below the numbers, and the page as well.
        parts: The rest of the page, in reading order.
        citations: Keys of `anomalon.core.bibliography`, of what was used.
    """

    kind: str
    title: str
    status: Status
    verdict: str
    headline: str
    numbers: tuple[Number | Text, ...] = ()
    ok: bool = True
    how: str = ""
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    table: Table | None = None
    parts: tuple[Part, ...] = ()
    citations: tuple[str, ...] = ()

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if check.passed is False)


class Result(ABC):
    """What a job has found."""

    kind: ClassVar[str]

    @abstractmethod
    def summary(self) -> Summary:
        """What a reader is told of it."""

    def exports(self) -> "Mapping[str, str | Writer]":
        """Files for other tools, by their path in the run folder; none unless said otherwise.

        Each is a text, or a function that writes the file at the path that it is given.
        """
        return {}


Writer = Callable[[Path], object]
"""Writes a file that is no text: called with a temporary path of the same suffix."""
