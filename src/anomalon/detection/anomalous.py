"""The most anomalous events, found again with all that a display needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anomalon.core.events import Events
from anomalon.detection.batches import Batches
from anomalon.detection.jet_numbers import number_of
from anomalon.detection.results.found import AnomalousEvent

__all__ = ["most_anomalous", "shown_event"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Place:
    """Where an event is, and what it scored."""

    name: str
    row: int
    score: float


def most_anomalous(
    files: Mapping[str, Batches],
    scores: Mapping[str, Floats],
    background: tuple[Floats, Floats],
    n: int,
    called: Mapping[str, str],
) -> tuple[AnomalousEvent, ...]:
    """The n events of some files with the highest scores, highest first.

    Args:
        files: Events, by name.
        scores: Of the same events, in the same order.
        background: Scores of the test background and their weights, which say how rare a score is.
        n: How many events.
        called: What files are called.
    """
    places = []
    for name in files:
        top = np.argsort(-scores[name], kind="stable")[:n]
        places += [_Place(name, int(row), float(scores[name][row])) for row in top]
    places = sorted(places, key=lambda p: -p.score)[:n]
    events = {
        name: _rows(batches, [p.row for p in places if p.name == name])
        for name, batches in files.items()
    }
    order = np.argsort(background[0])
    rising = background[0][order]
    # what is at a score or above, from the highest on: weights may differ by orders of magnitude
    above = np.append(np.cumsum(background[1][order][::-1])[::-1], 0.0)
    found = []
    for place in places:
        fpr = float(above[np.searchsorted(rising, place.score, side="left")] / above[0])
        one = events[place.name][place.row]
        found.append(shown_event(one, called[place.name], place.score, fpr))
    return tuple(found)


def shown_event(event: Events, file: str, score: float, fpr: float) -> AnomalousEvent:
    """One event with its filled slots.

    Args:
        event: Of length one, with a column `event`.
        file: Where it is from.
        score: What it scored.
        fpr: Share of the weight of background with at least this score.
    """
    filled, number = np.flatnonzero(event.mask[0]), number_of(event)
    return AnomalousEvent(
        file,
        int(event.column("event")[0]),
        score,
        fpr,
        tuple(event.object_names[i] for i in filled),
        tuple(event.object_kinds[i] for i in filled),
        event.feature_names,
        event.objects[0, filled].astype(np.float64),
        None if number is None else int(number[0]),
    )


def _rows(batches: Batches, rows: Sequence[int]) -> dict[int, Events]:
    """Events by their row, from as many pieces as it takes."""
    found, first = {}, 0
    for events in batches:
        for row in rows:
            if first <= row < first + len(events):
                found[row] = events[row - first : row - first + 1]
        first += len(events)
    return found
