"""Tables of events, filled into bins."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadLayout, BadNumbers, BadValue, ColumnMissing, suggest
from anomalon.data.arrow import open_parquet
from anomalon.data.hdf5 import open_hdf5, open_table
from anomalon.data.root import open_root
from anomalon.data.source import reading
from anomalon.data.spectrum.table import SpectrumTable
from anomalon.data.table import Table
from anomalon.data.text_table import open_csv

__all__ = ["filled"]

Floats = NDArray[np.floating[Any]]


def filled(path: Path, kind: str, mass: str, edges: Floats, weight: str | None) -> SpectrumTable:
    """Events in bins [low, high); masses outside of the edges are left out.

    Args:
        path: The file.
        kind: ROOT, HDF5, Parquet or text.
        mass: Column of masses in GeV.
        edges: Of the bins, in GeV.
        weight: Column of weights, if any.

    Raises:
        DataError: If a column is not there, or holds impossible numbers.
        BadValue: If the edges do not increase.
    """
    if edges.ndim != 1 or len(edges) < 2 or not np.all(np.diff(edges) > 0):
        raise BadValue(f"{path}: `edges` should increase, got {edges}.")
    table = _events(path, kind)
    names = [mass] if weight is None else [mass, weight]
    for name in names:
        if name not in table.dtypes:
            raise ColumnMissing(f"{path}: no column '{name}'; {suggest(name, table.dtypes)}")
    with reading(path, table.layout):
        columns = table.read(names, 0, table.n_rows)
    masses, weights = (np.asarray(columns[name], dtype=np.float64) for name in (mass, names[-1]))
    for name in names:
        check.finite(np.asarray(columns[name], dtype=np.float64), f"{path}: '{name}'")
    bins = np.searchsorted(edges, masses, side="right") - 1
    inside = (bins >= 0) & (bins < len(edges) - 1)
    bins, weights, n = bins[inside], weights[inside], len(edges) - 1
    out = f"; {np.sum(~inside)} outside of the bins" if not inside.all() else ""
    roles: tuple[str, ...] = (f"events with masses in GeV from `{mass}`{out}",)
    if weight is None:
        return SpectrumTable(np.bincount(bins, minlength=n).astype(np.float64), edges, None, roles)
    counts, variances = (
        np.bincount(bins, weights**power, minlength=n).astype(np.float64) for power in (1, 2)
    )
    check.non_negative(counts, f"{path}: counts")
    if np.any((variances == 0) & (counts > 0)):
        raise BadNumbers(f"{path}: a bin with a count needs a variance above zero.")
    roles = (*roles, f"weights from `{weight}`")
    plain = np.allclose(variances, counts, rtol=1e-9, atol=0)
    return SpectrumTable(counts, edges, None if plain else variances, roles)


def _events(path: Path, kind: str) -> Table:
    if kind == "HDF5":
        with open_hdf5(path) as file:
            return open_table(path, file, None, [])
    if kind == "ROOT":
        return open_root(path, None)
    if kind == "npz":
        raise BadLayout(f"{path}: expected a table of events with a column of masses, got npz.")
    return open_parquet(path) if kind == "Parquet" else open_csv(path)
