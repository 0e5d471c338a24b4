"""Spectra and limits as tables for HEPData, https://www.hepdata.net."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core.atomic import write_text_atomically
from anomalon.core.errors import BadLayout, BadNumbers
from anomalon.core.renamed import gathered
from anomalon.stats.counts.intervals import garwood
from anomalon.stats.fits.fit import Fit
from anomalon.stats.spectra.spectrum import Spectrum

__all__ = [
    "HepDataColumn",
    "HepDataTable",
    "Quantity",
    "limit_table",
    "spectrum_table",
    "to_hepdata",
    "write_hepdata",
]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class HepDataColumn:
    """A variable of a table.

    Args:
        name: Its name.
        values: Shape (row,), or (row, 2) for bins with a low and a high edge.
        units: "" if it has none.
        errors: Label -> uncertainties, shape (row,), or (row, 2) for minus and plus, both given as
            distances above zero.
        qualifiers: Name -> value, e.g. {"SQRT(S)": "13000 GeV"}.

    Raises:
        BadLayout: If the shapes do not fit.
        BadNumbers: If a value is not finite.
    """

    name: str
    values: ArrayLike
    units: str = ""
    errors: dict[str, ArrayLike] = field(default_factory=dict)
    qualifiers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        values = _rows(self.values, f"HEPData: {self.name}")
        errors = {k: _rows(v, f"HEPData: {self.name}: {k}") for k, v in self.errors.items()}
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "errors", errors)
        for label, error in errors.items():
            if len(error) != len(values):
                raise BadLayout(
                    f"HEPData: {self.name}: expected {len(values)} uncertainties '{label}', got "
                    f"{len(error)}."
                )


@dataclass(frozen=True, eq=False)
class HepDataTable:
    """A table: independent variables (a mass), and dependent ones (counts, limits).

    Args:
        name: Its name, unique in a submission.
        description: A sentence or two: what it shows, and under which conditions.
        independent: Its independent variables.
        dependent: Its dependent variables.
        keywords: HEPData's keywords, e.g. {"observables": ["N"], "cmenergies": [13000.0]}.

    Raises:
        BadLayout: If the variables have not the same number of rows, or there are none.
    """

    name: str
    description: str
    independent: Sequence[HepDataColumn]
    dependent: Sequence[HepDataColumn]
    keywords: dict[str, list[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        lengths = {c.name: len(_values(c)) for c in (*self.independent, *self.dependent)}
        if not self.independent or not self.dependent or len(set(lengths.values())) != 1:
            raise BadLayout(
                f"HEPData: {self.name}: expected independent and dependent variables with the same "
                f"number of rows, got {lengths}."
            )

    def to_dict(self) -> dict[str, Any]:
        """The contents of the table's file."""
        return {
            "independent_variables": [_variable(c, dependent=False) for c in self.independent],
            "dependent_variables": [_variable(c, dependent=True) for c in self.dependent],
        }


def spectrum_table(
    spectrum: Any,
    fit: Fit | None = None,
    *,
    name: str = "Mass spectrum",
    description: str = "Observed events and the fitted background in bins of mass.",
    variable: str = "M",
    keywords: dict[str, list[Any]] | None = None,
) -> HepDataTable:
    """The table of a spectrum, and of the background fitted to it.

    The uncertainties of plain counts are Garwood's 68 % intervals, those of weighted ones the root
    of their variance.

    Args:
        spectrum: One `Spectrum` or what `Spectrum.of` takes.
        fit: A fit to the same bins, or None.
        name: Of the table.
        description: Of the table.
        variable: Name of the mass.
        keywords: As in `HepDataTable`.

    Raises:
        BadLayout: If there are several spectra, or the fit has other bins or has failed.
    """
    spectrum = Spectrum.of(spectrum)
    if spectrum.counts.ndim != 1:
        raise BadLayout(f"spectrum_table: expected one spectrum, got {spectrum!r}.")
    edges = spectrum.edges
    if spectrum.variance is None:
        low, high = garwood(spectrum.counts)
        stat = np.stack([spectrum.counts - low, high - spectrum.counts], axis=1)
    else:
        stat = np.sqrt(spectrum.variance)
    dependent = [HepDataColumn("Observed events", spectrum.counts, errors={"stat": stat})]
    if fit is not None:
        if fit.ok.ndim or not fit.ok or not np.array_equal(fit.spectrum.edges, edges):
            raise BadLayout(f"spectrum_table: expected a good fit of the same bins, got {fit!r}.")
        errors: dict[str, ArrayLike] = {"fit": fit.sigma_expected}
        dependent.append(HepDataColumn("Expected background events", fit.expected, errors=errors))
    bins = HepDataColumn(variable, np.stack([edges[:-1], edges[1:]], axis=1), "GeV")
    return HepDataTable(name, description, [bins], dependent, keywords or {})


@dataclass(frozen=True)
class Quantity:
    """What is limited.

    Args:
        name: Its name, as on the axis.
        units: Its units; "" if it has none.
    """

    name: str = "Signal events"
    units: str = ""


@gathered("quantity", Quantity, "units")
def limit_table(
    masses: ArrayLike,
    observed: ArrayLike,
    expected: ArrayLike,
    *,
    quantity: str | Quantity = "Signal events",
    name: str = "Upper limits",
    description: str = "Upper limits at 95% CL, observed and expected.",
    variable: str = "M",
    keywords: dict[str, list[Any]] | None = None,
) -> HepDataTable:
    """The table behind a Brazil band.

    Args:
        masses: In GeV, shape (mass,).
        observed: Limits, shape (mass,).
        expected: Limits for background fluctuations of -2, -1, 0, 1, 2 standard deviations, shape
            (5, mass), as `Limit.expected`.
        quantity: What is limited: a name, or a `Quantity` that has units.
        name: Of the table.
        description: Of the table.
        variable: Name of the mass.
        keywords: As in `HepDataTable`.

    Raises:
        BadLayout: If the shapes do not fit.
    """
    expected = np.asarray(expected, dtype=np.float64)
    if expected.shape != (5, np.size(masses)):
        raise BadLayout(
            f"limit_table: expected limits of shape (5, {np.size(masses)}), got {expected.shape}."
        )
    middle = expected[2]
    bands: dict[str, ArrayLike] = {
        label: np.stack([middle - low, high - middle], axis=1)
        for label, low, high in (
            ("1 s.d.", expected[1], expected[3]),
            ("2 s.d.", expected[0], expected[4]),
        )
    }
    what = quantity if isinstance(quantity, Quantity) else Quantity(quantity)
    dependent = [
        HepDataColumn(f"{what.name}, observed limit", observed, what.units),
        HepDataColumn(f"{what.name}, expected limit", middle, what.units, bands),
    ]
    mass = HepDataColumn(variable, masses, "GeV")
    return HepDataTable(name, description, [mass], dependent, keywords or {})


def to_hepdata(tables: Sequence[HepDataTable], *, comment: str) -> dict[str, str]:
    """A submission as file name -> text: `submission.yaml`, and a file for each table.

    Args:
        tables: In the order of the paper.
        comment: The abstract, or what the submission is.

    Raises:
        BadLayout: If two tables have the same name, or there are none.
    """
    names = [_file_name(table.name) for table in tables]
    if not names or len(set(names)) < len(names):
        raise BadLayout(f"HEPData: expected tables of different names, got {names}.")
    documents: list[dict[str, Any]] = [{"comment": comment}]
    for table, file in zip(tables, names, strict=True):
        keywords = [{"name": k, "values": list(v)} for k, v in table.keywords.items()]
        documents.append(
            {
                "name": table.name,
                "description": table.description,
                "keywords": keywords,
                "data_file": file,
            }
        )
    files = {"submission.yaml": "".join(f"---\n{_yaml(document)}" for document in documents)}
    return files | {f: _yaml(t.to_dict()) for f, t in zip(names, tables, strict=True)}


def write_hepdata(
    folder: str | Path, tables: Sequence[HepDataTable], *, comment: str
) -> list[Path]:
    """Write a submission into a folder; returns the files, `submission.yaml` last.

    Raises:
        BadLayout: If two tables have the same name, or there are none.
    """
    files = to_hepdata(tables, comment=comment)
    paths = [Path(folder) / name for name in files]
    for path in reversed(paths):
        write_text_atomically(path, files[path.name])
    return paths[::-1]


def _rows(values: ArrayLike, what: str) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim not in (1, 2) or (array.ndim == 2 and array.shape[1] != 2) or not len(array):
        raise BadLayout(f"{what}: expected numbers of shape (row,) or (row, 2), got {array.shape}.")
    if not np.isfinite(array).all():
        raise BadNumbers(f"{what}: expected finite numbers, got {array[~np.isfinite(array)][0]}.")
    return array


def _values(column: HepDataColumn) -> Floats:
    return np.asarray(column.values)


def _variable(column: HepDataColumn, *, dependent: bool) -> dict[str, Any]:
    header = {"name": column.name} | ({"units": column.units} if column.units else {})
    values: list[dict[str, Any]] = []
    for i, value in enumerate(_values(column)):
        row: dict[str, Any] = (
            {"low": float(value[0]), "high": float(value[1])}
            if value.ndim
            else {"value": float(value)}
        )
        if dependent and column.errors:
            errors = [(label, np.asarray(e)[i]) for label, e in column.errors.items()]
            row["errors"] = [_error(label, error) for label, error in errors]
        values.append(row)
    variable: dict[str, Any] = {"header": header, "values": values}
    if dependent and column.qualifiers:
        variable["qualifiers"] = [{"name": k, "value": v} for k, v in column.qualifiers.items()]
    return variable


def _error(label: str, error: Floats) -> dict[str, Any]:
    if error.ndim == 0:
        return {"symerror": float(error), "label": label}
    minus, plus = -float(error[0]) or 0.0, float(error[1])  # no -0.0
    return {"asymerror": {"minus": minus, "plus": plus}, "label": label}


def _file_name(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") + ".yaml"


def _yaml(tree: Any, indent: int = 0) -> str:
    """Dictionaries, lists, strings and numbers as YAML; the leaves are JSON, which is YAML too."""
    pad = " " * indent
    lines = []
    items = [("-", v) for v in tree] if isinstance(tree, list) else [*tree.items()]
    for key, value in items:
        label = key if isinstance(tree, list) else f"{key}:"
        if isinstance(value, dict | list) and value and not _is_flat(value):
            nested = _yaml(value, indent + 2)
            same_line = isinstance(tree, list)
            lines.append(f"{pad}{label}{' ' + nested.lstrip() if same_line else chr(10) + nested}")
        else:
            lines.append(f"{pad}{label} {_leaf(value)}\n")
    return "".join(lines)


def _is_flat(value: Any) -> bool:
    items = value.values() if isinstance(value, dict) else value
    return not any(isinstance(item, dict | list) for item in items)


def _leaf(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {_leaf(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_leaf(v) for v in value) + "]"
    if isinstance(value, float):
        text = repr(value)  # YAML 1.1 takes 1e-05 for a word
        return text.replace("e", ".0e") if "e" in text and "." not in text else text
    return json.dumps(value, ensure_ascii=False)
