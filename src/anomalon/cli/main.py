"""`main`: the group of commands, and what becomes of errors."""

import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.metadata import entry_points

import click

from anomalon import __version__
from anomalon.cli.exit_status import FAILED, SUCCESS, USAGE, stopped_by
from anomalon.cli.interruption import Interrupted, arrived, interruptible
from anomalon.cli.streams import standard_streams
from anomalon.core.errors import AnomalonError, ConfigError, suggest
from anomalon.core.folder import current_folder

__all__ = ["COMMANDS", "cli", "main"]

COMMANDS = {
    "demo": ("anomalon.cli.demo:demo", "Find a hidden resonance in simulated events, and none."),
    "search": ("anomalon.cli.search:search", "Search a file of events for resonances."),
    "validate": ("anomalon.cli.validate:validate", "Run a search on samples without signal."),
    "reach": ("anomalon.cli.reach:reach", "Limits on signals, injected and searched for again."),
    "detect": ("anomalon.cli.detect:detect", "Find anomalous events: train, compare, apply."),
    "jets": ("anomalon.cli.jets:jets", "Find anomalous jets: medoids, images, substructure."),
    "trigger": (
        "anomalon.cli.trigger:trigger",
        "Anomaly triggers at a fixed rate, compared.",
    ),
    "export": ("anomalon.cli.export:export", "Write a detector as ONNX and firmware, compared."),
    "study": ("anomalon.cli.study:study", "Published analyses on simulated events."),
    "bump": ("anomalon.cli.spectrum:bump", "Find the most significant bump of a histogram."),
    "limit": ("anomalon.cli.spectrum:limit", "Upper limits on a resonance in a histogram."),
    "report": ("anomalon.cli.report:report", "Make the page of a finished run again."),
    "simulate": ("anomalon.cli.simulate:simulate", "Generate events with Pythia 8."),
    "data": ("anomalon.cli.data:data", "Files of events: convert, list, fetch."),
    "info": ("anomalon.cli.data:info", "Say what a file of events is, and what is wrong with it."),
}
"""Name -> (module:object, one line of help), in the order of the work."""

PLUGINS = "anomalon.jobs"
"""Entry points of other packages: kind of a job -> its class."""


class _Commands(click.Group):
    """Commands that are imported when they are called, so that `--help` answers at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return _added(cmd_name)
        module, name = COMMANDS[cmd_name][0].split(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            raise click.UsageError(f"no command '{args[0]}'; {suggest(args[0], COMMANDS)}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


def _added(name: str) -> click.Command | None:
    """The command of a job that others have added: registered, or an entry point of a package."""
    points = entry_points(group=PLUGINS, name=name)
    if not points and "anomalon.run.job" not in sys.modules:
        return None
    from anomalon.cli.job import command_of
    from anomalon.run.job import JOBS, register

    for point in points:
        register(point.load())
    return command_of(JOBS[name]) if name in JOBS else None


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="anomalon %(version)s")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def cli(debug: bool) -> None:  # noqa: FBT001  click passes by name; `main` reads it
    """Model-agnostic searches for new physics at colliders."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status says how it went.

    Args:
        arguments: Those of the process if None; it then ends with this command.
    """
    is_process = arguments is None
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    with interruptible(to_the_end=is_process) as asked, standard_streams():
        return _status(arguments, asked)


def _status(arguments: list[str], asked: Callable[[], Interrupted | None]) -> int:
    """Run the command and say what went wrong."""
    try:
        status = cli.main(arguments, prog_name="anomalon", standalone_mode=False)
    except (Interrupted, KeyboardInterrupt, click.Abort) as stop:
        return _interrupted(stop)
    except Exception as error:
        if (wanted := asked()) is not None:  # this is what has become of it
            return _interrupted(wanted)
        if isinstance(error, click.ClickException):
            error.show()
            return error.exit_code
        message = _message(error)
        if message is None:  # a bug of ours
            raise
        if "--debug" in arguments:
            traceback.print_exception(error)
        if current_folder() is None:
            message += " The current folder has been removed: go to another one."
        click.echo(message, err=True)
        return USAGE if isinstance(error, ConfigError) else FAILED
    return status if isinstance(status, int) else SUCCESS


def _interrupted(error: BaseException) -> int:
    arrived()
    click.echo("\nInterrupted.", err=True)
    return stopped_by(error.number if isinstance(error, Interrupted) else signal.SIGINT)


def _message(error: Exception) -> str | None:
    """What to say of an error that is nobody's bug; None if it is one."""
    name = type(error).__name__
    if isinstance(error, AnomalonError):
        # Notes of one line say in which work it was; the others are tracebacks.
        notes = [n for n in getattr(error, "__notes__", ()) if "\n" not in n]
        return " ".join([f"{name}: {error}", *notes])
    if isinstance(error, MemoryError):
        return (
            f"{name}: there is not enough memory for this ({str(error) or 'no details'}). Take "
            "fewer events, bins, pseudo-experiments or processes."
        )
    if isinstance(error, OSError):
        where = "" if error.filename is None else f"{os.fsdecode(error.filename)}: "
        return f"{name}: {where}{error.strerror or error}"
    return None
