"""`download`: a public data set onto this disk; an interrupted download goes on where it was."""

import hashlib
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from anomalon.core.errors import ChecksumMismatch, DataError
from anomalon.core.plain import to_plain
from anomalon.data.public import ZENODO, PublicDataset, public_dataset
from anomalon.data.recognise import recognise
from anomalon.data.zenodo import (
    Interrupted,
    NotThere,
    RecordFile,
    Unreachable,
    files_of,
    opened,
)
from anomalon.run.progress import Progress, Steps, steps

__all__ = ["Downloaded", "download"]

_TRIES = 5
"""How often a broken connection is made again, if it brings something each time."""
_WAIT = 1.0
"""Seconds before the first of these tries that brought nothing; the next wait longer."""
_PIECE = 2**20
_MB = 1_000_000


@dataclass(frozen=True)
class Downloaded:
    """A file that was fetched, complete and checked.

    Args:
        name: The data set.
        path: The file.
        record: Number of the Zenodo record that it came from.
        n_events: Events in it.
        size: Bytes.
        md5: As the record gives it, and as it is.
    """

    name: str
    path: str
    record: int
    n_events: int
    size: int
    md5: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return dict(to_plain(self))


def download(
    name: str, folder: str | Path, *, progress: Progress | None = None, host: str = ZENODO
) -> Downloaded:
    """Fetch a public data set, check it, and say what it is.

    The record says where its file is, how large it is and its MD5 sum. What has come is in a file
    that ends in `.part`; the next call goes on from there.

    Args:
        name: One of `anomalon.data.public.PUBLIC`.
        folder: Where to put the file, under the name that the record gives it.
        progress: Told of megabytes.
        host: Whom to ask.

    Returns:
        The file, and what is in it.

    Raises:
        UnknownKey: If there is no such data set.
        DataError: If the host cannot be reached, the file is not there, the connection breaks
            again and again, or it has another number of events than it should have.
        ChecksumMismatch: If the file is not the one of the record.
    """
    dataset = public_dataset(name)
    try:
        file = _find(dataset, host)
        path = Path(folder) / file.name
        part = path.with_name(path.name + ".part")
        if not path.exists():
            _make_room(part)
            _fetch(file, part, progress)
            _check(file, part)
            part.replace(path)
        else:
            _check(file, path)
    except Unreachable as error:
        raise DataError(
            f"{dataset.name}: {host} cannot be reached (tried {error}). {_by_hand(dataset)}"
        ) from error
    return Downloaded(name, str(path), file.record, _count(dataset, path), file.size, file.md5)


def _find(dataset: PublicDataset, host: str) -> RecordFile:
    """The file of a data set, in the first of its records that has it."""
    seen: list[str] = []
    for record in dataset.records:
        try:
            files = files_of(record, host)
        except NotThere as error:
            seen.append(f"record {record}: {error}")
            continue
        hdf5 = [f for f in files if f.name.lower().endswith((".h5", ".hdf5"))]
        found = [f for f in hdf5 if dataset.word.lower() in f.name.lower().replace("_", "")]
        if len(dataset.records) == 1 and len(hdf5) == 1:
            found = hdf5  # there is no choice; its number of events will tell
        if len(found) == 1:
            return found[0]
        seen.append(f"record {record}: {', '.join(f.name for f in files) or 'no files'}")
    raise DataError(
        f"{dataset.name}: expected one file with '{dataset.word}' in its name in {host}, got "
        f"{'; '.join(seen)}. {_by_hand(dataset)}"
    )


def _make_room(part: Path) -> None:
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        part.open("ab").close()
    except OSError as error:
        raise DataError(f"{part}: cannot be written ({error.strerror or error}).") from error


def _fetch(file: RecordFile, part: Path, progress: Progress | None) -> None:
    """Bring a part to the size of the file, in as many connections as that takes."""
    tell = steps(progress, max(1, file.size // _MB))
    tries = 0
    while (there := part.stat().st_size) != file.size:
        if there > file.size:
            os.truncate(part, 0)
            there = 0
        try:
            _append(file, part, there, tell)
            why = "the host sent less than it should"
        except Interrupted as error:
            why = str(error)
        tries = 0 if part.stat().st_size > there else tries + 1
        time.sleep(_WAIT * tries)
        if tries == _TRIES:
            raise DataError(
                f"{part}: expected {file.size} bytes from {file.url}, got {part.stat().st_size} "
                f"({why}). The same command goes on from there."
            )
    tell(max(1, file.size // _MB), "MB")


def _append(file: RecordFile, part: Path, there: int, tell: Steps) -> None:
    with opened(file.url, there) as (answer, start), part.open("r+b") as out:
        out.truncate(start)  # a host that knows of no parts begins again
        out.seek(start)
        done = start
        while done < file.size and (piece := answer.read(min(_PIECE, file.size - done))):
            _write(out, piece, part)
            done += len(piece)
            tell(done // _MB, "MB")


def _write(out: IO[bytes], piece: bytes, part: Path) -> None:
    try:
        out.write(piece)
        out.flush()
    except OSError as error:
        raise DataError(
            f"{part}: cannot be written ({error.strerror or error}). Make room for it; the same "
            "command goes on where it was."
        ) from error


def _check(file: RecordFile, path: Path) -> None:
    """Refuse a file that is not the one of the record; a part that is not is of no use."""
    size = path.stat().st_size
    with path.open("rb") as opened_file:
        md5 = hashlib.file_digest(opened_file, lambda: hashlib.md5(usedforsecurity=False))
    if (size, md5.hexdigest()) == (file.size, file.md5):
        return
    text = (
        f"{path}: expected {file.size} bytes with the MD5 sum {file.md5} (record {file.record}), "
        f"got {size} bytes with {md5.hexdigest()}."
    )
    if path.suffix == ".part":
        path.unlink()
        raise ChecksumMismatch(f"{text} It was damaged on the way and is removed: try again.")
    raise ChecksumMismatch(f"{text} It is another file: move it away, or choose another folder.")


def _count(dataset: PublicDataset, path: Path) -> int:
    """The events of a file, as many as there should be."""
    n = recognise(path).n_events
    if dataset.n_events is not None and n != dataset.n_events:
        raise DataError(
            f"{path}: expected {dataset.n_events} events, got {n}. The file is what its record "
            "has, and stays; but it is not the version that anomalon knows."
        )
    return n


def _by_hand(dataset: PublicDataset) -> str:
    """What to do where this computer does not reach the host."""
    pages = dataset.pages
    where = pages[0] if len(pages) == 1 else f"one of {', '.join(pages)}"
    text = (
        f"Try again later, or fetch the file by hand from {where} and look at it with "
        "`anomalon info`"
        + ("." if dataset.n_events is None else f": it should have {dataset.n_events} events.")
    )
    if dataset.substitute is not None:
        text += (
            " Simulated events of this kind are made by "
            f"`anomalon simulate {dataset.simulation}`; a sample of "
            f'them is `anomalon.data.sample("{dataset.substitute}")`, where installed.'
        )
    return text
