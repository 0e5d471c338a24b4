"""The figures of a comparison of detectors of jets; none computes a result."""

from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap, LogNorm
from matplotlib.figure import Figure

from anomalon.core.rounding import percent, plain
from anomalon.detection.results.jets import JetPicture, JetPlan, JetsResult, LatentMap
from anomalon.report.axes import blank
from anomalon.report.detection_figures import detection_drawings
from anomalon.report.drawing import Drawing
from anomalon.report.style import LIGHT, SERIES, styled

__all__ = ["jets_drawings"]

_LARGEST = 15.0  # points of a marker
_FAINTEST = 1e-4  # share of the brightest pixel


def jets_drawings(result: JetsResult) -> Iterator[Drawing]:
    """All figures, in the order of the page."""
    yield from detection_drawings(result)
    for i, (plan, event) in enumerate(zip(result.plans, result.events, strict=False)):
        yield Drawing(
            f"event-{i + 1}",
            "events",
            f"{i + 1}: event {event.called}, of the {event.file}, score {plain(event.score, 4)}. "
            "Lines are the transport to the nearest medoid, as wide as what is moved.",
            f"Event {event.called}, beside medoid {plan.medoid}, {plan.distance:.3f} away.",
            plan_figure(plan),
        )
    real = [p for p in result.pictures if p.group in ("average", "medoids")]
    if real:
        words = "Average jets (brightness is logarithmic), and the medoids of the background."
        yield Drawing("pictures", "pictures", words, words, images(real))
    if result.maps:
        words = "Latent spaces, along the two directions of most spread of the background."
        yield Drawing("latent", "latent", words, words, latent(result.maps))
    made_up = [p for p in result.pictures if p.group in ("generated", "between")]
    if made_up:
        words = "Jets that a variational autoencoder makes of random numbers (above), and those on "
        words += "the way from a jet of the background to another (below)."
        yield Drawing("imagined", "imagined", words, words, images(made_up, columns=7))


@styled
def images(pictures: Sequence[JetPicture], columns: int = 4) -> Figure:
    """Images beside each other, each on its own logarithmic scale."""
    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    side = 1.75 if columns <= 4 else 1.0
    figure = blank(side * columns + 0.6, side * rows + 0.5, top=0.35, left=0.5)
    grid = figure.subplots(
        rows, columns, squeeze=False, gridspec_kw={"hspace": 0.25, "wspace": 0.12}
    )
    for axes in grid.ravel()[len(pictures) :]:
        axes.set_visible(False)
    for i, (axes, picture) in enumerate(zip(grid.ravel(), pictures, strict=False)):
        _image(axes, picture)
        axes.set_title(picture.name if columns <= 4 else "", fontsize=8)
        if i % columns == 0:
            axes.set_ylabel("φ")
        if i + columns >= len(pictures):
            axes.set_xlabel("η")
    return figure


def _image(axes: Axes, picture: JetPicture) -> None:
    # of one colour that fades, which is right on paper of any colour
    blues = ListedColormap([(0.0, 0.412, 0.659, a) for a in np.linspace(0, 1, 64)])
    top = max(float(picture.image.max()), 1e-12)
    reach = picture.half_width
    axes.imshow(
        np.maximum(picture.image, _FAINTEST * top),
        origin="lower",
        extent=(-reach, reach, -reach, reach),
        cmap=blues,
        norm=LogNorm(_FAINTEST * top, top),
        interpolation="nearest",
    )
    axes.set_xticks([])
    axes.set_yticks([])


@styled
def plan_figure(plan: JetPlan) -> Figure:
    """A jet, a medoid, and what goes where."""
    figure = blank(4.2, 3.6, left=0.6, right=0.3, top=0.4)
    axes = figure.subplots()
    i, j = plan.moved[:, :2].astype(int).T
    lines = np.stack([plan.jet[i, 1:], plan.reference[j, 1:]], axis=1)
    widths = 6 * np.sqrt(plan.moved[:, 2])
    axes.add_collection(
        LineCollection(list(lines), linewidths=widths, colors=LIGHT["muted"], alpha=0.5)
    )
    for points, colour, label in (
        (plan.jet, LIGHT["orange"], "jet"),
        (plan.reference, LIGHT["blue"], f"medoid {plan.medoid}"),
    ):
        area = (_LARGEST**2) * points[:, 0]
        axes.scatter(points[:, 1], points[:, 2], s=area, color=colour, alpha=0.7, lw=0, label=label)
    reach = 1.1 * max(float(np.abs(p[:, 1:]).max(initial=0.2)) for p in (plan.jet, plan.reference))
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach), xlabel="η", ylabel="φ", aspect="equal")
    axes.set_title(f"{plan.distance:.3f} from medoid {plan.medoid}")
    axes.legend(fontsize=7, loc="upper right")
    axes.grid()
    return figure


@styled
def latent(maps: Sequence[LatentMap]) -> Figure:
    """A panel for each autoencoder."""
    columns = min(3, len(maps))
    rows = -(-len(maps) // columns)
    figure = blank(2.7 * columns + 0.7, 2.5 * rows + 0.6, top=0.55, left=0.6)
    grid = figure.subplots(rows, columns, squeeze=False, gridspec_kw={"hspace": 0.5, "wspace": 0.3})
    for axes in grid.ravel()[len(maps) :]:
        axes.set_visible(False)
    for axes, one in zip(grid.ravel(), maps, strict=False):
        for k, (name, places) in enumerate(zip(one.files, one.places, strict=True)):
            colour = LIGHT["muted"] if k == 0 else SERIES[(k - 1) % len(SERIES)]
            axes.plot(*places.T, ".", ms=2.2, alpha=0.45, color=colour, mew=0, label=name)
        axes.set_title(one.detector[:26], fontsize=8)
        first, second = (percent(float(share)) for share in one.explained)
        axes.set(xlabel=f"first ({first} of the spread)", ylabel=f"second ({second})")
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="upper left", ncols=5, fontsize=7, markerscale=3)
    return figure
