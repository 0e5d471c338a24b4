"""`JetRoles`: which list of a file holds what of the constituents, and what else there is of a jet.

Options of `anomalon.load` for jets of any origin:

constituents   a table role = name: pt with eta and phi (as the detector measures them) or deta and
               dphi (relative to the axis), or px, py, pz and energy (massless without it)
jets           a table role = name of numbers per jet: pt, eta, phi, mass, and any others
index          in trees of events, where lists say which constituent belongs to which jet
jet            in tables of one row per constituent, the column that numbers the jets
label, weight, event   numbers per jet, or per event
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Events, Particles, check
from anomalon.core.errors import BadRows, BadValue, UnknownKey, suggest
from anomalon.core.kinematics import energy_momentum, pt_eta_phi_mass
from anomalon.data.columns import identities
from anomalon.data.jets.layout import jet_events, relative_to, wrapped

__all__ = ["JetRoles", "Lists"]

_ABSOLUTE, _RELATIVE = ("pt", "eta", "phi"), ("pt", "deta", "dphi")
_CARTESIAN = ("px", "py", "pz")
ROLES = ("pt", "eta", "phi", "deta", "dphi", "px", "py", "pz", "energy", "mass")
_OF_JETS = ("pt", "eta", "phi", "mass")
_INDEX = ("jet", "constituent")
_ROUNDING = 0.02  # relative, of E beside |p| in few digits
_ABOVE_MOMENTUM = "at least |p|"
_PADDING = "Padding is what has pt = 0 (px = py = 0): write zeros where it is -999 or NaN."
_HINTS = {_ABOVE_MOMENTUM: "Energies and momenta have to be of the same particles, in GeV."}
_TOGETHER = "pt, eta and phi; pt, deta and dphi (relative to the jet); or px, py and pz"

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, eq=False)
class Lists:
    """What was read of some jets.

    Args:
        columns: Numbers per constituent by role, each flat.
        offsets: Shape (jet + 1,): where the constituents of each jet begin.
        numbers: Numbers per jet by the name that the file has for them.
        event: Numbers of the events, shape (jet,).
    """

    columns: Mapping[str, NDArray[Any]]
    offsets: NDArray[np.int64]
    numbers: Mapping[str, NDArray[Any]]
    event: NDArray[np.int64]


@dataclass(frozen=True)
class JetRoles:
    """What is what.

    Args:
        constituents: Pairs (role, name) of numbers per constituent.
        jets: Pairs (role, name) of numbers per jet.
        index: Pairs of "jet" and "constituent" and the lists of their numbers, or none.
        weight, label, event: Names of numbers per jet or event, or None.
    """

    constituents: Pairs
    jets: Pairs = ()
    index: Pairs = ()
    weight: str | None = None
    label: str | None = None
    event: str | None = None

    @classmethod
    def of(cls, options: Mapping[str, Any], where: str) -> "JetRoles":
        """From the options of `anomalon.load`.

        Raises:
            BadValue: If one is of the wrong type, or roles do not make a momentum.
            UnknownKey: If there is no such role.
        """
        constituents = _pairs(options.get("constituents"), f"{where}: `constituents`", ROLES)
        given = {role for role, _ in constituents}
        if not any(given >= set(roles) for roles in (_ABSOLUTE, _RELATIVE, _CARTESIAN)):
            raise BadValue(
                f"{where}: `constituents` needs {_TOGETHER}; got {sorted(given)}. Give them as a "
                'table role = name, e.g. constituents={"pt": "part_pt", "deta": "part_deta", '
                '"dphi": "part_dphi"}.'
            )
        most = 0 if set(_RELATIVE) <= given else 1
        if len(given & {"energy", "mass"}) > most:
            raise BadValue(
                f"{where}: `constituents` takes `energy` or `mass`, not both, and neither beside "
                f"momenta that are relative to the jet; got {sorted(given)}. Masses of such jets "
                "are a role of `jets`."
            )
        jets = _pairs(options.get("jets", {}), f"{where}: `jets`", None)
        index = _pairs(options.get("index", {}), f"{where}: `index`", _INDEX)
        if index and {role for role, _ in index} != set(_INDEX):
            raise BadValue(f"{where}: `index` needs both `jet` and `constituent`.")
        for name in ("weight", "label", "event"):
            if not isinstance(options.get(name), str | None):
                raise BadValue(f"{where}: `{name}` takes a name, got {options[name]!r}.")
        beside = {name: options.get(name) for name in ("weight", "label", "event")}
        return cls(constituents, jets, index, **beside)

    @property
    def numbers(self) -> tuple[str, ...]:
        """Names of all numbers per jet or event, once."""
        named = (*(name for _, name in self.jets), self.weight, self.label, self.event)
        return tuple(dict.fromkeys(name for name in named if name is not None))

    def events(self, lists: Lists, n_constituents: int, source: str) -> Events:
        """The jets.

        Args:
            lists: What was read.
            n_constituents: Slots of a jet.
            source: Where they come from.

        Raises:
            BadNumbers: If a number is not finite, a pt negative, or a label neither 0 nor 1.
        """
        _check_constituents(lists, source)
        numbers = {
            f"jet_{role}" if role in _OF_JETS else role: np.asarray(lists.numbers[name])
            for role, name in self.jets
        }
        for name, values in numbers.items():
            check.finite(np.asarray(values, np.float64), f"{source}: {name}")
        relative, found = _relative(lists.columns, lists.offsets, numbers, source)
        event = lists.event
        if self.event is not None:
            event = identities(lists.numbers[self.event], f"{source}: event '{self.event}'")
        label = None if self.label is None else lists.numbers[self.label]
        if label is not None:
            label = check.truth(label, f"{source}: label '{self.label}'")
        return jet_events(
            relative,
            n_constituents,
            columns={"event": event, **found, **numbers},
            weight=None if self.weight is None else lists.numbers[self.weight],
            label=label,
        )


def _check_constituents(lists: Lists, source: str) -> None:
    """Raise `BadRows`, with the first jets, if numbers of constituents cannot be right."""
    for role, wanted, bad in _wrong(lists.columns):
        slots = np.flatnonzero(bad)
        if len(slots) == 0:
            continue
        jets = np.unique(np.searchsorted(lists.offsets, slots, side="right") - 1)
        raise BadRows(
            f"{source}: {role} of constituents, one row for each jet",
            wanted,
            f"{np.asarray(lists.columns[role])[slots[0]]:g}",
            len(jets),
            tuple(jets[: BadRows.SHOWN].tolist()),
            len(lists.offsets) - 1,
            f"{_HINTS.get(wanted, _PADDING)} Remove or repair other jets before loading.",
        )


def _wrong(columns: Mapping[str, NDArray[Any]]) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    """What is looked at, what is expected, and where it is not so."""
    filled = _filled(columns)
    values = {role: np.asarray(given, np.float64) for role, given in columns.items()}
    for role, given in values.items():
        yield role, "finite numbers", ~np.isfinite(given) & filled
    if "pt" in values:
        yield "pt", "no negative numbers", values["pt"] < 0
    momentum = _momentum(values)
    if "energy" in values and momentum is not None:
        yield "energy", _ABOVE_MOMENTUM, filled & (values["energy"] < (1 - _ROUNDING) * momentum)
    if "mass" in values and momentum is not None:
        wrong = filled & (values["mass"] < -_ROUNDING * np.maximum(momentum, 1.0))
        yield "mass", "no negative numbers", wrong


def _momentum(values: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64] | None:
    """|p| of constituents; None if they are relative to their jets."""
    if set(_CARTESIAN) <= set(values):
        return np.asarray(np.sqrt(sum(values[role] ** 2 for role in _CARTESIAN)))
    if set(_ABSOLUTE) <= set(values):
        return np.asarray(np.abs(values["pt"]) * np.cosh(np.clip(values["eta"], -18, 18)))
    return None


def _relative(
    columns: Mapping[str, NDArray[Any]],
    offsets: NDArray[np.int64],
    numbers: Mapping[str, NDArray[Any]],
    source: str,
) -> tuple[Particles, dict[str, NDArray[Any]]]:
    """Constituents relative to their jets, and the momenta of these if constituents tell them."""
    filled = _filled(columns)
    offsets = np.concatenate([[0], np.cumsum(filled)])[offsets]
    part = {role: np.asarray(values[filled], np.float64) for role, values in columns.items()}
    if set(_RELATIVE) <= set(part):
        pt, eta, phi = (part[role] for role in _RELATIVE)
        return Particles.polar(pt, eta, wrapped(phi), offsets, source=source), {}
    if set(_ABSOLUTE) <= set(part):
        pt, eta, phi = (part[role] for role in _ABSOLUTE)
        p4 = energy_momentum(pt, eta, phi, part.get("mass", 0.0))
        p4[:, 0] = part.get("energy", p4[:, 0])
        constituents = Particles.polar(pt, eta, phi, offsets, source=source)
    else:
        px, py, pz = (part[role] for role in _CARTESIAN)
        mass = part.get("mass", 0.0)
        energy = part.get("energy", np.sqrt(px**2 + py**2 + pz**2 + mass**2))
        p4 = np.stack([energy, px, py, pz], axis=-1)
        constituents = Particles.cartesian(px, py, pz, energy, offsets, source=source)
    there = np.diff(offsets) > 0
    total = np.zeros((len(there), 4))
    if there.any():  # each jet by itself: it has the same sum in any file
        total[there] = np.add.reduceat(p4, offsets[:-1][there])
    found = {}
    for role, values in zip(_OF_JETS, pt_eta_phi_mass(total), strict=True):
        found[f"jet_{role}"] = np.where(there, values, 0).astype(np.float32)
    axis = [numbers.get(name, found[name]) for name in ("jet_eta", "jet_phi")]
    return relative_to(constituents, *axis), found


def _filled(columns: Mapping[str, NDArray[Any]]) -> NDArray[np.bool_]:
    """Which constituents have a transverse momentum: padding has none."""
    if "pt" in columns:
        return np.asarray(columns["pt"] != 0)
    return np.asarray((columns["px"] != 0) | (columns["py"] != 0))


def _pairs(given: Any, where: str, roles: tuple[str, ...] | None) -> Pairs:
    if not isinstance(given, Mapping) or not all(
        isinstance(word, str) for pair in given.items() for word in pair
    ):
        raise BadValue(f"{where} takes a table role = name, got {check.shown(given)}.")
    for role in given:
        if roles is not None and role not in roles:
            raise UnknownKey(f"{where}: unknown role '{role}'; {suggest(role, roles)}")
    return tuple(given.items())
