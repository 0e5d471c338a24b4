"""Jets into HDF5 files, at once or as they come: flat arrays of constituents, without padding.

The group `constituents` has pt, eta and phi of one jet after the other, and `offsets` (jet + 1),
integers: those of jet i are from offsets[i] up to offsets[i + 1]. The group `jets` has one number
per jet and name.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from anomalon.core import Events
from anomalon.core.atomic import write_atomically
from anomalon.core.errors import BadLayout, BadValue
from anomalon.core.mantissa import round_mantissa
from anomalon.data.appending import append, blocks, check_columns, note, refuse_other_suffixes
from anomalon.data.jets.layout import FEATURE_NAMES, KIND, names_of

__all__ = ["ABOUT", "CONSTITUENTS", "JETS", "QUANTUM", "SLOTS", "write_jet_chunks", "write_jets"]

ABOUT = "anomalon"
"""The attribute that tells where the jets come from, as JSON."""
CONSTITUENTS, JETS = "constituents", "jets"
SLOTS = "n_constituents"
"""The attribute of the group of constituents that says how many slots a jet has when it is read."""
QUANTUM = "quantum"
"""The attribute of a dataset of integers that says how much one is."""

_COMPACT_QUANTUM = 1 / 2048
"""Of eta and phi in a compact file: they are off by at most 2.5e-4."""
_LARGEST = 15.0
"""The largest difference in eta that 16 bits of it hold."""
_BITS = 12
"""Of the mantissa of numbers per jet in a compact file."""
_LEAST_PT = np.float16(6e-8)
_JETS_AT_ONCE = 8192
_CONSTITUENTS_AT_ONCE = 262_144


def write_jets(
    events: Events,
    path: str | Path,
    *,
    about: Mapping[str, Any] | None = None,
    compact: bool = False,
) -> Path:
    """Write jets to an HDF5 file, completely or not at all; `anomalon.load` restores them.

    Pieces are compressed with Zstandard: `import hdf5plugin` lets h5py read them.

    Args:
        events: Jets, with the slots "constituent1", "constituent2", … and the features pt, eta and
            phi, as `jet_events` makes them.
        path: Where to; an older file of that name is replaced.
        about: What is to be known of their making, ready for JSON; the attribute `anomalon`.
        compact: Keep pt of constituents as float16 (relative errors up to 4.9e-4), eta and phi as
            multiples of 1/2048, and 12 bits of the mantissa of numbers per jet.

    Returns:
        The path.

    Raises:
        BadLayout: If there are no jets, or they have other slots or features.
        BadValue: If the suffix is that of another format, `about` is not ready for JSON, or a
            number is too large for a compact file.
        DataError: If the file cannot be written.
    """
    return write_jet_chunks([events], path, about=about, compact=compact)


def write_jet_chunks(
    chunks: Iterable[Events],
    path: str | Path,
    *,
    about: Mapping[str, Any] | None = None,
    compact: bool = False,
) -> Path:
    """Write jets as they come, so that only a few thousand of them have to be in memory.

    The file is the same, byte by byte, however the jets were cut into chunks.

    Args:
        chunks: Jets with the same slots and columns; each with truth or none of them.
        path: As for `write_jets`, like the rest.
        about: As there.
        compact: As there.

    Returns:
        The path.

    Raises:
        BadLayout, BadValue, DataError: As `write_jets`; also if chunks differ in their columns.
    """
    path = Path(path)
    refuse_other_suffixes(path)

    def check(chunk: Events, first: Events | None) -> None:
        _check_chunk(chunk, first, str(path))

    with write_atomically(path) as temporary, h5py.File(temporary, "w") as file:
        inner, jets = file.create_group(CONSTITUENTS), file.create_group(JETS)
        n, n_full, source = 0, 0, ""
        for block in blocks(chunks, _JETS_AT_ONCE, check):
            if n == 0:
                source = block.source
                inner.attrs[SLOTS] = len(block.object_names)
            n_full += _write_block(block, inner, jets, str(path), compact=compact)
            n += len(block)
        if n == 0:
            raise BadLayout(f"{path}: expected jets to write, got none.")
        file.attrs[ABOUT] = note(
            about,
            str(path),
            source=source,
            units="GeV, radians; eta and phi of constituents relative to the axis of the jet",
            jets_with_constituents_left_out=n_full,
            compact=compact,
        )
    return path


def _check_chunk(chunk: Events, first: Events | None, where: str) -> None:
    """Refuse what is not in the layout, or not as the first chunk."""
    slots = names_of(len(chunk.object_names))
    if chunk.object_names != slots or chunk.feature_names != FEATURE_NAMES:
        raise BadLayout(
            f"{where}: expected jets with the slots {KIND}1, {KIND}2, … and "
            f"{', '.join(FEATURE_NAMES)}, got {chunk!r}. Make them with "
            "`anomalon.data.jets.jet_events`."
        )
    check_columns(chunk, first, ("weight", "label"), where)


def _write_block(
    block: Events, inner: h5py.Group, jets: h5py.Group, where: str, *, compact: bool
) -> int:
    """Append some jets; gives how many have lost constituents."""
    sizes = block.mask.sum(axis=1)
    start = inner["offsets"][-1] if "offsets" in inner else 0
    ends = start + np.cumsum(sizes, dtype=np.int64)
    if "offsets" not in inner:
        ends = np.concatenate([np.zeros(1, np.int64), ends])
    append(inner, "offsets", ends, rows=_JETS_AT_ONCE, compact=compact)
    for name in FEATURE_NAMES:
        values = block.feature(name)[block.mask].astype(np.float32)
        stored = _compact(name, values, where) if compact else values
        dataset = append(inner, name, stored, rows=_CONSTITUENTS_AT_ONCE, compact=compact)
        if stored.dtype.kind == "i":
            dataset.attrs[QUANTUM] = _COMPACT_QUANTUM
    numbers: dict[str, NDArray[Any]] = {"weight": block.weight, **block.columns}
    if block.label is not None:
        numbers["label"] = block.label
    for name, values in numbers.items():
        if compact and values.dtype.kind == "f":
            values = round_mantissa(values.astype(np.float32), _BITS)
        append(jets, name, values, rows=_JETS_AT_ONCE, compact=compact)
    full = block.columns.get("n_constituents", sizes) > sizes
    return int(full.sum())


def _compact(name: str, values: NDArray[np.float32], where: str) -> NDArray[Any]:
    """One feature in 16 bits: pt as a float, eta and phi as integers."""
    largest = float(np.finfo(np.float16).max) if name == "pt" else _LARGEST
    if np.abs(values).max(initial=0.0) > largest:
        raise BadValue(
            f"{where}: {name} of a constituent is {np.abs(values).max():.6g}, and a compact file "
            f"holds up to {largest:g}. Write it without `compact`."
        )
    if name == "pt":
        return np.maximum(values.astype(np.float16), _LEAST_PT)
    return np.rint(values / _COMPACT_QUANTUM).astype(np.int16)
