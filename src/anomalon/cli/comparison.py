"""The command of a comparison of detectors, whatever they look at: events or jets."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from anomalon.cli.job import do, job_options, with_labels
from anomalon.cli.settings import overridden, settings_of

if TYPE_CHECKING:
    from anomalon.detection.job import DetectJob
    from anomalon.run import Executor

__all__ = ["comparison"]


def comparison(name: str, text: str, find: "Callable[[], type[DetectJob]]") -> click.Command:
    """A job from CONFIG, a TOML file, or with `--audit` the search for leaks in the same.

    Args:
        name: Of the command.
        text: What its help says.
        find: Imports the job, when the command runs.
    """

    @click.command(name, help=text)
    @click.argument("config", type=click.Path(dir_okay=False, path_type=Path))
    @click.option("--audit", is_flag=True, help="Look for leaks in the same data and detectors.")
    @job_options("runs/NAME, NAME being that of CONFIG; NAME-audit for an audit")
    def command(
        config: Path,
        audit: bool,  # noqa: FBT001  click passes by name
        out: Path | None,
        settings: tuple[str, ...],
        words: tuple[str, ...],
        executor: "Executor",
        as_json: bool,  # noqa: FBT001
    ) -> None:
        kind = find()
        table, labels = with_labels(overridden(settings_of(config, kind.kind), settings), words)
        job = kind.of(table | {"audit": True} if audit else table, folder=config.parent)
        folder = Path("runs") / f"{config.stem}{'-audit' if job.audit else ''}"
        do(job, out or folder, config=config, executor=executor, as_json=as_json, labels=labels)

    return command
