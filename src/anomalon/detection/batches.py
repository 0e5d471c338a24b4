"""`Batches`: events that can be gone through again and again, in memory or on disk.

All that is done to events goes piece by piece: a file that is larger than memory is a longer loop.
Whatever the pieces are, the numbers are the same.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadLayout, BadRows, BadValue, DataError
from anomalon.core.events import Events
from anomalon.core.seed import Seed
from anomalon.core.seen import PARTS, SPLIT, fingerprint, split_of, with_split
from anomalon.data import chunks
from anomalon.data.catalogue import sample
from anomalon.data.recognise import recognise

__all__ = [
    "TOGETHER",
    "Batches",
    "FileBatches",
    "Parts",
    "Split",
    "Survey",
    "kinds_of",
    "numbered",
    "of_events",
    "opened",
    "surveyed",
]

Batches = Iterable[Events]
"""Pieces of events; going through them again gives the same ones."""

IN_MEMORY = 2 * 2**30
"""Bytes of events above which a file is read in pieces."""

TOGETHER = "together"
"""A column of 64 bits: events that have the same belong to the same part."""

_PIECE = 64 * 2**20


@dataclass(frozen=True)
class Split:
    """How events are divided where a file does not say it.

    Args:
        validation: Share that judges epochs beside those that are learned from.
        test: Share that nothing is fitted on.

    Raises:
        BadValue: If a share is none, or nothing is left to learn from.
    """

    validation: float = 0.15
    test: float = 0.25

    def __post_init__(self) -> None:
        check.fields(self, "split", validation="[0, 1)", test="(0, 1)")
        if not self.validation + self.test < 1:
            raise BadValue(
                "split: expected shares that leave events to learn from, got "
                f"{self.validation:g} and {self.test:g}."
            )


@dataclass(frozen=True)
class FileBatches:
    """A file of events, read piece by piece each time.

    Args:
        path: The file.
        size: Events per piece.
        options: What is what in it, as `anomalon.load` takes it.
    """

    path: Path
    size: int
    options: Mapping[str, Any] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Events]:
        first = 0
        for piece in chunks(self.path, size=self.size, **self.options):
            if not isinstance(piece, Events):
                raise BadLayout(f"{self.path}: expected events with objects, got {piece!r}.")
            yield numbered(piece, first)
            first += len(piece)


def opened(path: Path, sample_name: str = "", options: Mapping[str, Any] | None = None) -> Batches:
    """The events of a file, in memory if it is not too large; or of a shipped sample.

    Raises:
        BadLayout: If it holds no events with objects.
        DataError: If it cannot be read.
    """
    if sample_name:
        found: object = sample(sample_name, **(options or {}))
        if not isinstance(found, Events):
            raise DataError(f"sample '{sample_name}': expected events with objects, got {found!r}.")
        return of_events(found)
    source = recognise(path, options)
    size = max(1, min(_PIECE // max(1, source.bytes_per_event), source.n_events))
    batches = FileBatches(path, size, options or {})
    if source.n_events * source.bytes_per_event > IN_MEMORY:
        return batches
    return (Events.concatenate(list(batches)),)


def of_events(events: Events) -> Batches:
    """Events in memory."""
    return (numbered(events, 0),)


def numbered(events: Events, first: int) -> Events:
    """With the identity that the file gives each, or else its row."""
    if not events.object_names:
        raise BadLayout(
            f"{events.source}: expected events with objects (particles, jets, leptons), got "
            f"columns {', '.join(list(events.columns)[:5])} alone."
        )
    if "event" in events.columns:
        numbers = events.column("event")
        if numbers.dtype.kind not in "iu":
            raise BadLayout(
                f"{events.source}: expected whole numbers in the column 'event', got "
                f"{numbers[:3].tolist()} ({numbers.dtype}). Leave it out, and rows are counted."
            )
        return events
    rows = np.arange(first, first + len(events), dtype=np.int64)
    return events.with_columns({**events.columns, "event": rows})


def kinds_of(batches: Batches) -> tuple[str, ...]:
    """What the slots of events hold, from the first of them."""
    for events in batches:
        return events.object_kinds
    return ()


@dataclass(frozen=True)
class Parts:
    """The events of some parts, which every piece says or is given (`with_split`).

    Args:
        batches: All events.
        names: Which parts: "train", "validation", "test".
        split: Shares, where the column is missing.
        seed: Of the division.
    """

    batches: Batches
    names: tuple[str, ...]
    split: Split
    seed: Seed

    def __iter__(self) -> Iterator[Events]:
        wanted = [PARTS[name] for name in self.names]
        for piece in self.batches:
            divided = piece
            if SPLIT not in piece.columns:
                shares = self.split
                divided = with_split(
                    piece, validation=shares.validation, test=shares.test, seed=self.seed,
                    together=piece.columns.get(TOGETHER),
                )  # fmt: skip
            yield divided[np.isin(split_of(divided), wanted)]


_STEPS = 2**20  # of a unit of ln(pT)


@dataclass(frozen=True)
class Survey:
    """What is in some batches.

    Args:
        n_events: How many.
        source: Where they are from.
        digest: Of all that is in them and is used.
        n_labelled: Events with a truth label.
        n_signal: Those of them that are true signal.
        weight: Sum of the weights.
        n_effective: Events of equal weight that they are worth.
        n_negative: Events with a negative weight.
        negative: Rows of the first of them.
        lowest: The smallest weight.
        kinds: Of objects for which there are slots, filled or not.
        log_pt: Mean logarithm of the largest pT of an event, NaN if there is none.
        n_empty: Events without a single object.
    """

    n_events: int
    source: str
    digest: str
    n_labelled: int = 0
    n_signal: int = 0
    weight: float = 0.0
    n_effective: float = 0.0
    n_negative: int = 0
    negative: tuple[int, ...] = ()
    lowest: float = 0.0
    kinds: tuple[str, ...] = ()
    log_pt: float = float("nan")
    n_empty: int = 0

    def refuse_negative_weights(self, what: str) -> None:
        """Raise `BadRows` if there are any.

        Args:
            what: How the user calls these events.
        """
        if self.n_negative:
            raise BadRows(
                f"{what}: weights of {self.source}",
                "no negative numbers",
                f"negative ones (the lowest is {self.lowest:.6g})",
                self.n_negative,
                self.negative,
                self.n_events,
                "Leave these events out, or give them weights that are not negative.",
            )


def surveyed(batches: Batches) -> Survey:
    """Go through them once."""
    n, source, n_labelled, n_signal, n_empty = 0, "", 0, 0, 0
    weight, heaviest, squares = 0.0, 0.0, 0.0
    n_negative, negative, lowest = 0, list[int](), 0.0
    kinds, total, n_leading = dict[str, None](), 0, 0
    hashes = {name: hashlib.sha256() for name in ("content", "weight", "event", SPLIT, "label")}
    for events in batches:
        below = np.flatnonzero(events.weight < 0)
        n_negative += len(below)
        negative += (n + below[: BadRows.SHOWN]).tolist()
        lowest = min(lowest, float(events.weight.min(initial=0.0)))
        n, source = n + len(events), events.source
        weight += float(events.weight.sum(dtype=np.float64))
        # in units of the heaviest: squares of large weights are larger than any number
        before, heaviest = heaviest, max(heaviest, float(np.abs(events.weight).max(initial=0.0)))
        unit = heaviest or 1.0
        squares *= (before / unit) ** 2
        squares += float(np.square(events.weight / unit, dtype=np.float64).sum())
        n_empty += int((~events.mask.any(axis=1)).sum())
        kinds |= dict.fromkeys(events.object_kinds)
        leading = _leading(events)
        # whole numbers: their sum does not depend on where a piece ends
        total += int(np.rint(_STEPS * np.log(leading)).astype(np.int64).sum())
        n_leading += len(leading)
        split = events.columns.get(SPLIT, np.empty(0))
        label = np.empty(0, np.int8) if events.label is None else events.label
        n_labelled, n_signal = n_labelled + len(label), n_signal + int(np.sum(label == 1))
        parts = (fingerprint(events), events.weight, events.column("event"), split, label)
        # one for each: it must not matter where a piece ends
        for h, values in zip(hashes.values(), parts, strict=True):
            h.update(np.ascontiguousarray(values).tobytes())
    together = hashlib.sha256("".join(h.hexdigest() for h in hashes.values()).encode())
    return Survey(
        n, source, together.hexdigest(), n_labelled, n_signal, weight,
        (weight / heaviest) ** 2 / squares if squares else 0.0,
        n_negative, tuple(negative[: BadRows.SHOWN]), lowest, tuple(kinds),
        total / n_leading / _STEPS if n_leading else float("nan"), n_empty,
    )  # fmt: skip


def _leading(events: Events) -> NDArray[Any]:
    """The largest pT of each event that has any."""
    if "pt" not in events.feature_names or not events.object_names:
        return np.empty(0)
    pt = events.objects[:, :, events.feature_names.index("pt")]
    largest = np.where(events.mask, pt, 0).max(axis=1)
    return np.asarray(largest[largest > 0], np.float64)
