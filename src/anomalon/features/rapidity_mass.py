"""`RapidityMass`: the rapidity-mass matrix of an event, whatever its objects, as a row of numbers.

Chekanov, arXiv:1805.11650; with an autoencoder of 800, 400 and 200 numbers in ATLAS's search in
two-body masses, arXiv:2307.01612. A row and a column for the missing momentum and for each slot of
each kind of object:

| place | what it holds |
|---|---|
| first row and column | the missing transverse momentum over sqrt(s) |
| first row | transverse mass of the object and the missing momentum, over sqrt(s) |
| first column | C (cosh y - 1) of the object |
| diagonal | transverse energy over sqrt(s) of the first of a kind; of the others what they have less than the one before, over the sum of the two |
| above the diagonal | invariant mass of two objects, over sqrt(s) |
| below the diagonal | C (cosh(Δy / 2) - 1) of two objects |

with C = 0.15. All are between 0 and 1 (what is larger, far forward, counts as 1), zero where there
is no object, and unchanged if the event is turned.
"""  # noqa: E501 - a table

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.events import Events
from anomalon.core.kinematics import delta_phi, energy_momentum, invariant_mass, rapidity
from anomalon.core.seen import Seen
from anomalon.core.shown import Shown
from anomalon.features.inputs import Encoded, FittedInputs, Form, Inputs, Layout

__all__ = ["FittedRapidityMass", "RapidityMass"]

Floats = NDArray[np.floating[Any]]

_C = 0.15
_KINDS = ("jet", "bjet", "electron", "muon", "photon")
_JETS = ("jet", "bjet")
_BLOCK = 4096  # events at a time: a matrix has a thousand numbers


@final
@dataclass(frozen=True)
class RapidityMass(Inputs):
    """The matrix, row by row, with or without the masses in which one searches afterwards.

    Args:
        n_jet: Slots for jets.
        n_bjet: Slots for b-jets.
        n_electron: Slots for electrons.
        n_muon: Slots for muons.
        n_photon: Slots for photons.
        sqrt_s: Energy of the collisions in GeV.
        leave_out: Whether the nine masses of a leading jet or b-jet with another leading object
            are left out, so that a cut on the score does not shape them.

    Raises:
        BadValue: If a setting is outside its range.
    """

    kind: ClassVar[str] = "rapidity_mass"
    form: ClassVar[Form] = "numbers"
    cites: ClassVar[tuple[str, ...]] = ("Chekanov:2018nuh", "ATLAS:2023ixc")

    n_jet: int = 10
    n_bjet: int = 10
    n_electron: int = 5
    n_muon: int = 5
    n_photon: int = 5
    sqrt_s: float = 13_000.0
    leave_out: bool = True

    def __post_init__(self) -> None:
        numbers = {f"n_{kind}": (0, 100) for kind in _KINDS}
        check.fields(self, self.kind, sqrt_s="(0, inf)", leave_out=bool, **numbers)

    @property
    def slots(self) -> tuple[str, ...]:
        """The kind of each row behind the first."""
        return tuple(kind for kind in _KINDS for _ in range(getattr(self, f"n_{kind}")))

    @property
    def kept(self) -> NDArray[np.intp]:
        """Which entries of the matrix are in a row of numbers, row by row."""
        n = len(self.slots) + 1
        kept = np.ones((n, n), bool)
        if self.leave_out:
            for i, j in self._left_out():
                kept[min(i, j), max(i, j)] = False
        return np.flatnonzero(kept)

    def _left_out(self) -> list[tuple[int, int]]:
        """Places of the masses of leading objects: jj, jb, bb, and j or b with e, mu, photon."""
        first = {kind: self.slots.index(kind) + 1 for kind in _KINDS if kind in self.slots}
        jets = [kind for kind in _JETS if kind in first]
        same = [(first[k], first[k] + 1) for k in jets if getattr(self, f"n_{k}") > 1]
        mixed = [(first["jet"], first["bjet"])] if len(jets) == 2 else []
        others = [kind for kind in first if kind not in _JETS]
        return same + mixed + [(first[a], first[b]) for a in jets for b in others]

    def matrix(self, objects: Floats, mask: NDArray[np.bool_], layout: Layout) -> Floats:
        """Matrices (event, row, column) of arranged objects (event, slot, feature)."""
        event = _slots_of(self.slots, objects, mask, layout)
        n = len(self.slots) + 1
        found = np.zeros((len(objects), n, n))
        found[:, 0, 0] = event.met / self.sqrt_s
        there, y, phi = event.there, event.y, event.phi
        pair = there[:, :, None] & there[:, None, :]
        across = 1 - np.cos(delta_phi(phi, event.met_phi[:, None]))
        found[:, 0, 1:] = np.sqrt(2 * event.et * event.met[:, None] * across) / self.sqrt_s * there
        found[:, 1:, 0] = _C * (np.cosh(y) - 1) * there
        both = event.p4[:, :, None, :] + event.p4[:, None, :, :]
        masses = invariant_mass(both) / self.sqrt_s
        apart = _C * (np.cosh((y[:, :, None] - y[:, None, :]) / 2) - 1)
        upper = np.triu(np.ones((n - 1, n - 1), bool), 1)
        found[:, 1:, 1:] = np.where(upper, masses, apart) * pair
        diagonal = np.arange(1, n)
        found[:, diagonal, diagonal] = self._energies(event.et)
        return np.clip(found, 0.0, 1.0)

    def _energies(self, et: Floats) -> Floats:
        """The diagonal behind the first place."""
        before = np.concatenate([np.zeros((len(et), 1)), et[:, :-1]], axis=1)
        total = before + et
        less = np.divide(before - et, total, out=np.zeros_like(et), where=(total > 0) & (et > 0))
        slots = np.array(["", *self.slots])
        first = slots[1:] != slots[:-1]
        return np.where(first, et / self.sqrt_s, np.maximum(less, 0.0))

    def _fit(self, pieces: Iterable[Events], layout: Layout, seen: Seen) -> "FittedRapidityMass":
        del pieces
        return FittedRapidityMass(self, layout, seen)


@final
@dataclass(frozen=True, eq=False, repr=False)
class FittedRapidityMass(Shown, FittedInputs):
    """`RapidityMass` for events of a layout; nothing is measured.

    Args:
        inputs: The settings.
        layout: Of the events.
        seen: What it was fitted on.
    """

    inputs: RapidityMass
    layout: Layout
    seen: Seen

    @property
    def names(self) -> tuple[str, ...]:
        """What each number is, and of what: et_jet1, mt_jet1, m_jet1_muon1, h_jet1_jet2."""
        rows = ["met"]
        for kind in _KINDS:
            rows += [f"{kind}{i + 1}" for i in range(getattr(self.inputs, f"n_{kind}"))]
        n = len(rows)

        def name(i: int, j: int) -> str:
            if i == j:
                return f"et_{rows[i]}"
            if i == 0 or j == 0:
                return f"mt_{rows[j]}" if i == 0 else f"h_{rows[i]}"
            return f"{'m' if j > i else 'h'}_{rows[min(i, j)]}_{rows[max(i, j)]}"

        return tuple(name(k // n, k % n) for k in self.inputs.kept)

    def _encode(self, objects: NDArray[np.float64], mask: NDArray[np.bool_]) -> Encoded:
        kept = self.inputs.kept
        found = np.empty((len(objects), len(kept)), np.float32)
        for start in range(0, len(objects), _BLOCK):
            some = slice(start, start + _BLOCK)
            matrix = self.inputs.matrix(objects[some], mask[some], self.layout)
            found[some] = matrix.reshape(len(matrix), -1)[:, kept]
        return Encoded(found)


@dataclass(frozen=True, eq=False)
class _Slots:
    """Objects in the slots of a matrix, shape (event, slot), and the missing momentum (event,)."""

    there: NDArray[np.bool_]
    p4: Floats
    et: Floats
    y: Floats
    phi: Floats
    met: Floats
    met_phi: Floats


def _slots_of(
    kinds: tuple[str, ...], objects: Floats, mask: NDArray[np.bool_], layout: Layout
) -> _Slots:
    x = np.zeros((len(objects), len(kinds), objects.shape[2]))
    there = np.zeros((len(objects), len(kinds)), bool)
    for kind in dict.fromkeys(kinds):
        from_ = list(layout.slots(kind))
        to = [i for i, k in enumerate(kinds) if k == kind][: len(from_)]
        x[:, to], there[:, to] = objects[:, from_[: len(to)]], mask[:, from_[: len(to)]]

    def feature(name: str, of: Floats) -> Floats:
        known = name in layout.features
        return of[..., layout.features.index(name)] if known else np.zeros(of.shape[:-1])

    p4 = energy_momentum(*(feature(name, x) for name in ("pt", "eta", "phi", "mass")))
    energy = np.where(there, p4[..., 0], 1.0)
    y = rapidity(np.where(there[..., None], p4, [1.0, 0.0, 0.0, 0.0]))
    across = np.hypot(p4[..., 1], p4[..., 2])
    momentum = np.sqrt(across**2 + p4[..., 3] ** 2)
    sine = np.divide(across, momentum, out=np.zeros_like(across), where=momentum > 0)
    met = list(layout.slots("met"))[:1]
    missing = objects[:, met[0]] if met else np.zeros((len(objects), objects.shape[2]))
    return _Slots(
        there, p4 * there[..., None], energy * sine * there, y, feature("phi", x),
        feature("pt", missing), feature("phi", missing),
    )  # fmt: skip


RapidityMass.fitted = FittedRapidityMass
Inputs.registry[RapidityMass.kind] = RapidityMass
