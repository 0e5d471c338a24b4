"""The slots of an event at the two levels of a trigger: twenty each, as (pt, eta, phi).

High-level trigger (HLT): missing momentum, three electrons, three muons, three photons, ten jets.
First level (L1): the same with three taus in place of the photons; its electrons are all
electromagnetic objects. GeV and radians.
"""

from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Events
from anomalon.core.errors import BadLayout
from anomalon.core.kinds import kind_of_name

__all__ = [
    "FEATURE_NAMES",
    "FIRED",
    "HLT_NAMES",
    "L1_NAMES",
    "LEVELS",
    "MOST_ITEMS",
    "NAMES",
    "PREFIX",
    "Level",
    "at_level",
    "joined",
]

Level = Literal["hlt", "l1"]
LEVELS: tuple[Level, ...] = ("hlt", "l1")

FIRED, PREFIX, MOST_ITEMS = "fired", "fired_", 64
"""The dataset of the decisions of single items, a bit of each, and how their columns begin."""

FEATURE_NAMES = ("pt", "eta", "phi")
"""GeV and radians."""


def _names(third: str) -> tuple[str, ...]:
    threes = tuple(f"{kind}{i}" for kind in ("electron", "muon", third) for i in range(1, 4))
    return ("met", *threes, *(f"jet{i}" for i in range(1, 11)))


HLT_NAMES, L1_NAMES = _names("photon"), _names("tau")
NAMES: dict[Level, tuple[str, ...]] = {"hlt": HLT_NAMES, "l1": L1_NAMES}
"""The slots of a level, in the order of the files."""

_BOTH = (*HLT_NAMES, *(f"l1_{name}" for name in L1_NAMES))
_KINDS = tuple(kind_of_name(name) for name in (*HLT_NAMES, *L1_NAMES))


def joined(hlt: NDArray[np.float32], l1: NDArray[np.float32], source: str) -> Events:
    """Events with the forty slots of both levels; a slot with pt above 0 is filled.

    Args:
        hlt: Shape (event, 20, 3).
        l1: The same.
        source: Where they come from.
    """
    objects = np.concatenate([hlt, l1], axis=1)
    mask = objects[:, :, 0] > 0
    objects = np.where(mask[:, :, None], objects, np.float32(0))
    return Events(objects, _BOTH, FEATURE_NAMES, mask, source=source, object_kinds=_KINDS)


def at_level(events: Events, level: Level) -> Events:
    """One level of events that have both, with all of their columns.

    Raises:
        BadLayout: If they do not have both.
    """
    if events.object_names != _BOTH or events.feature_names != FEATURE_NAMES:
        raise BadLayout(
            f"{events.source}: expected events with the {len(_BOTH)} slots of both levels of a "
            f"trigger and {', '.join(FEATURE_NAMES)}, got {events!r}."
        )
    n = len(HLT_NAMES)
    slots = slice(0, n) if level == "hlt" else slice(n, None)
    return replace(
        events,
        objects=np.ascontiguousarray(events.objects[:, slots]),
        mask=np.ascontiguousarray(events.mask[:, slots]),
        object_names=NAMES[level],
        object_kinds=_KINDS[slots],
    )
