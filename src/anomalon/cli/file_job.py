"""Commands whose result is a file of events: options or TOML in, the file and a run folder out."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from anomalon.cli.job import do, labels_option, set_option, with_labels
from anomalon.cli.options import as_json_option, is_given, work_options
from anomalon.cli.settings import overridden, put, settings_of
from anomalon.core.atomic import check_writable

if TYPE_CHECKING:
    from anomalon.run.job import Job

__all__ = ["file_job", "file_job_options"]

_NO_SETTINGS = ("run_folder", "settings", "words", "executor", "as_json")


def file_job_options(command: Callable[..., None]) -> Callable[..., None]:
    """What all such commands take beside their settings; `file_job` knows what to do with it."""
    folder = click.option(
        "--run-folder",
        type=click.Path(file_okay=False, path_type=Path),
        help="Run folder, with settings, result and page.  [default: that of the file, its name "
        "with .run]",
    )
    for option in (as_json_option, work_options(), labels_option, set_option, folder):
        command = option(command)
    return command


def file_job(
    kind: "type[Job]",
    config: Path | None,
    options: Mapping[str, Any],
    facts: Callable[[Any, Any], Mapping[str, Any]],
    *,
    out_missing: str = "Missing option '--out': the file to write.",
    keys: Mapping[str, str] | None = None,
) -> None:
    """Options to a job that writes a file, its `out`; and the job done.

    Args:
        kind: Of the job.
        config: TOML file with its settings, if there is one; options win.
        options: Of the running command, by the names of its parameters.
        facts: What programs read first in the JSON of (job, result).
        out_missing: What is said if nothing says where the file goes.
        keys: Where in TOML a setting is, if it is not called as its parameter.
    """
    from anomalon.run.settings import refuse_unknown

    table, labels = with_labels(
        {} if config is None else settings_of(config, kind.kind), options["words"]
    )
    table = overridden(table, options["settings"])
    for name, value in options.items():
        if name not in _NO_SETTINGS and is_given(name):
            key = (keys or {}).get(name, name)
            table = put(table, key.split("."), value, key)
    refuse_unknown(table, kind.keys(), "")
    if "out" not in table:
        raise click.UsageError(out_missing)
    job: Any = kind.of(table, folder=Path() if config is None else config.parent)
    given = options["run_folder"]
    folder = job.out.with_name(f"{job.out.name}.run") if given is None else given
    for file in (job.out, folder / "result.json"):
        check_writable(file)
    do(
        job,
        folder,
        config=config,
        executor=options["executor"],
        as_json=options["as_json"],
        labels=labels,
        facts=lambda found: facts(job, found),
    )
