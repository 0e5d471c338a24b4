"""Progress on stderr: a bar with the time left at a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import click

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
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=False) as bar:
        task = bar.add_task(title, total=None)

        def report(done: int, total: int, what: str) -> None:
            bar.update(task, completed=done, total=total, description=f"{title}: {what}")

        yield report


class _Lines:
    """One line per finished piece, with the time left at the mean pace so far."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._start = time.monotonic()
        self._first: int | None = None

    def __call__(self, done: int, total: int, what: str) -> None:
        if self._first is None:
            self._first, self._start = done, time.monotonic()
        new = done - self._first
        left = ""
        if new > 0 and done < total:
            seconds = (time.monotonic() - self._start) / new * (total - done)
            left = f", about {timedelta(seconds=round(seconds))} left"
        click.echo(f"{self._title}: {done}/{total} {what}{left}", err=True)
