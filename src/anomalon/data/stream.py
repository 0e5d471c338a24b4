"""`Stream`: the events of a file, piece by piece, as often as they are wanted."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

from anomalon.core import Events
from anomalon.core.errors import BadLayout
from anomalon.core.shown import Shown
from anomalon.data.loading import chunks

__all__ = ["Stream", "stream"]


@final
@dataclass(frozen=True, repr=False)
class Stream(Shown):
    """Pieces of a file, read anew each time that they are gone through; never all in memory.

    Args:
        path: The file.
        size: Events per piece.
        options: As for `anomalon.data.chunks`.
    """

    path: Path
    size: int
    options: dict[str, Any] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Events]:
        for piece in chunks(self.path, size=self.size, **self.options):
            if not isinstance(piece, Events):
                raise BadLayout(
                    f"{self.path}: expected events, got a sample: a table of features. Go through "
                    "it with anomalon.data.chunks, or load it with anomalon.load."
                )
            yield piece


def stream(path: str | Path, *, size: int = 100_000, **options: Any) -> Stream:
    """The events of a file for what goes through them several times, as `Detector.fit` does.

    Args:
        path: The file.
        size: Events per piece.
        **options: As for `anomalon.data.chunks`, like `start` and `stop`.

    Returns:
        An object that gives the same pieces each time that it is gone through.

    Raises:
        BadLayout: If the file holds a sample, which is a table of features.
        BadValue: If `size` is not positive; and everything that `anomalon.load` raises.
    """
    found = Stream(Path(path), size, options)
    for _ in found:
        break  # what is wrong with the file is said at once
    return found
