"""`anomalon data public` and `anomalon data download`: data sets that others have published."""

from pathlib import Path

import click

from anomalon.cli.outcome import say_json
from anomalon.cli.progress import progress

__all__ = ["download", "public"]


@click.command("public")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def public(as_json: bool) -> None:  # noqa: FBT001
    """List the public data sets that `anomalon data download` knows."""
    from anomalon.data.public import PUBLIC

    if as_json:
        say_json([entry.to_dict() for entry in PUBLIC.values()])
        return
    for entry in PUBLIC.values():
        where = ", ".join(map(str, entry.records))
        records = f"Zenodo {where}" if len(entry.records) == 1 else f"in one of Zenodo {where}"
        licence = entry.licence or "as the record says"
        events = "" if entry.n_events is None else f"{entry.n_events} events, "
        click.echo(f"{entry.name}: {events}{entry.what}; {records}")
        click.echo(f"  licence {licence}; cite {', '.join(entry.cites)}")


@click.command("download")
@click.argument("name")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    show_default="this folder",
    help="Folder for the file.",
)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.option(
    "--host", hidden=True, envvar="ANOMALON_ZENODO", help="Whom to ask instead of Zenodo."
)
def download(name: str, out: Path, as_json: bool, host: str | None) -> None:  # noqa: FBT001
    """Fetch the public data set NAME and check its size, MD5 sum and number of events.

    An interrupted download goes on where it was. `anomalon data public` lists the names.
    """
    from anomalon.data.download import download as fetch
    from anomalon.data.public import ZENODO

    with progress(f"download {name}") as report:
        found = fetch(name, out, progress=report, host=host or ZENODO)
    if as_json:
        say_json(found.to_dict())
    else:
        click.echo(f"{found.path}: {found.n_events} events, {found.size} bytes, MD5 {found.md5}")
