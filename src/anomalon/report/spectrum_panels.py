"""A mass spectrum, what was fitted to it, and the pulls."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from anomalon.report.axes import MASS, bars, blank, count_axis, per_bin
from anomalon.report.style import LIGHT
from anomalon.search.results.fitted import SpectrumFit
from anomalon.stats.numerics import poisson_deviance

__all__ = ["spectrum_panels"]


def spectrum_panels(
    fit: SpectrumFit, region: tuple[float, float] | None, title: str = ""
) -> Figure:
    """A spectrum with its background, and the pulls below.

    Args:
        fit: What to draw.
        region: (low, high) in GeV to be shaded, or None.
        title: Above the spectrum.
    """
    figure = blank(4.6, 3.7)
    upper, lower = figure.subplots(
        2, 1, sharex=True, gridspec_kw={"height_ratios": (3, 1), "hspace": 0.08}
    )
    if region is not None:
        for axes in (upper, lower):
            axes.axvspan(*region, color=LIGHT["region"], lw=0, zorder=0)
    if fit.ok:
        _background(upper, fit)
        _draw_pulls(lower, fit)
    else:
        upper.text(0.5, 0.9, "no fit", transform=upper.transAxes, ha="center", weight="bold")
    _data(upper, fit)
    count_axis(upper, fit.counts)
    lower.axhline(0, color=LIGHT["ink"], lw=0.8)
    upper.set_ylabel(per_bin(fit.edges))
    upper.set_title(title)
    lower.set(xlabel=MASS, ylabel="pull")
    upper.legend(loc="upper right", handlelength=1.4)
    return figure


def _background(axes: Axes, fit: SpectrumFit) -> None:
    """The function with the band of its uncertainty."""
    low, high = fit.expected - fit.sigma_expected, fit.expected + fit.sigma_expected
    axes.fill_between(
        np.repeat(fit.edges, 2)[1:-1],
        np.repeat(np.maximum(low, 1e-9), 2),
        np.repeat(high, 2),
        color=LIGHT["blue"],
        alpha=0.25,
        lw=0,
    )
    label = "background" if fit.fitted.all() else "fit"
    if fit.peak is not None:
        both = np.maximum(fit.expected + fit.peak.expected, 1e-9)
        look: dict[str, Any] = {"color": LIGHT["orange"], "lw": 1.2, "label": "with a peak"}
        axes.stairs(both, fit.edges, baseline=None, **look)
    axes.stairs(fit.expected, fit.edges, baseline=None, color=LIGHT["blue"], lw=1.5, label=label)


def _draw_pulls(axes: Axes, fit: SpectrumFit) -> None:
    """Bars: filled where the fit saw the bin, outlined where not."""
    pull = _pulls(fit)
    looks: tuple[tuple[Any, dict[str, Any]], ...] = (
        (fit.fitted, {"color": LIGHT["muted"], "lw": 0}),
        (~fit.fitted, {"facecolor": "none", "edgecolor": LIGHT["orange"], "lw": 1.0}),
    )
    for chosen, look in looks:
        axes.add_artist(bars(fit.edges, pull, chosen, **look))
    reach = float(np.nanmax(np.abs(pull), initial=3.0)) * 1.1
    axes.set_ylim(-reach, reach)


def _data(axes: Axes, fit: SpectrumFit) -> None:
    """The counts: filled where the fit saw the bin, open where not."""
    centres = (fit.edges[1:] + fit.edges[:-1]) / 2
    inside = "not fitted" if fit.peak is None else "signal region"
    sigma = np.sqrt(np.where(fit.variance > 0, fit.variance, np.nan))
    for chosen, face, label in (
        (fit.fitted, LIGHT["ink"], "data" if fit.fitted.all() else "fitted"),
        (~fit.fitted, "white", inside),
    ):
        if not chosen.any():
            continue
        axes.errorbar(
            centres[chosen],
            fit.counts[chosen],
            np.nan_to_num(sigma[chosen]),
            fmt="o",
            ms=3.2,
            lw=0.9,
            color=LIGHT["ink"],
            mfc=face,
            mew=0.9,
            label=label,
        )


def _pulls(fit: SpectrumFit) -> np.ndarray:
    """Signed root of each bin's deviance: about standard normal, also where counts are small.

    NaN where nothing is expected.
    """
    expected = np.where(fit.expected > 0, fit.expected, np.nan)
    weight = fit.event_weight
    root = np.sqrt(poisson_deviance(fit.counts / weight, expected / weight))
    return np.asarray(np.sign(fit.counts - expected) * root)
