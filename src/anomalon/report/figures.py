"""The figures of a search: each takes results and returns a `Figure`; none computes a result.

Masses are in GeV. `figures(scan)` names them all, the way the page and the files do.
"""

from collections.abc import Hashable, Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from anomalon.core.rounding import count, plain, sigmas
from anomalon.core.rounding import efficiency as working_point
from anomalon.report.axes import MASS, legend_above, powers, sigma_lines, single
from anomalon.report.drawing import Drawing
from anomalon.report.style import LIGHT, MARKERS, SERIES, styled
from anomalon.report.window_figures import (
    distributions,
    members,
    roc,
    sculpting,
    spectrum,
)
from anomalon.search.results.cut import CutResult
from anomalon.search.results.ledger import TrialToys
from anomalon.search.results.scan import Scan
from anomalon.search.results.window import WindowResult
from anomalon.stats import clopper_pearson, p_from_z, sidak, z_from_p

__all__ = [
    "distributions",
    "drawings",
    "global_p",
    "local_significance",
    "members",
    "p_values",
    "roc",
    "sculpting",
    "spectrum",
]

_SMALLEST = 1e-16
# Working points of a window are at the same mass: outlines, so that none hides another.
_SEEN_THROUGH: dict[str, Any] = {"ms": 5.5, "mfc": "none", "mew": 1.4}


def drawings(scan: Scan) -> Iterator[Drawing]:
    """All figures of a scan, in the order of the page."""
    for i, group in enumerate(_by_features(scan)):
        what = {"classifier": "features", "score": "score", "cut": "cut"}[group[0].by]
        features = f"{what} {group[0].selection_name}"
        tag = f"-{i + 1}" if i else ""
        yield Drawing(
            f"significance{tag}",
            "local_significance",
            f"Local significance in each window with the {features}. Bars span the "
            "window; a deficit is negative. Windows that overlap share events.",
            f"Local significance against mass, one marker per working point; {features}.",
            local_significance(group),
        )
        yield Drawing(
            f"p-values{tag}",
            "p_values",
            "The same as one-sided p-values, with lines at 1 to 5 standard deviations; "
            "values below 10⁻¹⁶ are drawn there.",
            f"Local p-value against mass on a logarithmic axis; {features}.",
            p_values(group),
        )
    if scan.toys is not None and scan.toys.n > 0:
        yield Drawing(
            "global-p",
            "global_p",
            f"What the most significant of all trials is worth: share of {scan.toys.n} "
            "pseudo-experiments, each a whole search, whose best trial is at least as significant "
            "(steps, with the 68\u202f% interval), beside as many independent trials as there are "
            "(dashed) and as many as fit (dotted). The line is the data.",
            "Global p-value against the local significance of the best trial; the data are at "
            f"{sigmas(scan.best.z_local) if scan.best else 'no value'}.",
            global_p(scan, scan.toys),
        )
    for i, result in enumerate(scan.windows):
        yield from _of_window(result, i)


def _of_window(result: WindowResult, i: int) -> Iterator[Drawing]:
    name, tag = result.name, f"window-{i + 1}"
    for j, cut in enumerate(result.cuts):
        if len(cut.fit.counts):  # else nothing was selected, and there is nothing to draw
            yield _spectrum_of(result, cut, f"{tag}-spectrum-{j + 1}", str(i))
    if any(len(cut.pass_fraction) and cut.efficiency < 1 for cut in result.cuts):
        yield Drawing(
            f"{tag}-sculpting",
            "sculpting",
            "Share of events that pass the cut over the share asked for; above, χ²/ndf of a "
            "constant outside the signal region (shaded). A cut that does not sculpt the spectrum "
            "is flat there. Triangles lie above the figure.",
            f"Pass fraction against mass for window {name}, one line per working point.",
            sculpting(result),
            str(i),
        )
    if any(len(cut.member_counts) > 1 for cut in result.cuts):
        yield Drawing(
            f"{tag}-members",
            "members",
            "Events that each member of the ensemble selects in the signal region (points) and "
            "their mean (line), over the background expected.",
            f"Counts of the ensemble's members for window {name}.",
            members(result),
            str(i),
        )
    if result.roc is not None:
        yield Drawing(
            f"{tag}-roc",
            "roc",
            "From the truth, which the search did not see: signal against background efficiency, "
            "and the significance improvement TPR/√FPR with its 68\u202f% band. Grey: below the "
            "floor where the background's statistical error exceeds 20\u202f%; maxima there mean "
            "nothing. Dotted: the cuts of the search; dashed: a score that knows nothing.",
            f"ROC and significance improvement of window {name}; maximum "
            f"{plain(result.roc.max_sic)}.",
            roc(result, result.roc),
            str(i),
        )
    if result.histograms:
        yield Drawing(
            f"{tag}-distributions",
            "distributions",
            "Score and features, each normalised to one: signal region, side bands, and the "
            "signal region after the tightest cut.",
            f"Distributions of score and features in window {name}, before and after the cut.",
            distributions(result),
            str(i),
        )


def _spectrum_of(result: WindowResult, cut: CutResult, name: str, part: str) -> Drawing:
    label = working_point(cut.efficiency)
    state = "" if cut.ok else f" No significance: {cut.why}"
    return Drawing(
        name,
        "spectrum",
        f"{label[0].upper()}{label[1:]}: {count(cut.n)} events in the signal region (shaded), "
        f"{count(cut.expected)} expected.{state}",
        f"Mass spectrum of window {result.name}, {label}: {plain(cut.n, 4)} events in the signal "
        f"region, {plain(cut.expected, 4)} expected, {sigmas(cut.z_local)}.{state}",
        spectrum(result, cut),
        part,
    )


def _by_features(scan: Scan) -> list[list[WindowResult]]:
    groups: dict[Hashable, list[WindowResult]] = {}
    for result in scan.windows:
        groups.setdefault(result.way, []).append(result)
    return list(groups.values())


def _by_cut(results: Sequence[WindowResult]) -> dict[str, list[tuple[WindowResult, CutResult]]]:
    rows: dict[tuple[float, str], list[tuple[WindowResult, CutResult]]] = {}
    for result in results:
        for cut in result.cuts:
            rows.setdefault(result.series(cut), []).append((result, cut))
    return {name: rows[efficiency, name] for efficiency, name in sorted(rows, reverse=True)}


@styled
def local_significance(results: Sequence[WindowResult]) -> Figure:
    """Local significance against mass, a series for each working point.

    Args:
        results: Windows with the same features.
    """
    figure, axes = single(5.4, 3.0)
    top = 1.0
    for k, (label, rows) in enumerate(_by_cut(results).items()):
        for result, cut in rows:
            if cut.ok and np.isfinite(cut.z_local):
                top = max(top, abs(cut.z_local))
                _mass_point(axes, result, cut.z_local, k)
        _legend_entry(axes, label, k)
    for line in range(-5, 6):
        if line and abs(line) <= top + 0.5:
            axes.axhline(line, color=LIGHT["grid"], lw=0.7, zorder=0)
    axes.axhline(0, color=LIGHT["muted"], lw=0.8, zorder=0)
    axes.set(xlabel=MASS, ylabel="local significance [σ]")
    _mark_missing(axes, results)
    legend_above(axes)
    return figure


@styled
def p_values(results: Sequence[WindowResult]) -> Figure:
    """Local p-values against mass on a logarithmic axis.

    Args:
        results: Windows with the same features.
    """
    figure, axes = single(5.4, 3.0, right=0.3)
    lowest = 0.05
    for k, (label, rows) in enumerate(_by_cut(results).items()):
        for result, cut in rows:
            if cut.ok and np.isfinite(cut.p_local):
                shown = max(cut.p_local, _SMALLEST)
                lowest = min(lowest, shown)
                _mass_point(axes, result, shown, k)
        _legend_entry(axes, label, k)
    axes.set_yscale("log")
    axes.set_ylim(lowest / 5, 2)
    sigma_lines(axes, lowest / 5)
    axes.set(xlabel=MASS, ylabel="local p-value")
    powers(axes.yaxis)
    _mark_missing(axes, results)
    legend_above(axes)
    return figure


@styled
def global_p(scan: Scan, toys: TrialToys) -> Figure:
    """Global p-value against the local significance of the best trial."""
    figure, axes = single(5.4, 3.0, right=0.3)
    z_data = scan.best.z_local if scan.best else 0.0
    z = np.linspace(0, min(max(z_data + 0.5, 4), 6), 200)
    best = np.sort(np.asarray(z_from_p(toys.smallest)))
    n_above = toys.n - np.searchsorted(best, z, side="left")
    low, high = clopper_pearson(n_above, np.full(len(z), toys.n))
    lowest = 0.3 / (toys.n + 1)
    axes.fill_between(z, np.maximum(low, lowest), high, step="mid", color=LIGHT["region"], lw=0)
    share = np.where(n_above > 0, n_above / toys.n, np.nan)
    axes.step(z, share, where="mid", color=LIGHT["blue"], label="pseudo-experiments")
    n_valid = sum(bool(np.isfinite(t.p_local)) for t in scan.ledger)
    for n, dash in ((float(n_valid), (0, (4, 3))), (toys.n_effective, ":")):
        if np.isfinite(n):
            curve = sidak(p_from_z(z), n)
            label = f"{plain(n, 2)} independent trials"
            axes.plot(z, curve, color=LIGHT["muted"], lw=1.0, ls=dash, label=label)
    beyond = " (beyond)" if z_data > z[-1] else ""
    axes.axvline(min(z_data, z[-1]), color=LIGHT["orange"], lw=1.8, label=f"data{beyond}")
    axes.set_yscale("log")
    axes.set(xlim=(0, z[-1]), ylim=(lowest, 1.5))
    axes.set(xlabel="local significance of the best trial [σ]", ylabel="global p-value")
    sigma_lines(axes, lowest)
    powers(axes.yaxis)
    axes.legend(loc="upper right")
    return figure


def _mass_point(axes: Axes, result: WindowResult, y: float, k: int) -> None:
    low, high = result.window.low, result.window.high
    colour = SERIES[k % len(SERIES)]
    axes.hlines(y, low, high, color=colour, lw=1.0, alpha=0.45)
    axes.plot((low + high) / 2, y, MARKERS[k % len(MARKERS)], color=colour, **_SEEN_THROUGH)


def _legend_entry(axes: Axes, label: str, k: int) -> None:
    axes.plot(
        [], [], MARKERS[k % len(MARKERS)], color=SERIES[k % len(SERIES)], label=label,
        **_SEEN_THROUGH,
    )  # fmt: skip


def _mark_missing(axes: Axes, results: Sequence[WindowResult]) -> None:
    """A cross at the foot of the figure for each window in which something has no answer."""
    for result in results:
        if not all(cut.ok for cut in result.cuts):
            x = (result.window.low + result.window.high) / 2
            axes.plot(x, 0.03, "x", color=LIGHT["ink"], ms=6, transform=axes.get_xaxis_transform())
