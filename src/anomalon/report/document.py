"""`Report`: one or more searches with the words of their author; written as a page and figures."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anomalon.core.atomic import write_atomically, write_text_atomically
from anomalon.core.errors import BadValue
from anomalon.report import style
from anomalon.report.environment import environment as here
from anomalon.report.figures import Drawing, drawings
from anomalon.report.page import Picture, SectionSummary, render
from anomalon.report.summary import summary
from anomalon.search.results.scan import Scan

__all__ = ["Report", "Section", "pictures", "summarise", "write_report"]


@dataclass(frozen=True, eq=False)
class Section:
    """One search of a report.

    Args:
        scan: The result.
        heading: Its title on the page; the name of the scan if empty.
        text: What the reader should know before the numbers, plain text.
    """

    scan: Scan
    heading: str = ""
    text: str = ""


@dataclass(frozen=True, eq=False)
class Report:
    """What goes on one page.

    Args:
        title: Of the page.
        sections: At least one.

    Raises:
        BadValue: If there is no section.
    """

    title: str
    sections: tuple[Section, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "sections", tuple(self.sections))
        if not self.sections:
            raise BadValue("report: expected at least one section, got none.")

    @classmethod
    def of(cls, scan: Scan) -> "Report":
        """The report of a single search."""
        return cls(scan.name, (Section(scan),))


def summarise(report: Report) -> list[SectionSummary]:
    """The report as plain, JSON-able values."""
    return [
        {
            "heading": section.heading or section.scan.name,
            "text": section.text,
            "scan": summary(section.scan),
        }
        for section in report.sections
    ]


def write_report(
    report: Report | Scan,
    folder: str | Path,
    *,
    environment: Mapping[str, Any] | None = None,
    formats: tuple[str, ...] = ("svg", "png"),
) -> Path:
    """Write `report.html`, one file that needs no other, and each figure on its own in `figures/`.

    Args:
        report: What to show.
        folder: Where; made if it is not there.
        environment: Versions behind the numbers; those of this process if None.
        formats: Of the single figures, any of "svg" and "png".

    Returns:
        Path of the page.
    """
    report = Report.of(report) if isinstance(report, Scan) else report
    folder = Path(folder)
    drawn = []
    for i, section in enumerate(report.sections):
        tag = f"{i + 1}-" if len(report.sections) > 1 else ""
        drawn.append(list(pictures(drawings(section.scan), tag, folder / "figures", formats)))
    page = render(
        report.title,
        summarise(report),
        drawn,
        here() if environment is None else environment,
    )
    path = folder / "report.html"
    write_text_atomically(path, page)
    return path


def pictures(
    drawn: Iterable[Drawing], tag: str, folder: Path, formats: tuple[str, ...]
) -> Iterator[Picture]:
    """Drawings ready for the page, each also saved on its own in `folder`."""
    for drawing in drawn:
        name = f"{tag}{drawing.name}"
        text = style.svg(drawing.figure)
        _save(drawing, text, folder / name, formats)
        yield Picture(
            drawing.kind,
            drawing.caption,
            drawing.window,
            style.inline(text, f"f-{name}", drawing.alt),
        )


def _save(drawing: Drawing, text: str, path: Path, formats: tuple[str, ...]) -> None:
    if "svg" in formats:
        write_text_atomically(path.with_suffix(".svg"), text)
    if "png" in formats:
        with write_atomically(path.with_suffix(".png")) as temporary:
            temporary.write_bytes(style.png(drawing.figure))
