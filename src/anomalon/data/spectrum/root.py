"""One-dimensional histograms (TH1) of ROOT files."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadLayout, BadNumbers, BadValue, ColumnMissing, suggest
from anomalon.data.source import reading
from anomalon.data.spectrum.bins import bins_between
from anomalon.data.spectrum.choices import SpectrumChoices
from anomalon.data.spectrum.errors import Errors, errors_from_squares
from anomalon.data.spectrum.kinds import Kind
from anomalon.data.spectrum.measured import Measured
from anomalon.data.spectrum.quantity import Quantity
from anomalon.data.spectrum.table import SpectrumTable

__all__ = ["OF_EVENTS", "root_histogram"]

OF_EVENTS = (
    "Events have to be filled into bins first, in Python: "
    "anomalon.data.read_spectrum(path, mass=..., edges=...)."
)
_OTHERS = {
    "TH2": "a two-dimensional histogram: project it onto the mass",
    "TH3": "a three-dimensional histogram: project it onto the mass",
    "TProfile": "a profile of means: it counts no events",
    "TGraph": "a graph of points without bins: write the histogram it was made of",
    "TMultiGraph": "graphs of points without bins: write the histogram they were made of",
    "TEfficiency": "an efficiency: it counts no events",
    "THStack": "a stack: write its sum as one histogram",
    "TCanvas": "a drawing: write the histogram in it",
}


def root_histogram(path: Path, choices: SpectrumChoices) -> SpectrumTable:
    """A histogram of a ROOT file; its under- and overflow are left out.

    Raises:
        DataError: If the file is broken, or has no such histogram.
        BadValue: If there are several and none is chosen.
    """
    import uproot

    where = str(path)
    with reading(path, "a ROOT file"), uproot.open(path) as file:
        classes = file.classnames(recursive=True, cycle=False)
        name = _chosen(classes, choices.column or choices.histogram, where)
        found = file[name]
        axis = found.axis()
        if axis.traits.discrete:
            raise BadLayout(
                f"{path}: expected a histogram of masses in GeV, got '{name}' with the labels "
                f"{axis.labels()} for its bins."
            )
        values = np.asarray(found.values(), dtype=np.float64)
        edges = np.asarray(axis.edges(), dtype=np.float64)
        squares = np.asarray(found.variances(), dtype=np.float64) if found.weighted else None
        titles = [str(found.member(m).member("fTitle") or "") for m in ("fXaxis", "fYaxis")]
        kind = found.classname
        doubt = "" if found.weighted else _entries_against(found, values)
    check.finite(values, f"{where}: counts")
    if doubt and choices.error_columns is None and not choices.exact:
        raise BadNumbers(
            f"{where}: expected plain events, or Sumw2 beside them, got '{name}' with {doubt}: it "
            "was filled with weights or scaled, and its variances are not known. Write it with "
            "Sumw2; or say `errors='none'` (--errors none) if these are plain events all the same."
        )
    bins = bins_between(edges[:-1], edges[1:], (titles[0],), choices, where)
    errors: tuple[Errors, ...] = ()
    if squares is not None and not choices.exact and choices.error_columns is None:
        errors = (errors_from_squares("Sumw2", squares).check(values, where),)
    elif choices.error_columns:
        raise BadValue(f"{where}: errors (--errors): a histogram of ROOT knows its own, or 'none'.")
    quantity = _quantity(name, titles[1])
    numbers = (values, np.zeros(len(values)), errors, bins)
    table = Measured(name, Kind.NEUTRAL, quantity, *numbers).to_events(
        replace(choices, column=name), where
    )
    roles = (table.roles[0].replace(f"`{name}`", f"`{name}` ({kind})"), *table.roles[1:], bins.role)
    return replace(table, roles=roles)


def _entries_against(histogram: Any, values: NDArray[Any]) -> str:
    """What the statistics of a histogram say against plain events; "" for nothing.

    A histogram that was not filled but set, bin by bin, has as many entries as bins, or none.
    """
    entries = float(histogram.member("fEntries"))
    sums = values.sum(), float(np.sum(histogram.values(flow=True)))
    slack = 1e-6 * max(1.0, *map(abs, sums))
    n = len(values)
    if entries in (0, n, n + 1, n + 2) or min(sums) - slack <= entries <= max(sums) + slack:
        return ""
    return f"{entries:g} entries and contents of {sums[0]:.6g}"


def _quantity(name: str, title: str) -> Quantity:
    """What a histogram holds, by the title of its axis or its own name."""
    by_title = Quantity.of(title)
    odd = Quantity.of(name.rpartition("/")[2]).odd
    return replace(by_title, odd=odd) if odd and not title else by_title


def _chosen(classes: dict[str, Any], wanted: str | None, where: str) -> str:
    names = sorted(key for key, kind in classes.items() if kind.startswith("TH1"))
    name = None if wanted is None else wanted.strip("/").rpartition(";")[0] or wanted.strip("/")
    if name is not None and name not in names:
        kind = str(classes.get(name, ""))
        what = next((text for start, text in _OTHERS.items() if kind.startswith(start)), None)
        if what is not None:
            raise BadLayout(f"{where}: expected a histogram (TH1), got '{name}' ({kind}), {what}.")
        raise ColumnMissing(f"{where}: no histogram '{wanted}'; {suggest(name, names)}")
    if not names:
        kinds = {str(k) for k in classes.values()}
        hint = next((t for s, t in _OTHERS.items() if any(k.startswith(s) for k in kinds)), None)
        raise BadLayout(
            f"{where}: expected a one-dimensional histogram (TH1), got {classes or 'nothing'}. "
            + (OF_EVENTS if hint is None else f"There is {hint}. {OF_EVENTS}")
        )
    if name is None and len(names) > 1:
        raise BadValue(
            f"{where}: several histograms: {names}. Choose one with `histogram` (--histogram)."
        )
    return name or names[0]
