"""What makes a run resumable: finished pieces of work, kept under a digest of what made them."""

import hashlib
import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from anomalon.core.archive import arrays_of
from anomalon.core.atomic import write_atomically, write_text_atomically
from anomalon.core.errors import DataError

__all__ = ["Store"]


@dataclass(frozen=True)
class Store:
    """A folder of files, one per finished piece of work: JSON, or NPZ for those with arrays.

    A key is a digest of everything that determines the piece (settings, data, seed, code), so a
    changed setting can never be answered with an old result. Files appear whole or not at all, and
    have the checksum of their value: a damaged or edited one is an error, and never an answer.

    Args:
        folder: Where the files live; made at the first `put`.
    """

    folder: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "folder", Path(self.folder))

    def _plain(self, key: str) -> Path:
        return self.folder / f"{key}.json"

    def _arrays(self, key: str) -> Path:
        return self.folder / f"{key}.npz"

    def __contains__(self, key: str) -> bool:
        return self._plain(key).exists() or self._arrays(key).exists()

    def get(self, key: str) -> Any:
        """The stored value, or None if this piece is not finished.

        Raises:
            DataError: If the file is there but not as it was written: it was edited or the disk
                failed.
        """
        for path, read in ((self._plain(key), _read_plain), (self._arrays(key), _read_arrays)):
            if path.exists():
                try:
                    return read(path)
                except Exception as error:  # zip files can be wrong in many ways
                    raise DataError(
                        f"{path}: expected a value as an earlier run has written it, got something "
                        f"else ({error}). Delete this file; its piece of work is then done again."
                    ) from error
        return None

    def put(self, key: str, value: Any) -> None:
        """Keep a value (arrays, dictionaries, lists, numbers, texts) under a key.

        Raises:
            DataError: If it cannot be written.
            TypeError: If it is made of anything else. Tuples become lists.
        """
        arrays = dict[str, np.ndarray[Any, Any]]()
        plain = _without_arrays(value, arrays, ())
        if not arrays:
            kept = {"sha256": _checksum(value), "value": value}
            write_text_atomically(self._plain(key), json.dumps(kept, allow_nan=True))
            return
        table = [json.loads(path) for path in arrays]
        text = json.dumps({"value": plain, "arrays": table}, allow_nan=True)
        parts = {f"array_{i}": array for i, array in enumerate(arrays.values())}
        digest = _digest(text, list(parts.values()))
        parts |= {"json": np.array(text), "sha256": np.array(digest)}
        with write_atomically(self._arrays(key)) as temporary, temporary.open("wb") as file:
            np.savez(file, allow_pickle=False, **parts)

    def forget(self, keys: Iterable[str]) -> None:
        """Remove these values, if they are there, and the folder if nothing else is in it."""
        for key in keys:
            self._plain(key).unlink(missing_ok=True)
            self._arrays(key).unlink(missing_ok=True)
        with suppress(OSError):  # not there, or not empty
            self.folder.rmdir()


def _read_plain(path: Path) -> Any:
    kept = json.loads(path.read_text(encoding="utf-8"))
    value = kept["value"]
    if kept["sha256"] != _checksum(value):
        raise ValueError("its checksum is that of another value")
    return value


def _read_arrays(path: Path) -> Any:
    file = arrays_of(path)
    text, digest = str(file["json"]), str(file["sha256"])
    kept = json.loads(text)
    arrays = [file[f"array_{i}"] for i in range(len(kept["arrays"]))]
    if digest != _digest(text, arrays):
        raise ValueError("its checksum is that of another value")
    value = kept["value"]
    for place, array in zip(kept["arrays"], arrays, strict=True):
        if not place:
            return array
        at = value
        for step in place[:-1]:
            at = at[step]
        at[place[-1]] = array
    return value


def _without_arrays(
    value: Any, arrays: "dict[str, np.ndarray[Any, Any]]", place: tuple[str | int, ...]
) -> Any:
    """The value with None for each array; these go to `arrays`, by their place in it."""
    if isinstance(value, np.ndarray):
        if value.dtype.hasobject:
            raise TypeError(f"expected numbers or texts in an array, got {value.dtype}")
        arrays[json.dumps(place)] = value
        return None
    if isinstance(value, dict):
        return {str(k): _without_arrays(v, arrays, (*place, str(k))) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_without_arrays(v, arrays, (*place, i)) for i, v in enumerate(value)]
    return value


def _checksum(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, allow_nan=True).encode()).hexdigest()


def _digest(text: str, arrays: "list[np.ndarray[Any, Any]]") -> str:
    h = hashlib.sha256(text.encode())
    for array in arrays:
        h.update(str((array.dtype.str, array.shape)).encode())
        h.update(np.ascontiguousarray(array).tobytes())
    return h.hexdigest()
