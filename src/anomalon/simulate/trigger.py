"""From what two levels of a trigger saw to events with the objects of both, and which are kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Events, Particles, Seed, check, event_random
from anomalon.core.errors import BadValue
from anomalon.core.plain import to_plain
from anomalon.data.trigger.layout import FEATURE_NAMES, HLT_NAMES, L1_NAMES, at_level, joined
from anomalon.data.trigger.writing import write_trigger
from anomalon.simulate.hardware import Hardware
from anomalon.simulate.menus import Item, any_fires, items
from anomalon.simulate.objects import fill, table_of
from anomalon.simulate.pythia import MUON
from anomalon.simulate.reconstruction import Reconstruction
from anomalon.simulate.two_levels import level_of
from anomalon.simulate.windows import Windows

__all__ = ["HLT_MENU", "L1_MENU", "SEEDS", "TriggerSelection"]

Floats = NDArray[np.float64]

_DRAWN = Seed(0).child("enhanced bias")
_BLOCK = 100  # crossings in a luminosity block

L1_MENU = (
    "EM28 = electron > 28", "2EM16 = 2 electron > 16",
    "MU18 = muon > 18", "2MU8 = 2 muon > 8",
    "TAU130 = tau > 130", "J105 = jet > 105", "4J40 = 4 jet > 40", "HT250 = ht > 250",
    "XE100 = met > 100",
)  # fmt: skip
"""Unprescaled items of the first level, about 80 kHz together."""

SEEDS = (
    "random / 50",
    "J25 = jet > 25 / 200", "J40 = jet > 40 / 100", "J75 = jet > 75 / 40",
    "3J25 = 3 jet > 25 / 50",
    "EM10 = electron > 10 / 100", "EM18 = electron > 18 / 30", "TAU25 = tau > 25 / 100",
    "MU4 = muon > 4 / 20", "MU10 = muon > 10 / 4",
    "XE50 = met > 50 / 20", "XE75 = met > 75 / 4",
    *L1_MENU,
)  # fmt: skip
"""Items of the first level by which enhanced bias is taken: all that the menu has, and prescaled
ones below it."""

HLT_MENU = (
    "e26 = electron > 26", "2e17 = 2 electron > 17",
    "mu22 = muon > 22", "2mu14 = 2 muon > 14",
    "g120 = photon > 120", "2g25 = 2 photon > 25",
    "j340 = jet > 340", "4j80 = 4 jet > 80", "ht700 = ht > 700",
    "xe90 = met > 90",
)  # fmt: skip
"""Unprescaled items of the high-level trigger, one to three kHz together."""


@dataclass(frozen=True)
class TriggerSelection:
    """Objects of both levels, the decisions of a menu, and which events are kept.

    Args:
        hlt: Objects of the high-level trigger.
        l1: Windows of the first level.
        hardware: Steps and largest numbers of the first level.
        seeds: Prescaled items of the first level: events that one of them takes are kept, and
            weigh 1 / P, P = 1 - prod(1 - 1/prescale) over those that fired. None: all are kept.
        l1_menu: The current menu of the first level.
        hlt_menu: That of the high-level trigger, after the first level.

    Raises:
        BadValue: If a number is out of range, an item none, or one that could never fire.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".h5", ".hdf5")
    cites: ClassVar[tuple[str, ...]] = ("Cacciari:2011ma", "Cacciari:2008gp")

    hlt: Reconstruction = field(default_factory=Reconstruction)
    l1: Windows = field(default_factory=Windows)
    hardware: Hardware = field(default_factory=Hardware)
    seeds: tuple[str, ...] | None = None
    l1_menu: tuple[str, ...] = L1_MENU
    hlt_menu: tuple[str, ...] = HLT_MENU

    def __post_init__(self) -> None:
        check.fields(self, "selection", hlt=Reconstruction, l1=Windows, hardware=Hardware)
        if self.seeds is not None and not self.seeds:
            raise BadValue("selection.seeds: expected at least one item, got none.")
        menus = {"seeds": self.seeds or (), "l1_menu": self.l1_menu, "hlt_menu": self.hlt_menu}
        for name, menu in menus.items():
            slots = HLT_NAMES if name == "hlt_menu" else L1_NAMES
            known = {"", "ht", *(slot.rstrip("0123456789") for slot in slots)}
            for item in items(menu):
                if item.kind not in known:
                    raise BadValue(
                        f"selection.{name}: {item.name}: expected objects of that level, got "
                        f"{item.kind}s, which it has not: the item would never fire."
                    )

    @property
    def ladder(self) -> tuple[Item, ...]:
        """The items that events say whether they fired, in `fired_…`: those of `SEEDS` if none."""
        return items(SEEDS if self.seeds is None else self.seeds)

    def events(self, particles: Particles, *, first: int = 0) -> Events:
        """The events that are kept.

        Args:
            particles: As both levels saw them, with `kind` and `level`.
            first: Number of the first event.

        Returns:
            Events with the slots of both levels, float32, of weight 1 / P, with the columns
            `event` (number), `passes_l1`, `passes_hlt` and `fired_…` of the seeds.
        """
        number = first + np.arange(len(particles))
        slots = self._level1(level_of(particles, first=True)).astype(np.float32)
        seen = Events(slots, L1_NAMES, FEATURE_NAMES, slots[:, :, 0] > 0)
        fired = {f"fired_{item.name}": item.fires(seen) for item in self.ladder}
        columns: dict[str, NDArray[Any]] = {
            "event": number,
            "lumi": (1 + number // _BLOCK % 1000).astype(np.int32),
            "passes_l1": any_fires(items(self.l1_menu), seen),
        }
        kept, weight = self._drawn(fired, number)
        return self._both_levels(particles, slots, weight, columns | fired, kept)

    def _drawn(
        self, fired: Mapping[str, NDArray[np.bool_]], number: NDArray[np.int64]
    ) -> tuple[NDArray[np.bool_], Floats]:
        """Which events the seeds take, and the weights of all."""
        if self.seeds is None:
            return np.ones(len(number), bool), np.ones(len(number))
        chance = 1.0 - np.prod(
            [
                np.where(fired[f"fired_{item.name}"], 1 - 1 / item.prescale, 1.0)
                for item in self.ladder
            ],
            axis=0,
        )
        kept = event_random.uniform(number, _DRAWN) < chance
        return kept, np.divide(1.0, chance, out=np.zeros(len(chance)), where=kept)

    def _both_levels(
        self,
        particles: Particles,
        l1: NDArray[np.float32],
        weight: Floats,
        columns: Mapping[str, NDArray[Any]],
        kept: NDArray[np.bool_],
    ) -> Events:
        """The events that are kept: the high level is made of these alone."""
        left = {name: values[kept] for name, values in columns.items()}
        hlt = self.hlt.objects(level_of(particles[kept], first=False), left["event"])
        both = joined(hlt.astype(np.float32), l1[kept], particles.source)
        fires = any_fires(items(self.hlt_menu), at_level(both, "hlt"))
        left["passes_hlt"] = left["passes_l1"] & fires
        return replace(both, weight=weight[kept], columns=left)

    def write(self, events: Events, about: Mapping[str, Any], path: Path, *, compact: bool) -> None:
        """The file of these events, HDF5; it says that it is an emulation, and how it was drawn."""
        prescales = None
        if self.seeds is not None:
            prescales = {item.name: item.prescale for item in self.ladder}
        said = dict(to_plain(about)) | {"prescales": prescales, "strata": _strata(about)}
        if _parts(about)[0]["recipe"]["detector"].get("l1_only"):
            said["levels"] = ["l1"]
        write_trigger(
            at_level(events, "hlt"), at_level(events, "l1"), path, about=said, compact=compact
        )

    def _level1(self, particles: Particles) -> Floats:
        tables = self.l1.objects(particles)
        tables["muon"] = table_of(particles, particles.column("kind") == MUON)
        rows = np.arange(len(particles))
        slots = np.zeros((len(rows), len(L1_NAMES), 3))
        for kind, table in tables.items():
            where = [i for i, name in enumerate(L1_NAMES) if name.rstrip("0123456789") == kind]
            part = np.zeros((len(rows), len(where), 3))
            fill(part, self.hardware.rounded(table, kind), rows)
            slots[:, where] = part
        return slots


def _parts(about: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What is said of each part of a mixture, or of the only one."""
    return list(about.get("parts", [about]))


def _strata(about: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What each stratum of a file is, for whoever makes weights of it."""
    found = []
    for part in _parts(about):
        stratum, tally = part["recipe"].get("stratum"), part["tally"]
        if stratum is None:
            continue
        made = tally["n_generated"] * part["n_events"] / tally["n_accepted"]
        found.append(
            {
                "name": part["recipe"]["name"],
                "process": part["recipe"]["process"],
                "rate": part["rate"],
                "n_generated": made,
                "n_events": part["n_events"],
            }
        )
    return found
