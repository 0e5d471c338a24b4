"""From the summary and its drawings to one HTML file; this is the only place that knows HTML.

The page holds everything it shows: style sheet and drawings are inside, no script is, and nothing
is fetched. The templates in `templates/` get plain values only.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from jinja2 import Environment, PackageLoader, StrictUndefined

from anomalon.core import rounding
from anomalon.report import style
from anomalon.report.summary import ScanSummary
from anomalon.search.results.checks import ALARM
from anomalon.stats.scans import SidakTest

__all__ = ["Picture", "SectionSummary", "fill", "render"]


@dataclass(frozen=True)
class Picture:
    """A drawing, ready for the page.

    Args:
        kind: What it shows, see `Drawing`.
        caption: The sentence below it.
        window: Position of its window, or None for the whole scan.
        svg: The element, themed and named.
    """

    kind: str
    caption: str
    window: int | None
    svg: str


class SectionSummary(TypedDict):
    """One search on the page, under a heading of its own."""

    heading: str
    text: str
    scan: ScanSummary


def render(
    title: str,
    sections: Sequence[SectionSummary],
    pictures: Sequence[Sequence[Picture]],
    environment: Mapping[str, Any],
) -> str:
    """The page.

    Args:
        title: Of the page.
        sections: Summaries, in reading order.
        pictures: For each section its drawings.
        environment: Versions and platform, as in `environment.json`.
    """
    citations = {c["key"]: c for section in sections for c in section["scan"]["citations"]}
    return fill(
        "page.html.j2",
        title=title,
        sections=sections,
        pictures=pictures,
        environment=environment,
        citations=list(citations.values()),
    )


def fill(template: str, **values: Any) -> str:
    """A template of this room with plain values."""
    templates = Environment(
        loader=PackageLoader("anomalon.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals.update(
        measured=rounding.measured,
        plain=rounding.plain,
        count=rounding.count,
        sigmas=rounding.sigmas,
        p_value=rounding.p_value,
        percent=rounding.percent,
        working_point=rounding.efficiency,
        setting=_setting,
        alarm=ALARM,
        sidak_level=SidakTest.LEVEL,
        colours=style.css(),
    )
    return templates.get_template(template).render(values)


def _setting(value: Any) -> str:
    """A setting as it would stand in TOML."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
