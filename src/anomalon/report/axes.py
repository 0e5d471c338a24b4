"""Axes and empty figures that the drawings share."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.ticker import FuncFormatter, NullLocator
from numpy.typing import NDArray

from anomalon.report.style import LIGHT
from anomalon.stats import p_from_z

__all__ = [
    "MASS",
    "bars",
    "blank",
    "count_axis",
    "legend_above",
    "per_bin",
    "powers",
    "sigma_lines",
    "single",
]

MASS = "resonant mass [GeV]"
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def blank(
    width: float,
    height: float,
    *,
    left: float = 0.62,
    right: float = 0.12,
    bottom: float = 0.48,
    top: float = 0.3,
) -> Figure:
    """An empty figure; sizes and margins in inches.

    Margins are given rather than found, because finding them means to draw everything once more.
    """
    figure = Figure(figsize=(width, height))
    figure.subplots_adjust(left / width, bottom / height, 1 - right / width, 1 - top / height)
    return figure


def single(width: float, height: float, right: float = 0.12) -> tuple[Figure, Axes]:
    """A figure with one pair of axes; sizes in inches."""
    figure = blank(width, height, right=right)
    return figure, figure.subplots()


def sigma_lines(axes: Axes, lowest: float) -> None:
    """Lines at the one-sided p-values of 1 to 5 standard deviations, down to `lowest`."""
    for n_sigma in range(1, 6):
        p = float(p_from_z(n_sigma))
        if p > lowest:
            axes.axhline(p, color=LIGHT["muted"], lw=0.7, ls=(0, (4, 3)), zorder=0)
            axes.text(
                1.005, p, f"{n_sigma}σ", transform=axes.get_yaxis_transform(), va="center", size=8
            )


def count_axis(axes: Axes, counts: NDArray[Any]) -> None:
    """A logarithmic axis for counts."""
    positive = counts[counts > 0]
    axes.set_yscale("log")
    if len(positive):
        axes.set_ylim(max(float(positive.min()) / 3, 0.05), float(positive.max()) * 4)
    powers(axes.yaxis)


def bars(
    edges: NDArray[Any], heights: NDArray[Any], chosen: NDArray[np.bool_], **look: Any
) -> PathPatch:
    """Bars from zero in the chosen bins, as one outline: a patch for each bin takes far longer.

    Args:
        edges: Of the bins, shape (bin + 1,).
        heights: Of the bars, shape (bin,); those that are not finite are left out.
        chosen: Which bins get one, shape (bin,).
        **look: Of a matplotlib patch.

    Returns:
        To be added as an artist: limits of axes do not follow it.
    """
    seen = chosen & np.isfinite(heights)
    low, high, top = edges[:-1][seen], edges[1:][seen], heights[seen]
    foot = np.zeros(len(top))
    x = np.stack([low, high, high, low, low], axis=1)
    y = np.stack([foot, foot, top, top, foot], axis=1)
    codes = np.tile([Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY], len(top))
    return PathPatch(Path(np.stack([x.ravel(), y.ravel()], axis=1), codes), **look)


def per_bin(edges: NDArray[Any]) -> str:
    r"""The label of a count: with the width of the bins, if they all have the same.

    Example:
        >>> per_bin(np.array([1000.0, 1100.0, 1200.0])), per_bin(np.array([1.0, 2.0, 4.0]))
        ('events / 100\u202fGeV', 'events / bin')
    """
    widths = np.diff(edges)
    if np.ptp(widths) > 1e-6 * widths.max():
        return "events / bin"
    return f"events / {widths.mean():.6g}\u202fGeV"


def powers(axis: Any) -> None:
    """Powers of ten in plain text, which a page can show in its own font."""

    def label(value: float, _: int) -> str:
        exponent = round(float(np.log10(value)))
        if -2 <= exponent <= 3:
            return f"{value:g}"
        return f"10{str(exponent).translate(_SUPERSCRIPT)}"

    axis.set_major_formatter(FuncFormatter(label))
    axis.set_minor_locator(NullLocator())


def legend_above(axes: Axes) -> None:
    """A legend in one row above the axes."""
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=5, handletextpad=0.2)
