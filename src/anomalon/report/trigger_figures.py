"""The figures of a trigger; none computes a result."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from anomalon.core.rounding import plain
from anomalon.report.axes import blank, powers
from anomalon.report.drawing import Drawing
from anomalon.report.panels import (
    QUANTITIES,
    baseline_look,
    model_look,
    panels_of,
    rank_plane,
    short,
)
from anomalon.report.style import LIGHT, SERIES, styled
from anomalon.trigger.rates.controller import Control
from anomalon.trigger.results.operated import Operated
from anomalon.trigger.results.trigger import TriggerResult

__all__ = ["trigger_drawings"]

_SHOWN_BASELINES = 2  # in ROC curves; all are in the tables
_TURN_ONS = ("leading_pt", "met", "multiplicity", "n_pv")
_AXES = QUANTITIES | {"met": "MET [GeV]", "multiplicity": "objects", "n_pv": "collisions"}
_COLUMNS = {"n_pv": "collisions per crossing", "run": "run", "lumi": "luminosity block"}


def trigger_drawings(result: TriggerResult) -> Iterator[Drawing]:
    """All figures of a trigger, in the order of the page."""
    counts = all(model.curves for model in result.models)  # not if the menu has all that fires
    for i, signal in enumerate(result.signals if counts else ()):
        yield Drawing(
            f"roc-{i + 1}",
            "roc",
            f"{signal}: efficiency against the rate that counts, median training. The dotted line "
            "is the asked rate; curves begin where ten effective events are above from there on.",
            f"ROC curves in Hz of {len(result.models)} models for {signal}.",
            roc(result, i),
        )
    shown = [model for model in result.models if model.plane is not None and not model.baseline]
    if shown:
        words = "Rank of the score (1: the most anomalous event) against the leading pT, test "
        words += "background, median training."
        yield Drawing("planes", "planes", words, words, planes(shown))
    chosen = result.model(result.chosen)
    if chosen.turn_ons:
        words = f"Share that {chosen.name} keeps, in bins of as many events each."
        yield Drawing("turn-on", "turn-on", words, words, turn_ons(chosen, result.signals))
    if any(model.held for model in result.models):
        words = "Rate if all events were like those of a bin, one standard deviation."
        yield Drawing("held", "held", words, words, held(result))
    if result.control is not None:
        words = "Rates in a simulated fill, at a fixed threshold and at one that follows the rate."
        yield Drawing("fill", "fill", words, words, fill(result.control))


def _looks(result: TriggerResult) -> list[tuple[Operated, dict[str, Any]]]:
    """The models that are drawn, and how: baselines that keep most of the signals, dotted."""
    best = sorted(result.baselines, key=lambda m: -float(np.nan_to_num(m.mean_kept[0], nan=-1.0)))
    found = [(model, model_look(k)) for k, model in enumerate(result.learned)]
    dotted = [(model, baseline_look(k)) for k, model in enumerate(best[:_SHOWN_BASELINES])]
    return found + dotted


@styled
def roc(result: TriggerResult, i: int) -> Figure:
    """Signal efficiency against rate, log-log, for one signal."""
    figure = blank(5.5, 3.2, right=1.85)
    axes = figure.subplots()
    lowest, first, last = 1.0, result.working.rate, result.working.rate
    for model, look in _looks(result):
        curve = model.curves[i]
        few = np.flatnonzero(curve.n_effective < 10.0)
        enough = np.arange(len(curve.hz)) > (few[-1] if len(few) else -1)
        if not enough.any():
            continue
        hz, kept = curve.hz[enough], curve.efficiency[enough]
        axes.plot(hz, np.where(kept > 0, kept, np.nan), label=short(model.name), **look)
        lowest = min(lowest, float(kept[kept > 0].min(initial=1.0)))
        first, last = min(first, float(hz[0])), max(last, float(hz[-1]))
    axes.axvline(result.working.rate, color=LIGHT["muted"], lw=0.8, ls=(0, (1, 2)))
    axes.set(xscale="log", yscale="log", ylim=(max(lowest, 1e-5) * 0.7, 1.15))
    axes.set_xlim(first * 0.7, last)
    axes.set(xlabel="rate [Hz]", ylabel="efficiency")
    powers(axes.xaxis)
    powers(axes.yaxis)
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.03), fontsize=7)
    return figure


@styled
def planes(shown: list[Operated]) -> Figure:
    """Rank of the score against the leading pT, a panel for each model."""
    figure, panels = panels_of(len(shown), 2.0)
    for axes, model in zip(panels, shown, strict=False):
        assert model.plane is not None
        middle = float(np.median(model.leading_pt))
        rank_plane(axes, model.plane, f"{short(model.name)}: ρ = {plain(middle, 2)}")
    return figure


@styled
def turn_ons(model: Operated, signals: tuple[str, ...]) -> Figure:
    """Efficiency in bins of a quantity, a panel for each, a colour for each signal."""
    there = {at.quantity for at in model.turn_ons}
    shown = [quantity for quantity in _TURN_ONS if quantity in there]
    figure, panels = panels_of(len(shown), 2.1)
    for axes, quantity in zip(panels, shown, strict=True):
        highest = 0.0
        for at in model.turn_ons:
            if at.quantity != quantity:
                continue
            bins, colour = at.found, SERIES[signals.index(at.events) % len(SERIES)]
            last = min(bins.edges[-1], 1.5 * bins.edges[-2])  # the tail is one bin
            edges = np.append(bins.edges[:-1], last)
            middle = (edges[1:] + edges[:-1]) / 2
            errors = np.array([bins.value - bins.low, bins.high - bins.value])
            axes.errorbar(middle, bins.value, np.maximum(errors, 0), fmt="o-", ms=2.5, lw=1.0,
                          color=colour, label=at.events)  # fmt: skip
            highest = max(highest, float(np.nanmax(bins.high)))
        axes.set_ylim(0, min(1.05, 1.15 * highest) or 1.0)
        axes.set_xlabel(_AXES.get(quantity, quantity))
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="upper left", ncols=6, fontsize=7)
    return figure


@styled
def held(result: TriggerResult) -> Figure:
    """Rates in bins of a column, a panel for each, the models that learn and have a threshold."""
    shown = [model for model in result.learned if model.held]
    shown = shown or [model for model in result.models if model.held][:1]
    columns = [h.column for h in shown[0].held]
    figure, panels = panels_of(len(columns), 2.1)
    unit, hertz = ("kHz", 1e3) if result.working.rate >= 1e3 else ("Hz", 1.0)  # short numbers
    for axes, column in zip(panels, columns, strict=True):
        for k, model in enumerate(shown):
            bins = next(h.found for h in model.held if h.column == column)
            middle = (bins.edges[1:] + bins.edges[:-1]) / 2
            axes.errorbar(middle, bins.hz / hertz, bins.sigma / hertz, fmt="o", ms=2.5, lw=1.0,
                          color=SERIES[k % len(SERIES)], label=short(model.name))  # fmt: skip
        axes.axhline(result.working.rate / hertz, color=LIGHT["muted"], lw=0.8, ls=(0, (1, 2)))
        axes.set_ylim(bottom=0)
        axes.set_xlabel(_COLUMNS.get(column, column))
    panels[0].set_ylabel(f"rate [{unit}]")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="upper left", ncols=4, fontsize=7)
    return figure


@styled
def fill(control: Control) -> Figure:
    """Rates of a fill, block by block."""
    figure = blank(5.0, 2.5)
    axes = figure.subplots()
    blocks = np.arange(len(control.pile_up))
    axes.plot(blocks, control.fixed_hz, color=SERIES[1], label="fixed threshold")
    axes.plot(blocks, control.followed_hz, color=SERIES[0], label="following the rate")
    axes.axhline(control.asked, color=LIGHT["muted"], lw=0.8, ls=(0, (1, 2)))
    axes.set(xlabel="block of the fill", ylabel="rate [Hz]", ylim=(0, None))
    axes.legend(fontsize=7, loc="lower left")
    return figure
