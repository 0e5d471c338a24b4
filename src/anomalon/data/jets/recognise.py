"""Which reader of jets a file needs, told by its options."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py

from anomalon.core.errors import BadValue
from anomalon.data.arrow import open_parquet
from anomalon.data.hdf5 import open_hdf5, open_table
from anomalon.data.jets.arrays import JetArrays
from anomalon.data.jets.layout import MOST_CONSTITUENTS
from anomalon.data.jets.parquet import ParquetJets
from anomalon.data.jets.particles import TreeParticles
from anomalon.data.jets.ragged import ConstituentSource, Ragged
from anomalon.data.jets.roles import JetRoles
from anomalon.data.jets.rows import RowsOfJets
from anomalon.data.jets.trees import RootJets
from anomalon.data.npz import Header
from anomalon.data.root import open_root
from anomalon.data.source import Source
from anomalon.data.table import Table
from anomalon.data.text_table import open_csv

__all__ = ["jets_as_told"]


def jets_as_told(path: Path, kind: str, options: Mapping[str, Any]) -> Source:
    """The jets of a file whose options name their constituents.

    Args:
        path: The file.
        kind: "ROOT", "HDF5", "Parquet", "npz" or "text".
        options: Those of `anomalon.load`, `constituents` or `particles` among them.

    Raises:
        BadValue: If options do not go with this kind of file, or contradict each other.
        ColumnMissing: If something is not there.
    """
    k = options.get("n_constituents")
    for name in ("mass", "features", "scale"):
        if name in options:
            raise BadValue(
                f"{path}: the option `{name}` is for tables of features; with `constituents` "
                'numbers per jet are named by `jets`, e.g. jets={"mass": "jet_mass"}.'
            )
    if options.get("particles") is not None:
        if kind != "ROOT":
            raise BadValue(f"{path}: the option `particles` is for ROOT files; this one is {kind}.")
        return TreeParticles.of(open_root(path, options.get("tree")), options)
    ragged: Ragged
    if options.get("jet") is not None:
        ragged = RowsOfJets.of(_table(path, kind, options), _name(options["jet"], path))
    elif kind == "Parquet":
        ragged = ParquetJets.of(path)
    elif kind == "ROOT":
        ragged, options = RootJets.of(open_root(path, options.get("tree")), options)
    else:
        raise BadValue(
            f"{path}: a table in {kind} has one row per constituent: name the column that numbers "
            'the jets with `jet`, e.g. jet="jet_id".'
        )
    return ConstituentSource.of(ragged, JetRoles.of(options, str(path)), k or MOST_CONSTITUENTS)


def jet_arrays(
    path: Path, kind: str, arrays: Mapping[str, Header], options: Mapping[str, Any]
) -> Source:
    """The jets of an array (jet, constituent, feature).

    Raises:
        BadLayout, BadValue, ColumnMissing: As `JetArrays.of`.
    """
    found, options = JetArrays.of(path, kind, arrays, options)
    k = options.get("n_constituents") or min(MOST_CONSTITUENTS, max(found.most, 1))
    return ConstituentSource.of(found, JetRoles.of(options, str(path)), k)


def arrays_of_hdf5(file: h5py.File) -> dict[str, Header]:
    """The arrays of an HDF5 file, by their path."""
    found: dict[str, Header] = {}

    def visit(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = Header(item.shape, item.dtype)

    file.visititems(visit)
    return found


def _table(path: Path, kind: str, options: Mapping[str, Any]) -> Table:
    if kind == "Parquet":
        return open_parquet(path)
    if kind == "ROOT":
        return open_root(path, options.get("tree"))
    if kind == "text":
        return open_csv(path)
    if kind == "HDF5":
        with open_hdf5(path) as file:
            return open_table(path, file, options.get("key"), [])
    raise BadValue(f"{path}: the option `jet` is for tables; this file is {kind}.")


def _name(given: Any, path: Path) -> str:
    if not isinstance(given, str):
        raise BadValue(f"{path}: `jet` takes the name of a column, got {given!r}.")
    return given
