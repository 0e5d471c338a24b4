"""`TriggerObjects`: the objects of an event as a trigger prepares them, with fixed numbers alone.

Nothing is measured on events but which slots there are, so that the whole preparation is a graph or
a few shifts of integers: `FittedTriggerObjects.steps` says it as data. The chains of ATLAS (HLTAD
and L1AD of GELATO) and of CMS (AXOL1TL) are of these steps; here they are in one order, and of two
objects that overlap the leading one stays.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from math import frexp, inf, isfinite
from typing import Any, ClassVar, Literal, final, get_args

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadLayout, BadValue
from anomalon.core.events import Events
from anomalon.core.kinds import KINDS
from anomalon.core.seen import Seen
from anomalon.core.shown import Shown
from anomalon.features.inputs import (
    Encoded,
    FittedInputs,
    Form,
    Inputs,
    Layout,
    ObjectScale,
    blocks,
)
from anomalon.features.per_kind import PerKind
from anomalon.features.trigger_steps import (
    FARTHEST,
    GEV,
    Chain,
    Divided,
    Floor,
    Missing,
    OverlapRemoved,
    PtOfEvent,
    Rotated,
    Saturated,
    Saturation,
    Step,
    chain_of,
)
from anomalon.learn.threads import threaded

__all__ = ["Divisors", "FittedTriggerObjects", "Overlap", "Steps", "TriggerObjects"]

PtScale = Literal["global", "per_event"]
Rotation = Literal["leading", "none"]


@dataclass(frozen=True)
class Overlap:
    """One object that is seen as two.

    Args:
        keep: Kind that stays.
        drop: Kind that goes where it is nearer than `delta_r` to one that stays; the same kind:
            the one of lower pT goes.
        delta_r: sqrt(Δη² + Δφ²).

    Raises:
        BadValue: If there is no such kind, or it has no direction.
    """

    keep: str
    drop: str
    delta_r: float

    def __post_init__(self) -> None:
        kinds = tuple(kind for kind in KINDS if kind != "met")
        check.fields(self, "overlap", keep=kinds, drop=kinds, delta_r="(0, inf)")


@dataclass(frozen=True)
class Divisors:
    """What numbers are divided by, in units of `Steps`.

    Args:
        pt: Of transverse momenta, masses and energies.
        eta: Of pseudorapidities.
        phi: Of azimuths.
    """

    pt: PerKind = field(default_factory=lambda: PerKind(64.0))
    eta: PerKind = field(default_factory=lambda: PerKind(2.0))
    phi: PerKind = field(default_factory=lambda: PerKind(2.0))

    def __post_init__(self) -> None:
        _check_scale(self, "divide")


@dataclass(frozen=True)
class Steps:
    """What a count is where the hardware has integers: 0.5 GeV, 2π/144 …; else GeV and radians.

    Args:
        pt: Of transverse momenta, masses and energies, in GeV.
        eta: Of pseudorapidities.
        phi: Of azimuths, in radians.
    """

    pt: PerKind = field(default_factory=lambda: PerKind(1.0))
    eta: PerKind = field(default_factory=lambda: PerKind(1.0))
    phi: PerKind = field(default_factory=lambda: PerKind(1.0))

    def __post_init__(self) -> None:
        _check_scale(self, "step")


@final
@dataclass(frozen=True)
class TriggerObjects(Inputs):
    """Every slot with its features, cleaned, turned and scaled by fixed numbers, in this order.

    Args:
        missing: pT that means that a slot is empty, beside NaN and what is negative; in another
            number it means zero. None given: slots are empty where events say so, and only there.
        met_repair: pT in GeV of a missing momentum that is missing itself, which is then an object
            with angles of zero; 0: it is an empty slot.
        saturated: Objects whose pT is at its `saturation` or above: "keep" them, "clip" their pT
            to that, or "drop" them.
        saturation: In GeV, of kinds that have one.
        floor: pT in GeV below which an object is dropped, of kinds that have one.
        overlap: Pairs of kinds that are looked at for overlaps, one after the other. Objects that
            have been dropped drop no others.
        phi: "leading": counted from the leading object that is no missing momentum, so that
            turning an event changes nothing; "none": as it is.
        pt: "global": divided by a number; "per_event": the sum of pT of all objects of an event,
            the missing momentum among them, becomes `total`.
        total: That sum; nothing to "global".
        divide: By what. That of pT is nothing to "per_event".
        step: What divisors are counted in.
        powers_of_two: Whether all divisors have to be powers of two, as shifts of integers are.

    Raises:
        BadValue: If a setting is outside its range, or some divisor should be a power of two and
            is none. None is rounded.
    """

    kind: ClassVar[str] = "trigger_objects"
    form: ClassVar[Form] = "objects"

    missing: tuple[float, ...] = (0.0, -999.0)
    met_repair: float = 0.0
    saturated: Saturation = "keep"
    saturation: PerKind = field(default_factory=PerKind)
    floor: PerKind = field(default_factory=PerKind)
    overlap: tuple[Overlap, ...] = ()
    phi: Rotation = "leading"
    pt: PtScale = "global"
    total: float = 1.0
    divide: Divisors = field(default_factory=Divisors)
    step: Steps = field(default_factory=Steps)
    powers_of_two: bool = False

    def __post_init__(self) -> None:
        check.fields(
            self,
            self.kind,
            met_repair="[0, inf)",
            saturated=get_args(Saturation),
            saturation=PerKind,
            floor=PerKind,
            phi=get_args(Rotation),
            pt=get_args(PtScale),
            total="(0, inf)",
            divide=Divisors,
            step=Steps,
            powers_of_two=bool,
        )
        where = f"{self.kind}.missing"
        values = tuple(check.number(v, where) for v in check.several(self.missing, where, 100))
        object.__setattr__(self, "missing", values)
        overlap = check.several(self.overlap, f"{self.kind}.overlap", 100)
        rules = tuple(check.of_kind(rule, f"{self.kind}.overlap", Overlap) for rule in overlap)
        object.__setattr__(self, "overlap", rules)
        self.saturation.check(f"{self.kind}.saturation", "(0, inf)")
        self.floor.check(f"{self.kind}.floor", "[0, inf)")
        if self.saturated != "keep" and self.saturation == PerKind():
            raise BadValue(
                f"{self.kind}.saturation: expected a pT in GeV for some kind, because saturated "
                f'is "{self.saturated}", got none.'
            )
        if self.powers_of_two:
            self._check_powers()

    @property
    def positive_pt(self) -> bool:
        """A hardware marks what is missing."""
        return False

    def _check_powers(self) -> None:
        """Refuse divisors that are no powers of two."""
        if self.pt == "per_event":
            raise BadValue(
                f"{self.kind}.powers_of_two: expected false with pt per_event, which divides by "
                "the sum of an event, got true."
            )
        for name in ("pt", "eta", "phi"):
            divisors = getattr(self.divide, name)
            for kind, value in vars(divisors).items():
                if value is not None and frexp(value)[0] != 0.5:
                    raise BadValue(
                        f"{self.kind}.divide.{name}.{kind}: expected a power of two, because "
                        f"powers_of_two is true, got {value:g}."
                    )

    def _fit(self, pieces: Iterable[Events], layout: Layout, seen: Seen) -> "FittedTriggerObjects":
        del pieces  # nothing is measured
        if self.overlap and not {"eta", "phi"} <= set(layout.features):
            raise BadLayout(
                f"inputs '{self.kind}': expected objects with eta and phi, by which overlaps are "
                f"found, got {list(layout.features)}."
            )
        self.steps(layout)  # where a number is wanting, it is said now
        return FittedTriggerObjects(self, layout, seen)

    def steps(self, layout: Layout) -> tuple[Step, ...]:
        """What is done with arranged objects of a layout, in this order; nothing that is off.

        Raises:
            BadValue: If a kind of the layout has no divisor.
        """
        kinds = layout.kinds
        found: list[Step] = []
        repaired = tuple(self.met_repair if kind == "met" else 0.0 for kind in kinds)
        if self.missing or any(repaired):
            found.append(Missing(self.missing, repaired))
        limit = tuple(self.saturation.of(kind, inf) for kind in kinds)
        if self.saturated != "keep" and any(map(isfinite, limit)):
            found.append(Saturated(self.saturated, limit))
        floor = tuple(self.floor.of(kind, 0.0) for kind in kinds)
        if any(floor):
            found.append(Floor(floor))
        for rule in self.overlap:
            keep, drop = layout.slots(rule.keep), layout.slots(rule.drop)
            if keep and drop:
                ends = ((keep[0], keep[-1] + 1), (drop[0], drop[-1] + 1))
                found.append(OverlapRemoved(*ends, rule.delta_r))
        if self.phi == "leading" and "phi" in layout.features:
            found.append(Rotated(tuple(kind != "met" for kind in kinds)))
        if self.pt == "per_event":
            found.append(PtOfEvent(self.total))
        return (*found, self._divided(layout))

    def _divided(self, layout: Layout) -> Divided:
        def numbers(scale: Divisors | Steps, where: str) -> NDArray[np.float64]:
            return np.array(
                [[self._number(scale, where, f, kind) for f in layout.features]
                 for kind in layout.kinds]
            )  # fmt: skip

        number, step = numbers(self.divide, "divide"), numbers(self.step, "step")
        tables = [tuple(map(tuple, a.tolist())) for a in (number * step, number, step)]
        return Divided(*tables)

    def _number(self, scale: Divisors | Steps, where: str, feature: str, kind: str) -> float:
        name = "pt" if feature in GEV else feature
        if name not in ("eta", "phi") and (name != "pt" or self.pt == "per_event"):
            return 1.0
        numbers: PerKind = getattr(scale, name)
        try:
            return numbers.of(kind)
        except BadValue as error:
            raise BadValue(f"{self.kind}.{where}.{name}: {error}") from None


@final
@dataclass(frozen=True, eq=False, repr=False)
class FittedTriggerObjects(Shown, FittedInputs):
    """`TriggerObjects` for the slots of a layout.

    Args:
        inputs: The settings.
        layout: Of the events.
        seen: What it was fitted on.
    """

    inputs: TriggerObjects
    layout: Layout
    seen: Seen

    @property
    def names(self) -> tuple[str, ...]:
        """Of an object."""
        return self.layout.features

    @property
    def steps(self) -> tuple[Step, ...]:
        """What is done with arranged objects, as plain numbers, one step after the other.

        Of a graph the input is the arranged table (slot, feature) in GeV and radians, zero where
        nothing is, and the outputs are the numbers and the mask.
        """
        return self.inputs.steps(self.layout)

    @property
    def scale(self) -> ObjectScale:
        """Zero and the divisors; of what is scaled event by event NaN."""
        unit = np.array(self._chain.by)
        if self.inputs.pt == "per_event":
            unit[:, self._chain.gev] = np.nan
        return ObjectScale(np.zeros(unit.shape), unit)

    @cached_property
    def _chain(self) -> Chain:
        return chain_of(self.steps, self.layout)

    def __getstate__(self) -> dict[str, Any]:
        """Without what is computed of it."""
        return {k: v for k, v in vars(self).items() if not k.startswith("_")}

    def __call__(self, events: Events) -> Encoded:
        """What a detector sees of these events; each is written to its place at once."""
        from anomalon.features.trigger_kernels import arrange_and_prepare

        objects, mask, *arrangement = self.layout.arrangement(events)
        chain = self._chain
        z = np.zeros((len(events), len(self.layout.kinds), len(self.names)), np.float32)
        there = np.zeros(z.shape[:2], bool)

        def write(rows: slice) -> None:
            arrange_and_prepare(
                objects[rows], mask[rows], *arrangement, chain, FARTHEST, z[rows], there[rows]
            )

        threaded(write, blocks(len(events)))
        return Encoded(z, there)

    def _encode(self, objects: NDArray[np.float64], mask: NDArray[np.bool_]) -> Encoded:
        from anomalon.features.trigger_kernels import prepare

        x, there = np.array(objects, np.float64), np.array(mask, bool)
        z = np.zeros(x.shape, np.float32)
        prepare(x, there, self._chain, FARTHEST, z)
        return Encoded(z, there)


def _check_scale(scale: Divisors | Steps, where: str) -> None:
    check.fields(scale, where, pt=PerKind, eta=PerKind, phi=PerKind)
    for name in ("pt", "eta", "phi"):
        getattr(scale, name).check(f"{where}.{name}", "(0, inf)")


TriggerObjects.fitted = FittedTriggerObjects
Inputs.registry[TriggerObjects.kind] = TriggerObjects
