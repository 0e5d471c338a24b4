"""Everything that anomalon raises on purpose.

    AnomalonError
    ├── DataError            something is wrong with events or files
    │   ├── ColumnMissing    a named column is not there
    │   ├── BadLayout        a file or an array has not the shape it should have
    │   ├── BadNumbers       NaN, infinity, negative masses or weights
    │   │   └── BadRows      … and in which rows
    │   ├── ChecksumMismatch a file is not the one that was expected
    │   ├── Leak             something would learn from signal, or from the events that judge it
    │   ├── MassRequired     a resonant mass is needed and there is none
    │   └── TruthRequired    a label is needed and there is none
    ├── ConfigError          something is wrong with settings
    │   ├── UnknownKey       a key that does not exist
    │   └── BadValue         a value outside what is allowed
    ├── FitError             a fit has no answer to give
    │   ├── DidNotConverge
    │   └── TooFewEvents
    ├── BrokenPromise        a classifier or background method does not do what all promise
    ├── WorkerError          what happened in a worker process, where only words can tell it
    │   └── WorkerLost       a worker process ended before its work was done
    └── MissingExtra         an optional dependency is not installed

A message says what was expected, what came, where, and what to do. All of them survive the way from
one process to another: what a constructor takes is what `args` holds.
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

__all__ = [
    "AnomalonError",
    "BadLayout",
    "BadNumbers",
    "BadRows",
    "BadValue",
    "BrokenPromise",
    "ChecksumMismatch",
    "ColumnMissing",
    "ConfigError",
    "DataError",
    "DidNotConverge",
    "FitError",
    "Leak",
    "MassRequired",
    "MissingExtra",
    "TooFewEvents",
    "TruthRequired",
    "UnknownKey",
    "WorkerError",
    "WorkerLost",
    "interruption_behind",
    "suggest",
]


class AnomalonError(Exception):
    """Base of all errors that anomalon raises on purpose."""


class DataError(AnomalonError):
    """Something is wrong with events or files."""


class ColumnMissing(DataError):
    """A named column is not in the data."""


class BadLayout(DataError):
    """A file or an array has not the layout that was expected."""


class BadNumbers(DataError):
    """Numbers that cannot be right: NaN, infinity, negative masses or weights."""


class BadRows(BadNumbers):
    """Numbers that cannot be right, in some rows of a table.

    Args:
        what: Which numbers, and where they come from.
        wanted: What was expected.
        got: What came.
        n_bad: In how many rows.
        first: The first of these rows.
        n_rows: How many rows were looked at.
        remedy: What to do.
    """

    SHOWN = 5
    """How many rows are named."""

    def __init__(
        self,
        what: str,
        wanted: str,
        got: str,
        n_bad: int,
        first: tuple[int, ...],
        n_rows: int,
        remedy: str = "",
    ) -> None:
        super().__init__(what, wanted, got, n_bad, first, n_rows, remedy)
        self.what, self.wanted, self.got, self.remedy = what, wanted, got, remedy
        self.n_bad, self.first, self.n_rows = n_bad, first[: self.SHOWN], n_rows

    def __str__(self) -> str:
        more = ", …" if self.n_bad > len(self.first) else ""
        text = (
            f"{self.what}: expected {self.wanted}, got {self.got} in {self.n_bad} of {self.n_rows} "
            f"rows (first: {', '.join(map(str, self.first))}{more}). {self.remedy}"
        )
        return text.rstrip()

    def moved(self, by: int) -> "BadRows":
        """The same, where the first row has the number `by`."""
        first = tuple(row + by for row in self.first)
        return BadRows(
            self.what, self.wanted, self.got, self.n_bad, first, self.n_rows, self.remedy
        )

    def among(self, n_rows: int, others: "Sequence[BadRows]") -> "BadRows":
        """The same, with what is wrong elsewhere in a table of `n_rows` rows."""
        same = [e for e in others if (e.what, e.wanted) == (self.what, self.wanted)]
        hidden = "" if len(same) == len(others) else " Other columns are wrong as well."
        return BadRows(
            self.what,
            self.wanted,
            self.got,
            self.n_bad + sum(e.n_bad for e in same),
            sum((e.first for e in same), self.first),
            n_rows,
            self.remedy + hidden,
        )


class ChecksumMismatch(DataError):
    """A file is not the one that was expected."""


class MassRequired(DataError):
    """The resonant mass is needed and the sample has none."""


class Leak(DataError):
    """Something would be fitted on true signal, or on the events that it is judged by."""


class TruthRequired(DataError):
    """The truth label is needed and the data have none."""


class ConfigError(AnomalonError):
    """Something is wrong with settings."""


class UnknownKey(ConfigError):
    """A key or a name that does not exist."""


class BadValue(ConfigError, ValueError):
    """A value outside what is allowed."""


class FitError(AnomalonError):
    """A fit has no answer to give."""


class DidNotConverge(FitError):
    """The minimiser did not reach a minimum."""


class TooFewEvents(FitError):
    """There are not enough events for what was asked."""


class BrokenPromise(AnomalonError):
    """A classifier or a background method does not do what all of its kind promise."""


class WorkerError(AnomalonError):
    """A piece of work in another process has failed in a way that only words can tell."""


class WorkerLost(WorkerError):
    """A worker process ended before its work was done: killed, or out of memory."""


class MissingExtra(AnomalonError, ImportError):
    """An optional dependency is not installed.

    Args:
        package: What is missing.
        extra: Which extra of anomalon brings it.
        purpose: What needs it.
    """

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(package, extra, purpose)
        self.package, self.extra, self.purpose = package, extra, purpose

    def __str__(self) -> str:
        return (
            f"{self.purpose} needs the package '{self.package}', which is not installed: "
            f"pip install 'anomalon[{self.extra}]'"
        )


def interruption_behind(error: BaseException | None) -> BaseException | None:
    """The interruption (Ctrl-C) that an error is, or that led to it; None if it is a real error.

    Code that turns one error into another does so with an interruption as well, if that comes at
    the wrong moment. It must never be taken for an answer.
    """
    seen = set[int]()
    while error is not None and id(error) not in seen:
        if not isinstance(error, Exception | SystemExit | GeneratorExit):
            return error
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return None


def suggest(name: str, known: Iterable[str]) -> str:
    """The tail of a message about an unknown name: the nearest one, or all of them.

    Example:
        >>> suggest("backgruond", ["background", "window"])
        "did you mean 'background'?"
    """
    known = sorted(known)
    near = get_close_matches(name, known, n=1)
    return f"did you mean '{near[0]}'?" if near else "known: " + ", ".join(known)
