"""Running any job: its work, its run folder, what is printed, and the exit status."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from anomalon.cli.exit_status import FAILED
from anomalon.cli.options import as_json_option, going_on_from, out_option, work_options
from anomalon.cli.outcome import Facts, show
from anomalon.cli.progress import progress
from anomalon.cli.settings import overridden, settings_of
from anomalon.core.config import left_by_a_run, read_toml
from anomalon.core.errors import BadValue

if TYPE_CHECKING:
    from anomalon.core.labels import Labels
    from anomalon.run import Executor
    from anomalon.run.job import Job

__all__ = [
    "command_for",
    "command_of",
    "do",
    "free_folder",
    "job_options",
    "labels_option",
    "set_option",
    "with_labels",
]


def do(
    job: "Job",
    folder: Path,
    *,
    config: Path | None = None,
    executor: "Executor | None" = None,
    as_json: bool = False,
    labels: "Labels | None" = None,
    kept: "Callable[[Job], Job]" = lambda job: job,
    facts: Facts | None = None,
) -> None:
    """Do a job, write its run folder and print what was found.

    Args:
        job: What to do.
        folder: The run folder.
        config: The TOML file that its settings are from, if there is one.
        executor: Who does the work; this process if None.
        as_json: Print JSON.
        labels: What pages and figures call things.
        kept: The job as `run.toml` has it, if its inputs are elsewhere afterwards.
        facts: Of commands whose result is a file (see `show`).

    Raises:
        BadValue: If the folder holds a run of another kind, or a file that is read would be lost.
        Exit: With 1 if the result cannot be used as it is.
    """
    from anomalon.core.document import Report
    from anomalon.report.run_folder import STORE, check_folder, write_run
    from anomalon.run import Serial, Store
    from anomalon.run.job import Workplace
    from anomalon.run.settings import encode

    _check_places(job, folder, config)
    check_folder(folder, job.kind, "--out" if facts is None else "--run-folder")
    with going_on_from(folder, if_there=True), progress(job.title) as tell:
        place = Workplace(executor or Serial(), Store(folder / STORE), tell, _say)
        found = job.run(place)
    report = Report.of(found)
    job = kept(job)
    words = {} if labels is None else {"labels": encode(labels)}
    page = write_run(
        report,
        folder,
        kind=job.kind,
        settings=job.table() | words,
        run=job.table(folder) | words,
        labels=labels,
    )
    show(report, page, as_json=as_json, facts=facts)
    if not report.ok:
        raise click.exceptions.Exit(FAILED)


def _check_places(job: "Job", folder: Path, config: Path | None) -> None:
    """Refuse to write over a file that is read, and a file at a place of the run folder.

    Raises:
        BadValue: If it would be lost.
    """
    from anomalon.report.run_folder import places
    from anomalon.run.overwriting import is_at, refuse_overwriting

    reads, own = job.reads(), places(folder)
    if config is not None and not left_by_a_run(config):  # which is there to be repeated
        reads["the settings"] = config
    refuse_overwriting(reads, {**job.writes(), **own})
    for name, file in job.writes().items():
        if is_at(folder, file) or any(is_at(file, taken) for taken in own.values()):
            raise BadValue(
                f"{name}: expected a place for a file beside those of the run folder {folder}, got "
                f"{file}, which one of them takes. Choose another place for {name}."
            )


def job_options(folder: str) -> Callable[[Any], Any]:
    """The options of every command that does a job from a TOML file.

    Args:
        folder: The run folder if none is given, as the help says it.
    """

    def decorate(command: Any) -> Any:
        every = as_json_option, work_options(), labels_option, set_option, out_option(folder)
        for option in every:
            command = option(command)
        return command

    return decorate


def command_of(job: "type[Job]") -> click.Command:
    """The command of a job: CONFIG, a TOML file with its settings, in; a run folder out."""
    text = f"{job.help}\n\nCONFIG is a TOML file with its settings."
    return command_for(job.kind, text, lambda: job)


def command_for(
    name: str, text: str, find: "Callable[[], type[Job]]", suffix: str = ""
) -> click.Command:
    """The same for a job that is imported when its command runs.

    Args:
        name: Of the command.
        text: What its help says.
        find: Imports the job.
        suffix: Behind the name of CONFIG in that of the run folder.
    """

    @click.command(name, help=text)
    @click.argument("config", type=click.Path(dir_okay=False, path_type=Path))
    @job_options(f"runs/NAME{suffix}, NAME being that of CONFIG")
    def command(
        config: Path,
        out: Path | None,
        settings: tuple[str, ...],
        words: tuple[str, ...],
        executor: "Executor",
        as_json: bool,  # noqa: FBT001  click passes by name
    ) -> None:
        job = find()
        table, labels = with_labels(overridden(settings_of(config, job.kind), settings), words)
        folder = Path("runs") / f"{config.stem}{suffix}" if out is None else out
        found = job.of(table, folder=config.parent)
        do(found, folder, config=config, executor=executor, as_json=as_json, labels=labels)

    return command


set_option = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="A setting instead of that in CONFIG, e.g. search.n_members=5; repeatable.",
)


labels_option = click.option(
    "--label",
    "words",
    multiple=True,
    metavar="KEY=VALUE",
    help="What pages and figures say: title, experiment, energy (TeV), luminosity (fb^-1), mass, "
    "features.NAME; e.g. --label experiment=ATLAS; repeatable. In TOML a [labels] table.",
)


def with_labels(
    table: dict[str, Any], words: tuple[str, ...]
) -> "tuple[dict[str, Any], Labels | None]":
    """A table of settings without its labels, and these.

    Args:
        table: As read from TOML.
        words: Of the command line, which win.
    """
    given = overridden(dict(table.get("labels", {})), words)
    rest = {key: value for key, value in table.items() if key != "labels"}
    if not given:
        return rest, None
    from anomalon.core.labels import Labels
    from anomalon.run.settings import decode

    return rest, decode(Labels, given, "labels")


def free_folder(name: str, table: "Callable[[Path], dict[str, Any]]") -> Path:
    """Where a run goes if nobody says: `runs/NAME`, or with a number if other inputs are there.

    Args:
        name: Of the folder.
        table: The job as `run.toml` would have it, by the folder.
    """
    first = Path("runs") / name
    folder, n = first, 1
    while (folder / "run.toml").exists() and not _same_inputs(folder, table(folder)):
        n += 1
        folder = first.with_name(f"{first.name}-{n}")
    if n > 1:
        click.echo(f"{first} holds a run of other inputs; this one goes to {folder}", err=True)
    return folder


_INPUTS = ("file", "histogram", "table", "column", "reference", "background")


def _same_inputs(folder: Path, table: dict[str, Any]) -> bool:
    held = read_toml(folder / "run.toml")
    return all(held.get(key) == table.get(key) for key in _INPUTS)


def _say(text: str) -> None:
    click.echo(text, err=True)
