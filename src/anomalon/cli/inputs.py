"""Files that a command reads: on the disk, or from standard input and pipes.

What came through a pipe is gone afterwards. The run folder keeps a copy, so that `run.toml` can
name it and the run can be repeated.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from anomalon.core.atomic import write_atomically

__all__ = ["Input", "opened"]


@dataclass(frozen=True)
class Input:
    """A file that a command reads.

    Args:
        path: Where it can be read while the command runs.
        is_copy: Whether it is a copy that is gone afterwards.
    """

    path: Path
    is_copy: bool

    def kept(self, folder: Path) -> Path:
        """Where it can be read later: in the run folder if it came through a pipe."""
        if not self.is_copy:
            return self.path
        place = folder / self.path.name
        with write_atomically(place) as temporary:
            temporary.write_bytes(self.path.read_bytes())
        return place


@contextmanager
def opened(path: Path, stem: str) -> Iterator[Input]:
    """A file of a command, for as long as it runs.

    Args:
        path: As it was given; "-" for standard input.
        stem: What a copy is called.
    """
    from anomalon.data.spectrum.pipes import is_pipe, spooled

    piped = is_pipe(path)
    with spooled(path, stem) as file:
        yield Input(file, piped)
