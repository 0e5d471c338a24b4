"""Files that are either whole or not there."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from anomalon.core.errors import DataError

__all__ = ["check_writable", "discard_unfinished", "write_atomically", "write_text_atomically"]

_UNFINISHED: set[Path] = set()


def check_writable(path: str | Path) -> None:
    """Refuse a place for a file before any work is done for it; nothing is left there.

    Raises:
        DataError: If no file can be written there.
    """
    path = Path(path)
    missing: list[Path] = []
    try:
        with _writing(path):
            missing = [folder for folder in path.parents if not folder.exists()]
            if path.is_dir():
                raise IsADirectoryError("it is a folder")
            _make_folder(path.parent)
            with tempfile.NamedTemporaryFile(dir=path.parent):
                pass
    finally:
        for folder in missing:
            with suppress(OSError):  # never made, or no longer empty
                folder.rmdir()


def _make_folder(folder: Path) -> None:
    there = next((place for place in (folder, *folder.parents) if place.exists()), folder)
    if there.exists() and not there.is_dir():
        raise NotADirectoryError(f"{there} is a file")
    folder.mkdir(parents=True, exist_ok=True)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, UnicodeEncodeError) as error:  # a library may not take bytes for a name
        why = getattr(error, "strerror", None) or error
        raise DataError(
            f"{path}: cannot be written ({why}). Choose another place for it, "
            "or make room for it there."
        ) from error


@contextmanager
def write_atomically(path: str | Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place if the block ends without an error.

    The suffix is kept, because some writers choose the format by it. After an error, or a kill, the
    old file is still there and whole.

    Raises:
        DataError: If the file cannot be written.
    """
    path = Path(path)
    with _writing(path), _replacing(path) as temporary:
        yield temporary


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    _make_folder(path.parent)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    _UNFINISHED.add(temporary)
    try:
        yield temporary
        # mkstemp makes files for the owner alone; a result is as readable as any other file.
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
        _UNFINISHED.discard(temporary)


def discard_unfinished() -> None:
    """Remove what is being written: for a process that has to end at once."""
    for temporary in list(_UNFINISHED):
        with suppress(OSError):
            temporary.unlink()


def write_text_atomically(path: str | Path, text: str) -> None:
    """Write a text file (UTF-8) that is either whole or not there.

    The name of a file in the text may hold bytes that are no text, which Python keeps as lone
    surrogates. As UTF-8 they are what they were; if that is none, a mark takes their place.
    """
    data = text.encode("utf-8", "surrogateescape")
    with write_atomically(path) as temporary:
        temporary.write_bytes(data.decode("utf-8", "replace").encode("utf-8"))
