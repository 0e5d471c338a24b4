"""`anomalon simulate`: events from Pythia, so that a search can be tried without data."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from anomalon.cli.numbers import Number, Whole
from anomalon.cli.options import as_json_option, going_on_from, work_options
from anomalon.cli.outcome import say_json
from anomalon.cli.progress import progress

if TYPE_CHECKING:
    from anomalon.run import Executor

__all__ = ["simulate"]

PROCESSES = ("qcd", "wprime", "a0")


@click.group()
def simulate() -> None:
    """Simulate events with Pythia 8 and a light detector model."""


@simulate.command("dijet")
@click.option("--process", type=click.Choice(PROCESSES), help="What to generate.")
@click.option(
    "--masses",
    help="Parent and its two daughters in GeV, as 3500,500,100; signals only. The parent is below "
    "13000; daughters are from 10 (a0: 15) to 0.2 of the parent, so that each makes one jet.",
)
@click.option("--point", help="A named signal instead (--list-points).")
@click.option(
    "--variation",
    type=click.Choice(["data", "simulation"]),
    default="data",
    show_default=True,
    help="Which of two generator settings.",
)
@click.option(
    "--mjj-min",
    type=Number("(0, inf)"),
    default=2500.0,
    show_default=True,
    help="Smallest dijet mass in GeV, below 13000; for qcd from 200.",
)
@click.option("--events", type=Whole(1), default=1000, show_default=True, help="How many.")
@click.option("--seed", type=Whole(0), default=0, show_default=True, help="Root seed.")
@work_options()
@click.option("--out", type=click.Path(path_type=Path), help="Parquet file to write.")
@click.option("--mpi/--no-mpi", default=True, help="Multiparton interactions; off is 4x faster.")
@click.option("--compact", is_flag=True, help="Round to 1.3e-4 (mjj 8e-6), relative.")
@click.option("--list-points", is_flag=True, help="List the named signals and stop.")
@as_json_option
def dijet(
    process: str | None,
    masses: str | None,
    point: str | None,
    events: int,
    seed: int,
    executor: "Executor",
    out: Path | None,
    compact: bool,  # noqa: FBT001 - click passes by name
    list_points: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
    **settings: Any,
) -> None:
    """Simulate dijet events: QCD, or a resonance that decays to two new particles.

    The file has mjj, the features of a dijet search, and the truth; `anomalon search` and
    `anomalon.load` read it as it is. An interrupted run goes on where it was.
    """
    from anomalon.core.atomic import check_writable
    from anomalon.simulate.generate import generate

    if list_points:
        _list_points(as_json=as_json)
        return
    if out is None:
        raise click.UsageError("Missing option '--out': where to write the events.")
    recipe = _recipe(process, masses, point, **settings)
    check_writable(out)
    parts = out.with_name(out.name + ".parts")
    with going_on_from(parts), progress(recipe.name) as report:
        made = generate(
            recipe,
            events,
            out,
            seed=seed,
            executor=executor,
            compact=compact,
            progress=lambda done, wanted: report(done, wanted, "events"),
        )
    result = {
        "out": str(out),
        "recipe": recipe.name,
        "variation": recipe.variation,
        "n_events": made.n_events,
        "n_generated": made.tally.n_generated,
        "acceptance": made.acceptance,
        "luminosity_fb": made.luminosity,
        "generator": made.tally.generator,
    }
    if as_json:
        say_json(result)
        return
    click.echo(
        f"{out}: {made.n_events} events of {recipe.name} ({recipe.variation}), acceptance "
        f"{made.acceptance:.3f}, {made.luminosity:.4g} fb^-1, {made.tally.generator}"
    )


def _recipe(
    process: str | None,
    masses: str | None,
    point: str | None,
    *,
    variation: str,
    mjj_min: float,
    mpi: bool,
) -> Any:
    """The recipe that the options describe."""
    from anomalon.core.config import lookup
    from anomalon.simulate.dijet import DijetSelection
    from anomalon.simulate.recipe import SIGNALS, TALK_POINTS, qcd_dijet

    common: dict[str, Any] = {
        "variation": variation,
        "mpi": mpi,
        "selection": DijetSelection(mjj_min=mjj_min),
    }
    if point is not None:
        if process is not None or masses is not None:
            raise click.UsageError("--point says process and masses: give neither of them.")
        family, values = lookup(TALK_POINTS, point, "--point")
        return SIGNALS[family](*values, **common)
    if process is None:
        raise click.UsageError("Give --process, or a named signal with --point.")
    if process == "qcd":
        if masses is not None:
            raise click.UsageError("--masses is for signals; the process qcd has none.")
        return qcd_dijet(**common)
    return SIGNALS[process](*_three(masses), **common)


def _three(masses: str | None) -> tuple[float, float, float]:
    try:
        parent, first, second = map(float, (masses or "").split(","))
    except ValueError as error:
        raise click.UsageError(
            f"--masses: expected three numbers in GeV, as 3500,500,100; got {masses!r}."
        ) from error
    return parent, first, second


def _list_points(*, as_json: bool) -> None:
    from anomalon.simulate.recipe import TALK_POINTS

    if as_json:
        say_json({n: {"process": f, "masses": m} for n, (f, m) in TALK_POINTS.items()})
        return
    for name in TALK_POINTS:
        click.echo(name)
