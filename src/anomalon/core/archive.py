"""Archives of arrays, as `numpy.savez` writes them: read whole, and never as pickles."""

from contextlib import nullcontext
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["NoArchive", "arrays_of"]


class NoArchive(ValueError):
    """What a file is in the place of an archive, as the end of "got …"."""


def arrays_of(source: Path | str | IO[bytes]) -> dict[str, NDArray[Any]]:
    """The arrays of an archive by name.

    NumPy itself leaves files open that are broken, and says of those of other kinds how they could
    be loaded unsafely, which is no advice to be followed.

    Raises:
        NoArchive: If it is something else.
        OSError: If it cannot be read.
    """
    is_path = isinstance(source, Path | str)
    with Path(source).open("rb") if is_path else nullcontext(source) as file:  # type: ignore[arg-type]
        try:
            found = np.load(file, allow_pickle=False)
            if isinstance(found, np.lib.npyio.NpzFile):
                return {name: found[name] for name in found.files}
        except (ValueError, EOFError) as error:  # of text, of pickles, of nothing at all
            raise NoArchive("a file of another kind") from error
    raise NoArchive("a single array")
