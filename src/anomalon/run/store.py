"""What makes a run resumable: finished pieces of work, kept under a digest of what made them."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anomalon.core.atomic import write_text_atomically
from anomalon.core.errors import DataError

__all__ = ["Store"]


@dataclass(frozen=True)
class Store:
    """A folder of JSON files, one per finished piece of work.

    A key is a digest of everything that determines the piece (settings, data, seed, version), so a
    changed setting can never be answered with an old result. Files appear whole or not at all, and
    have the checksum of their value: a damaged or edited one is an error, and never an answer.

    Args:
        folder: Where the files live; made at the first `put`.
    """

    folder: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "folder", Path(self.folder))

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.json"

    def __contains__(self, key: str) -> bool:
        return self._path(key).exists()

    def get(self, key: str) -> Any:
        """The stored value, or None if this piece is not finished.

        Raises:
            DataError: If the file is there but not as it was written: it was edited or the disk
                failed.
        """
        path = self._path(key)
        if not path.exists():
            return None
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            value = kept["value"]
            if kept["sha256"] != _checksum(value):
                raise ValueError("its checksum is that of another value")
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise DataError(
                f"{path}: expected JSON as an earlier run has written it, got something else "
                f"({error}). Delete this file; its piece of work is then done again."
            ) from error
        return value

    def put(self, key: str, value: Any) -> None:
        """Keep a value (plain dictionaries, lists, numbers, strings) under a key."""
        kept = {"sha256": _checksum(value), "value": value}
        write_text_atomically(self._path(key), json.dumps(kept, allow_nan=True))


def _checksum(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, allow_nan=True).encode()).hexdigest()
