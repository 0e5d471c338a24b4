"""`Level1Source`: vectors of the CMS Level-1 trigger as events of nineteen objects.

An .npz file with the array `adc_like` (event, 19, 4) in the layout of the 40 MHz events, in GeV and
radians, as made from the test vectors of the CMS Global Trigger (github.com/cms-l1-globaltrigger);
beside it are integers of the hardware. Muons of pt 0, and pt at the largest number that the
hardware has (255.5 GeV for electrons and muons, 1023.5 for jets, 2047.5 for sums), stay as they
came.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from anomalon.core import Events, check
from anomalon.core.errors import BadLayout, BadValue
from anomalon.data.forty_mhz.layout import FEATURE_NAMES, OBJECT_NAMES, objects_of
from anomalon.data.npz import Header, arrays_in, read_array
from anomalon.data.source import Source

__all__ = ["Level1Source"]

_PARTICLES = "adc_like"
_BITS = "algo"
"""The trigger algorithms, packed eight to a number: shape (event, 64)."""
_FINAL = "finor"
_CROSSING = "bx"


@dataclass(frozen=True)
class Level1Source(Source):
    """Events at the name `adc_like`.

    Their columns are "event" (the row), "bx" (the bunch crossing), "passes_l1": whether an
    algorithm of the menu has fired, which is the final decision of the test vectors (`finor`), and
    "bit…" with its number for each algorithm that fires anywhere in the file.
    """

    NAME: ClassVar[str] = _PARTICLES

    columns: tuple[str, ...] = ()
    bits: tuple[int, ...] = ()
    """Algorithms that fire anywhere in the file."""

    @classmethod
    def recognise(cls, path: Path, options: Mapping[str, Any]) -> "Level1Source":
        """The source, if the file has such an array.

        Raises:
            BadLayout: If it has none.
            BadValue: If options name columns, of which it has none.
        """
        arrays = arrays_in(path)
        particles = arrays.get(_PARTICLES)
        n_objects = len(OBJECT_NAMES)
        if particles is None or particles.shape[1:] != (n_objects, 4) or not _number(particles):
            shapes = ", ".join(f"'{name}' {header.shape}" for name, header in arrays.items())
            raise BadLayout(
                f"{path}: expected an .npz file with the array '{_PARTICLES}' of shape (event, "
                f"{n_objects}, 4), got {shapes}. Other arrays can be passed in Python, as "
                "`anomalon.Sample` or `anomalon.core.Events`, or written as a table (Parquet, CSV)."
            )
        if options:
            raise BadValue(
                f"{path}: the options {sorted(options)} are for tables; this file holds events of "
                f"{n_objects} objects."
            )
        n = particles.shape[0]
        names = (_CROSSING, _BITS, _FINAL)
        used = tuple(k for k in names if k in arrays and _fits(arrays[k], k, n))
        bits: tuple[int, ...] = ()
        if _BITS in used:
            anywhere = np.bitwise_or.reduce(read_array(path, _BITS), axis=0, initial=0)
            bits = tuple(np.flatnonzero(_unpacked(anywhere[None])[0]).tolist())
        return cls(
            path=path,
            layout="40 MHz events of 19 objects (npz of Level-1 trigger vectors)",
            n_events=n,
            bytes_per_event=n_objects * (4 * len(FEATURE_NAMES) + 1) + 8 + 8 + 8 + 1 + len(bits),
            unread=tuple(name for name in arrays if name not in (*used, _PARTICLES)),
            columns=used,
            bits=bits,
        )

    def _read(self, start: int, stop: int) -> Events:
        rows = slice(start, stop)
        particles = read_array(self.path, _PARTICLES)[rows].astype(np.float32)
        objects, mask = objects_of(particles, f"{self.path}: '{_PARTICLES}'")
        columns: dict[str, Any] = {"event": np.arange(start, stop)}
        if _CROSSING in self.columns:
            columns["bx"] = read_array(self.path, _CROSSING)[rows]
        if _BITS in self.columns:
            packed = read_array(self.path, _BITS)[rows]
            columns["passes_l1"] = packed.any(axis=1)
            fired = _unpacked(packed)
            columns |= {f"bit{i}": fired[:, i] for i in self.bits}
        elif _FINAL in self.columns:
            final = read_array(self.path, _FINAL)[rows]
            columns["passes_l1"] = check.truth(final, f"{self.path}: '{_FINAL}'").astype(bool)
        return Events(
            objects=objects,
            object_names=OBJECT_NAMES,
            feature_names=FEATURE_NAMES,
            mask=mask,
            columns=columns,
            source=str(self.path),
        )


def _unpacked(packed: Any) -> Any:
    """Which algorithms have fired, shape (event, algorithm); eight to a number, lowest first."""
    return np.unpackbits(packed, axis=1, bitorder="little").astype(bool)


def _number(header: Header) -> bool:
    return header.dtype.kind in "fiu"


def _fits(header: Header, name: str, n: int) -> bool:
    wanted = (n,) if name != _BITS else (n, *header.shape[1:2])
    return header.shape == wanted and header.dtype.kind in "iub"
