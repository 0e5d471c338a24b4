"""`anomalon study`: published analyses on simulated events."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from anomalon.cli.job import do, job_options, with_labels
from anomalon.cli.settings import overridden
from anomalon.core.errors import UnknownKey, suggest

if TYPE_CHECKING:
    from anomalon.run import Executor

__all__ = ["study"]


@click.group()
def study() -> None:
    """Published analyses, done again on simulated events that ship with the package."""


@study.command("list")
def list_() -> None:
    """Say which studies there are."""
    from anomalon.studies import STUDIES

    for name, (_, text) in STUDIES.items():
        click.echo(f"{name:<10} {text}")


@study.command()
@click.argument("name")
@click.option("--full", is_flag=True, help="All methods and members: hours instead of minutes.")
@job_options("runs/study-NAME")
def run(
    name: str,
    full: bool,  # noqa: FBT001  click passes by name
    out: Path | None,
    settings: tuple[str, ...],
    words: tuple[str, ...],
    executor: "Executor",
    as_json: bool,  # noqa: FBT001
) -> None:
    """Run the study NAME (`anomalon study list`) and write its page.

    Finished pieces are kept in the run folder: an interrupted study goes on from there.

    Exits with 1 if a part of it cannot be used as it is.
    """
    from anomalon import studies

    if name not in studies.STUDIES:
        raise UnknownKey(f"study: no study '{name}'; {suggest(name, studies.STUDIES)}")
    job = getattr(studies, studies.STUDIES[name][0])
    table, labels = with_labels(overridden({"full": full}, settings), words)
    folder = Path(f"runs/study-{name}") if out is None else out
    do(job.of(table), folder, executor=executor, as_json=as_json, labels=labels)
