"""`JetSource`: HDF5 files of jets in our own layout (see `anomalon.data.jets.writing`)."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from anomalon.core import Events, check
from anomalon.core.errors import BadLayout
from anomalon.data.columns import identities
from anomalon.data.hdf5 import open_hdf5
from anomalon.data.jets.layout import FEATURE_NAMES, MOST_CONSTITUENTS, names_of, said_of_lost
from anomalon.data.jets.writing import ABOUT, CONSTITUENTS, JETS, QUANTUM, SLOTS
from anomalon.data.source import Source

__all__ = ["JetSource"]

_NAMES = (*FEATURE_NAMES, "offsets")


@dataclass(frozen=True)
class JetSource(Source):
    """Jets with constituents in flat arrays.

    Args:
        n_constituents: Slots of a jet.
        columns: The numbers per jet that become columns.
        weight: Whether there is a weight.
        label: Whether there is a truth.
        source: Where the jets come from, for messages.
    """

    n_constituents: int = MOST_CONSTITUENTS
    columns: tuple[str, ...] = ()
    weight: bool = False
    label: bool = False
    source: str = ""

    @classmethod
    def recognise(
        cls, path: Path, file: h5py.File, n_constituents: int | None = None
    ) -> "JetSource | None":
        """The source, if the file has a group of constituents with offsets; None if it has none.

        Args:
            path: The file.
            file: It, open.
            n_constituents: Slots of a jet; what the file says if not given.

        Raises:
            BadLayout: If the arrays do not fit together.
        """
        inner = file.get(CONSTITUENTS)
        if not isinstance(inner, h5py.Group) or "offsets" not in inner:
            return None
        n = _checked(path, inner)
        beside = dict(file[JETS].items()) if isinstance(file.get(JETS), h5py.Group) else {}
        numbers = {name: d for name, d in beside.items() if _per_jet(d, n)}
        for name in ("weight", "label", "event"):
            if name in beside and name not in numbers:
                raise BadLayout(
                    f"{path}: expected '{JETS}/{name}' to be a number for each of {n} jets, got "
                    f"{beside[name]}."
                )
        sizes = np.diff(inner["offsets"][()])
        if n_constituents is None:
            least = min(MOST_CONSTITUENTS, int(sizes.max(initial=1)))
            n_constituents = int(inner.attrs.get(SLOTS, least))
        return cls(
            path=path,
            layout="jets with constituents (HDF5)",
            n_events=n,
            bytes_per_event=n_constituents * (4 * len(FEATURE_NAMES) + 1)
            + 8
            + sum(d.dtype.itemsize for d in numbers.values()),
            unread=tuple(f"{JETS}/{name}" for name in beside if name not in numbers),
            n_constituents=n_constituents,
            columns=tuple(name for name in numbers if name not in ("weight", "label")),
            weight="weight" in numbers,
            label="label" in numbers,
            source=_source(file, path) + said_of_lost(sizes, n_constituents),
        )

    def _read(self, start: int, stop: int) -> Events:
        n, k = stop - start, self.n_constituents
        with open_hdf5(self.path) as file:
            inner, jets = file[CONSTITUENTS], file.get(JETS)
            ends = inner["offsets"][start : stop + 1]
            sizes = np.diff(ends)
            slot = np.arange(ends[-1] - ends[0]) - np.repeat(ends[:-1] - ends[0], sizes)
            kept = slot < k
            mask = np.arange(k) < sizes[:, None]
            objects = np.zeros((n, k, len(FEATURE_NAMES)), dtype=np.float32)
            for j, name in enumerate(FEATURE_NAMES):
                objects[:, :, j][mask] = _values(inner[name], ends[0], ends[-1])[kept]
            given = {name: jets[name][start:stop] for name in self.columns}
            weight = jets["weight"][start:stop] if self.weight else None
            label = jets["label"][start:stop] if self.label else None
        where = f"{self.path}: pt of constituents"
        check.non_negative(objects[:, :, 0], where)
        columns: dict[str, NDArray[Any]] = {"event": np.arange(start, stop)}
        columns |= {"n_constituents": sizes.astype(np.int32)} | given
        columns["event"] = identities(columns["event"], f"{self.path}: event")
        return Events(
            objects=objects,
            object_names=names_of(k),
            feature_names=FEATURE_NAMES,
            mask=mask,
            weight=weight,  # type: ignore[arg-type]
            label=None if label is None else check.truth(label, f"{self.path}: label"),
            columns=columns,
            source=self.source,
        )


def _values(dataset: h5py.Dataset, first: int, last: int) -> NDArray[np.float32]:
    """Numbers of some constituents, whatever they are stored as."""
    values = dataset[first:last].astype(np.float32)
    quantum = dataset.attrs.get(QUANTUM)
    return values if quantum is None else values * np.float32(quantum)


def _checked(path: Path, inner: h5py.Group) -> int:
    """How many jets there are, once it is certain that they can be read."""
    missing = [name for name in _NAMES if not isinstance(inner.get(name), h5py.Dataset)]
    if missing:
        raise BadLayout(
            f"{path}: expected '{CONSTITUENTS}' with {', '.join(_NAMES)}, but {missing} are not "
            f"there; it has {sorted(inner)}."
        )
    offsets = inner["offsets"][()]
    lengths = {name: inner[name].shape for name in FEATURE_NAMES}
    good = offsets.ndim == 1 and len(offsets) and offsets.dtype.kind in "iu" and offsets[0] == 0
    if not good or (np.diff(offsets.astype(np.int64)) < 0).any():
        raise BadLayout(
            f"{path}: expected '{CONSTITUENTS}/offsets' to be integers that begin with 0 and never "
            f"fall, one more than there are jets, got {offsets.dtype} of shape {offsets.shape}."
        )
    if set(lengths.values()) != {(int(offsets[-1]),)}:
        raise BadLayout(
            f"{path}: expected {int(offsets[-1])} numbers in each of {', '.join(FEATURE_NAMES)}, "
            f"as '{CONSTITUENTS}/offsets' says, got {lengths}."
        )
    return len(offsets) - 1


def _per_jet(item: object, n: int) -> bool:
    return isinstance(item, h5py.Dataset) and item.shape == (n,) and item.dtype.kind in "fiub"


def _source(file: h5py.File, path: Path) -> str:
    """What the writer said, if it was ours; else the file."""
    said = file.attrs.get(ABOUT)
    try:
        source = json.loads(said)["source"]
    except (TypeError, ValueError, KeyError):  # none, or that of another writer
        return str(path)
    return str(source)
