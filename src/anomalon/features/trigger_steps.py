"""The steps by which a trigger prepares its objects, as plain numbers.

Whoever writes the preparation in other words (an ONNX graph, firmware) goes through these; the
kernel here is made of nothing else. Events are arranged before the first step: slots of a kind
stand together, in order of falling pT, zero where nothing is. A slot that a step empties becomes
zero and stays where it is: those behind it do not move up.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomalon.features.inputs import Layout

__all__ = [
    "FARTHEST",
    "Chain",
    "Divided",
    "Floor",
    "Missing",
    "OverlapRemoved",
    "PtOfEvent",
    "Rotated",
    "Saturated",
    "Saturation",
    "Step",
    "chain_of",
]

Saturation = Literal["keep", "clip", "drop"]

FARTHEST = 1e6
"""The largest number that comes out, of either sign: far beyond any event, and still a float."""

Slots = tuple[int, int]
"""The first slot of a kind, and the one behind its last."""


@dataclass(frozen=True)
class Missing:
    """A slot is empty if its pT is NaN, negative or one of `values`.

    Other numbers of a filled slot that are NaN or one of `values` become zero.

    Args:
        values: That stand for nothing.
        repaired: For each slot the pT in GeV that it gets if it is empty, with all other numbers
            zero, so that it is filled; 0: it stays empty.
    """

    values: tuple[float, ...]
    repaired: tuple[float, ...]


@dataclass(frozen=True)
class Saturated:
    """What becomes of an object whose pT is at its `limit` or above.

    Args:
        what: "clip": its pT becomes the limit; "drop": its slot is empty.
        limit: Of each slot, in GeV; infinity: none.
    """

    what: Saturation
    limit: tuple[float, ...]


@dataclass(frozen=True)
class Floor:
    """A slot whose pT is below its `limit` is empty.

    Args:
        limit: Of each slot, in GeV; 0: none.
    """

    limit: tuple[float, ...]


@dataclass(frozen=True)
class OverlapRemoved:
    """A slot is empty if it is nearer than `delta_r` to one that is kept.

    Within one kind slot after slot: each that is still there empties those behind it, so the
    leading one stays.

    Args:
        keep: Slots of the kind that stays.
        drop: Slots of the kind that goes; the same for one kind.
        delta_r: sqrt(Δη² + Δφ²), Δφ the shorter way around.
    """

    keep: Slots
    drop: Slots
    delta_r: float


@dataclass(frozen=True)
class Rotated:
    """Azimuths count from that of the leading object, in [-π, π).

    The leading one is that of highest pT among filled slots, the first of equals; of the slots
    that are not `visible` only if no other is filled.

    Args:
        visible: Of each slot: whether it is no missing momentum.
    """

    visible: tuple[bool, ...]


@dataclass(frozen=True)
class PtOfEvent:
    """Momenta are multiplied by `total` over the sum of pT of all filled slots.

    Args:
        total: What the sum becomes. If it is zero, momenta become zero.
    """

    total: float


@dataclass(frozen=True)
class Divided:
    """Each number is divided by that of its place; last of all, within ±`FARTHEST`.

    Args:
        by: Shape (slot, feature), in GeV and radians: `number` times `step`.
        number: How many steps that are.
        step: In GeV and radians: what a count is where the hardware has integers.
    """

    by: tuple[tuple[float, ...], ...]
    number: tuple[tuple[float, ...], ...]
    step: tuple[tuple[float, ...], ...]


Step = Missing | Saturated | Floor | OverlapRemoved | Rotated | PtOfEvent | Divided


class Chain(NamedTuple):
    """The same steps as a compiled kernel takes them; a step that is off changes nothing.

    Args:
        columns: Where pT, eta and phi are among the features, -1 where they are not.
        gev: Shape (feature,): which are momenta, masses or energies.
        look: Whether missing values are looked for.
        values: Those.
        repaired: Shape (slot,).
        drop: Whether saturated objects go; else they are clipped.
        limit: Shape (slot,), of saturation.
        floor: Shape (slot,); minus infinity: none.
        rules: Shape (rule, 4): slots that keep and that go.
        radii: Shape (rule,): squares of distances.
        rotate: Whether azimuths count from the leading object.
        visible: Shape (slot,).
        total: Of an event; 0: momenta stay.
        by: Shape (slot, feature).
    """

    columns: NDArray[np.int64]
    gev: NDArray[np.bool_]
    look: bool
    values: NDArray[np.float64]
    repaired: NDArray[np.float64]
    drop: bool
    limit: NDArray[np.float64]
    floor: NDArray[np.float64]
    rules: NDArray[np.int64]
    radii: NDArray[np.float64]
    rotate: bool
    visible: NDArray[np.bool_]
    total: float
    by: NDArray[np.float64]


GEV = ("pt", "mass", "energy", "et")
"""Features that are scaled as a transverse momentum."""


def chain_of(steps: tuple[Step, ...], layout: Layout) -> Chain:
    """The steps in the order that they always have, for objects of a layout."""
    names, n = layout.features, len(layout.kinds)
    by_type = {type(step): step for step in steps}
    missing, saturated = by_type.get(Missing), by_type.get(Saturated)
    floor, rotated = by_type.get(Floor), by_type.get(Rotated)
    lowest = np.array(floor.limit if isinstance(floor, Floor) else [0.0] * n)
    of_event, divided = by_type.get(PtOfEvent), by_type[Divided]
    overlaps = [step for step in steps if isinstance(step, OverlapRemoved)]
    assert isinstance(divided, Divided)
    return Chain(
        np.array([names.index(x) if x in names else -1 for x in ("pt", "eta", "phi")]),
        np.array([name in GEV for name in names]),
        isinstance(missing, Missing),
        np.array(missing.values if isinstance(missing, Missing) else (), np.float64),
        np.array(missing.repaired if isinstance(missing, Missing) else [0.0] * n),
        isinstance(saturated, Saturated) and saturated.what == "drop",
        np.array(saturated.limit if isinstance(saturated, Saturated) else [np.inf] * n),
        np.where(lowest > 0, lowest, -np.inf),
        np.array([(*o.keep, *o.drop) for o in overlaps], np.int64).reshape(-1, 4),
        np.array([o.delta_r**2 for o in overlaps], np.float64),
        isinstance(rotated, Rotated),
        np.array(rotated.visible if isinstance(rotated, Rotated) else [True] * n),
        of_event.total if isinstance(of_event, PtOfEvent) else 0.0,
        np.array(divided.by, np.float64).reshape(n, len(names)),
    )
