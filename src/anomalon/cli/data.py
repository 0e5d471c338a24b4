"""`anomalon data` and `anomalon info`: files of events, before any search."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from anomalon.cli.numbers import Number, Whole
from anomalon.cli.options import work_options
from anomalon.cli.outcome import say_json
from anomalon.cli.progress import progress

if TYPE_CHECKING:
    from anomalon.run import Executor

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
    """Files of events: convert raw particles, list the shipped samples."""


@data.command("convert")
@click.argument("raw", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--radius", type=Number("(0, 10]"), default=1.0, show_default=True, help="Anti-kT radius."
)
@click.option(
    "--pt-min",
    type=Number("[0, inf)"),
    default=20.0,
    show_default=True,
    help="Smallest jet pT in GeV.",
)
@click.option(
    "--n-tau", type=Whole(1, 9), default=3, show_default=True, help="Largest N of tau_N, up to 9."
)
@click.option(
    "--beta",
    "betas",
    multiple=True,
    type=Number("(0, 1000]"),
    help="Exponent of tau_N; repeatable.",
)
@click.option(
    "--substructure",
    type=click.Choice(["ratios", "taus", "both"]),
    default="ratios",
    show_default=True,
    help="Ratios of neighbouring tau_N, the tau_N themselves, or both.",
)
@click.option(
    "--on-missing",
    type=click.Choice(["raise", "drop"]),
    default="raise",
    show_default=True,
    help="What to do with events that have fewer than two jets.",
)
@click.option("--stop", type=Whole(1), help="Event to stop before; all if not given.")
@click.option(
    "--size",
    type=Whole(1),
    default=5000,
    show_default=True,
    help="Events in memory at a time.",
)
@work_options()
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def convert(
    raw: Path,
    out: Path,
    betas: tuple[float, ...],
    stop: int | None,
    size: int,
    executor: "Executor",
    as_json: bool,  # noqa: FBT001  click passes by name
    **settings: Any,
) -> None:
    """Turn RAW particles or jets into a Parquet table OUT of dijet features.

    RAW is read piece by piece, so that the 18 GB of the LHC Olympics need little memory. OUT is
    written whole or not at all.
    """
    from anomalon.core import Sample
    from anomalon.core.atomic import check_writable
    from anomalon.core.errors import BadRows
    from anomalon.data import write
    from anomalon.data.recognise import recognise
    from anomalon.run import Serial, do
    from anomalon.run.progress import Told

    check_writable(out)
    source = recognise(raw)
    first, end = source.rows(0, stop)
    settings = {"betas": betas or (1.0,), **settings}
    pieces = [_Rows(start, min(start + size, end)) for start in range(first, end, size)]
    with progress(f"{raw.name} -> {out.name}") as report:
        try:
            parts: list[Sample] = do(
                pieces,
                shared=(raw, settings),
                executor=Serial() if len(pieces) == 1 else executor,
                progress=lambda n, of, what: report(n, of, Told.of(what).reworded("events")),
                sizes=[piece.stop - piece.start for piece in pieces],
            )
        except BadRows:
            for _ in source.pieces(size, first, end):  # raises it for the rows of all pieces
                pass
            raise
    sample = Sample.concatenate(parts)
    dropped = end - first - len(sample)
    note = f" ({dropped} of {end - first} events with fewer than two jets dropped)"
    write(replace(sample, source=f"{raw}{note if dropped else ''}"), out)
    result = {
        "out": str(out),
        "n_events": len(sample),
        "n_dropped": dropped,
        "features": list(sample.names),
    }
    if as_json:
        say_json(result)
    else:
        click.echo(f"{out}: {len(sample)} events, {dropped} dropped, features {list(sample.names)}")


@data.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def list_samples(as_json: bool) -> None:  # noqa: FBT001
    """List the simulated samples that ship with the package."""
    from anomalon.data import available, sample

    rows = []
    for name in available():
        events = sample(name)
        rows.append(
            {
                "name": name,
                "n_events": len(events),
                "mass_low": float(events.mass.min()),
                "mass_high": float(events.mass.max()),
                "features": list(events.names),
            }
        )
    if as_json:
        say_json(rows)
        return
    if not rows:
        click.echo("no samples are installed with this copy of anomalon")
    for row in rows:
        click.echo(
            f"{row['name']}: {row['n_events']} events, mass {row['mass_low']:.0f}-"
            f"{row['mass_high']:.0f} GeV, features {row['features']}"
        )


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


@dataclass(frozen=True)
class _Rows:
    """Rows of a file to convert."""

    start: int
    stop: int

    @property
    def key(self) -> str:
        return f"{self.start}-{self.stop}"  # of one run, which keeps nothing

    @property
    def what(self) -> str:
        return f"events {self.start} to {self.stop - 1}"

    def __call__(self, shared: tuple[Path, dict[str, Any]]) -> Any:
        return _converted(shared[0], self.start, self.stop, shared[1])


def _converted(path: Path, start: int, stop: int, settings: dict[str, Any]) -> Any:
    """The dijet features of some events."""
    from anomalon.core import Events
    from anomalon.core.errors import BadLayout
    from anomalon.data import load
    from anomalon.features import dijet

    events = load(path, start=start, stop=stop)
    if not isinstance(events, Events):
        raise BadLayout(
            f"{path}: expected particles or jets to convert, got a table of features "
            f"{list(events.names)}, which needs no conversion."
        )
    return dijet(events, **settings)
