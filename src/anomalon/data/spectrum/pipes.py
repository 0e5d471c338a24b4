"""Standard input and pipes as files, which can be read more than once."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

__all__ = ["is_pipe", "spooled"]

_SUFFIXES = {b"PAR1": ".parquet", b"root": ".root", b"\x89HDF": ".h5", b"BEGIN YODA": ".yoda"}
_PASSING = (Path("/dev/stdin"), Path("/dev/fd"), Path("/proc"))


def is_pipe(path: Path) -> bool:
    """Whether a path is standard input ("-"), a pipe, or the number of an open file."""
    if str(path) == "-" or path.is_fifo() or path.is_char_device():
        return True
    return any(place == path or place in path.parents for place in _PASSING) and path.exists()


@contextmanager
def spooled(path: Path, stem: str = "input") -> Iterator[Path]:
    """The path of a file with the same content: itself, or a copy that is gone after the block.

    Args:
        path: A file, a pipe, or "-" for standard input.
        stem: What a copy is called; its suffix says what is in it.
    """
    if not is_pipe(path):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="anomalon-") as folder:
        copy = Path(folder) / stem
        with copy.open("wb") as file:
            if str(path) == "-":
                shutil.copyfileobj(sys.stdin.buffer, file)
            else:
                with path.open("rb") as pipe:
                    shutil.copyfileobj(pipe, file)
        with copy.open("rb") as file:
            whole = copy.with_suffix(_suffix(file))
        yield copy.rename(whole)


def _suffix(file: IO[bytes]) -> str:
    head = file.read(16)
    return next((s for magic, s in _SUFFIXES.items() if head.startswith(magic)), ".csv")
