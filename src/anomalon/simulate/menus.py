"""Trigger items as short texts: "J100 = jet > 100", "4J20 = 4 jet > 20 / 50", "random / 10".

An item has a name, what it asks for and its prescale. It asks for a number of objects of a kind
(met, electron, muon, photon, tau, jet) above a pt in GeV, or for "ht", the sum of the pt of jets
above 30 GeV within |eta| < 2.5. Nothing asked for is all events. Without a prescale it is 1.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Events
from anomalon.core.errors import BadValue

__all__ = ["Item", "any_fires", "items"]

_NUMBER = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)"
_ITEM = re.compile(
    r"(?P<name>[A-Za-z0-9_]+)"
    rf"(?: *= *(?P<count>[0-9]+ )? *(?P<kind>[a-z]+) *> *(?P<pt>{_NUMBER}))?"
    rf"(?: */ *(?P<prescale>{_NUMBER}))?"
)
_KINDS = ("met", "electron", "muon", "photon", "tau", "jet", "ht")
_HT_PT, _HT_ETA = 30.0, 2.5


@dataclass(frozen=True)
class Item:
    """One item of a menu.

    Args:
        name: Of the item.
        kind: Of the objects; "" for all events.
        pt: They are above, in GeV.
        count: How many there are at least.
        prescale: One of so many events that fire is taken.
    """

    name: str
    kind: str = ""
    pt: float = 0.0
    count: int = 1
    prescale: float = 1.0

    @classmethod
    def of(cls, text: object) -> "Item":
        """The item that a text says.

        Raises:
            BadValue: If it says none, or its prescale is below one.
        """
        found = _ITEM.fullmatch(text.strip()) if isinstance(text, str) else None
        if found is None or (found["kind"] or "met") not in _KINDS:
            raise BadValue(
                f"menu: expected items such as 'J100 = jet > 100 / 5', of {', '.join(_KINDS)}, "
                f"got {text!r}."
            )
        prescale = float(found["prescale"] or 1)
        if prescale < 1:
            raise BadValue(
                f"menu: {found['name']}: expected a prescale of 1 or more, got {prescale:g}: an "
                "item cannot take more events than fire it."
            )
        count = int(found["count"] or 1)
        return cls(found["name"], found["kind"] or "", float(found["pt"] or 0), count, prescale)

    def fires(self, events: Events) -> NDArray[np.bool_]:
        """Which events have what it asks for, shape (event,), before the prescale."""
        if not self.kind:
            return np.ones(len(events), bool)
        part = events.of_kind("jet" if self.kind == "ht" else self.kind)
        pt = np.where(part.mask, part.feature("pt"), 0)
        if self.kind != "ht":
            return np.asarray((pt > self.pt).sum(axis=1) >= self.count)
        counted = (pt > _HT_PT) & (np.abs(part.feature("eta")) < _HT_ETA)
        return np.asarray(np.where(counted, pt, 0).sum(axis=1) > self.pt)


def items(menu: Iterable[object]) -> tuple[Item, ...]:
    """The items of a menu.

    Raises:
        BadValue: If a text says none, or two have one name.
    """
    found = tuple(Item.of(text) for text in menu)
    names = [item.name for item in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BadValue(f"menu: expected one item of a name, got several of {', '.join(twice)}.")
    return found


def any_fires(menu: Iterable[Item], events: Events) -> NDArray[np.bool_]:
    """Whether one of the items without prescale fires, shape (event,)."""
    fired = np.zeros(len(events), bool)
    for item in menu:
        if item.prescale == 1:
            fired |= item.fires(events)
    return fired
