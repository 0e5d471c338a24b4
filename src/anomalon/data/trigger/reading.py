"""`TriggerSource`: HDF5 files of events at two levels of a trigger."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from anomalon.core import Events, check
from anomalon.core.errors import BadLayout
from anomalon.data.hdf5 import open_hdf5
from anomalon.data.objects import check_objects
from anomalon.data.per_event import ABOUT, clean_columns, per_event, source_of
from anomalon.data.source import Source
from anomalon.data.trigger.layout import FEATURE_NAMES, FIRED, LEVELS, NAMES, PREFIX, Level

__all__ = ["TriggerSource"]

_BYTES = 20 * (4 * len(FEATURE_NAMES) + 1) + 8 + 8


@dataclass(frozen=True)
class TriggerSource(Source):
    """Events of twenty objects at one of two levels, and the numbers per event beside them.

    Args:
        level: Which.
        columns: The datasets of numbers per event.
        weight: Whether there is a dataset of weights.
        label: Whether there is one of the truth.
        source: Where the events come from, for messages.
        items: Those whose decisions are bits of `fired`.
    """

    level: Level = "hlt"
    columns: tuple[str, ...] = ()
    weight: bool = False
    label: bool = False
    source: str = ""
    items: tuple[str, ...] = ()

    @classmethod
    def recognise(cls, path: Path, file: h5py.File, level: str | None) -> "TriggerSource | None":
        """The source, if the file has groups of both levels; None if it has not.

        Raises:
            BadLayout: If one lacks pt, eta or phi, or they have other shapes, or the level was not
                measured.
            BadValue: If there is no such level.
        """
        if not all(isinstance(file.get(name), h5py.Group) for name in LEVELS):
            return None
        measured = _measured(file)
        asked = measured[0] if level is None else level
        wanted: Any = check.one_of(asked, f"{path}: level", LEVELS)
        if wanted not in measured:
            raise BadLayout(
                f"{path}: expected a file in which '{wanted}' was measured, got one of "
                f"'{measured[0]}' alone: load it with level='{measured[0]}'."
            )
        n = _n_events(path, file)
        plain = {name: item for name, item in file.items() if per_event(item, n)}
        for name in ("weight", "label", "event", "process", "split"):
            if isinstance(file.get(name), h5py.Dataset) and name not in plain:
                raise BadLayout(
                    f"{path}: expected '{name}' to be a number for each of {n} events, got "
                    f"{file[name].dtype} of shape {file[name].shape}."
                )
        return cls(
            path=path,
            layout=f"trigger events of 20 objects at two levels (HDF5), level {wanted}",
            n_events=n,
            bytes_per_event=_BYTES + sum(item.dtype.itemsize for item in plain.values()),
            unread=tuple(name for name in file if name not in plain and name not in LEVELS),
            level=wanted,
            columns=tuple(name for name in plain if name not in ("weight", "label")),
            weight="weight" in plain,
            label="label" in plain,
            source=source_of(file, path),
            items=_items(path, plain.get(FIRED)),
        )

    def _read(self, start: int, stop: int) -> Events:
        n, where = stop - start, f"{self.path}: {self.level}"
        with open_hdf5(self.path) as file:

            def column(name: str) -> NDArray[Any]:
                return np.asarray(file[name][start:stop]).reshape(n)

            objects = np.stack(
                [_values(file[self.level][f], start, stop) for f in FEATURE_NAMES], axis=-1
            )
            given = {name: column(name) for name in self.columns}
            if FIRED in given and self.items:
                bits = given.pop(FIRED)
                for i, name in enumerate(self.items):
                    given[PREFIX + name] = (bits >> np.uint64(i)) & np.uint64(1)
            weight = column("weight").astype(np.float64) if self.weight else np.ones(n)
            label = column("label") if self.label else None
        check_objects(objects, NAMES[self.level], where)
        check.finite(weight, f"{self.path}: weight")
        mask = objects[:, :, 0] > 0
        return Events(
            objects=np.where(mask[:, :, None], objects, np.float32(0)),
            object_names=NAMES[self.level],
            feature_names=FEATURE_NAMES,
            mask=mask,
            weight=weight,
            label=None if label is None else check.truth(label, f"{self.path}: label"),
            columns={"event": np.arange(start, stop)} | clean_columns(given, str(self.path)),
            source=self.source,
        )


def _measured(file: h5py.File) -> tuple[str, ...]:
    """The levels; of one that a simulation has left out the slots are empty, and mean nothing."""
    try:
        about = json.loads(str(file.attrs.get(ABOUT, "{}")))
    except ValueError:  # somebody else's words
        return LEVELS
    said = about.get("levels", LEVELS) if isinstance(about, dict) else LEVELS
    return tuple(level for level in LEVELS if level in said) or LEVELS


def _values(dataset: h5py.Dataset, start: int, stop: int) -> NDArray[np.float32]:
    """Numbers of a feature, of integers in steps if the file says which."""
    values, step = dataset[start:stop], dataset.attrs.get("step")
    return (values if step is None else values * float(step)).astype(np.float32)


def _items(path: Path, fired: h5py.Dataset | None) -> tuple[str, ...]:
    """The items of the bits of `fired`.

    Raises:
        BadLayout: If these are no bits.
    """
    if fired is None or "items" not in fired.attrs:
        return ()
    if fired.dtype != np.uint64:
        raise BadLayout(
            f"{path}: expected '{FIRED}' to hold a bit of each item in 64-bit unsigned integers, "
            f"got {fired.dtype}."
        )
    return tuple(str(name) for name in fired.attrs["items"])


def _n_events(path: Path, file: h5py.File) -> int:
    """How many there are, after a look at the shapes."""
    shapes = {
        f"{level}/{name}": getattr(file[level].get(name), "shape", None)
        for level in LEVELS
        for name in FEATURE_NAMES
    }
    first = next(iter(shapes.values()))
    n = first[0] if first else 0
    if any(shape != (n, len(NAMES["hlt"])) for shape in shapes.values()):
        raise BadLayout(
            f"{path}: expected pt, eta and phi of shape (event, {len(NAMES['hlt'])}) in the groups "
            f"{' and '.join(LEVELS)}, got {shapes}."
        )
    return int(n)
