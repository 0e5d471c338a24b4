"""`anomalon data` and `anomalon info`: files of events, before any search."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from anomalon.cli.convert import convert
from anomalon.cli.download import download, public
from anomalon.cli.numbers import Number
from anomalon.cli.outcome import say_json

if TYPE_CHECKING:
    from anomalon.core import Events, Sample

__all__ = ["data", "info"]

COLUMN_OPTIONS = (
    click.option("--mapping", type=click.Path(path_type=Path), help="TOML file of columns."),
    click.option("--mass", help="Column of the resonant mass."),
    click.option("--feature", "features", multiple=True, help="Column of a feature; repeatable."),
    click.option("--weight", help="Column of event weights."),
    click.option("--label", help="Column of the truth, 0 or 1."),
    click.option("--event", help="Column of event identities."),
    click.option("--scale", type=Number("(0, inf)"), help="Factor on the mass, e.g. 1000 for TeV."),
    click.option("--tree", help="Tree of a ROOT file."),
    click.option("--key", help="Table of an HDF5 file."),
)


def _column_options(command: Any) -> Any:
    for option in reversed(COLUMN_OPTIONS):
        command = option(command)
    return command


@click.group()
def data() -> None:
    """Files of events: convert raw particles, list samples, fetch public data sets."""


data.add_command(convert)
data.add_command(public)
data.add_command(download)


@data.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def list_samples(as_json: bool) -> None:  # noqa: FBT001
    """List the simulated samples that ship with the package."""
    from anomalon.data import available, sample

    rows = [_row(name, sample(name)) for name in available()]
    if as_json:
        say_json(rows)
        return
    if not rows:
        click.echo("no samples are installed with this copy of anomalon")
    for row in rows:
        if "objects" in row:
            what = f"objects {', '.join(f'{n} {kind}' for kind, n in row['objects'].items())}"
        else:
            what = f"mass {row['mass_low']:.0f}-{row['mass_high']:.0f} GeV"
        click.echo(f"{row['name']}: {row['n_events']} events, {what}, features {row['features']}")


def _row(name: str, events: "Sample | Events") -> dict[str, Any]:
    from anomalon.core import Events

    row: dict[str, Any] = {"name": name, "n_events": len(events)}
    if isinstance(events, Events):
        kinds = dict.fromkeys(events.object_kinds)
        row["objects"] = {kind: events.object_kinds.count(kind) for kind in kinds}
        return row | {"features": list(events.feature_names)}
    row |= {"mass_low": float(events.mass.min()), "mass_high": float(events.mass.max())}
    return row | {"features": list(events.names)}


@click.command("info")
@click.argument("path", type=click.Path(path_type=Path))
@_column_options
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def info(path: Path, as_json: bool, **options: Any) -> None:  # noqa: FBT001
    """Say what PATH is: layout, events, columns with ranges, and problems.

    Exits with 1 if the file has problems that would keep it from being loaded.
    """
    from anomalon.data import describe

    given = {name: value for name, value in options.items() if value not in (None, ())}
    if "features" in given:
        given["features"] = list(given["features"])
    found = describe(path, **given)
    if as_json:
        say_json(found.to_dict())
    else:
        for line in _lines(found.to_dict()):
            click.echo(line)
    if found.problems:
        raise click.exceptions.Exit(1)


def _lines(found: dict[str, Any]) -> Iterator[str]:
    """A description for people."""
    yield f"{found['path']}: {found['layout']}"
    binned = found["gives"] == "a spectrum"
    if not binned:
        yield f"load gives   {found['gives']}"
    truth = found["n_signal"]
    yield f"{'bins  ' if binned else 'events'}       {found['n_events']}" + (
        "" if truth is None else f" ({truth} signal among the first {found['n_looked_at']})"
    )
    if found["columns"]:
        yield f"{'column':<28}{'type':>9}{'lowest':>14}{'highest':>14}  not finite"
    for c in found["columns"]:
        low, high = ("-" if c[k] is None else f"{c[k]:.6g}" for k in ("lowest", "highest"))
        bad = c["n_not_finite"] or ""
        yield f"{c['name']:<28}{c['dtype']:>9}{low:>14}{high:>14}  {bad}".rstrip()
    if found["unread"]:
        shown = ", ".join(found["unread"][:8]) + (", …" if len(found["unread"]) > 8 else "")
        yield f"not used     {len(found['unread'])}: {shown}"
    for role in found["roles"]:
        yield f"read         {role}"
    if found["no_spectrum"]:
        yield f"no spectrum  {found['no_spectrum']}"
    for problem in found["problems"]:
        yield f"problem      {problem}"
