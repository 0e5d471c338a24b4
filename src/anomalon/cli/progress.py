"""Progress on stderr: a bar with the time left at a terminal, plain lines elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import click

from anomalon.run.progress import TimeLeft

__all__ = ["progress"]

Report = Callable[[int, int, str], None]


@contextmanager
def progress(title: str) -> Iterator[Report]:
    """Yield the function that a search calls with (pieces done, pieces in all, what was done)."""
    if sys.stderr.isatty():
        with _bar(title) as report:
            yield report
    else:
        yield _Lines(title)


@contextmanager
def _bar(title: str) -> Iterator[Report]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeElapsedColumn,
    )
    from rich.text import Text

    time_left = TimeLeft()

    class Left(ProgressColumn):
        """The time that is left; it runs down between reports."""

        def render(self, task: Task) -> Text:
            return Text(_said(time_left) if not task.finished else "", style="progress.remaining")

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        Left(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=False) as bar:
        task = bar.add_task(title, total=None)

        def report(done: int, total: int, what: str) -> None:
            time_left.tell(done, total, what)
            bar.update(task, completed=done, total=total, description=f"{title}: {what}")

        yield report


class _Lines:
    """One line per finished piece, with the time left."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._left = TimeLeft()

    def __call__(self, done: int, total: int, what: str) -> None:
        self._left.tell(done, total, what)
        left = f", {_said(self._left)}" if done < total else ""
        click.echo(f"{self._title}: {done}/{total} {what}{left}", err=True)


def _said(left: TimeLeft) -> str:
    seconds = left.seconds()
    if seconds is None:
        return "estimating the time left"
    return f"about {timedelta(seconds=round(seconds))} left"
