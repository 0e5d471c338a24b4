"""Options that several commands share, options from a TOML file, and what an interruption leaves.

A command whose argument is `file_argument` takes its options from a TOML file as well: the keys are
the names of the options (snake_case) and `file`. Options on the command line win. `to_table` is the
reverse: what goes into `run.toml`.
"""

import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from anomalon.cli.exit_status import stopped_by
from anomalon.cli.interruption import Interrupted, arrived
from anomalon.cli.numbers import Number, Whole
from anomalon.cli.settings import settings_of
from anomalon.core import check
from anomalon.core.atomic import check_writable
from anomalon.core.errors import BadValue, UnknownKey, WorkerLost, suggest

if TYPE_CHECKING:
    from anomalon.run import Executor

__all__ = [
    "CONFIG",
    "LABELS",
    "as_json_option",
    "file_argument",
    "going_on_from",
    "is_given",
    "key_of",
    "out_option",
    "to_table",
    "work_options",
]

CONFIG = "anomalon.config"
"""Where the path of a TOML file is kept while a command runs."""

LABELS = "anomalon.labels"
"""Where the labels of a TOML file are kept while a command runs."""

# where a run goes, what it prints and who does it is not what it does
_NOT_IN_TOML = {"out", "json", "label", "processes", "cores", "dask"}

as_json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


def work_options(*, few: bool = False) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """`--processes` and `--dask`: who does the work. The command is called with an `executor`.

    Args:
        few: One process if none is asked for, because most work of the command is short.
    """
    default = "one" if few else "as many as there are cores"

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def with_executor(
            *arguments: Any,
            processes: int | None,
            cores: int | None,
            dask: str | None,
            **options: Any,
        ) -> None:
            if cores is not None:
                click.echo("--cores is now --processes, and will go.", err=True)
            asked = cores if processes is None else processes
            executor = _executor(asked, dask, 1 if few else None)
            command(*arguments, executor=executor, **options)

        for option in (
            click.option(
                "--dask",
                metavar="ADDRESS",
                help="A Dask cluster instead: tcp://HOST:PORT of its scheduler, or local.",
            ),
            click.option("--cores", type=Whole(1, 1000), hidden=True, help="Former --processes."),
            click.option(
                "--processes",
                type=Whole(1, 1000),
                help=f"Processes; {default} if not given. The numbers do not depend on it.",
            ),
        ):
            with_executor = option(with_executor)
        return with_executor

    return decorate


def _executor(processes: int | None, dask: str | None, default: int | None) -> "Executor":
    from anomalon.run.dask import LOCAL, Dask
    from anomalon.run.executors import default_executor

    if dask is None:
        return default_executor(default if processes is None else processes)
    if processes is not None and dask != LOCAL:
        raise click.UsageError("--processes is for this machine; a Dask cluster has its own.")
    return Dask(dask, processes)


def out_option(default: str) -> Callable[[Any], Any]:
    """`--out`, the run folder.

    Args:
        default: What it is if it is not given, for the help.
    """
    return click.option(
        "--out",
        type=click.Path(file_okay=False, path_type=Path),
        callback=_check_folder,
        help=f"Run folder.  [default: {default}]",
    )


def _check_folder(_: click.Context, __: click.Parameter, folder: Path | None) -> Path | None:
    """Refuse a run folder that nothing can be written to, before any work is done."""
    check_writable((Path("runs") / "any" if folder is None else folder) / "result.json")
    return folder


def key_of(parameter: click.Parameter) -> str:
    """The name of a parameter in TOML: that of the option, in snake_case."""
    return max(parameter.opts, key=len).lstrip("-").replace("-", "_")


def is_given(name: str) -> bool:
    """Whether an option of the running command was given, on the command line or in TOML."""
    source = click.get_current_context().get_parameter_source(name)
    return source not in (None, ParameterSource.DEFAULT)


def file_argument(command: Callable[..., None]) -> Callable[..., None]:
    """FILE: the file to work on, or a TOML file that names it as `file` and sets options."""
    return click.argument(
        "file",
        type=click.Path(dir_okay=False, path_type=Path),
        is_eager=True,
        callback=_from_toml,
    )(command)


def _from_toml(context: click.Context, _: click.Parameter, path: Path) -> Path:
    if path.suffix.lower() != ".toml":
        return path
    table = settings_of(path, context.command.name or "")
    context.meta[CONFIG] = path
    context.meta[LABELS] = table.pop("labels", {})
    names = {key_of(p): p for p in context.command.params if key_of(p) not in _NOT_IN_TOML}
    for key in table:
        if key not in names:
            raise UnknownKey(f"{path}: unknown key '{key}'; {suggest(key, names)}")
        _check_kind(names[key], table[key], f"{path}: {key}")
    for key, option in names.items():
        if key in table and isinstance(option.type, click.Path):
            table[key] = path.parent / table[key]
        elif key in table and option.multiple and isinstance(table[key], str):
            table[key] = [table[key]]
    if "file" not in table:
        raise BadValue(f"{path}: expected a key `file` with the path of the spectrum.")
    context.default_map = {names[key].name: value for key, value in table.items()}
    return Path(table["file"])


def _check_kind(option: click.Parameter, value: Any, where: str) -> None:
    """Refuse a value of another kind than the option: click takes nearly all as text, and 3 as yes.

    Raises:
        BadValue: If it is of another kind.
    """
    multiple = getattr(option, "multiple", False)
    if option.nargs > 1 or (multiple and not isinstance(value, str)):
        given = check.several(value, where)
    else:
        given = (value,)
    for one in given:
        if getattr(option, "is_flag", False):
            check.flag(one, where)
        elif isinstance(option.type, click.Path) and not isinstance(one, str):
            raise BadValue(f"{where}: expected a path, got {check.shown(one)}.")
        elif not isinstance(option.type, Whole | Number):
            check.text(one, where)
        elif isinstance(one, bool) or not isinstance(one, int | float):
            raise BadValue(f"{where}: expected a number, got {check.shown(one)}.")


def to_table(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options of the running command by their keys in TOML, in the order of its help.

    Those that are None, or repeatable and not given, are left out.

    Args:
        options: Values by the names of the parameters.
    """
    keys = {key_of(p): options.get(p.name) for p in click.get_current_context().command.params}
    return {key: value for key, value in keys.items() if value not in (None, ())}


@contextmanager
def going_on_from(folder: Path, *, if_there: bool = False) -> Iterator[None]:
    """Say how to go on when the work inside is interrupted, or loses a worker process.

    Args:
        folder: Where finished work is kept.
        if_there: Say it only if there is any: short work keeps nothing.
    """

    def kept() -> str:
        if if_there and not folder.exists():
            return ""
        go_on = "run the same command again to go on from there."
        return f" What is finished is kept in {folder}; {go_on}"

    try:
        yield
    except (KeyboardInterrupt, Interrupted) as stop:
        arrived()
        click.echo(f"\nInterrupted.{kept()}", err=True)
        number = stop.number if isinstance(stop, Interrupted) else signal.SIGINT
        raise click.exceptions.Exit(stopped_by(number)) from None
    except WorkerLost as error:
        raise WorkerLost(f"{error}{kept()}") from error
