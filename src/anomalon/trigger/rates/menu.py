"""A selection among others: what it adds to a menu, and what it shares with its items."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core.errors import BadValue
from anomalon.core.shown import Shown
from anomalon.trigger.rates.rate import Rate, chosen, in_hz, rate_of

__all__ = ["Menu", "Regions", "overlaps", "regions"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Menu(Shown):
    """Items, their rates, and what they share.

    Args:
        names: Of the items.
        total: Rate of each.
        unique: Rate of what no other item has, of each.
        shared: Rate of what both have, in Hz, shape (item, item); the diagonal is that of each.
    """

    names: tuple[str, ...]
    total: tuple[Rate, ...]
    unique: tuple[Rate, ...]
    shared: Floats

    @property
    def overlap(self) -> Floats:
        """Share of the item in a row that the item in a column has too; NaN if it never fires."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(self.shared / np.diag(self.shared)[:, None])


def overlaps(
    decisions: Mapping[str, ArrayLike], weights: ArrayLike, *, incoming: float | None = None
) -> Menu:
    """Total and unique rates of items, and what they share two by two.

    Args:
        decisions: Of each item, shape (event,).
        weights: What each event stands for, shape (event,); in Hz without `incoming`.
        incoming: Rate in Hz of what all events together stand for.

    Raises:
        BadValue: If there is no item.
        DataError: If lengths or numbers are impossible.
    """
    if not isinstance(decisions, Mapping) or not decisions:
        raise BadValue("overlaps: expected decisions of at least one item by its name, got none.")
    n = np.size(next(iter(decisions.values())))
    hz = in_hz(weights, n, incoming, "overlaps")
    fired = np.stack([chosen(d, n, f"overlaps: {name}") for name, d in decisions.items()])
    times, ratio = fired.sum(axis=0), incoming is not None
    return Menu(
        tuple(decisions),
        tuple(rate_of(one, hz, ratio=ratio) for one in fired),
        tuple(rate_of(one & (times == 1), hz, ratio=ratio) for one in fired),
        np.asarray((fired * hz) @ fired.T.astype(np.float64)),
    )


@dataclass(frozen=True)
class Regions:
    """Anomaly triggers of two levels beside the menus of both, in the bookkeeping of ATLAS.

    Args:
        a: All that comes in.
        b: Level-1 anomaly trigger without the Level-1 menu.
        c: Both of them.
        d: The Level-1 menu without the anomaly trigger.
        e: Of events with the seed: anomaly trigger of the High-Level Trigger without its menu.
        f: Both of these.
        g: The menu of the High-Level Trigger without its anomaly trigger.
    """

    a: Rate
    b: Rate
    c: Rate
    d: Rate
    e: Rate
    f: Rate
    g: Rate

    @property
    def efficiency(self) -> float:
        """What the anomaly chain keeps of its Level-1 triggers: (e + f) / (b + c)."""
        return _ratio(self.e.hz + self.f.hz, self.b.hz + self.c.hz)

    @property
    def gain(self) -> float:
        """What it adds to what the menu keeps: e / (f + g)."""
        return _ratio(self.e.hz, self.f.hz + self.g.hz)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")


def regions(
    l1_anomaly: ArrayLike, l1_menu: ArrayLike, hlt_anomaly: ArrayLike, hlt_menu: ArrayLike,
    weights: ArrayLike, *, incoming: float | None = None,
) -> Regions:  # fmt: skip
    """Rates of the regions A to G.

    The seed of the anomaly trigger of the High-Level Trigger is the Level-1 anomaly trigger; its
    menu runs on what the Level-1 menu has kept.

    Args:
        l1_anomaly: Decisions of the Level-1 anomaly trigger, shape (event,).
        l1_menu: Those of the Level-1 menu.
        hlt_anomaly: Those of the anomaly trigger of the High-Level Trigger.
        hlt_menu: Those of its menu.
        weights: What each event stands for, shape (event,); in Hz without `incoming`.
        incoming: Rate in Hz of what all events together stand for.

    Raises:
        DataError: If lengths or numbers are impossible.
    """
    given: dict[str, Any] = {
        "l1_anomaly": l1_anomaly, "l1_menu": l1_menu, "hlt_anomaly": hlt_anomaly,
        "hlt_menu": hlt_menu,
    }  # fmt: skip
    n = np.size(np.asarray(l1_anomaly))
    ad, menu, hlt_ad, hlt = (chosen(d, n, f"regions: {name}") for name, d in given.items())
    hz, ratio = in_hz(weights, n, incoming, "regions"), incoming is not None
    hlt_ad, hlt = ad & hlt_ad, menu & hlt
    parts = (
        np.ones(n, bool), ad & ~menu, ad & menu, menu & ~ad,
        hlt_ad & ~hlt, hlt_ad & hlt, hlt & ~hlt_ad,
    )  # fmt: skip
    return Regions(*(rate_of(part, hz, ratio=ratio) for part in parts))
