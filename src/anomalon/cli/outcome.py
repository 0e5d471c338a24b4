"""What a command prints: for people, or as one JSON object of plain values."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from anomalon.cli.streams import can_encode

if TYPE_CHECKING:
    from anomalon.core.document import Report
    from anomalon.core.result import Summary, Table

__all__ = ["Facts", "say_json", "show"]


def say_json(tree: Any) -> None:
    """Print plain values as JSON on one line; what stdout cannot encode is escaped."""
    text = json.dumps(tree, ensure_ascii=False, allow_nan=False)
    click.echo(text if can_encode(text) else json.dumps(tree, allow_nan=False))


Facts = Callable[[Any], Mapping[str, Any]]


def show(report: "Report", page: Path, *, as_json: bool, facts: Facts | None = None) -> None:
    """Print the results, for people or as one JSON object.

    Args:
        report: What was found.
        page: Where it is shown.
        as_json: Print JSON.
        facts: Of commands whose result is a file: what programs read first in the JSON of a result.
            People get one line instead of the numbers, and what is wrong if something is.
    """
    from anomalon.report.run_folder import brief

    summaries = [section.result.summary() for section in report.sections]
    headings = [section.heading for section in report.sections]
    if as_json:
        told = [
            {"heading": heading or one.title, **brief(one)}
            for heading, one in zip(headings, summaries, strict=True)
        ]
        first = {} if facts is None else facts(report.sections[0].result)
        say_json({**first, "folder": str(page.parent), "report": str(page), "results": told})
        return
    if facts is not None:
        for summary in summaries:
            click.echo(f"{summary.headline}; report {page}")
            for line in _wrong(summary):
                click.echo(line)
        return
    for heading, summary in zip(headings, summaries, strict=True):
        if len(summaries) > 1:
            click.echo(heading or summary.title)
        for line in _lines(summary):
            click.echo(line)
    click.echo(f"\nreport: {page}")


def _lines(summary: "Summary") -> list[str]:
    said = summary.headline.startswith(summary.verdict)
    lines = [summary.headline if said else f"{summary.verdict}. {summary.headline}"]
    lines += [f"  {number.name}: {number}" for number in summary.numbers]
    if summary.table is not None:
        lines += [f"  {row}" for row in _columns(summary.table)]
    return lines + _wrong(summary)


def _wrong(summary: "Summary") -> list[str]:
    lines = []
    for check in summary.failed:
        where = f"{check.where}: " if check.where else ""
        lines.append(f"  check failed: {where}{check.what}: {check.found}")
    lines += [f"  no answer: {text}" for text in summary.problems]
    return lines + [f"  warning: {text}" for text in summary.warnings]


def _columns(table: "Table") -> list[str]:
    """A table in columns of equal width."""
    heads = [f"{c.name} [{c.unit}]" if c.unit else c.name for c in table.columns]
    rows = [heads] + [
        [column.written(cell) for column, cell in zip(table.columns, row, strict=True)]
        for row in table.rows
    ]
    widths = [max(len(row[i]) for row in rows) for i in range(len(heads))]
    return [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip()
        for row in rows
    ]
