"""`read_spectrum`: counts in bins of mass from a file, for people who have only a histogram.

* Text (CSV) and Parquet: one row per bin with its low and high edge and its count; the names of the
  columns are recognised (`low`, `m_lo_GeV`, `M [GeV] LOW` …). Lines that begin with # are left out,
  so exports of HEPData can be read as they are.
* ROOT: a one-dimensional histogram (TH1); its under- and overflow are left out.
* Any table of events, with `mass` and `edges`: filled here.
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import dropwhile, takewhile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core import check
from anomalon.core.errors import BadLayout, BadNumbers, BadValue, ColumnMissing, suggest
from anomalon.data.arrow import open_csv, open_parquet
from anomalon.data.hdf5 import open_hdf5, open_table
from anomalon.data.recognise import kind_of
from anomalon.data.root import open_root
from anomalon.data.source import reading
from anomalon.data.table import Table

__all__ = ["SpectrumTable", "read_spectrum"]

Floats = NDArray[np.floating[Any]]

_LOW = {"low", "lo", "lower", "left", "min", "start"}
_HIGH = {"high", "hi", "upper", "right", "max", "stop"}
_COUNT = {
    *("count", "counts", "observed", "obs", "data", "events", "event", "entries", "n"),
    *("yield", "yields", "content", "contents", "value", "values"),
}
_VARIANCE = {"variance", "variances", "var", "sumw2"}
_ERROR = {"error", "errors", "err", "sigma", "uncertainty", "stat"}
_FILLER = {"m", "mass", "mjj", "edge", "edges", "bin", "bins", "gev", "x", "number", "of", "num"}
_OF_EVENTS = (
    "Events have to be filled into bins first, in Python: "
    "anomalon.data.read_spectrum(path, mass=..., edges=...)."
)
_JOIN = 1e-6  # of a bin's width: how well neighbouring edges have to agree


@dataclass(frozen=True, eq=False)
class SpectrumTable:
    """A histogram as plain arrays; every function of `anomalon.stats` takes it as a spectrum.

    Args:
        counts: Shape (bin,).
        edges: Bin edges in GeV, shape (bin + 1,).
        variances: Shape (bin,); None for plain events, whose variances are their counts.
    """

    counts: Floats
    edges: Floats
    variances: Floats | None = None


def read_spectrum(
    path: str | Path,
    *,
    histogram: str | None = None,
    column: str | None = None,
    mass: str | None = None,
    edges: ArrayLike | None = None,
    weight: str | None = None,
) -> SpectrumTable:
    """Read counts in bins from a file; what it is, is decided by its content.

    Args:
        path: The file.
        histogram: Which histogram of a ROOT file, if there are several.
        column: Which column has the counts; for ROOT, the histogram instead of
            `histogram`.
        mass: For a table of events: the column of masses in GeV.
        edges: For a table of events: the bin edges in GeV.
        weight: For a table of events: the column of weights, if any.

    Raises:
        DataError: If the file is unknown or broken, has no such bins, or holds impossible numbers.
        BadValue: If the options do not go together, or do not say which histogram is meant.
    """
    path = Path(path)
    kind = kind_of(path)
    if (mass is None) != (edges is None) or (weight is not None and mass is None):
        raise BadValue(f"{path}: a table of events needs `mass` and `edges`; give both or neither.")
    if mass is not None:
        return _fill(_events(path, kind), mass, np.asarray(edges, dtype=np.float64), weight)
    if kind == "ROOT":
        return _root(path, histogram if column is None else column)
    if histogram is not None:
        raise BadValue(
            f"{path}: `histogram` (--histogram) is for ROOT files; this one is {kind}. Use "
            "`column` (--column)."
        )
    if kind == "HDF5":
        raise BadLayout(
            f"{path}: expected a spectrum in text (CSV), Parquet or ROOT, got HDF5. {_OF_EVENTS}"
        )
    columns = _parquet(path) if kind == "Parquet" else _text(path)
    return _binned(columns, column, path)


def _binned(columns: Mapping[str, Floats], column: str | None, path: Path) -> SpectrumTable:
    """Bins from columns, in the order of mass."""
    low, high = (_edge_column(columns, words, path) for words in (_LOW, _HIGH))
    name = _count_column([c for c in columns if c not in (low, high)], column, path)
    order = np.argsort(columns[low], kind="stable")
    counts, lows, highs = (columns[c][order] for c in (name, low, high))
    for what, values in (("low edge", lows), ("high edge", highs), (f"'{name}'", counts)):
        check.finite(values, f"{path}: {what}")
    gaps = np.abs(lows[1:] - highs[:-1]) > _JOIN * (highs - lows)[1:]
    if np.any(highs <= lows) or gaps.any():
        k = int(np.argmax(gaps)) if gaps.any() else int(np.argmax(highs <= lows))
        raise BadLayout(
            f"{path}: expected bins that join, got {lows[k]:g}-{highs[k]:g} GeV followed by "
            f"{lows[min(k + 1, len(lows) - 1)]:g}-{highs[min(k + 1, len(lows) - 1)]:g} GeV. Write "
            "empty bins with a count of 0."
        )
    variances = None if column is not None else _variances(columns, order)
    return _checked(counts, np.append(lows, highs[-1]), variances, path)


def _checked(counts: Floats, edges: Floats, variances: Floats | None, path: Path) -> SpectrumTable:
    check.non_negative(counts, f"{path}: counts")
    if variances is not None:
        check.finite(variances, f"{path}: variances")
        if np.any((variances == 0) & (counts > 0)):
            raise BadNumbers(f"{path}: a bin with a count needs a variance above zero.")
        if np.allclose(variances, counts, rtol=1e-9, atol=0):
            variances = None
    return SpectrumTable(counts, edges, variances)


def _words(name: str) -> list[str]:
    """The words of a column name, without its unit: "M_jj [GeV] LOW" -> mjj is m, jj, low."""
    return re.findall(r"[a-z]+\d*|\d+", re.sub(r"\[.*?\]|\(.*?\)", " ", name.lower()))


def _edge_column(columns: Mapping[str, Floats], words: set[str], path: Path) -> str:
    found = [name for name in columns if words & set(_words(name))]
    found = [name for name in found if not _ERROR & set(_words(name))]
    if len(found) != 1:
        one = "low" if words is _LOW else "high"
        raise BadLayout(
            f"{path}: expected one column with the {one} edges of the bins (named '{one}', for "
            f"instance), got {found or list(columns)}."
        )
    return found[0]


def _count_column(names: list[str], column: str | None, path: Path) -> str:
    if column is not None:
        if column not in names:
            raise ColumnMissing(f"{path}: no column '{column}'; {suggest(column, names)}")
        return column
    plain = [name for name in names if set(_words(name)) - _FILLER]
    found = [name for name in plain if set(_words(name)) - _FILLER <= _COUNT]
    if not found:  # the only thing that can be one
        known = _VARIANCE | _ERROR | {"syst", "sys", "total"}
        found = [n for n in plain if not known & set(_words(n)) and not n.rstrip().endswith("+")]
    if len(found) != 1:
        raise BadLayout(
            f"{path}: expected one column of counts (named 'count', for instance), got "
            f"{found or names}. Choose one with `column` (--column)."
        )
    return found[0]


def _variances(columns: Mapping[str, Floats], order: NDArray[np.intp]) -> Floats | None:
    """From a column of variances or of symmetric errors, if the file has one."""
    for name, values in columns.items():
        words = set(_words(name)) - _FILLER
        signed = "+" in name or "-" in name
        if words and words <= _VARIANCE:
            return values[order]
        if words and words <= _ERROR and not signed:
            return values[order] ** 2
    return None


def _text(path: Path) -> dict[str, Floats]:
    """The columns of numbers of the first table in a text file."""
    with reading(path, "a table in text (CSV)"):
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    rows = [(i, line) for i, line in enumerate(lines, 1) if not line.startswith("#")]
    rows = list(dropwhile(lambda row: not row[1].strip(), rows))
    rows = list(takewhile(lambda row: row[1].strip(), rows))
    if not rows:
        raise BadLayout(f"{path}: expected a line of column names, got none.")
    numbers, table = zip(*rows, strict=True)
    delimiter = max(",;\t", key=table[0].count)
    names, *cells = csv.reader(table, delimiter=delimiter, skipinitialspace=True)
    names = [name.strip() for name in names]
    check.distinct(names, f"{path}: columns")
    if not cells:
        raise BadLayout(f"{path}: expected at least one line of numbers after the names, got none.")
    for number, row in zip(numbers[1:], cells, strict=False):
        if len(row) != len(names):
            raise BadLayout(
                f"{path}: expected {len(names)} fields in every line ({', '.join(names)}), got "
                f"{len(row)} in line {number}: {delimiter.join(row)!r}. Is the file complete?"
            )
    columns = {
        name: _numbers(row) for name, row in zip(names, zip(*cells, strict=True), strict=True)
    }
    return {name: values for name, values in columns.items() if values is not None}


def _numbers(cells: tuple[str, ...]) -> Floats | None:
    """Cells as numbers, NaN where one is empty or a word; None for a column of words."""
    values = [_number(cell) for cell in cells]
    if any(cells) and all(value is None for value in values):
        return None
    return np.array([np.nan if value is None else value for value in values])


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def _parquet(path: Path) -> dict[str, Floats]:
    table = open_parquet(path)
    with reading(path, table.layout):
        columns = table.read(list(table.dtypes), 0, table.n_rows)
    if not table.n_rows:
        raise BadLayout(f"{path}: expected bins, got an empty table.")
    return {name: np.asarray(values, dtype=np.float64) for name, values in columns.items()}


def _root(path: Path, name: str | None) -> SpectrumTable:
    """A TH1 of a ROOT file."""
    import uproot

    with reading(path, "a ROOT file"), uproot.open(path) as file:
        classes = file.classnames(recursive=True, cycle=False)
        names = sorted(key for key, kind in classes.items() if kind.startswith("TH1"))
        if name is not None and name not in names:
            raise ColumnMissing(f"{path}: no histogram '{name}'; {suggest(name, names)}")
        if not names:
            raise BadLayout(
                f"{path}: expected a one-dimensional histogram (TH1), got {classes or 'nothing'}. "
                + _OF_EVENTS
            )
        if name is None and len(names) > 1:
            raise BadValue(
                f"{path}: several histograms: {names}. Choose one with `histogram` (--histogram)."
            )
        found = file[name or names[0]]
        axis = found.axis()
        if axis.traits.discrete:
            raise BadLayout(
                f"{path}: expected a histogram of masses in GeV, got '{name or names[0]}' with the "
                f"labels {axis.labels()} for its bins."
            )
        counts = np.asarray(found.values(), dtype=np.float64)
        edges = np.asarray(axis.edges(), dtype=np.float64)
        variances = np.asarray(found.variances(), dtype=np.float64) if found.weighted else None
    check.finite(counts, f"{path}: counts")
    return _checked(counts, edges, variances, path)


def _events(path: Path, kind: str) -> Table:
    if kind == "HDF5":
        with open_hdf5(path) as file:
            return open_table(path, file, None, [])
    if kind == "ROOT":
        return open_root(path, None)
    return open_parquet(path) if kind == "Parquet" else open_csv(path)


def _fill(table: Table, mass: str, edges: Floats, weight: str | None) -> SpectrumTable:
    """Events in bins [low, high); masses outside of the edges are left out."""
    if edges.ndim != 1 or len(edges) < 2 or not np.all(np.diff(edges) > 0):
        raise BadValue(f"{table.path}: `edges` should increase, got {edges}.")
    names = [mass] if weight is None else [mass, weight]
    for name in names:
        if name not in table.dtypes:
            raise ColumnMissing(f"{table.path}: no column '{name}'; {suggest(name, table.dtypes)}")
    with reading(table.path, table.layout):
        columns = table.read(names, 0, table.n_rows)
    masses, weights = (np.asarray(columns[name], dtype=np.float64) for name in (mass, names[-1]))
    for name in names:
        check.finite(np.asarray(columns[name], dtype=np.float64), f"{table.path}: '{name}'")
    bins = np.searchsorted(edges, masses, side="right") - 1
    inside = (bins >= 0) & (bins < len(edges) - 1)
    n_bins = len(edges) - 1
    if weight is None:
        return SpectrumTable(np.bincount(bins[inside], minlength=n_bins).astype(np.float64), edges)
    counts, variances = (
        np.bincount(bins[inside], weights[inside] ** power, minlength=n_bins).astype(np.float64)
        for power in (1, 2)
    )
    return _checked(counts, edges, variances, table.path)
