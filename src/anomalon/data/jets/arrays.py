"""`JetArrays`: constituents as an array (jet, constituent, feature), padded with zeros.

In .npz and .npy files and in HDF5. The features are pt, deta and dphi unless the option
`constituents` lists others for the last axis, as `["deta", "dphi", "pt", "-"]`; "-" is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.errors import BadLayout, BadValue, ColumnMissing, suggest
from anomalon.data.hdf5 import open_hdf5
from anomalon.data.jets.ragged import Ragged
from anomalon.data.jets.roles import JetRoles, Lists
from anomalon.data.npz import Header, read_array

__all__ = ["JetArrays", "constituent_array"]

_DEFAULT = ("pt", "deta", "dphi")
_SKIPPED = "-"


@dataclass(frozen=True)
class JetArrays(Ragged):
    """Arrays of an .npz, .npy or HDF5 file.

    Args:
        array: The name of the constituents; "" for a .npy file.
        kind: "npz", "npy" or "HDF5".
        most: Slots of the array.
    """

    array: str = ""
    kind: str = "npz"
    most: int = 0

    @classmethod
    def of(
        cls, path: Path, kind: str, arrays: Mapping[str, Header], options: Mapping[str, Any]
    ) -> "tuple[JetArrays, dict[str, Any]]":
        """The arrays, and the options with the roles of the last axis.

        Args:
            path: The file.
            kind: "npz", "npy" or "HDF5".
            arrays: What it holds.
            options: `key` names the array of constituents, where there are several.

        Raises:
            BadLayout: If there is no such array, or none of three axes.
            BadValue: If there are several, or the last axis is not as long as its names.
        """
        array = constituent_array(path, arrays, options.get("key"))
        n, most, width = arrays[array].shape
        order = _order(options.get("constituents"), width, path, array)
        every = {name: f"an array of {h.dtype} of shape {h.shape}" for name, h in arrays.items()}
        numbers = {
            name: every.pop(name)
            for name, h in arrays.items()
            if h.shape in ((n,), (n, 1)) and h.dtype.kind in "fiub"
        }
        roles = {role: str(i) for i, role in enumerate(order) if role != _SKIPPED}
        lists = {str(i): f"number {i} of the last axis" for i in range(width)}
        layout = f"an array {arrays[array].shape} in {kind}"
        made = cls(path, layout, n, lists, numbers, unfit=every, array=array, kind=kind, most=most)
        return made, {**options, "constituents": roles}

    def read(self, roles: JetRoles, start: int, stop: int) -> Lists:
        """Those of these jets, with their padding."""
        values = self._rows(self.array, start, stop)
        part = values.reshape(-1, values.shape[2])
        return Lists(
            {role: part[:, int(name)] for role, name in roles.constituents},
            np.arange(stop - start + 1) * values.shape[1],
            {name: self._rows(name, start, stop).reshape(-1) for name in roles.numbers},
            np.arange(start, stop),
        )

    def _rows(self, name: str, start: int, stop: int) -> NDArray[Any]:
        if self.kind == "HDF5":
            with open_hdf5(self.path) as file:
                return np.asarray(file[name][start:stop])
        if self.kind == "npy":
            return np.array(np.load(self.path, mmap_mode="r", allow_pickle=False)[start:stop])
        return read_array(self.path, name)[start:stop]


def constituent_array(path: Path, arrays: Mapping[str, Header], key: str | None) -> str:
    """The name of the array (jet, constituent, feature).

    Raises:
        ColumnMissing: If there is none of the name `key`.
        BadLayout: If there is none at all, or `key` has another shape.
        BadValue: If there are several and no `key`.
    """
    fitting = [
        name
        for name, header in arrays.items()
        if len(header.shape) == 3 and header.shape[2] >= 3 and header.dtype.kind in "fiu"
    ]
    if key is not None:
        name = key if key in arrays else key.strip("/")
        if name not in arrays:
            raise ColumnMissing(f"{path}: no array '{key}'; {suggest(key, arrays)}")
        fitting = [name] if name in fitting else []
    if not fitting:
        shapes = ", ".join(f"'{name}' {header.shape}" for name, header in arrays.items())
        raise BadLayout(
            f"{path}: expected an array of constituents of shape (jet, constituent, 3) with pt, "
            f"deta and dphi, got {shapes or 'none'}."
        )
    if len(fitting) > 1:
        raise BadValue(f"{path}: several arrays of constituents: {fitting}. Choose one with `key`.")
    return fitting[0]


def _order(given: Any, width: int, path: Path, array: str) -> tuple[str, ...]:
    """What the numbers along the last axis are."""
    if given is None:
        if width != len(_DEFAULT):
            raise BadValue(
                f"{path}: '{array}' has {width} numbers per constituent. Say what they are with "
                '`constituents`, e.g. constituents=["px", "py", "pz", "energy"]; "-" is left out.'
            )
        return _DEFAULT
    words: list[Any] = [given] if isinstance(given, str | Mapping) else list(given)
    if len(words) != width or not all(isinstance(word, str) for word in words):
        raise BadValue(
            f"{path}: `constituents` takes a list of what the {width} numbers along the last axis "
            f"of '{array}' are, \"-\" for those to leave out; got {given!r}."
        )
    used = [word for word in words if word != _SKIPPED]
    if len(set(used)) < len(used):
        raise BadValue(f"{path}: `constituents` names {used}: each at most once.")
    return tuple(words)
