"""Events at two levels of a trigger into HDF5 files."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
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
from anomalon.data.objects import check_objects
from anomalon.data.per_event import ABOUT
from anomalon.data.trigger.layout import (
    FEATURE_NAMES,
    FIRED,
    LEVELS,
    MOST_ITEMS,
    NAMES,
    PREFIX,
    Level,
    at_level,
    joined,
)

__all__ = ["write_trigger", "write_trigger_chunks"]

_ROWS = 16_384
"""Events in a piece that is compressed by itself."""
_BITS = 10
"""Of the mantissa of pt, in a compact file: relative errors up to 2^-11."""
_STEPS: dict[Level, dict[str, float]] = {
    "hlt": {"eta": 1 / 512, "phi": 1 / 512},
    "l1": {"eta": 0.010875, "phi": 2 * np.pi / 576},
}
"""Of eta and phi in a compact file: those of the first level are the finest of its hardware."""
_RESERVED = (*LEVELS, FIRED, "weight", "label")


def write_trigger(
    hlt: Events,
    l1: Events,
    path: str | Path,
    *,
    about: Mapping[str, Any] | None = None,
    compact: bool = False,
) -> Path:
    """Write the same events at both levels to an HDF5 file, completely or not at all.

    Each level is a group, `hlt` and `l1`, of the datasets pt, eta and phi, (event, 20) float32 in
    GeV and radians, zero where a slot is empty. Beside them are `weight`, `label` if there is a
    truth, and every column by its name, except that decisions `fired_…` are the bits of `fired`,
    whose attribute `items` has their names. `anomalon.load` restores the events of either level.

    Args:
        hlt: The high-level trigger, with the slots `HLT_NAMES`; weight, truth and columns are its.
        l1: The first level, with the slots `L1_NAMES`, the same events.
        path: Where to; an older file of that name is replaced.
        about: What is to be known of their making, ready for JSON; the attribute `anomalon`.
            `prescales` and `strata` of it are those of `anomalon.data.trigger.biased`.
        compact: Keep 10 bits of the mantissa of pt at HLT (relative errors below 5e-4), weights as
            float32, and eta and phi as integers with the attribute `step`: 1/512 at HLT, at L1
            0.010875 and 2 pi/576, which are the finest steps of its hardware.

    Returns:
        The path.

    Raises:
        BadLayout: If there are no events, they have other slots, or levels differ in their number.
        BadRows: If a number is impossible.
        BadValue: If the suffix is that of another format, or `about` is not ready for JSON.
        DataError: If the file cannot be written.
    """
    return write_trigger_chunks([(hlt, l1)], path, about=about, compact=compact)


def write_trigger_chunks(
    chunks: Iterable[tuple[Events, Events]],
    path: str | Path,
    *,
    about: Mapping[str, Any] | None = None,
    compact: bool = False,
) -> Path:
    """Write events as they come: pairs of both levels, as for `write_trigger`.

    The file is the same, byte by byte, however the events were cut into chunks.

    Raises:
        BadLayout: Also if chunks differ in their columns.
        BadRows, BadValue, DataError: As `write_trigger`; rows are counted over all chunks.
    """
    path = Path(path)
    refuse_other_suffixes(path)

    def check(chunk: Events, first: Events | None) -> None:
        check_columns(chunk, first, _RESERVED, str(path))

    def pairs() -> Iterator[Events]:
        n = 0
        for hlt, l1 in chunks:
            try:
                yield _paired(hlt, l1, str(path))
            except BadRows as error:
                raise error.moved(n) from None
            n += len(hlt)

    with write_atomically(path) as temporary, h5py.File(temporary, "w", libver="v110") as file:
        n, source, fired = 0, "", list[str]()
        for block in blocks(pairs(), _ROWS, check):
            if n == 0:
                source, fired = block.source, _items(block)
            for name, values in _datasets(block, fired, compact=compact).items():
                append(file, name, values, rows=_ROWS, compact=compact)
            n += len(block)
        if n == 0:
            raise BadLayout(f"{path}: expected events to write, got none.")
        for level in LEVELS:
            file[level].attrs["objects"] = list(NAMES[level])
            for name, step in _STEPS[level].items() if compact else ():
                file[level][name].attrs["step"] = step
        if FIRED in file:
            file[FIRED].attrs["items"] = fired
        bits = {"mantissa_bits": _BITS if compact else 23}
        file.attrs[ABOUT] = note(about, str(path), source=source, units="GeV, radians", **bits)
    return path


def _paired(hlt: Events, l1: Events, where: str) -> Events:
    """Events with the slots of both levels."""
    for level, events in zip(LEVELS, (hlt, l1), strict=True):
        if events.object_names != NAMES[level] or events.feature_names != FEATURE_NAMES:
            raise BadLayout(
                f"{where}: expected events of level '{level}' with the slots "
                f"{', '.join(NAMES[level])} and {', '.join(FEATURE_NAMES)}, got {events!r}."
            )
    if len(hlt) != len(l1):
        raise BadLayout(
            f"{where}: expected the same events at both levels, got {len(hlt)} at hlt and "
            f"{len(l1)} at l1."
        )
    of_hlt, of_l1 = (
        np.where(e.mask[:, :, None], e.objects, 0).astype(np.float32) for e in (hlt, l1)
    )
    check_objects(of_hlt, NAMES["hlt"], f"{where}: hlt")
    check_objects(of_l1, NAMES["l1"], f"{where}: l1")
    events = joined(of_hlt, of_l1, hlt.source)
    return replace(events, columns=hlt.columns, weight=hlt.weight, label=hlt.label)


def _items(events: Events) -> list[str]:
    """The items whose decisions are packed into one number."""
    found = [
        name.removeprefix(PREFIX)
        for name, values in events.columns.items()
        if name.startswith(PREFIX) and values.dtype == np.bool_
    ]
    return found if len(found) <= MOST_ITEMS else []


def _datasets(events: Events, fired: list[str], *, compact: bool) -> dict[str, NDArray[Any]]:
    """What is written of some events, by the names of the datasets."""
    found: dict[str, NDArray[Any]] = {}
    for level in LEVELS:
        objects = at_level(events, level).objects
        for j, name in enumerate(FEATURE_NAMES):
            values: NDArray[Any] = np.ascontiguousarray(objects[:, :, j])
            if compact and name == "pt" and level == "hlt":
                values = round_mantissa(values, _BITS)
            elif compact and name != "pt":
                values = _in_steps(values, _STEPS[level][name], name)
            found[f"{level}/{name}"] = values
    weight = events.weight.astype(np.float32) if compact else events.weight
    found |= {"weight": weight, **events.columns}
    if fired:
        bits = (
            found.pop(PREFIX + name).astype(np.uint64) << np.uint64(i)
            for i, name in enumerate(fired)
        )
        found[FIRED] = np.asarray(sum(bits), np.uint64)
    return found if events.label is None else found | {"label": events.label}


def _in_steps(values: NDArray[np.float32], step: float, name: str) -> NDArray[np.int16]:
    """Angles as integers; rounded phi stays within a turn."""
    most = np.floor(np.pi / step * (1 + 1e-9)) if name == "phi" else np.iinfo(np.int16).max
    return np.clip(np.rint(values.astype(np.float64) / step), -most, most).astype(np.int16)
