"""Histograms of other packages (hist, boost-histogram, uproot) as counts, edges and variances.

The PlottableHistogram protocol of UHI: `values()`, `variances()`, `axes`, `kind`. Variances that
are None are not known: the histogram was filled with weights, or scaled, and did not keep their
squares.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.errors import BadLayout, BadNumbers
from anomalon.core.units import GEV, MassUnit, mass_unit
from anomalon.core.widths import divided_by_widths

__all__ = ["from_uhi"]

Floats = NDArray[np.floating[Any]]

_REMEDY = (
    "Fill it with a storage that keeps the squares of weights (hist.storage.Weight(), Sumw2 in "
    "ROOT); if these are plain events all the same, pass (counts, edges)."
)


def from_uhi(histogram: Any) -> tuple[Floats, Floats, Floats | None]:
    """Counts, edges in GeV, and variances; None for plain events.

    Edges are in the unit that the label of the axis says, GeV if it says none.

    Raises:
        BadLayout: If there is more than one axis, or one of categories, or no counts.
        BadNumbers: If the variances are not known, or the contents are divided by the widths of
            the bins.
    """
    axis = _axis(histogram)
    counts = np.asarray(histogram.values(), dtype=np.float64)
    unit, edges = _unit(axis), _edges(axis)
    known = histogram.variances()
    if known is None:
        raise BadNumbers(
            f"spectrum: expected a histogram that knows its variances, got {_name(histogram)} "
            f"whose variances() is None: it was filled with weights, or scaled. {_REMEDY}"
        )
    variances = np.asarray(known, dtype=np.float64)
    if np.array_equal(variances, counts):
        _check_events(histogram, counts)
        return counts, unit.to_gev(edges), None
    for size in (1.0, unit.gev):
        if divided_by_widths(counts, variances, np.diff(edges) * size):
            raise BadNumbers(
                f"spectrum: expected numbers of events, got {_name(histogram)} whose variances go "
                "like one over the widths of the bins: its contents are divided by them. Multiply "
                "counts by the widths, variances by their squares, and pass Spectrum(counts, "
                "edges, variances); that takes any numbers as they are."
            )
    return counts, unit.to_gev(edges), variances


def _axis(histogram: Any) -> Any:
    kind = getattr(histogram, "kind", "COUNT")
    if len(histogram.axes) != 1 or str(getattr(kind, "value", kind)).upper() != "COUNT":
        raise BadLayout(
            f"spectrum: expected one axis and counts, got {len(histogram.axes)} axes of "
            f"{kind}. Project onto the mass first."
        )
    axis = histogram.axes[0]
    if getattr(getattr(axis, "traits", None), "discrete", False):
        raise BadLayout(
            f"spectrum: expected an axis of masses in GeV, got one of categories ({axis!r}). "
            "Project onto the mass first."
        )
    return axis


def _check_events(histogram: Any, counts: Floats) -> None:
    """Refuse what is not whole where nothing but the counts says what the variances are."""
    storage = str(getattr(histogram, "storage_type", ""))
    keeps = "Weight" in storage if storage else getattr(histogram, "weighted", True)
    if not keeps and np.any(np.abs(counts - np.rint(counts)) > 1e-6):
        raise BadNumbers(
            f"spectrum: expected whole numbers in {_name(histogram)}, which keeps no squares of "
            f"weights, got e.g. {counts[counts % 1 != 0][0]:g}: it was scaled or filled from "
            f"numbers. {_REMEDY}"
        )


def _name(histogram: Any) -> str:
    return f"{type(histogram).__module__.partition('.')[0]}.{type(histogram).__name__}"


def _unit(axis: Any) -> MassUnit:
    """The unit of mass that the axis says: label of hist, metadata, or title in ROOT."""
    texts = [getattr(axis, name, None) for name in ("label", "metadata", "name")]
    member = getattr(axis, "member", None)
    if callable(member):
        texts.append(member("fTitle", none_if_missing=True))
    for text in texts:
        if isinstance(text, str) and (unit := mass_unit(text)) is not None:
            return unit
    return GEV


def _edges(axis: Any) -> Floats:
    edges = getattr(axis, "edges", None)
    if callable(edges):  # uproot
        edges = edges()
    if edges is None:  # the bare UHI axis: a sequence of (low, high)
        intervals = list(axis)
        edges = [low for low, _ in intervals] + [intervals[-1][1]]
    return np.asarray(edges, dtype=np.float64)
