"""What a command says on stdout when it is done, and with which exit status."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from anomalon.cli.streams import can_encode

if TYPE_CHECKING:
    from anomalon.report.page import SectionSummary
    from anomalon.report.summary import ScanSummary

__all__ = ["say_json", "show"]


def say_json(tree: Any) -> None:
    """Print plain values as JSON on one line; what stdout cannot encode is escaped."""
    text = json.dumps(tree, ensure_ascii=False, allow_nan=False)
    click.echo(text if can_encode(text) else json.dumps(tree, allow_nan=False))


def show(sections: "list[SectionSummary]", page: Path, *, as_json: bool) -> None:
    """Print the results, for people or as one JSON object."""
    from anomalon.core.rounding import efficiency

    if as_json:
        say_json({"folder": str(page.parent), "report": str(page), "sections": sections})
        return
    for section in sections:
        if len(sections) > 1:
            click.echo(f"{section['heading']}")
        click.echo(section["scan"]["headline"])
        for line in _table(section["scan"]):
            click.echo(f"  {line}")
        for check in section["scan"]["checks"]:
            if check["passed"] is False:
                where = (
                    f"{check['window']} ({check['features']}), {efficiency(check['efficiency'])}"
                )
                click.echo(f"  check failed: {where}: {check['what']}: {check['found']}")
        for failure in section["scan"]["failures"]:
            cuts = ", ".join(map(efficiency, failure["efficiencies"]))
            where = f"{failure['window']} ({failure['features']}), {cuts}"
            click.echo(f"  no answer: {where}: {failure['why']}")
        click.echo("")
    click.echo(f"report: {page}")


def _table(scan: "ScanSummary") -> list[str]:
    """Local significances: a row for each window and feature set, a column for each cut."""
    from anomalon.core.rounding import efficiency, sigmas

    columns = sorted({cut["efficiency"] for w in scan["windows"] for cut in w["cuts"]})[::-1]
    rows = [["window", *(efficiency(e) for e in columns), "features"]]
    for window in scan["windows"]:
        z = {cut["efficiency"]: cut["z_local"] if cut["ok"] else None for cut in window["cuts"]}
        cells = (sigmas(z.get(e)) for e in columns)
        rows.append([window["name"], *cells, ", ".join(window["features"])])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]) - 1)]
    return [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:-1], widths[1:]), row[-1]])
        for row in rows
    ]
