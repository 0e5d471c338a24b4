"""`anomalon jets`: detectors of anomalous jets, compared."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from anomalon.cli.job import do, labels_option, set_option, with_labels
from anomalon.cli.options import as_json_option, out_option, work_options
from anomalon.cli.settings import overridden, settings_of

if TYPE_CHECKING:
    from anomalon.run import Executor

__all__ = ["jets"]


@click.command()
@click.argument("config", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--audit", is_flag=True, help="Look for leaks in the same data and detectors.")
@out_option("runs/NAME, NAME being that of CONFIG; NAME-audit for an audit")
@set_option
@labels_option
@work_options()
@as_json_option
def jets(
    config: Path,
    audit: bool,  # noqa: FBT001  click passes by name
    out: Path | None,
    settings: tuple[str, ...],
    words: tuple[str, ...],
    executor: "Executor",
    as_json: bool,  # noqa: FBT001
) -> None:
    """Compare detectors of anomalous jets on the files that CONFIG, a TOML file, names.

    Jets are events whose objects are constituents: simulated ones, the public sets, arrays, lists
    of ROOT trees, Parquet or CSV (`anomalon info FILE` says what a file is taken for). Medoids are
    chosen and networks trained on background alone; the page shows jets, medoids, the transport
    between them, and latent spaces. A saved detector is applied by `anomalon detect score`.

    Exits with 1 if a check failed; the folder is written all the same.
    """
    from anomalon.detection.jets_job import JetsJob

    table, labels = with_labels(overridden(settings_of(config, JetsJob.kind), settings), words)
    job = JetsJob.of(table | {"audit": True} if audit else table, folder=config.parent)
    folder = Path("runs") / f"{config.stem}{'-audit' if job.audit else ''}" if out is None else out
    do(job, folder, config=config, executor=executor, as_json=as_json, labels=labels)
