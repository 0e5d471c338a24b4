"""`EventSummary`: what a physicist would look at first in any event, as one row of numbers.

How many objects of each kind, their leading transverse momenta, sums, missing momentum, invariant
and transverse masses and angles between what leads: nothing that knows a signal, and all of it
defined by the kinds of objects that a layout has. Of momenta, sums and masses it is ln(1 + x/GeV).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadLayout
from anomalon.core.events import Events
from anomalon.core.kinematics import delta_phi, delta_r, energy_momentum, invariant_mass
from anomalon.features.feature_rows import FeatureRows, described
from anomalon.features.inputs import Inputs, Layout

__all__ = ["EventSummary", "summarised"]

Floats = NDArray[np.float64]

_LEPTONS = ("electron", "muon", "tau")
_JETS = ("jet", "bjet")


@dataclass(frozen=True, eq=False)
class _Seen:
    """Arranged events, with what several features need.

    Args:
        layout: Of the slots.
        pt, eta, phi: Shape (event, slot); zero where nothing is.
        mask: Which slots are filled.
        p4: Four-momenta (event, slot, 4) of visible objects.
    """

    layout: Layout
    pt: Floats
    eta: Floats
    phi: Floats
    mask: NDArray[np.bool_]
    p4: Floats

    @classmethod
    def of(cls, objects: Floats, mask: NDArray[np.bool_], layout: Layout) -> "_Seen":
        def feature(name: str) -> Floats:
            if name not in layout.features:
                return np.zeros(mask.shape)
            return objects[:, :, layout.features.index(name)]

        pt, eta, phi = feature("pt"), feature("eta"), feature("phi")
        visible = mask & np.array([kind != "met" for kind in layout.kinds])
        p4 = energy_momentum(pt, eta, phi, feature("mass")) * visible[:, :, None]
        return cls(layout, pt, eta, phi, mask, p4)

    def slots(self, *kinds: str) -> list[int]:
        return [i for i, kind in enumerate(self.layout.kinds) if kind in kinds]

    def leading(self, slots: list[int], n: int) -> tuple[Floats, Floats, Floats, Floats]:
        """The n of highest pT among slots of several kinds: pt, eta, phi and p4."""
        here = np.where(self.mask[:, slots], self.pt[:, slots], -1.0)
        order = np.argsort(-here, axis=1, kind="stable")[:, :n]
        where = np.array(slots)[order]
        three = [np.take_along_axis(a, where, axis=1) for a in (self.pt, self.eta, self.phi)]
        return (*three, np.take_along_axis(self.p4, where[:, :, None], axis=1))  # type: ignore[return-value]

    @property
    def missing(self) -> tuple[Floats, Floats]:
        """Pt and phi of the missing momentum; of what is visible if there is no slot for it."""
        met = self.slots("met")
        if met:
            return self.pt[:, met[0]], self.phi[:, met[0]]
        px, py = -self.p4[:, :, 1].sum(axis=1), -self.p4[:, :, 2].sum(axis=1)
        return np.hypot(px, py), np.arctan2(py, px)


@final
@dataclass(frozen=True)
class EventSummary(FeatureRows):
    """A row of features of an event, standardised.

    Args:
        leading: How many leading objects of each kind are described one by one.
        only: Names of features to take; all of them if none are given.

    Raises:
        BadValue: If `leading` is out of range.
    """

    kind: ClassVar[str] = "event_summary"

    leading: int = 3
    only: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check.fields(self, "event_summary", leading=(1, 100))
        self._check_only()

    def feature_names(self, layout: Layout) -> tuple[str, ...]:
        """All that can be computed of events of a layout."""
        return tuple(self._functions(layout))

    def row(self, objects: Floats, mask: NDArray[np.bool_], layout: Layout) -> Floats:
        """The features of arranged objects (event, slot, feature), shape (event, feature)."""
        event = _Seen.of(objects, mask, layout)
        functions = self._functions(layout)
        return np.stack([functions[name](event) for name in self.only or functions], axis=1)

    def _functions(self, layout: Layout) -> dict[str, Callable[[_Seen], Floats]]:
        """What is computed, by name, for events of a layout."""
        kinds = [kind for kind in dict.fromkeys(layout.kinds) if kind != "met"]
        found: dict[str, Callable[[_Seen], Floats]] = {
            "met": lambda e: np.log1p(e.missing[0]),
            "ht": lambda e: np.log1p(_sum_pt(e, *_JETS)),
            "st": lambda e: np.log1p(_sum_pt(e, *kinds) + e.missing[0]),
            "multiplicity": lambda e: e.mask[:, e.slots(*kinds)].sum(axis=1).astype(np.float64),
            "leading_pt": lambda e: np.log1p(
                (e.pt * e.mask)[:, e.slots(*kinds)].max(axis=1, initial=0.0)
            ),
            "mass": lambda e: np.log1p(invariant_mass(e.p4.sum(axis=1))),
            "centrality": _centrality,
            "sphericity": _transverse_sphericity,
        }
        for kind in kinds:
            found |= self._of_kind(kind, layout)
        leptons = [kind for kind in kinds if kind in _LEPTONS]
        if leptons:
            found |= _of_group("lepton", tuple(leptons), layout)
        jets = tuple(kind for kind in kinds if kind in _JETS)
        if jets:
            found |= _of_group("jet", jets, layout)
        if leptons and jets:
            found |= {
                "m_lepton_jet": lambda e: _pair_mass(e, tuple(leptons), jets),
                "dr_lepton_jet": lambda e: _pair_angle(e, tuple(leptons), jets),
            }
        return found

    def _of_kind(self, kind: str, layout: Layout) -> dict[str, Callable[[_Seen], Floats]]:
        slots = list(layout.slots(kind))
        found: dict[str, Callable[[_Seen], Floats]] = {
            f"n_{kind}": lambda e: e.mask[:, slots].sum(axis=1).astype(np.float64)
        }
        for i, slot in enumerate(slots[: self.leading]):
            found[f"pt_{kind}{i + 1}"] = lambda e, s=slot: np.log1p(e.pt[:, s])  # type: ignore[misc]
            found[f"eta_{kind}{i + 1}"] = lambda e, s=slot: np.abs(e.eta[:, s])  # type: ignore[misc]
        return found


def summarised(events: Events, inputs: EventSummary | None = None) -> dict[str, Floats]:
    """The features of events by name, before they are standardised.

    Args:
        events: Objects with pt, eta and phi.
        inputs: Which features; all of them if None.

    Raises:
        BadLayout: If there is no pt.
    """
    if "pt" not in events.feature_names:
        raise BadLayout(f"{events.source}: expected objects with a pt, got {events.feature_names}.")
    return described(events, inputs or EventSummary())


def _sum_pt(event: _Seen, *kinds: str) -> Floats:
    slots = event.slots(*kinds)
    return np.asarray((event.pt * event.mask)[:, slots].sum(axis=1))


def _centrality(event: _Seen) -> Floats:
    """Transverse momentum over energy of all that is visible: 1 across the beam, 0 along it."""
    energy = event.p4[:, :, 0].sum(axis=1)
    pt = np.hypot(event.p4[:, :, 1], event.p4[:, :, 2]).sum(axis=1)
    return np.asarray(np.divide(pt, energy, out=np.zeros_like(pt), where=energy > 0))


def _transverse_sphericity(event: _Seen) -> Floats:
    """2 λ2 / (λ1 + λ2) of the momenta's tensor across the beam: 0 along a line, 1 all around."""
    px, py = event.p4[:, :, 1], event.p4[:, :, 2]
    xx, yy, xy = (px**2).sum(axis=1), (py**2).sum(axis=1), (px * py).sum(axis=1)
    trace, root = xx + yy, np.sqrt((xx - yy) ** 2 + 4 * xy**2)
    share = np.divide(trace - root, trace, out=np.zeros_like(trace), where=trace > 0)
    return np.asarray(share)


def _of_group(
    name: str, kinds: tuple[str, ...], layout: Layout
) -> dict[str, Callable[[_Seen], Floats]]:
    """Masses and angles of the leading objects of a group, which missing momentum goes with."""
    n = sum(kind in kinds for kind in layout.kinds)

    def mass(event: _Seen, n_leading: int) -> Floats:
        if n_leading == 0:
            return np.log1p(invariant_mass(event.p4[:, event.slots(*kinds)].sum(axis=1)))
        p4 = event.leading(event.slots(*kinds), n_leading)[3]
        there = (p4[:, :, 0] > 0).all(axis=1)
        return np.where(there, np.log1p(invariant_mass(p4.sum(axis=1))), 0.0)

    found: dict[str, Callable[[_Seen], Floats]] = {
        f"dphi_{name}_met": lambda e: _angle_to_missing(e, kinds),
        f"mt_{name}_met": lambda e: np.log1p(_transverse_mass(e, kinds)),
    }
    if n >= 2:
        found |= {
            f"m_{name}s": lambda e: mass(e, 0),
            f"m_{name}{name}": lambda e: mass(e, 2),
            f"dr_{name}{name}": lambda e: _pair_angle(e, kinds, kinds),
        }
    return found


def _angle_to_missing(event: _Seen, kinds: tuple[str, ...]) -> Floats:
    """|Δφ| between the leading one and the missing momentum; zero without one."""
    pt, _, phi, _ = event.leading(event.slots(*kinds), 1)
    return np.where(pt[:, 0] > 0, np.abs(delta_phi(phi[:, 0], event.missing[1])), 0.0)


def _transverse_mass(event: _Seen, kinds: tuple[str, ...]) -> Floats:
    """sqrt(2 pT MET (1 - cos Δφ)) of the leading one."""
    pt, _, phi, _ = event.leading(event.slots(*kinds), 1)
    met, direction = event.missing
    square = 2 * pt[:, 0] * met * (1 - np.cos(phi[:, 0] - direction))
    return np.asarray(np.sqrt(np.maximum(square, 0.0)))


def _two(
    event: _Seen, first: tuple[str, ...], second: tuple[str, ...]
) -> tuple[list[Floats], list[Floats]]:
    if first == second:
        leading = event.leading(event.slots(*first), 2)
        return [a[:, 0] for a in leading], [a[:, 1] for a in leading]
    one, other = (event.leading(event.slots(*kinds), 1) for kinds in (first, second))
    return [a[:, 0] for a in one], [a[:, 0] for a in other]


def _pair_mass(event: _Seen, first: tuple[str, ...], second: tuple[str, ...]) -> Floats:
    a, b = _two(event, first, second)
    there = (a[0] > 0) & (b[0] > 0)
    return np.where(there, np.log1p(invariant_mass(a[3] + b[3])), 0.0)


def _pair_angle(event: _Seen, first: tuple[str, ...], second: tuple[str, ...]) -> Floats:
    a, b = _two(event, first, second)
    there = (a[0] > 0) & (b[0] > 0)
    return np.where(there, delta_r(a[1], a[2], b[1], b[2]), 0.0)


Inputs.registry[EventSummary.kind] = EventSummary
