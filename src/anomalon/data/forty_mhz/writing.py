"""Events at 40 MHz into HDF5 files of the public layout, at once or as they come."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from anomalon.core import Events
from anomalon.core.atomic import write_atomically
from anomalon.core.errors import BadLayout, BadRows
from anomalon.core.mantissa import round_mantissa
from anomalon.data.appending import append, blocks, check_columns, note, refuse_other_suffixes
from anomalon.data.forty_mhz.layout import CLASSES, FEATURE_NAMES, OBJECT_NAMES, objects_of
from anomalon.data.forty_mhz.reading import IDENTITY, PARTICLES
from anomalon.data.per_event import ABOUT

__all__ = ["write_chunks", "write_forty_mhz"]

_ROWS = 8192
"""Events in a piece that is compressed by itself."""
_BITS = 12
"""Of the mantissa, in a compact file: relative errors up to 2^-13."""
_MOST_ANGLE = np.float32(np.floor(np.pi * 2 ** (_BITS - 1)) / 2 ** (_BITS - 1))
"""The largest number of so many bits that is an angle: pi rounded to them is above pi."""
_RESERVED = (PARTICLES, "Particles_Names", "Particles_Classes", IDENTITY, "weight", "label")


def write_forty_mhz(
    events: Events,
    path: str | Path,
    *,
    about: Mapping[str, Any] | None = None,
    compact: bool = False,
) -> Path:
    """Write events of nineteen objects to an HDF5 file, completely or not at all.

    The layout is the public one (arXiv:2107.02157): `Particles` of shape (event, 19, 4), float32,
    with `Particles_Names` and `Particles_Classes`. Beside it are `weight`, `label` if there is a
    truth, and every column by its name, except that "event" is called `EvtId`. `anomalon.load`
    restores the same events. Pieces are compressed with Zstandard: `import hdf5plugin` lets h5py
    read them.

    Args:
        events: What to write, with the slots `OBJECT_NAMES` and the features `FEATURE_NAMES`.
        path: Where to; an older file of that name is replaced.
        about: What is to be known of their making, ready for JSON; the attribute `anomalon`.
        compact: Keep 12 bits of the mantissa of pt, eta and phi (relative errors below 1.3e-4), and
            weights as float32; the other bits are zero and cost nothing when compressed.

    Returns:
        The path.

    Raises:
        BadLayout: If there are no events, or they have other slots or features.
        BadRows: If a number is impossible.
        BadValue: If the suffix is that of another format, or `about` is not ready for JSON.
        DataError: If the file cannot be written.
    """
    return write_chunks([events], path, about=about, compact=compact)


def write_chunks(
    chunks: Iterable[Events],
    path: str | Path,
    *,
    about: Mapping[str, Any] | None = None,
    compact: bool = False,
) -> Path:
    """Write events as they come, so that only a few thousand of them have to be in memory.

    The file is the same, byte by byte, however the events were cut into chunks.

    Args:
        chunks: Events with the same columns; each with truth or none of them.
        path: As for `write_forty_mhz`, like the rest.
        about: As there.
        compact: As there.

    Returns:
        The path.

    Raises:
        BadLayout: Also if chunks differ in their columns.
        BadRows: As `write_forty_mhz`; rows are counted over all chunks.
        BadValue: As `write_forty_mhz`.
        DataError: As `write_forty_mhz`.
    """
    path = Path(path)
    refuse_other_suffixes(path)

    def check(chunk: Events, first: Events | None) -> None:
        _check_chunk(chunk, first, str(path))

    with write_atomically(path) as temporary, h5py.File(temporary, "w") as file:
        n, source = 0, ""
        for block in blocks(chunks, _ROWS, check):
            if n == 0:
                source = block.source
            for name, values in _datasets(block, n, str(path), compact=compact).items():
                append(file, name, values, rows=_ROWS, compact=compact)
            n += len(block)
        if n == 0:
            raise BadLayout(f"{path}: expected events to write, got none.")
        file["Particles_Names"] = np.array([b"Pt", b"Eta", b"Phi", b"Class"])
        file["Particles_Classes"] = np.array(
            [b"MET_class_1", b"Four_Ele_class_2", b"Four_Mu_class_3", b"Ten_Jet_class_4"]
        )
        file.attrs[ABOUT] = note(
            about,
            str(path),
            source=source,
            mantissa_bits=_BITS if compact else 23,
            units="GeV, radians",
        )
    return path


def _check_chunk(chunk: Events, first: Events | None, where: str) -> None:
    """Refuse what is not in the layout, or not as the first chunk."""
    if chunk.object_names != OBJECT_NAMES or chunk.feature_names != FEATURE_NAMES:
        raise BadLayout(
            f"{where}: expected events with the slots {', '.join(OBJECT_NAMES[:3])}, … "
            f"({len(OBJECT_NAMES)} of them) and {', '.join(FEATURE_NAMES)}, got {chunk!r}."
        )
    check_columns(chunk, first, _RESERVED, where)


def _datasets(events: Events, start: int, where: str, *, compact: bool) -> dict[str, NDArray[Any]]:
    """What is written of some events, by the names of the datasets."""
    n = len(events)
    particles = np.zeros((n, len(OBJECT_NAMES), 4), dtype=np.float32)
    particles[:, :, :3] = np.where(events.mask[:, :, None], events.objects, 0)
    particles[:, :, 3] = np.where(events.mask, CLASSES, np.float32(0))
    try:
        objects_of(particles, where)  # nothing is written that could not be read
    except BadRows as error:
        raise error.moved(start) from None
    weight = events.weight
    if compact:
        rounded = round_mantissa(particles[:, :, :3], _BITS)
        rounded[:, :, 2] = np.clip(rounded[:, :, 2], -_MOST_ANGLE, _MOST_ANGLE)
        particles[:, :, :3] = rounded
        weight = weight.astype(np.float32).astype(np.float64)
    found: dict[str, NDArray[Any]] = {PARTICLES: particles, "weight": weight}
    for name, values in events.columns.items():
        found[IDENTITY if name == "event" else name] = values
    return found if events.label is None else found | {"label": events.label}
