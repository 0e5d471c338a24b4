"""Event displays: objects in eta and phi, and across the beam; one look for all jobs."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from anomalon.core.rounding import plain
from anomalon.report.axes import blank
from anomalon.report.style import LIGHT, styled

__all__ = ["event_display"]

Floats = NDArray[np.floating[Any]]

_LOOKS: Mapping[str, tuple[str, str]] = {
    "jet": ("blue", "o"),
    "electron": ("green", "s"),
    "muon": ("orange", "D"),
    "tau": ("purple", "^"),
    "photon": ("gold", "v"),
    "particle": ("sky", "o"),
    "met": ("ink", ""),
}
"""Colour and marker of each kind."""

_LARGEST, _SMALLEST = 15.0, 2.5  # points of a marker
_MOST_NAMED = 12


@styled
def event_display(
    kinds: Sequence[str],
    features: Sequence[str],
    objects: Floats,
    *,
    names: Sequence[str] = (),
    title: str = "",
) -> Figure:
    """One event: the eta-phi plane, and momenta across the beam.

    Markers grow with the square root of pT; the missing momentum is a dashed line in the plane,
    for it has no eta, and a dashed arrow across the beam. Without eta or phi there is no direction,
    and nothing is drawn.

    Args:
        kinds: Of the objects, see `anomalon.core.kinds`.
        features: Of an object; pt (GeV), eta and phi are drawn.
        objects: Shape (object, feature); filled slots alone.
        names: Of the slots, written beside the leading ones.
        title: Above the left panel.
    """
    figure = blank(6.4, 3.2, left=0.6, right=0.3, top=0.45)
    plane, across = figure.subplots(1, 2, gridspec_kw={"width_ratios": [1.15, 1.0], "wspace": 0.22})
    pt, eta, phi = (_feature(name, features, objects) for name in ("pt", "eta", "phi"))
    largest = float(pt.max(initial=1e-9))
    size = np.maximum(_SMALLEST, _LARGEST * np.sqrt(pt / largest))
    _in_the_plane(plane, kinds, eta, phi, size)
    _across_the_beam(across, kinds, pt, phi, largest)
    leading = [i for i in np.argsort(-pt, kind="stable") if kinds[i] != "met"][:_MOST_NAMED]
    for i in leading[: len(names)]:
        plane.annotate(names[i], (eta[i], phi[i]), xytext=(4, 4), textcoords="offset points",
                       size=6, color=LIGHT["muted"])  # fmt: skip
    plane.set_title(title)
    across.set_title(f"largest pT {plain(largest)} GeV", fontweight="normal", fontsize=8)
    _legend(figure, kinds)
    return figure


def _feature(name: str, features: Sequence[str], objects: Floats) -> Floats:
    if name in features:
        return np.asarray(objects[:, list(features).index(name)], np.float64)
    return np.zeros(len(objects))


def _look(kind: str) -> tuple[str, str]:
    colour, marker = _LOOKS.get(kind, _LOOKS["particle"])
    return LIGHT[colour], marker


def _in_the_plane(axes: Axes, kinds: Sequence[str], eta: Floats, phi: Floats, size: Floats) -> None:
    for i, kind in enumerate(kinds):
        colour, marker = _look(kind)
        if kind == "met":
            axes.axhline(phi[i], color=colour, lw=1.1, ls=(0, (4, 3)))
        else:
            axes.plot(eta[i], phi[i], marker, ms=size[i], color=colour, alpha=0.65, mew=0.6)
    reach = max(2.5, 1.25 * float(np.abs(eta).max(initial=0.0)))
    axes.set(xlim=(-reach, reach), ylim=(-np.pi, np.pi), xlabel="η", ylabel="φ [rad]")
    axes.set_yticks([-np.pi, -np.pi / 2, 0, np.pi / 2, np.pi], ["−π", "−π/2", "0", "π/2", "π"])
    axes.grid()


def _across_the_beam(
    axes: Axes, kinds: Sequence[str], pt: Floats, phi: Floats, largest: float
) -> None:
    """Momenta as lines from the middle, as long as pT."""
    turn = np.linspace(0, 2 * np.pi, 100)
    axes.plot(np.cos(turn), np.sin(turn), color=LIGHT["grid"], lw=0.8)
    for i, kind in enumerate(kinds):
        colour, marker = _look(kind)
        x, y = pt[i] / largest * np.cos(phi[i]), pt[i] / largest * np.sin(phi[i])
        if kind == "met":
            arrow = {"arrowstyle": "->", "linestyle": (0, (4, 3)), "color": colour, "lw": 1.2,
                     "shrinkA": 0, "shrinkB": 0}  # fmt: skip
            axes.annotate("", (x, y), (0, 0), arrowprops=arrow)
        else:
            axes.plot([0, x], [0, y], color=colour, lw=1.6, alpha=0.8)
            axes.plot(x, y, marker, ms=3.0, color=colour)
    axes.set(xlim=(-1.15, 1.15), ylim=(-1.15, 1.15), xlabel="px / largest pT")
    axes.yaxis.set_label_position("right")
    axes.set_ylabel("py / largest pT")
    axes.set_aspect("equal")
    axes.set_xticks([-1, 0, 1])
    axes.set_yticks([-1, 0, 1])


def _legend(figure: Figure, kinds: Sequence[str]) -> None:
    handles = []
    for kind in dict.fromkeys(kinds):
        colour, marker = _look(kind)
        words = "missing momentum" if kind == "met" else kind
        dash: Any = (0, (4, 3)) if kind == "met" else "none"
        handles.append(Line2D([], [], color=colour, marker=marker, ls=dash, ms=4.5, label=words))
    figure.legend(handles=handles, loc="upper right", ncols=5, fontsize=7, handlelength=2.2)
