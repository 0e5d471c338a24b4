"""Options that several commands share, and what they share in an interruption."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

__all__ = ["as_json_option", "going_on_from", "out_option", "processes_option"]

_INTERRUPTED = 130

as_json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")

processes_option = click.option(
    "--processes",
    type=click.IntRange(min=1),
    help="Processes; as many as there are cores if not given. The numbers do not depend on it.",
)


def out_option(default: str) -> Callable[[Any], Any]:
    """`--out`, the run folder.

    Args:
        default: What it is if it is not given, for the help.
    """
    return click.option(
        "--out",
        type=click.Path(file_okay=False, path_type=Path),
        help=f"Run folder.  [default: {default}]",
    )


@contextmanager
def going_on_from(folder: Path) -> Iterator[None]:
    """Say how to go on when the work inside is interrupted."""
    try:
        yield
    except KeyboardInterrupt:
        click.echo(
            f"\nInterrupted. What is finished is kept in {folder}; run the same command again "
            "to go on from there.",
            err=True,
        )
        raise click.exceptions.Exit(_INTERRUPTED) from None
