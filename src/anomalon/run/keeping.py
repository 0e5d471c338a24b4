"""`Keeping`: where a piece of work that takes long keeps what it has so far.

The store keeps pieces that are finished. A piece that is interrupted begins anew, but for the parts
of it that it has kept: values that take minutes (`once`), or a file of its own, such as the state
of a training (`file`). They are in a folder beside the finished pieces, named by the digest of all
that the piece depends on, and go when it is finished (`forget_parts`).
"""

import shutil
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar, final

from anomalon.core.errors import DataError
from anomalon.run.store import Store

__all__ = ["NOT_KEPT", "Keeping"]

Value = TypeVar("Value")

_FOLDER = "unfinished"


@final
@dataclass(frozen=True)
class Keeping:
    """A folder for the parts of pieces, or nowhere.

    Args:
        root: Where those of all pieces are; None: nothing is kept. Nothing is kept either where
            it cannot be seen, as by a worker on another machine.
        names: Piece, and parts of it, whose own folder this is.
        seconds: What was made in less is made again, which is simpler than to keep it.
    """

    root: Path | None = None
    names: tuple[str, ...] = ()
    seconds: float = 5.0

    @classmethod
    def beside(cls, store: Store | None) -> "Keeping":
        """Beside the finished pieces, if these are kept.

        Raises:
            DataError: If there can be no folder.
        """
        if store is None:
            return cls()
        root = store.folder.absolute() / _FOLDER
        try:
            root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DataError(f"{root}: expected a folder to write to, got: {error}.") from error
        return cls(root)

    def part(self, name: str) -> "Keeping":
        """The folder of a piece, or of a part of one."""
        return replace(self, names=(*self.names, name))

    @property
    def _folder(self) -> Path | None:
        if self.root is None or not self.root.is_dir():
            return None
        return self.root.joinpath(*self.names)

    def once(self, name: str, make: Callable[[], Value]) -> Value:
        """A value (arrays, dictionaries, lists, numbers, texts) that is made but once.

        Raises:
            DataError: If it cannot be written.
        """
        folder = self._folder
        if folder is None:
            return make()
        store = Store(folder)
        try:
            kept: Any = store.get(name)
        except DataError:  # damaged: it is made again, and written over
            kept = None
        if kept is not None:
            return kept  # type: ignore[no-any-return]
        start = time.monotonic()
        made = make()
        if time.monotonic() - start >= self.seconds:
            store.put(name, made)
        return made

    def file(self, name: str) -> Path | None:
        """A path for a file that the piece writes by itself; None: nowhere."""
        folder = self._folder
        if folder is None:
            return None
        folder.mkdir(parents=True, exist_ok=True)
        return folder / name

    def forget_parts(self, names: Iterable[str]) -> None:
        """Remove what is kept of these, and the folder if nothing else is in it."""
        folder = self._folder
        if folder is None:
            return
        for name in names:
            shutil.rmtree(folder / name, ignore_errors=True)
        with suppress(OSError):  # not empty: parts of other pieces
            folder.rmdir()


NOT_KEPT = Keeping()
"""Nothing is."""
