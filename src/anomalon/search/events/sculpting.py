"""Does a cut make a bump? The share of events that pass, against the mass."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.sample import Sample
from anomalon.core.window import Window

__all__ = ["pass_fraction"]

Floats = NDArray[np.floating[Any]]
_MIN_PASSED = 10.0


def pass_fraction(
    events: Sample, window: Window, weight: Floats, edges: Floats
) -> tuple[float | None, int | None, tuple[dict[str, Any], ...]]:
    """Chi2 of a constant share of passing events, and the share in each bin.

    A signal would raise the share inside the signal region, so the chi2 is over the bins outside.
    Neighbouring bins are merged until each expects 10 passing events.

    Args:
        events: All events in the fitted range.
        window: Its signal region is left out of the chi2.
        weight: Selection weight of each event in [0, 1], shape (event,).
        edges: Mass bins in GeV.

    Returns:
        chi2 and degrees of freedom (None where fewer than two bins remain), and rows of mass,
        fraction, sigma and in_signal_region.
    """
    bins = _merge(events, window, weight, edges)
    outside = [b for b in bins if not b["in_signal_region"]]
    total = sum(b["n"] for b in outside)
    rows: list[dict[str, Any]] = []
    if total <= 0:
        return None, None, ()
    mean = sum(b["passed"] for b in outside) / total
    # Given the events of a bin, its number of passing ones is a sum of independent weights.
    variance = sum(b["passed_squared"] for b in outside) / total - mean**2
    chi2 = 0.0
    for b in bins:
        if b["n"] <= 0:
            continue
        sigma = float(np.sqrt(max(variance, 0.0) * b["n_squared"]) / b["n"])
        share = b["passed"] / b["n"]
        rows.append(
            {
                "mass": b["mass"],
                "fraction": share,
                "sigma": sigma,
                "in_signal_region": b["in_signal_region"],
            }
        )
        if not b["in_signal_region"] and sigma > 0:
            chi2 += ((share - mean) / sigma) ** 2
    ndf = len([r for r in rows if not r["in_signal_region"]]) - 1
    if ndf < 1 or variance <= 0:
        return None, None, tuple(rows)
    return chi2, ndf, tuple(rows)


def _merge(events: Sample, window: Window, weight: Floats, edges: Floats) -> list[dict[str, Any]]:
    w = events.weight
    sums = {
        "n": np.histogram(events.mass, edges, weights=w)[0],
        "n_squared": np.histogram(events.mass, edges, weights=w**2)[0],
        "passed": np.histogram(events.mass, edges, weights=w * weight)[0],
        "passed_squared": np.histogram(events.mass, edges, weights=w * weight**2)[0],
    }
    share = sums["passed"].sum() / max(sums["n"].sum(), 1e-300)
    middle = (edges[:-1] + edges[1:]) / 2
    inside = window.in_signal_region(middle)
    bins: list[dict[str, Any]] = []
    for i in range(len(middle)):
        row = {name: float(values[i]) for name, values in sums.items()}
        row |= {"low": float(edges[i]), "high": float(edges[i + 1])}
        row["in_signal_region"] = bool(inside[i])
        last = bins[-1] if bins else None
        same = last is not None and last["in_signal_region"] == row["in_signal_region"]
        if last is not None and same and share * last["n"] < _MIN_PASSED:
            for name in (*sums, "high"):
                last[name] = row[name] if name == "high" else last[name] + row[name]
        else:
            bins.append(row)
    # A last bin that is still too small joins its neighbour.
    if len(bins) > 1 and share * bins[-1]["n"] < _MIN_PASSED:
        row, last = bins.pop(), bins[-1]
        if last["in_signal_region"] == row["in_signal_region"]:
            for name in sums:
                last[name] += row[name]
            last["high"] = row["high"]
        else:
            bins.append(row)
    for row in bins:
        row["mass"] = (row["low"] + row["high"]) / 2
    return bins
