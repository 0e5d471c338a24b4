"""`anomalon validate`: a search on samples without signal."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from anomalon.cli.job import do, labels_option, set_option, with_labels
from anomalon.cli.options import as_json_option, out_option, work_options
from anomalon.cli.settings import overridden, settings_of

if TYPE_CHECKING:
    from anomalon.run import Executor

__all__ = ["validate"]


@click.command()
@click.argument("config", type=click.Path(dir_okay=False, path_type=Path))
@out_option("runs/NAME-validation, NAME being that of CONFIG")
@set_option
@labels_option
@work_options()
@as_json_option
def validate(
    config: Path,
    out: Path | None,
    settings: tuple[str, ...],
    words: tuple[str, ...],
    executor: "Executor",
    as_json: bool,  # noqa: FBT001  click passes by name
) -> None:
    """Run the search of CONFIG on samples without signal, and judge what it finds there.

    CONFIG is the TOML file of a search, with a [[samples]] table for each sample. A search with
    `search.validation` = the run folder leaves out the windows that fail, and the non-closure is an
    uncertainty of the others.

    Exits with 1 if no window passes; the folder is written all the same.
    """
    from anomalon.search.validation.job import ValidationJob

    kind = ValidationJob.kind
    table, labels = with_labels(overridden(settings_of(config, kind), settings), words)
    job = ValidationJob.of(table, folder=config.parent)
    folder = Path("runs") / f"{config.stem}-validation" if out is None else out
    do(job, folder, config=config, executor=executor, as_json=as_json, labels=labels)
