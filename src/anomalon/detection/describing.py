"""What a score looks like without truth: distributions, and what it follows."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from anomalon.core.events import Events
from anomalon.core.kinds import are_constituents
from anomalon.detection.results.found import Plane, ScoreHistogram
from anomalon.features.event_summary import EventSummary, summarised
from anomalon.features.feature_rows import described
from anomalon.features.jet_substructure import JetSubstructure
from anomalon.stats.cuts.score_class import one_class

__all__ = ["histogram", "plane", "quantities", "rank_correlations"]

Floats = NDArray[np.float64]

_QUANTITIES = ("ht", "leading_pt", "met", "multiplicity")
_OF_JETS = {"jet_mass": "log_mass", "constituents": "log_n", "tau21": "tau21", "tau32": "tau32"}

_BINS, _COLUMNS, _RANKS = 60, 20, 20
_MOST_RANKED = 200_000


def quantities(events: Events) -> dict[str, Floats]:
    """Simple quantities of events by name, shape (event,) each; in GeV where they are momenta.

    Of jets, whose objects are constituents, others than of events of jets and leptons.
    """
    if are_constituents(events.object_kinds):
        found = described(events, JetSubstructure(only=tuple(_OF_JETS.values())))
        return {
            name: np.exp(found[column]) if column.startswith("log_") else found[column]
            for name, column in _OF_JETS.items()
        }
    found = summarised(events, EventSummary(only=_QUANTITIES))
    return {
        name: found[name] if name == "multiplicity" else np.expm1(found[name])
        for name in _QUANTITIES
    }


def rank_correlations(columns: Sequence[Floats], weight: Floats) -> Floats:
    """Spearman's correlation between columns of weighted events, shape (column, column).

    The rank of an event is the weight below it, and half of that at it. NaN for a column that is
    the same everywhere. Of many events 200 000 are taken, evenly.
    """
    step = max(1, len(weight) // _MOST_RANKED)
    w = weight[::step]
    ranks = np.stack([ranks_of(column[::step], w) for column in columns])
    ranks -= np.average(ranks, axis=1, weights=w)[:, None]
    spread = np.sqrt((w * ranks**2).sum(axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        found = np.asarray((w * ranks) @ ranks.T / np.outer(spread, spread))
    clipped: Floats = np.clip(found, -1.0, 1.0)
    return clipped


def ranks_of(values: Floats, weight: Floats) -> Floats:
    """Share of the weight below each value, and half of that at it, shape (event,)."""
    return np.asarray(one_class(values, weight, "background").below(values), np.float64)


def histogram(
    background: Floats, weight: Floats, signals: Mapping[str, tuple[Floats, Floats]]
) -> ScoreHistogram:
    """Distributions of a score.

    Args:
        background: Scores of the test background.
        weight: Their weights.
        signals: Scores and weights by name.
    """
    every = [background, *(scores for scores, _ in signals.values())]
    low = min(float(np.quantile(scores, 0.0005)) for scores in every if len(scores))
    high = max(float(np.quantile(scores, 0.999)) for scores in every if len(scores))
    if not high > low:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, _BINS + 1)
    of_signals = tuple(_shares(scores, w, edges) for scores, w in signals.values())
    return ScoreHistogram(edges, _shares(background, weight, edges), of_signals)


def _shares(scores: Floats, weight: Floats, edges: Floats) -> Floats:
    inside = np.clip(scores, edges[0], edges[-1])
    counts = np.histogram(inside, edges, weights=weight)[0]
    return np.asarray(counts / max(float(counts.sum()), 1e-300), np.float64)


def plane(quantity: str, values: Floats, scores: Floats, weight: Floats) -> Plane:
    """Weights in a quantity, in GeV, and the rank of their score; as many events in each column."""
    edges = np.unique(np.quantile(values, np.linspace(0, 1, _COLUMNS + 1)))
    if len(edges) < 2:
        edges = edges[0] + np.array([0.0, 1.0])
    ranks = ranks_of(scores, weight)
    grid = np.linspace(0, 1, _RANKS + 1)
    counts, _, _ = np.histogram2d(values, ranks, bins=(edges, grid), weights=weight)
    return Plane(quantity, edges, grid, counts)
