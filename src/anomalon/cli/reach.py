"""`anomalon reach`: limits on signals, by injecting them and running the whole search again."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from anomalon.cli.job import do, labels_option, set_option, with_labels
from anomalon.cli.options import as_json_option, out_option, work_options
from anomalon.cli.settings import overridden, settings_of

if TYPE_CHECKING:
    from anomalon.run import Executor

__all__ = ["reach"]


@click.command()
@click.argument("config", type=click.Path(dir_okay=False, path_type=Path))
@out_option("runs/NAME, NAME being that of CONFIG")
@set_option
@labels_option
@work_options()
@as_json_option
def reach(
    config: Path,
    out: Path | None,
    settings: tuple[str, ...],
    words: tuple[str, ...],
    executor: "Executor",
    as_json: bool,  # noqa: FBT001  click passes by name
) -> None:
    """Inject the signals that CONFIG, a TOML file, names, search again, and set limits on them.

    Finished injections are kept in the run folder: an interrupted run goes on from there, and
    another confidence level, further strengths or further signals do only what is new.

    Exits with 1 if a signal has no limit; the folder is written all the same.
    """
    from anomalon.search.events.injection_job import InjectionLimitJob as Job

    table, labels = with_labels(overridden(settings_of(config, Job.kind), settings), words)
    job = Job.of(table, folder=config.parent)
    folder = Path("runs") / config.stem if out is None else out
    do(job, folder, config=config, executor=executor, as_json=as_json, labels=labels)
