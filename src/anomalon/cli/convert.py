"""`anomalon data convert`: particles or jets in, a file of their features out."""

from pathlib import Path
from typing import Any

import click

from anomalon.cli.file_job import file_job, file_job_options
from anomalon.cli.numbers import Number, Whole

__all__ = ["convert"]


@click.command("convert")
@click.argument("raw", type=click.Path(path_type=Path))
@click.argument("out", required=False, type=click.Path(path_type=Path))
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
    "--feature-set",
    "feature_sets",
    multiple=True,
    metavar="NAME",
    help="A feature set of the literature in their place: masses, baseline, prongs, ext1, ext2 or "
    "ext3; repeatable.",
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
@file_job_options
def convert(raw: Path, **options: Any) -> None:
    """Turn RAW particles or jets into a Parquet table OUT of dijet features.

    RAW is read piece by piece, so that the 18 GB of the LHC Olympics need little memory. OUT is
    written whole or not at all; an interrupted run goes on where it was. Or RAW is a TOML file with
    `raw`, `out` and the options, as the run folder has one.
    """
    from anomalon.features.conversion import Conversion

    config = raw if raw.suffix.lower() == ".toml" else None
    if config is None:
        options["raw"] = str(raw)
    missing = f"Missing argument 'OUT': `anomalon data convert {raw} FILE.parquet`"
    if config is not None:
        missing += f', or a line out = "FILE.parquet" in {config}'
    file_job(Conversion, config, options, _facts, out_missing=f"{missing}.")


def _facts(job: Any, result: Any) -> dict[str, Any]:
    return {
        "out": str(job.out),
        "n_events": result.file.n_events,
        "n_dropped": result.n_dropped,
        "features": [column.name for column in result.file.features],
    }
