"""`Job`: what one command does, as a value: its settings, its inputs and its seed.

Writing your own: a frozen dataclass that derives from `Job`, with a class attribute `kind` (the
name of its command) and a method `run` that returns a `Result`. Its fields are its TOML. Register
it, and `anomalon KIND settings.toml` runs it, with a run folder, a page, `--json`, and work that
goes on after an interruption:

```python
@dataclass(frozen=True)
class Dice(Job):
    kind: ClassVar[str] = "dice"
    help: ClassVar[str] = "Throw dice."

    n: int = 6
    seed: int = 0

    def run(self, place=HERE):
        return Thrown(...)  # a `Result` of yours

register(Dice)
```

A package of yours can do without `register`: an entry point of the group `anomalon.jobs`, named by
the kind, says where the class is.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Self

from anomalon.core.document import Report
from anomalon.core.errors import BadValue
from anomalon.core.result import Result
from anomalon.run.executors import Executor, Serial
from anomalon.run.overwriting import paths_in
from anomalon.run.progress import Progress, part
from anomalon.run.settings import decode, encode, keys_of
from anomalon.run.store import Store

__all__ = ["HERE", "JOBS", "Job", "Workplace", "register"]

Say = Callable[[str], None]
"""Called with a line for the reader, e.g. what a file was taken for."""


def _nothing(text: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Workplace:
    """Where a job is done: who does it, where it is kept, and who hears of it.

    Args:
        executor: Who does the pieces of work; the numbers do not depend on it.
        store: Where finished pieces are kept, so that an interrupted job goes on; None: nowhere.
        progress: Called after each finished piece; None for nobody.
        say: Called with what a reader should know before the result is there.
    """

    executor: Executor = field(default_factory=Serial)
    store: Store | None = None
    progress: Progress | None = None
    say: Say = _nothing

    def stage(self, name: str) -> Self:
        """The same place, whose progress says which part of the job it is of."""
        return replace(self, progress=part(self.progress, name))


HERE = Workplace()
"""In this process, kept nowhere, in silence."""


class Job(ABC):
    """Settings of a whole job; `run` gives its result."""

    kind: ClassVar[str]
    help: ClassVar[str] = ""

    @classmethod
    def keys(cls) -> tuple[str, ...]:
        """Those of its table."""
        return keys_of(cls)

    @classmethod
    def of(cls, table: Mapping[str, Any], *, folder: str | Path = ".") -> Self:
        """The job that a table, as read from TOML, describes.

        Args:
            table: Its keys.
            folder: Where relative paths are looked for first.

        Raises:
            UnknownKey, BadValue, DataError: As `anomalon.run.settings.decode`.
        """
        return decode(cls, table, folder=folder)

    def table(self, folder: str | Path | None = None) -> dict[str, Any]:
        """The reverse of `of`: the job as resolved, for `run.toml`.

        Args:
            folder: Where it will be: paths are relative to it. None: the names of files only.
        """
        return encode(self, folder=folder)

    def reads(self) -> dict[str, Path]:
        """The files that it reads, by the names of their settings."""
        return dict(paths_in(self, written=False))

    def writes(self) -> dict[str, Path]:
        """The files that it writes, by the names of their settings."""
        return dict(paths_in(self, written=True))

    @property
    def title(self) -> str:
        """What it is called while it runs."""
        return self.kind

    @property
    def place(self) -> str:
        """The name of its run folder in `runs`, if none is given."""
        return self.kind

    @abstractmethod
    def run(self, place: Workplace = HERE) -> Result | Report:
        """Do it there."""


JOBS: dict[str, type[Job]] = {}
"""Jobs that others have added, by their kind."""


def register(job: type[Job]) -> type[Job]:
    """Add a job of your own: its kind becomes a command of `anomalon`.

    Raises:
        BadValue: If another job has this kind already.
    """
    if JOBS.setdefault(job.kind, job) is not job:
        raise BadValue(f"job: the kind '{job.kind}' is that of {JOBS[job.kind].__name__} already.")
    return job
