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
        expected: The status that each should have, where that is known beforehand: a report is
            then in order if they have it.

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
        """Whether its results are what was expected; without that, whether all can be used."""
        summaries = [section.result.summary() for section in self.sections]
        if self.expected:
            return self.expected == tuple(summary.status for summary in summaries)
        return all(summary.ok for summary in summaries)
