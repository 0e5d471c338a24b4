"""What a search has used that somebody has published: its methods, its features, its data."""

import re
from dataclasses import fields
from typing import TYPE_CHECKING

from anomalon.core.bibliography import cited, in_order
from anomalon.core.sample import Sample
from anomalon.search.events.selector import columns_of

if TYPE_CHECKING:
    from anomalon.search.events.scan import Search

__all__ = ["citations"]

_SUBJETTINESS = re.compile(r"tau_?\d")
_SIMULATION = "anomalon simulation"  # how `anomalon.simulate` begins the source of its samples
_OLYMPICS = re.compile(r"lhco|olympics", re.IGNORECASE)


def citations(search: "Search", data: Sample) -> tuple[str, ...]:
    """Keys of the bibliography.

    Methods say themselves what they are. Features and data cannot: N-subjettiness is known by the
    name that jet features have everywhere, and data by the source that they give.

    Args:
        search: The settings.
        data: What was searched.
    """
    names = {name for features in search.feature_sets for name in features}
    names |= set(columns_of(search.score, search.cuts, data.names))
    used = {f.name: getattr(search, f.name) for f in fields(search) if f.name not in search.unused}
    of_features = ("Thaler:2010tr",) if any(map(_SUBJETTINESS.search, names)) else ()
    return in_order(*search.cites, *cited(used), *of_features, *_of_data(data.source))


def _of_data(source: str) -> tuple[str, ...]:
    keys: tuple[str, ...] = ()
    if any(part.startswith(_SIMULATION) for part in source.split(" + ")):
        keys += ("Bierlich:2022pfr", "Cacciari:2011ma", "Cacciari:2008gp")
    if _OLYMPICS.search(source):
        keys += ("Kasieczka:2021xcg", "LHCOlympics:data")
    return keys
