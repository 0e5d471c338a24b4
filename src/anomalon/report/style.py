"""How every figure looks: sizes, colours that colour-blind readers can tell apart, and files.

A figure is drawn in the colours of `LIGHT`. Inside the page each of them is replaced by a CSS
variable, so that the same drawing follows the page into dark mode.
"""

import io
import re
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.transforms import ScaledTranslation, blended_transform_factory

__all__ = ["DARK", "LIGHT", "MARKERS", "SERIES", "css", "image", "inline", "styled", "svg"]

P = ParamSpec("P")

# Okabe and Ito's palette, darkened on white and lightened on black to a contrast of 3 and more.
LIGHT = {
    "ink": "#1c2024",
    "muted": "#5d656d",
    "grid": "#dfe3e7",
    "region": "#fbe3c0",
    "blue": "#0069a8",
    "orange": "#c94f00",
    "green": "#007a5a",
    "purple": "#a3568a",
    "gold": "#9a6b00",
    "sky": "#2f87b8",
    "one_sigma": "#67c275",
    "two_sigma": "#f3d95b",
}
DARK = {
    "ink": "#e6e9ec",
    "muted": "#9aa4ad",
    "grid": "#343b42",
    "region": "#4a3a1e",
    "blue": "#58b0ee",
    "orange": "#ff9350",
    "green": "#35c79b",
    "purple": "#e49ac9",
    "gold": "#e3b341",
    "sky": "#8fd0f5",
    "one_sigma": "#2c7a43",
    "two_sigma": "#8a7a1c",
}
SERIES = tuple(LIGHT[name] for name in ("blue", "orange", "green", "purple", "gold", "sky"))
MARKERS = ("o", "s", "^", "D", "v", "P")

_RC: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "anomalon",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9.0,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.titley": 1.0,  # or it is looked for, which takes a second look at all tick labels
    "axes.labelsize": 9.0,
    "legend.fontsize": 8.0,
    "legend.frameon": False,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "lines.linewidth": 1.6,
    "axes.unicode_minus": True,
    "axes.edgecolor": LIGHT["ink"],
    "axes.labelcolor": LIGHT["ink"],
    "axes.titlecolor": LIGHT["ink"],
    "text.color": LIGHT["ink"],
    "xtick.color": LIGHT["ink"],
    "ytick.color": LIGHT["ink"],
    "grid.color": LIGHT["grid"],
    "grid.linewidth": 0.7,
    "figure.facecolor": "white",
    "axes.facecolor": "none",
    "savefig.facecolor": "white",
    "figure.dpi": 100,
}


_FROM_LEFT, _BELOW = 0.18, 0.26  # of labels, in inches


def styled(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Draw in this style and leave the user's own matplotlib settings as they were."""

    @wraps(draw)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with mpl.rc_context({**dict(mpl.rcParamsDefault), **_RC}):
            figure = draw(*args, **kwargs)
        _place_labels(figure)
        return figure

    return wrapped


def _place_labels(figure: Figure) -> None:
    """Labels at one distance from the edge of the figure and from the axis below.

    Left to itself, matplotlib measures all tick labels once more to find one, which is a tenth of
    the time, and labels of panels above each other do not line up.
    """
    inches = figure.dpi_scale_trans
    for axes in figure.axes:
        if str(axes.yaxis.get_label_position()) == "left":
            beside = blended_transform_factory(inches, axes.transAxes)
            axes.yaxis.set_label_coords(_FROM_LEFT, 0.5, beside)
        below = axes.transAxes + ScaledTranslation(0, -_BELOW, inches)
        axes.xaxis.set_label_coords(0.5, 0, below)


def svg(figure: Figure) -> str:
    """The figure as an SVG file; the same figure gives the same bytes."""
    buffer = io.StringIO()
    with mpl.rc_context(_RC):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return _NUMBER.sub(
        lambda match: f"{float(match[0]):.2f}".rstrip("0").rstrip("."), buffer.getvalue()
    )


_NAMELESS: Any = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


def image(figure: Figure, form: str, dpi: int = 140) -> bytes:
    """The figure as a PNG or PDF file; the same figure gives the same bytes."""
    buffer = io.BytesIO()
    with mpl.rc_context(_RC):
        figure.savefig(buffer, format=form, dpi=dpi, metadata=_NAMELESS[form])
    return buffer.getvalue()


def _shorter(number: re.Match[str]) -> str:
    """Two decimals: a hundredth of a point is finer than any screen."""
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")


# Pixels per point between which a drawing follows the width of the page: its text stays legible.
_SMALLEST, _LARGEST = 0.92, 1.75

_NUMBER = re.compile(r"(?<![\w#.])-?\d+\.\d{3,}(?![\w.])")
_HEAD = re.compile(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<metadata>.*?</metadata>|<!--.*?-->", re.DOTALL)
_SPACE = re.compile(r' xmlns(:\w+)?="[^"]*"')
_ID = re.compile(r' id="([^"]+)"')
_SIZE = re.compile(r'<svg [^>]*?viewBox="0 0 ([\d.]+) ([\d.]+)"[^>]*>')


def inline(text: str, name: str, description: str) -> str:
    """An SVG file as an element of a page: named for screen readers, themed, its ids its own.

    Args:
        text: What `svg` returned.
        name: Unique on the page.
        description: The alternative text.
    """
    text = _SPACE.sub("", _HEAD.sub("", text)).replace("xlink:href", "href")
    for theme, colour in LIGHT.items():
        text = text.replace(colour, f"var(--{theme})")
    text = text.replace("fill: #ffffff", "fill: none").replace("'DejaVu Sans'", "inherit")
    text = text.replace("#000000", "var(--ink)")
    referenced = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', text))
    text = _ID.sub(lambda m: f' id="{name}-{m[1]}"' if m[1] in referenced else "", text)
    text = re.sub(r'(url\(#|href="#)', rf"\g<1>{name}-", text)
    escaped = description.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")

    def head(size: re.Match[str]) -> str:
        width = float(size[1])
        return (
            f'<svg class="figure" viewBox="0 0 {size[1]} {size[2]}" role="img" '
            f'style="min-width:{_SMALLEST * width:.0f}px;max-width:{_LARGEST * width:.0f}px" '
            f'aria-label="{escaped}">'
        )

    return _SIZE.sub(head, text, count=1).strip()


def css() -> str:
    """The colours as CSS variables, for light and for dark pages."""

    def block(colours: dict[str, str]) -> str:
        return "".join(f"--{name}:{colour};" for name, colour in colours.items())

    dark = "@media screen and (prefers-color-scheme:dark)"  # paper is white
    return f":root{{{block(LIGHT)}}}{dark}{{:root{{{block(DARK)}}}}}"
