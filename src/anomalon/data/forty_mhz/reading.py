"""`FortyMhzSource`: HDF5 files of events at 40 MHz, as published and as others write them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from anomalon.core import Events, check
from anomalon.core.errors import BadLayout, BadRows
from anomalon.data.forty_mhz.layout import FEATURE_NAMES, OBJECT_NAMES, objects_of
from anomalon.data.hdf5 import open_hdf5
from anomalon.data.per_event import clean_columns, per_event, source_of
from anomalon.data.source import Source

__all__ = ["IDENTITY", "PARTICLES", "FortyMhzSource"]

PARTICLES = "Particles"
IDENTITY = "EvtId"
"""The dataset of identities; in events they are the column "event"."""

_STEP = 65_536
"""Events whose four numbers per object are in memory at a time, beside what is kept of them."""
_BYTES = len(OBJECT_NAMES) * (4 * len(FEATURE_NAMES) + 1) + 8 + 8  # objects, mask, weight, event
_ORDER = ("pt", "eta", "phi", "class")


@dataclass(frozen=True)
class FortyMhzSource(Source):
    """Events of nineteen objects at the key `Particles`, and the numbers per event beside them.

    Args:
        columns: Pairs (column of the events, dataset).
        weight: Whether there is a dataset of weights.
        label: Whether there is one of the truth.
        source: Where the events come from, for messages.
    """

    columns: tuple[tuple[str, str], ...] = ()
    weight: bool = False
    label: bool = False
    source: str = ""

    @classmethod
    def recognise(cls, path: Path, file: h5py.File) -> "FortyMhzSource | None":
        """The source, if the file has such a dataset; None if it has none of that name.

        Raises:
            BadLayout: If it has one of another shape, or its columns are in another order.
        """
        particles = file.get(PARTICLES)
        if not isinstance(particles, h5py.Dataset) or particles.ndim != 3:
            return None
        _check_layout(path, file, particles)
        n = len(particles)
        beside = {name: item for name, item in file.items() if name != PARTICLES}
        plain = {name: item for name, item in beside.items() if per_event(item, n)}
        for name in ("weight", "label", IDENTITY, "split"):
            if isinstance(beside.get(name), h5py.Dataset) and name not in plain:
                raise BadLayout(
                    f"{path}: expected '{name}' to be a number for each of {n} events, got "
                    f"{beside[name].dtype} of shape {beside[name].shape}."
                )
        columns = {name: name for name in plain if name not in ("weight", "label", IDENTITY)}
        if IDENTITY in plain:
            columns["event"] = IDENTITY
        used = {"weight", "label", *columns.values()}
        return cls(
            path=path,
            layout="40 MHz events of 19 objects (HDF5)",
            n_events=n,
            bytes_per_event=_BYTES + sum(plain[name].dtype.itemsize for name in plain),
            unread=tuple(name for name in beside if name not in used and name not in _NAMES),
            columns=tuple(columns.items()),
            weight="weight" in plain,
            label="label" in plain,
            source=source_of(file, path),
        )

    def _read(self, start: int, stop: int) -> Events:
        n = stop - start
        objects = np.empty((n, len(OBJECT_NAMES), len(FEATURE_NAMES)), dtype=np.float32)
        mask = np.empty((n, len(OBJECT_NAMES)), dtype=bool)
        bad: list[BadRows] = []
        with open_hdf5(self.path) as file:
            # The library turns float64 into float32 as it reads, so that both are never whole.
            particles = file[PARTICLES].astype(np.float32)
            for first in range(0, n, _STEP):
                rows = slice(first, min(first + _STEP, n))
                part = particles[start + rows.start : start + rows.stop]
                try:
                    objects[rows], mask[rows] = objects_of(part, f"{self.path}: '{PARTICLES}'")
                except BadRows as error:
                    bad.append(error.moved(first))
            if bad:
                raise bad[0].among(n, bad[1:])

            def column(name: str) -> NDArray[Any]:
                return np.asarray(file[name][start:stop]).reshape(n)

            given = {name: column(dataset) for name, dataset in self.columns}
            weight = column("weight").astype(np.float64) if self.weight else np.ones(n)
            label = column("label") if self.label else None
        check.finite(weight, f"{self.path}: weight")
        return Events(
            objects=objects,
            object_names=OBJECT_NAMES,
            feature_names=FEATURE_NAMES,
            mask=mask,
            weight=weight,
            label=None if label is None else check.truth(label, f"{self.path}: label"),
            columns={"event": np.arange(start, stop)} | clean_columns(given, str(self.path)),
            source=self.source,
        )


_NAMES = ("Particles_Names", "Particles_Classes")


def _check_layout(path: Path, file: h5py.File, particles: h5py.Dataset) -> None:
    n_objects = len(OBJECT_NAMES)
    if particles.shape[1:] not in ((n_objects, 4), (n_objects, 3)) or particles.dtype.kind not in (
        "fiu"
    ):
        raise BadLayout(
            f"{path}: expected '{PARTICLES}' of shape (event, {n_objects}, 4), numbers pt, eta, "
            f"phi and class of {n_objects} objects, got {particles.dtype} of shape "
            f"{particles.shape}."
        )
    names = file.get("Particles_Names")
    if isinstance(names, h5py.Dataset):
        found = [n.decode() if isinstance(n, bytes) else str(n) for n in np.ravel(names[()])]
        wanted = _ORDER[: particles.shape[2]]
        if [name.lower() for name in found[: len(wanted)]] != list(wanted):
            raise BadLayout(
                f"{path}: expected '{PARTICLES}' to hold {', '.join(wanted)}, in this order, but "
                f"'Particles_Names' says {found}."
            )
