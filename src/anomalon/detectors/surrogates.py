"""Surrogate anomalies: background events that were changed so that they are none any more.

They know no signal. By them detectors can be compared, and one chosen, where there is no truth; and
a classifier can learn what is not background (`OutlierExposure`). What they miss, they miss: a real
anomaly may look like none of them.

| name | what is changed |
|---|---|
| `overlaid` | the objects of two events in one, missing momenta added |
| `added` | one object of another event, added |
| `harder` | all momenta times a number between 1.2 and 3 |
| `exchanged` | objects of each kind, and the missing momentum, from different events |
| `turned` | each object has another azimuth |
| `mistaken` | one object is taken for one of another kind |

Of jets, whose objects are constituents, there are others: `jet_surrogates`.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.errors import BadLayout
from anomalon.core.events import Events
from anomalon.core.kinds import are_constituents
from anomalon.core.seed import Seed
from anomalon.detectors.jet_surrogates import JET_SURROGATES

__all__ = ["SURROGATES", "surrogates", "surrogates_for"]

Floats = NDArray[np.floating[Any]]


def surrogates(
    events: Events, *, seed: Seed | int = 0, names: Iterable[str] | None = None
) -> dict[str, Events]:
    """As many changed events of each sort as there are events, without truth.

    Args:
        events: Background, with pt and phi.
        seed: Random numbers of the changes.
        names: Which of `SURROGATES` or `JET_SURROGATES`; all of those for such events if None.

    Raises:
        BadLayout: If objects have no pt or phi.
    """
    missing = [name for name in ("pt", "phi") if name not in events.feature_names]
    if missing:
        raise BadLayout(f"surrogates: expected objects with pt and phi, got none of {missing}.")
    seed, found = Seed.of(seed).child("surrogates"), {}
    bare = Events(
        events.objects,
        events.object_names,
        events.feature_names,
        events.mask,
        events.weight,
        source=f"surrogates of {events.source}",
        object_kinds=events.object_kinds,
    )
    every = {**SURROGATES, **JET_SURROGATES}
    for name in surrogates_for(events) if names is None else names:
        found[name] = every[name](bare, seed.child(name).generator())
    return found


def surrogates_for(events: Events) -> tuple[str, ...]:
    """Which changes there are for such events."""
    return tuple(JET_SURROGATES if are_constituents(events.object_kinds) else SURROGATES)


def _partners(events: Events, rng: np.random.Generator) -> NDArray[np.intp]:
    """Another event for each, shape (event,)."""
    n = len(events)
    return (np.arange(n) + rng.integers(1, max(n, 2), n)) % max(n, 1)


def _overlaid(events: Events, rng: np.random.Generator) -> Events:
    other = events[_partners(events, rng)]
    both = _beside(events, other.objects, other.mask)
    return _with_sum_of_missing(both, events)


def _beside(events: Events, objects: Floats, mask: NDArray[np.bool_]) -> Events:
    """The same events with more slots of the same kinds."""
    n = len(events.object_names)
    return replace(
        events,
        objects=np.concatenate([events.objects, objects], axis=1),
        mask=np.concatenate([events.mask, mask], axis=1),
        object_names=(*events.object_names, *(f"{name}, more" for name in events.object_names[:n])),
        object_kinds=events.object_kinds * 2,
    )


def _with_sum_of_missing(both: Events, events: Events) -> Events:
    """Of two missing momenta the sum of vectors, in the first slot."""
    slots = [i for i, kind in enumerate(both.object_kinds) if kind == "met"]
    if len(slots) < 2:
        return both
    pt, phi = (events.feature_names.index(name) for name in ("pt", "phi"))
    objects, mask = both.objects.copy(), both.mask.copy()
    size, angle = objects[:, slots, pt] * mask[:, slots], objects[:, slots, phi]
    x, y = (size * np.cos(angle)).sum(axis=1), (size * np.sin(angle)).sum(axis=1)
    objects[:, slots[0], pt], objects[:, slots[0], phi] = np.hypot(x, y), np.arctan2(y, x)
    mask[:, slots[0]] = mask[:, slots].any(axis=1)
    mask[:, slots[1:]] = False
    return replace(both, objects=objects, mask=mask)


def _added(events: Events, rng: np.random.Generator) -> Events:
    other = events[_partners(events, rng)]
    visible = np.array([kind != "met" for kind in events.object_kinds])
    chosen = rng.random(other.mask.shape) * (other.mask & visible)
    one = np.zeros(other.mask.shape, bool)
    one[np.arange(len(one)), chosen.argmax(axis=1)] = chosen.max(axis=1) > 0
    return _beside(events, other.objects, one)


def _harder(events: Events, rng: np.random.Generator) -> Events:
    factor = np.exp(rng.uniform(np.log(1.2), np.log(3), len(events)))
    objects = events.objects.copy()
    for j, name in enumerate(events.feature_names):
        if name in ("pt", "mass", "energy"):
            objects[:, :, j] *= factor[:, None].astype(objects.dtype)
    return replace(events, objects=objects)


def _exchanged(events: Events, rng: np.random.Generator) -> Events:
    objects, mask = events.objects.copy(), events.mask.copy()
    for kind in list(dict.fromkeys(events.object_kinds))[1:]:
        slots = [i for i, k in enumerate(events.object_kinds) if k == kind]
        partner = _partners(events, rng)
        objects[:, slots] = events.objects[partner][:, slots]
        mask[:, slots] = events.mask[partner][:, slots]
    return replace(events, objects=objects, mask=mask)


def _turned(events: Events, rng: np.random.Generator) -> Events:
    objects, phi = events.objects.copy(), events.feature_names.index("phi")
    drawn = rng.uniform(-np.pi, np.pi, events.mask.shape)
    objects[:, :, phi] = np.where(events.mask, drawn, objects[:, :, phi])
    return replace(events, objects=objects)


def _mistaken(events: Events, rng: np.random.Generator) -> Events:
    """The object moves to a slot of another kind, beside those that are there."""
    kinds = events.object_kinds
    visible = [i for i, kind in enumerate(kinds) if kind != "met"]
    others = list(dict.fromkeys(kinds[i] for i in visible))
    if len(others) < 2:
        return _added(events, rng)
    score = rng.random(events.mask.shape) * events.mask
    score[:, [i for i in range(len(kinds)) if i not in visible]] = 0
    chosen, there = score.argmax(axis=1), score.max(axis=1) > 0
    rows = np.arange(len(events))
    number = np.array([others.index(kind) if kind in others else 0 for kind in kinds])
    new = (number[chosen] + rng.integers(1, len(others), len(events))) % len(others)
    first = np.array([kinds.index(kind) for kind in others])
    more = np.zeros_like(events.objects)
    more[rows, first[new]] = events.objects[rows, chosen]
    mask, added = events.mask.copy(), np.zeros(events.mask.shape, bool)
    mask[rows[there], chosen[there]] = False
    added[rows[there], first[new][there]] = True
    return _beside(replace(events, mask=mask), more, added)


SURROGATES: dict[str, Callable[[Events, np.random.Generator], Events]] = {
    "overlaid": _overlaid,
    "added": _added,
    "harder": _harder,
    "exchanged": _exchanged,
    "turned": _turned,
    "mistaken": _mistaken,
}
"""What can be changed, by name."""
