"""`Seen`: what something was fitted on, remembered; and what nothing may be fitted on.

A fit that has seen signal, or the events that it is judged by, says nothing about either. So events
carry their part, and their truth where it is known, and every fit asks `refuse_leaks` first. What
was fitted keeps a short sketch of its events, by which events that it has seen are known again,
under whatever number and in whatever file.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from anomalon.core.errors import BadLayout, Leak
from anomalon.core.event_random import mixed, uniform
from anomalon.core.events import Events
from anomalon.core.kinds import KINDS
from anomalon.core.result import Number
from anomalon.core.seed import Seed
from anomalon.core.shown import Fact, Shown

__all__ = [
    "PARTS",
    "SPLIT",
    "PartName",
    "Seen",
    "fingerprint",
    "part",
    "refuse_leaks",
    "split_of",
    "with_split",
]

PartName = Literal["train", "validation", "test"]
PARTS: dict[str, int] = {"train": 0, "validation": 1, "test": 2}
"""What the column `split` of events says, by name."""

SPLIT = "split"

_KEPT = 4096  # fingerprints: a share of 1 in 1000 is found, of whole files every one
_BLOCK = 8192  # events whose fingerprints are computed at a time, within the cache
_ODD = np.uint64(0x9E3779B97F4A7C15)


def fingerprint(events: Events) -> NDArray[np.uint64]:
    """64 bits of what is in each event, shape (event,).

    A function of the filled slots, their kinds and their numbers as float32: neither the order of
    objects nor padding changes it.
    """
    found = np.empty(len(events), np.uint64)
    for first in range(0, len(events), _BLOCK):
        rows = slice(first, first + _BLOCK)
        found[rows] = _fingerprint(events.objects[rows], events.mask[rows], events.object_kinds)
    return found


def _fingerprint(
    objects: NDArray[Any], mask: NDArray[np.bool_], kinds: tuple[str, ...]
) -> NDArray[np.uint64]:
    """That of some events; of the filled slots alone, which are few."""
    kind = np.array([KINDS.index(k) + 1 for k in kinds], np.uint64) * _ODD
    event, slot = np.nonzero(mask)
    state = kind[slot]
    # + 0.0: minus zero is zero
    words = (objects[event, slot].astype(np.float32) + np.float32(0)).view(np.uint32)
    for j, step in enumerate(np.arange(words.shape[1], dtype=np.uint64) * _ODD):
        state = mixed(state ^ (words[:, j].astype(np.uint64) + step))
    total = np.zeros(len(mask), np.uint64)
    np.add.at(total, event, state)
    return mixed(total)


@dataclass(frozen=True, eq=False, repr=False)
class Seen(Shown):
    """A sketch of events: the smallest of their fingerprints (bottom-k sketch).

    Args:
        n_events: How many there were.
        smallest: Some 4000 fingerprints at most, distinct, in rising order.
    """

    n_events: int
    smallest: NDArray[np.uint64]

    @classmethod
    def of(cls, pieces: Iterable[Events]) -> "Seen":
        """That of all events in some pieces."""
        n, kept = 0, np.empty(0, np.uint64)
        for events in pieces:
            n += len(events)
            kept = np.unique(np.concatenate([kept, fingerprint(events)]))[:_KEPT]
        return cls(n, kept)

    def share(self, events: Events) -> float:
        """Which share of these events has been seen, as far as the sketch can tell.

        The sketch holds all fingerprints up to its largest one, so the events with such
        fingerprints, a random share of them, are known for certain.
        """
        # events without any object are all alike, and those of one on a coarse grid often
        telling = events.mask.sum(axis=1) >= np.clip(events.mask.shape[1], 1, 2)
        here = fingerprint(events)[telling]
        if len(self.smallest) == _KEPT:
            here = here[here <= self.smallest[-1]]
        return float(np.isin(here, self.smallest).mean()) if len(here) else 0.0

    def facts(self) -> tuple[Fact, ...]:
        """How many events there were."""
        return (Number("events", self.n_events, form="count"),)


def refuse_leaks(events: Events, what: str) -> None:
    """Refuse events that nothing may be fitted on.

    Args:
        events: What something would be fitted on.
        what: What would be fitted, for the message.

    Raises:
        Leak: If some are known to be signal, or to be kept for the test.
        BadLayout: If a column `split` does not say parts.
    """
    n_signal = 0 if events.label is None else int(np.sum(events.label == 1))
    if n_signal:
        raise Leak(
            f"{what}: expected background to be fitted on, got {n_signal} of {len(events)} events "
            f"of true signal from {events.source}. Leave them out: events[events.label == 0]; data "
            "that may hold signal come without truth: events.blind()."
        )
    if SPLIT in events.columns:
        n_test = int(np.sum(split_of(events) == PARTS["test"]))
        if n_test:
            raise Leak(
                f"{what}: expected events to be fitted on, got {n_test} of {len(events)} that are "
                f"kept for the test, from {events.source}. Take "
                'anomalon.core.seen.part(events, "train").'
            )


def part(events: Events, name: PartName) -> Events:
    """The events of one part, by their column `split`.

    Raises:
        ColumnMissing: If they have no such column (`with_split` makes it).
        BadLayout: If it holds anything but 0, 1 and 2.
    """
    return events[np.asarray(split_of(events) == PARTS[name])]


def to_learn_from(events: Events) -> Events:
    """The parts that may be learned from: train, then validation.

    Raises:
        ColumnMissing, BadLayout: As `part`.
    """
    return Events.concatenate([part(events, "train"), part(events, "validation")])


def split_of(events: Events) -> NDArray[Any]:
    """The column `split`, shape (event,).

    Raises:
        ColumnMissing: If they have no such column.
        BadLayout: If it holds anything but 0 (train), 1 (validation) and 2 (test).
    """
    split = events.column(SPLIT)
    known = split.dtype.kind in "iuf" and np.isin(split, list(PARTS.values())).all()
    if len(split) and not known:
        others = [v for v in np.unique(split)[:5].tolist() if v not in PARTS.values()]
        raise BadLayout(
            f"{events.source}: expected a column '{SPLIT}' of 0 (train), 1 (validation) and 2 "
            f"(test), got {others or split.dtype}. Leave it out, and the parts are drawn."
        )
    return split


def with_split(
    events: Events,
    *,
    validation: float = 0.15,
    test: float = 0.25,
    seed: Seed | int = 0,
    together: NDArray[np.uint64] | None = None,
) -> Events:
    """The same events with a column `split`, drawn from what is in each event.

    Copies of an event are in one part, in whatever file they are.

    Args:
        events: Without such a column, or with one that is replaced.
        validation: Share of the events.
        test: Share of the events.
        seed: Another seed makes other parts.
        together: What the part is drawn from in place of that, shape (event,): rows with the same
            are in one part.
    """
    drawn_from = fingerprint(events) if together is None else together
    u = uniform(drawn_from.view(np.int64), Seed.of(seed).child("split"))
    split = np.where(u < test, 2, np.where(u < test + validation, 1, 0)).astype(np.int8)
    columns: dict[str, Any] = {**events.columns, SPLIT: split}
    return events.with_columns(columns)
