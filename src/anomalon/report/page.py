"""From summaries and drawings to one HTML file; this is the only place that knows HTML.

The page holds everything it shows: style sheet and drawings are inside, no script is, and nothing
is fetched. The templates in `templates/` get what results say of themselves and know no result.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from anomalon.core import rounding
from anomalon.core.result import Part, Summary
from anomalon.report import style
from anomalon.report.citations import entries

__all__ = ["Picture", "Placed", "render"]


@dataclass(frozen=True)
class Picture:
    """A drawing, ready for the page.

    Args:
        kind: What it shows, see `Drawing`.
        caption: The sentence below it.
        part: The part that it belongs to, see `Drawing`.
        svg: The element, themed and named.
    """

    kind: str
    caption: str
    part: str
    svg: str


@dataclass(frozen=True)
class Placed:
    """One result on the page.

    Args:
        heading: Of its section.
        text: Of the author, before the answer.
        summary: What it says.
        pictures: Its drawings.
    """

    heading: str
    text: str
    summary: Summary
    pictures: tuple[Picture, ...]

    def of(self, part: Part) -> list[Picture]:
        """The drawings of a part, in its order."""
        return [
            picture
            for kind in part.figures
            for picture in self.pictures
            if picture.kind == kind and picture.part in ("", part.name)
        ]

    @property
    def rest(self) -> list[Picture]:
        """Drawings that no part asks for: they are shown all the same."""
        placed = {
            id(picture) for part in _all_parts(self.summary.parts) for picture in self.of(part)
        }
        return [picture for picture in self.pictures if id(picture) not in placed]

    @property
    def has_place_for_checks(self) -> bool:
        """Whether a part shows them."""
        return any(part.checks for part in _all_parts(self.summary.parts))


def _all_parts(parts: Sequence[Part]) -> list[Part]:
    return [part for one in parts for part in (one, *_all_parts(one.parts))]


def render(
    title: str, shown: Sequence[Placed], settings: Mapping[str, Any], environment: Mapping[str, Any]
) -> str:
    """The page.

    Args:
        title: Of the page.
        shown: Results, in reading order.
        settings: Of the run.
        environment: Versions and platform, as in `environment.json`.
    """
    templates = Environment(
        loader=PackageLoader("anomalon.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals.update(count=rounding.count, setting=_setting, colours=style.css())
    keys = dict.fromkeys(key for one in shown for key in one.summary.citations)
    return templates.get_template("page.html.j2").render(
        title=title,
        shown=shown,
        settings=_flat(settings),
        environment=environment,
        citations=entries(keys),
    )


def _setting(value: Any) -> str:
    """A setting as it would stand in TOML."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _flat(tree: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Settings as rows of dotted keys, the way that `--set` takes them."""
    rows: list[tuple[str, Any]] = []
    for key, value in tree.items():
        if isinstance(value, Mapping) and value:
            rows += _flat(value, f"{prefix}{key}.")
        else:
            rows.append((f"{prefix}{key}", value))
    return rows
