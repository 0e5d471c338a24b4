"""Panels side by side, and what several kinds of results draw in them."""

from typing import Any

import numpy as np
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure

from anomalon.detection.results.found import Plane
from anomalon.report.axes import blank
from anomalon.report.style import LIGHT, SERIES

__all__ = ["QUANTITIES", "baseline_look", "model_look", "panels_of", "rank_plane", "short"]

_DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (2, 1.5)), (0, (6, 2, 1, 2)))
"""Of lines, when colours are used up."""
_DOTTED: tuple[Any, ...] = (":", (0, (3, 1, 1, 1)))
"""Of the lines of baselines."""

QUANTITIES = {
    "ht": "HT [GeV]", "leading_pt": "leading pT [GeV]",
    "jet_mass": "jet mass [GeV]", "constituents": "constituents",
}  # fmt: skip
"""Names of axes."""


def model_look(k: int) -> dict[str, Any]:
    """The line of the k-th model."""
    return {"color": SERIES[k % len(SERIES)], "ls": _DASHES[k // len(SERIES) % len(_DASHES)]}


def baseline_look(k: int) -> dict[str, Any]:
    """That of the k-th trivial baseline: grey and dotted."""
    return {"color": LIGHT["muted"], "ls": _DOTTED[k % len(_DOTTED)]}


def short(name: str) -> str:
    """A name that fits beside a figure."""
    return name if len(name) <= 26 else f"{name[:25]}…"


def panels_of(n: int, height: float) -> tuple[Figure, list[Any]]:
    """N panels, three in a row at most."""
    columns = min(max(n, 1), 3)
    rows = -(-max(n, 1) // columns)
    figure = blank(2.6 * columns + 0.5, height * rows + 0.5, top=0.55, left=0.5)
    grid = figure.subplots(
        rows, columns, squeeze=False, gridspec_kw={"hspace": 0.55, "wspace": 0.28}
    )
    panels = list(grid.ravel())
    for axes in panels[n:]:
        axes.set_visible(False)
    return figure, panels[:n]


def rank_plane(axes: Any, one: Plane, title: str) -> None:
    """Shares within each column of the quantity, as blue of some strength."""
    blues = ListedColormap([(0.0, 0.412, 0.659, a) for a in np.linspace(0, 1, 64)])
    total = one.counts.sum(axis=1, keepdims=True)
    shares = np.divide(one.counts, total, out=np.zeros_like(one.counts), where=total > 0)
    axes.pcolormesh(one.edges, one.ranks, shares.T, cmap=blues, norm=Normalize(0, 0.3),
                    rasterized=True)  # fmt: skip
    axes.set_title(title, fontsize=8)
    axes.set(xlabel=QUANTITIES[one.quantity], ylabel="rank of the score", ylim=(0, 1))
    # the last column reaches to the one event of the largest momentum
    axes.set_xlim(one.edges[0], min(one.edges[-1], 1.3 * one.edges[-2]))
