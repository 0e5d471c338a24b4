"""NumPy's .npz files: what is in them without reading it, and arrays without pickles."""

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.data.source import reading

__all__ = ["Header", "array_in", "arrays_in", "is_npy", "read_array"]

_SUFFIX = ".npy"
_MAGIC = b"\x93NUMPY"


@dataclass(frozen=True)
class Header:
    """What an array is, from its first bytes."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]


def arrays_in(path: Path) -> dict[str, Header]:
    """The arrays of a file by name; none if it is no .npz file."""
    if not zipfile.is_zipfile(path):
        return {}
    found = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith(_SUFFIX):
                header = _header(archive, name)
                if header is not None:
                    found[name.removesuffix(_SUFFIX)] = header
    return found


def array_in(path: Path) -> Header:
    """The array of a .npy file.

    Raises:
        DataError: If it is none, or broken.
    """
    with reading(path, "a NumPy array"):
        array = np.load(path, mmap_mode="r", allow_pickle=False)
        return Header(array.shape, array.dtype)


def is_npy(path: Path) -> bool:
    """Whether a file begins as a .npy file does."""
    try:
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError:  # whoever reads it says what is wrong
        return False


def read_array(path: Path, name: str) -> NDArray[Any]:
    """One array of a file. No objects: a pickle can run any program."""
    with np.load(path, allow_pickle=False) as arrays:
        return np.asarray(arrays[name])


def _header(archive: zipfile.ZipFile, name: str) -> Header | None:
    try:
        with archive.open(name) as file:
            version = np.lib.format.read_magic(file)
            read = (
                np.lib.format.read_array_header_1_0
                if version == (1, 0)
                else np.lib.format.read_array_header_2_0
            )
            shape, _, dtype = read(file)
    except (ValueError, OSError, zipfile.BadZipFile):  # something else of that name
        return None
    return Header(tuple(shape), dtype)
