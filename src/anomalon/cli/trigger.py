"""`anomalon trigger`: models of an anomaly trigger, at a fixed rate."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from anomalon.cli.job import do, job_options, with_labels
from anomalon.cli.settings import overridden, settings_of

if TYPE_CHECKING:
    from anomalon.run import Executor

__all__ = ["trigger"]


@click.command()
@click.argument("config", type=click.Path(dir_okay=False, path_type=Path))
@job_options("runs/NAME, NAME being that of CONFIG")
def trigger(
    config: Path,
    out: Path | None,
    settings: tuple[str, ...],
    words: tuple[str, ...],
    executor: "Executor",
    as_json: bool,  # noqa: FBT001  click passes by name
) -> None:
    """Train models of an anomaly trigger, and compare what they keep at a fixed rate.

    CONFIG is a TOML file: background whose weights say what its events stand for (Hz, or any unit
    with `incoming`), a rate in Hz, perhaps other samples and signals, and models. Thresholds come
    from the test part of the background; the page has rates with their errors, efficiencies beside
    the present menu and beside cuts that learn nothing, and how stable they are. The folder has
    scores.parquet and the saved models.

    Exits with 1 if a check of the chosen model failed; the folder is written all the same.
    """
    from anomalon.trigger.job import TriggerJob

    table, labels = with_labels(overridden(settings_of(config, TriggerJob.kind), settings), words)
    job = TriggerJob.of(table, folder=config.parent)
    folder = Path("runs") / config.stem
    do(job, out or folder, config=config, executor=executor, as_json=as_json, labels=labels)
