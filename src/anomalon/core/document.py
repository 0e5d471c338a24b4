"""`Report`: one or more results with the words of their author."""

from dataclasses import dataclass

from anomalon.core.errors import BadValue
from anomalon.core.result import Result, Status

__all__ = ["Report", "Section"]


@dataclass(frozen=True, eq=False)
class Section:
    """One result of a report.

    Args:
        result: What was found.
        heading: Its title on the page; that of the result if empty.
        text: What the reader should know before the numbers, plain text.
    """

    result: Result
    heading: str = ""
    text: str = ""


@dataclass(frozen=True, eq=False)
class Report:
    """What goes on one page.

    Args:
        title: Of the page.
        sections: At least one.
        expected: The status that each should have, where that is known beforehand.

    Raises:
        BadValue: If there is no section.
    """

    title: str
    sections: tuple[Section, ...]
    expected: tuple[Status, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "sections", tuple(self.sections))
        if not self.sections:
            raise BadValue("report: expected at least one section, got none.")

    @classmethod
    def of(cls, result: "Report | Result") -> "Report":
        """The report of a single result; a report is one already."""
        if isinstance(result, Report):
            return result
        return cls(result.summary().title, (Section(result),))

    @property
    def ok(self) -> bool:
        """Whether all of its results can be used as they are, and are what was expected."""
        summaries = [section.result.summary() for section in self.sections]
        as_expected = not self.expected or self.expected == tuple(s.status for s in summaries)
        return as_expected and all(summary.ok for summary in summaries)
