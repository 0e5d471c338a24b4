"""Flat arrays of numbers per event, as networks of trigger systems take them, and events of them.

Published layouts: the ATLAS Level-1 and high-level triggers of GELATO (44 and 48 numbers), the CMS
Level-1 trigger of AXOL1TL (57 hardware integers), and that of the ATLAS trigger poster (60). Each
object has pt, eta and phi one after the other, objects of a kind in order of pt. Hardware layouts
have integers, in steps of their own.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Events, check
from anomalon.core.errors import BadLayout
from anomalon.core.kinds import kind_of_name
from anomalon.data.objects import check_objects, refuse_slots
from anomalon.data.trigger.layout import FEATURE_NAMES, HLT_NAMES, L1_NAMES, LEVELS

__all__ = ["LAYOUTS", "FlatLayout", "Steps", "flat_array", "flat_layout", "from_flat"]

MISSING = -999.0
"""What some files have where there is no object; others have 0."""

_TURN = 2 * np.pi


@dataclass(frozen=True)
class Steps:
    """What one unit of a hardware integer is, and the largest pt.

    Args:
        pt: GeV.
        eta: Of pseudorapidity.
        turn: Steps of phi in a turn.
        most: Largest integer of pt, at which it is saturated; None if it has none.
    """

    pt: float
    eta: float
    turn: int
    most: int | None = None


@dataclass(frozen=True)
class FlatLayout:
    """Which number is what.

    Args:
        name: Of the layout.
        slots: Names of the objects in their order.
        steps: Of each kind of object; None where numbers are GeV and radians.
        met_eta: Whether missing momentum has an eta, which is 0.
    """

    name: str
    slots: tuple[str, ...]
    steps: dict[str, Steps] | None = None
    met_eta: bool = True

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the numbers, as "jet1_pt"."""
        return tuple(
            f"{slot}_{feature}"
            for slot in self.slots
            for feature in FEATURE_NAMES
            if self.met_eta or (slot, feature) != ("met", "eta")
        )

    def steps_of(self, slot: str) -> Steps | None:
        """The steps of a slot."""
        return None if self.steps is None else self.steps[kind_of_name(slot)]


def _slots(**counts: int) -> tuple[str, ...]:
    return tuple(
        "met" if kind == "met" else f"{kind}{i + 1}"
        for kind, count in counts.items()
        for i in range(count)
    )


_FARTHEST = 10.0  # in eta: beyond what any detector sees
_ATLAS = Steps(0.1, 1 / 40, 128)
_CMS = {
    "met": Steps(0.5, 0.0435, 144, 4095),
    "electron": Steps(0.5, 0.0435, 144, 511),
    "muon": Steps(0.5, 0.010875, 576, 511),
    "jet": Steps(0.5, 0.0435, 144, 2047),
}

LAYOUTS: dict[str, FlatLayout] = {
    layout.name: layout
    for layout in (
        FlatLayout(
            "gelato_l1",
            _slots(jet=6, tau=4, muon=4, met=1),
            dict.fromkeys(("jet", "tau", "muon", "met"), _ATLAS),
            met_eta=False,
        ),
        FlatLayout("gelato_hlt", _slots(jet=6, electron=3, muon=3, photon=3, met=1)),
        FlatLayout("cms_l1", _slots(met=1, electron=4, muon=4, jet=10), _CMS),
        FlatLayout("poster", HLT_NAMES),
    )
}
"""The layouts by name: 44, 48, 57 and 60 numbers."""

_POSTER_L1 = FlatLayout("poster", L1_NAMES)


def flat_layout(name: object, level: object = None) -> FlatLayout:
    """A layout by its name; that of the poster at one of two levels.

    Args:
        name: A name in `LAYOUTS`.
        level: "hlt" or "l1" (taus in place of photons), for the poster only.

    Raises:
        BadValue: If there is no such layout or level, or the level is not that of the layout.
    """
    name = check.one_of(name, "layout", LAYOUTS)
    own = {"gelato_l1": ("l1",), "gelato_hlt": ("hlt",), "cms_l1": ("l1",)}.get(name, LEVELS)
    if level is None:
        return LAYOUTS[name]
    level = check.one_of(level, f"level of layout {name}", own)
    return _POSTER_L1 if name == "poster" and level == "l1" else LAYOUTS[name]


def from_flat(
    array: NDArray[np.number], layout: FlatLayout, *, where: str = "memory"
) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_]]:
    """Objects, their mask and which pt are saturated, from a flat array.

    Args:
        array: Shape (event, number); 0 or -999 in pt where there is no object.
        layout: What the numbers are.
        where: Whose, for messages.

    Returns:
        Objects of shape (event, object, 3) in GeV and radians, zero where empty, and two masks of
        shape (event, object).

    Raises:
        BadLayout: If there are not as many numbers.
        BadNumbers: If a number is not finite, or of a hardware layout no integer.
        BadRows: If a number is impossible.
    """
    n = len(layout.columns)
    if array.ndim != 2 or array.shape[1] != n:
        raise BadLayout(
            f"{where}: expected {n} numbers per event, as layout '{layout.name}' has "
            f"({', '.join(layout.columns[:4])}, …), got shape {array.shape}."
        )
    check.finite(np.asarray(array, np.float64), f"{where}: '{layout.name}'")
    if layout.steps is not None:
        check.integers(np.asarray(array), f"{where}: '{layout.name}', hardware integers")
    full = _with_met_eta(np.asarray(array, np.float64), layout)
    mask = (full[:, :, 0] != 0) & (full[:, :, 0] != MISSING)
    full = np.where(mask[:, :, None], full, 0.0)
    saturated = np.zeros(mask.shape, bool)
    if layout.steps is not None:
        for i, slot in enumerate(layout.slots):
            saturated[:, i] = _to_physical(full, i, layout, slot, where)
    objects = full.astype(np.float32)
    check_objects(objects, layout.slots, where)
    return objects, mask, saturated & mask


def _with_met_eta(array: NDArray[np.float64], layout: FlatLayout) -> NDArray[np.float64]:
    """Shape (event, object, 3)."""
    if not layout.met_eta:
        at = layout.columns.index("met_phi")
        array = np.insert(array, at, 0.0, axis=1)
    return array.reshape(len(array), len(layout.slots), 3)


def _to_physical(
    full: NDArray[np.float64], i: int, layout: FlatLayout, slot: str, where: str
) -> NDArray[np.bool_]:
    """One slot from integers to GeV and radians, in place; which are saturated."""
    steps = layout.steps_of(slot) or Steps(1, 1, 1)
    pt, eta, phi = full[:, i].T
    most = np.inf if steps.most is None else steps.most
    far = int(_FARTHEST / steps.eta)
    outside = (
        (pt > most, f"hardware integers up to {most:g}"),
        (np.abs(eta) > far, f"steps from {-far} to {far}"),
        ((phi < -steps.turn / 2) | (phi >= steps.turn), f"steps from 0 to {steps.turn - 1}"),
    )
    for j, (wrong, expected) in enumerate(outside):
        bad = np.zeros((len(full), len(layout.slots)), bool)
        bad[:, i] = wrong
        what = f"{where}: {FEATURE_NAMES[j]} of layout '{layout.name}'"
        refuse_slots(bad, full[:, :, j].astype(np.float32), layout.slots, what, expected)
    saturated = np.asarray(pt == most)
    full[:, i, 0] = pt * steps.pt
    full[:, i, 1] *= steps.eta
    signed = np.where(phi >= steps.turn / 2, phi - steps.turn, phi)
    full[:, i, 2] = signed * (_TURN / steps.turn)
    return saturated


def flat_array(
    events: Events, layout: str | FlatLayout, *, missing: float = 0.0
) -> NDArray[np.float32] | NDArray[np.int32]:
    """The flat array of events: the leading objects of each kind, as many as the layout has.

    Args:
        events: With pt, eta and phi; slots of a kind in order of pt.
        layout: Its name, or what `flat_layout` gives.
        missing: What empty slots have: 0 or -999.

    Returns:
        Shape (event, number), float32; of a hardware layout int32, rounded to its steps, and pt at
        most its largest number.

    Raises:
        BadLayout: If the events have no objects of a kind that the layout has.
        BadValue: If there is no such layout, or `missing` is another number.
    """
    if isinstance(layout, str):
        level = "l1" if layout == "poster" and "tau" in events.object_kinds else None
        layout = flat_layout(layout, level)
    check.one_of(f"{missing:g}", "flat_array: missing", ("0", f"{MISSING:g}"))
    full = np.zeros((len(events), len(layout.slots), 3))
    mask = np.zeros(full.shape[:2], bool)
    for kind in dict.fromkeys(kind_of_name(slot) for slot in layout.slots):
        part = events.of_kind(kind)
        if not part.object_names:
            kinds = ", ".join(dict.fromkeys(events.object_kinds))
            raise BadLayout(
                f"{events.source}: layout '{layout.name}' has objects of kind '{kind}', the events "
                f"have {kinds}. Load the other level of the trigger."
            )
        where = [i for i, slot in enumerate(layout.slots) if kind_of_name(slot) == kind]
        for i, k in zip(where, range(len(part.object_names)), strict=False):
            full[:, i] = np.stack([part.feature(f)[:, k] for f in FEATURE_NAMES], axis=-1)
            mask[:, i] = part.mask[:, k]
    full = np.where(mask[:, :, None], full, 0.0)
    if layout.steps is not None:
        for i, slot in enumerate(layout.slots):
            _to_integers(full, i, layout, slot)
    full[~mask] = missing
    flat = full.reshape(len(events), -1)
    if not layout.met_eta:
        flat = np.delete(flat, layout.columns.index("met_phi"), axis=1)
    return flat.astype(np.float32) if layout.steps is None else flat.astype(np.int32)


def _to_integers(full: NDArray[np.float64], i: int, layout: FlatLayout, slot: str) -> None:
    steps = layout.steps_of(slot) or Steps(1, 1, 1)
    most = np.inf if steps.most is None else steps.most
    full[:, i, 0] = np.minimum(np.rint(full[:, i, 0] / steps.pt), most)
    full[:, i, 1] = np.rint(full[:, i, 1] / steps.eta)
    full[:, i, 2] = np.mod(np.rint(full[:, i, 2] * (steps.turn / _TURN)), steps.turn)
