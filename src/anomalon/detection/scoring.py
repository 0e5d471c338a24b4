"""Scores of many events, piece by piece: the one way in which detectors see files."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadLayout, BadValue, TooFewEvents
from anomalon.core.events import Events
from anomalon.core.scorer import EventScorer
from anomalon.core.shown import Shown
from anomalon.data.recognise import recognise
from anomalon.data.score_table import score_table
from anomalon.detection.batches import Batches, FileBatches
from anomalon.detectors import FittedDetector
from anomalon.learn.engine.storage import load_scorer
from anomalon.run.progress import Progress

__all__ = ["FileScores", "score_file", "scores_of"]

Floats = NDArray[np.float64]

CHUNK = 50_000
"""Events that are scored at a time."""

QUANTILES = (0.5, 0.9, 0.99, 0.999, 0.9999)
_TOP = 5


def scores_of(scorer: EventScorer, batches: Batches) -> Floats:
    """One score per event, shape (event,): a function of the event alone, bit by bit."""
    found = [scorer.score(piece) for events in batches for piece in _pieces(events)]
    return np.concatenate([np.empty(0), *found])


def _pieces(events: Events) -> Iterator[Events]:
    for first in range(0, len(events), CHUNK):
        yield events[first : first + CHUNK]


@dataclass(frozen=True, eq=False, repr=False)
class FileScores(Shown):
    """What `score_file` says of a file.

    Args:
        n_events: Events that were scored.
        n_written: Those of them that are in the table.
        quantiles: Score by the share of events below it.
        top_row: Rows of the most anomalous events in the file, from 0, shape (few,).
        top_event: Their identities, which jets of one event share.
        top_score: Their scores.
        lacks: Kinds of objects that the detector knows, and for which the file has no slots: its
            events score as if they had none.
    """

    n_events: int
    n_written: int
    quantiles: dict[float, float]
    top_row: NDArray[np.int64]
    top_event: NDArray[np.int64]
    top_score: Floats
    lacks: tuple[str, ...] = ()

    def plain(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "n_events": self.n_events,
            "n_written": self.n_written,
            "lacks": list(self.lacks),
            "quantiles": {str(below): score for below, score in self.quantiles.items()},
            "top": [
                {"row": int(row), "event": int(event), "score": float(score)}
                for row, event, score in zip(
                    self.top_row, self.top_event, self.top_score, strict=True
                )
            ],
        }


def score_file(
    model: str | Path,
    file: str | Path,
    out: str | Path,
    *,
    threshold: float | None = None,
    size: int = CHUNK,
    options: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> FileScores:
    """Score a file of events with a saved detector, and write a table of event numbers and scores.

    Only some pieces of the file are in memory at a time, beside one number per event.

    Args:
        model: What `anomalon.learn.save_scorer` wrote.
        file: Events.
        out: Parquet: `row` (of the file, from 0), `event`, `score`. It appears when it is whole.
        threshold: Write only events with at least this score; all if None.
        size: Events per piece; the scores do not depend on it.
        options: What is what in the file, as `anomalon.load` takes it.
        progress: Called with (events done, all, what was done).

    Raises:
        BadLayout: If the model is none of events, or these events are not as it knows them.
        TooFewEvents: If no event has such a score.
        DataError: If a file cannot be read or written.
    """
    scorer = _detector(model)
    if threshold is not None:
        check.number(threshold, "threshold")
    if Path(out).exists() and any(Path(out).samefile(read) for read in (model, file)):
        raise BadValue(f"{out}: expected a place for a new file, got one that is read.")
    total = recognise(file, options).n_events
    scores, identities, n_written, first = [], [], 0, 0
    there: tuple[str, ...] = ()
    with score_table(out) as add:
        for events in FileBatches(Path(file), size, options or {}):
            there = events.object_kinds
            columns = {
                "row": first + np.arange(len(events), dtype=np.int64),
                "event": events.column("event"),
                "score": scorer.score(events),
            }
            first += len(events)
            scores.append(columns["score"])
            identities.append(columns["event"])
            kept = columns["score"] >= (-np.inf if threshold is None else threshold)
            if kept.any():
                add({name: values[kept] for name, values in columns.items()})
                n_written += int(kept.sum())
            if progress is not None:
                progress(first, total, "scored")
        if n_written == 0:
            raise TooFewEvents(
                f"{file}: expected events with a score of at least {threshold}, got none; the "
                f"largest is {max(s.max() for s in scores):.6g}. Choose a lower threshold."
            )
    lacks = tuple(k for k in dict.fromkeys(scorer.inputs.layout.kinds) if k not in there)
    return _told(np.concatenate(scores), np.concatenate(identities), n_written, lacks)


def _detector(model: str | Path) -> FittedDetector:
    scorer = load_scorer(model)
    if not isinstance(scorer, FittedDetector):
        raise BadLayout(f"{model}: expected a saved detector, got {type(scorer).__name__}.")
    return scorer


def _told(
    scores: Floats, event: NDArray[np.int64], n_written: int, lacks: tuple[str, ...]
) -> FileScores:
    """Quantiles and the most anomalous of all."""
    top = np.lexsort((event, -scores))[:_TOP]
    quantiles = dict(zip(QUANTILES, map(float, np.quantile(scores, QUANTILES)), strict=True))
    return FileScores(len(scores), n_written, quantiles, top, event[top], scores[top], lacks)
