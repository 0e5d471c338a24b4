"""`Particles`: as many as each event has, in flat arrays without padding.

Momenta stay in the coordinates in which they came, (pt, eta, phi and perhaps mass) or (px, py, pz,
energy): each change to the others costs digits, and a clustering whose distances are tied may then
take another turn. Both are there to be asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core import check
from anomalon.core.display import some
from anomalon.core.errors import BadLayout, ColumnMissing, suggest
from anomalon.core.events import Events
from anomalon.core.kinematics import energy_momentum, pt_eta_phi_mass
from anomalon.core.promise import frozen
from anomalon.core.shown import Shown
from anomalon.core.trusted import picked, read_only, trusted

__all__ = ["Particles"]

Floats = NDArray[np.floating[Any]]

_POLAR = ("pt", "eta", "phi")
_CARTESIAN = ("px", "py", "pz", "energy")


@dataclass(frozen=True, eq=False)
class Particles(Shown):
    """The particles of many events, one event after the other; frozen, checked when made.

    An "event" may be any group of them: the constituents of a jet as well. Its arrays are
    read-only. Slices and concatenations are not checked again.

    Args:
        columns: Numbers per particle by name, each of shape (particle,), in GeV and radians: pt,
            eta and phi, with mass (massless without it), or px, py, pz and energy; and any others,
            as charge or kind. Momenta are float32 or float64.
        offsets: Shape (event + 1,), integers: the particles of event i are those from offsets[i] up
            to offsets[i + 1].
        source: Where they come from, for messages and reports.

    Raises:
        BadLayout: If a column has another length, offsets do not fit, or there are no momenta.
        BadNumbers: If a number is NaN or infinite.
    """

    columns: Mapping[str, NDArray[Any]]
    offsets: NDArray[np.int64]
    source: str = "memory"

    def __post_init__(self) -> None:
        columns = {name: np.asarray(values) for name, values in self.columns.items()}
        if not any(set(names) <= set(columns) for names in (_POLAR, _CARTESIAN)):
            raise BadLayout(
                f"{self.source}: expected particles with {', '.join(_POLAR)} (and mass), or with "
                f"{', '.join(_CARTESIAN)}; got {some(columns)}."
            )
        for name in (*_POLAR, "mass", *_CARTESIAN):
            if name in columns and columns[name].dtype not in (np.float32, np.float64):
                columns[name] = columns[name].astype(np.float64)
        shapes = {name: values.shape for name, values in columns.items()}
        n = len(next(iter(columns.values()))) if () not in shapes.values() else -1
        if any(shape != (n,) for shape in shapes.values()):
            raise BadLayout(
                f"{self.source}: expected flat arrays of one length, one number per particle, got "
                f"{shapes}."
            )
        object.__setattr__(self, "columns", read_only(columns))
        object.__setattr__(self, "offsets", _offsets(self.offsets, n, self.source))
        for name, values in columns.items():
            if np.issubdtype(values.dtype, np.floating):
                check.finite(values, f"{self.source}: particles: {name}")

    @staticmethod
    def polar(
        pt: ArrayLike,
        eta: ArrayLike,
        phi: ArrayLike,
        offsets: ArrayLike,
        *,
        mass: ArrayLike | None = None,
        source: str = "memory",
    ) -> "Particles":
        """Particles from pt, eta, phi and mass (massless without it), in GeV and radians."""
        columns = {"pt": pt, "eta": eta, "phi": phi} | ({} if mass is None else {"mass": mass})
        return Particles(cast(Any, columns), cast(Any, offsets), source)

    @staticmethod
    def cartesian(
        px: ArrayLike,
        py: ArrayLike,
        pz: ArrayLike,
        energy: ArrayLike,
        offsets: ArrayLike,
        *,
        source: str = "memory",
    ) -> "Particles":
        """Particles from px, py, pz and energy in GeV."""
        columns = {"px": px, "py": py, "pz": pz, "energy": energy}
        return Particles(cast(Any, columns), cast(Any, offsets), source)

    @staticmethod
    def of(events: Events) -> "Particles":
        """The objects in the filled slots of padded events, with all their features.

        Raises:
            BadLayout: If these have no pt, eta and phi (nor px, py, pz and energy).
        """
        columns = {name: events.feature(name)[events.mask] for name in events.feature_names}
        offsets = np.concatenate([[0], np.cumsum(events.mask.sum(axis=1))])
        return Particles(columns, offsets, events.source)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: Any) -> "Particles":
        """The events that a mask, a slice or an array of row numbers picks.

        Raises:
            BadLayout: If it is none of these.
        """
        rows = picked(index, len(self), self.source)
        sizes = self.n_particles[rows]
        starts = self.offsets[:-1][rows]
        ends = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        if isinstance(rows, slice) and rows.step in (None, 1):  # they lie together: no copy
            first = int(starts[0]) if len(starts) else 0
            where: Any = slice(first, first + int(ends[-1]))
        else:
            where = np.repeat(starts - ends[:-1], sizes) + np.arange(ends[-1])
        columns = {name: values[where] for name, values in self.columns.items()}
        return self._with(columns=columns, offsets=ends)

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"columns": dict(self.columns)}  # the read-only view has no pickle

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Read-only in another process too."""
        vars(self).update(vars(trusted(Particles, state)))

    def __repr__(self) -> str:
        return (
            f"Particles({len(self)} events, {self.offsets[-1]} particles, {some(self.columns)}, "
            f"from {self.source})"
        )

    def _with(self, **changes: Any) -> "Particles":
        """The same with other fields, which have been checked."""
        return trusted(Particles, vars(self) | changes)

    @property
    def n_particles(self) -> NDArray[np.int64]:
        """How many particles each event has, shape (event,)."""
        return np.diff(self.offsets)

    def column(self, name: str) -> NDArray[Any]:
        """One number per particle by name, as it was given, shape (particle,).

        Raises:
            ColumnMissing: If there is no such column.
        """
        if name not in self.columns:
            raise ColumnMissing(f"{self.source}: no column '{name}'; {suggest(name, self.columns)}")
        return self.columns[name]

    @property
    def p4(self) -> Floats:
        """Four-momenta (E, px, py, pz) in GeV, shape (particle, 4), float64."""
        if set(_CARTESIAN) <= set(self.columns):
            px, py, pz, energy = (np.asarray(self.columns[n], np.float64) for n in _CARTESIAN)
            return np.stack([energy, px, py, pz], axis=-1)
        pt, eta, phi = (self.columns[name] for name in _POLAR)
        return energy_momentum(pt, eta, phi, self.columns.get("mass", 0.0))

    def coordinate(self, name: str) -> Floats:
        """One coordinate of the momenta, shape (particle,): as it was given, or in float64.

        Args:
            name: pt, eta, phi, mass, px, py, pz or energy.

        Raises:
            ColumnMissing: If it is none of these.
        """
        if name in self.columns:
            return self.columns[name]
        if name in _CARTESIAN:
            return self.p4[:, ("energy", "px", "py", "pz").index(name)]
        if name not in (*_POLAR, "mass"):
            known = (*_POLAR, "mass", *_CARTESIAN)
            raise ColumnMissing(f"{self.source}: no coordinate '{name}'; {suggest(name, known)}")
        if name == "mass" and set(_POLAR) <= set(self.columns):
            return np.zeros(int(self.offsets[-1]))
        return pt_eta_phi_mass(self.p4)[(*_POLAR, "mass").index(name)]

    @property
    def pt(self) -> Floats:
        """Transverse momenta in GeV, shape (particle,)."""
        return self.coordinate("pt")

    @property
    def eta(self) -> Floats:
        """Pseudorapidities, shape (particle,)."""
        return self.coordinate("eta")

    @property
    def phi(self) -> Floats:
        """Azimuths in radians, shape (particle,)."""
        return self.coordinate("phi")

    @property
    def mass(self) -> Floats:
        """Masses in GeV, shape (particle,)."""
        return self.coordinate("mass")

    @property
    def px(self) -> Floats:
        """Momenta along x in GeV, shape (particle,)."""
        return self.coordinate("px")

    @property
    def py(self) -> Floats:
        """Momenta along y in GeV, shape (particle,)."""
        return self.coordinate("py")

    @property
    def pz(self) -> Floats:
        """Momenta along the beam in GeV, shape (particle,)."""
        return self.coordinate("pz")

    @property
    def energy(self) -> Floats:
        """Energies in GeV, shape (particle,)."""
        return self.coordinate("energy")

    def padded(
        self,
        n_slots: int | None = None,
        *,
        features: Sequence[str] = ("pt", "eta", "phi", "mass"),
        kind: str = "particle",
        label: NDArray[Any] | None = None,
        weight: NDArray[Any] | None = None,
        columns: Mapping[str, NDArray[Any]] | None = None,
    ) -> Events:
        """Events of a fixed number of slots, filled from the first; empty ones are zero.

        Args:
            n_slots: How many; as many as the fullest event needs, if not given. What an event has
                beyond them, in its own order, is left out, and the events' `source` says so.
            features: Coordinates of the momenta, or columns.
            kind: What the slots hold, and how they are called: "jet1", "jet2", …
            label: Truth of the events, shape (event,).
            weight: Of the events, shape (event,).
            columns: Per-event numbers, each of shape (event,).

        Raises:
            ColumnMissing: If there is no such feature.
            BadValue: If `n_slots` or `kind` is none.
        """
        sizes = self.n_particles
        most = int(sizes.max(initial=0))
        n_slots = most if n_slots is None else check.whole(n_slots, "padded: n_slots")
        event = np.repeat(np.arange(len(self)), sizes)
        slot = np.arange(len(event)) - np.repeat(self.offsets[:-1], sizes)
        kept = slot < n_slots
        named = {name: self.coordinate(name) for name in features}
        dtype = np.result_type(np.float32, *named.values())
        objects = np.zeros((len(self), n_slots, len(named)), dtype=dtype)
        for j, values in enumerate(named.values()):
            objects[event[kept], slot[kept], j] = values[kept]
        lost = int((~kept).sum())
        return Events(
            objects=objects,
            object_names=tuple(f"{kind}{i + 1}" for i in range(n_slots)),
            feature_names=tuple(named),
            mask=np.arange(n_slots) < sizes[:, None],
            label=cast(Any, label),
            weight=cast(Any, weight),
            columns=columns or {},
            source=self.source + (f" ({lost} beyond {n_slots} slots left out)" if lost else ""),
            object_kinds=(kind,) * n_slots,
        )

    @staticmethod
    def concatenate(parts: "Sequence[Particles]") -> "Particles":
        """The events of several, one after the other.

        Raises:
            BadLayout: If there are none, or their columns differ.
        """
        if not parts:
            raise BadLayout("concatenate: expected at least one set of particles, got none.")
        first = parts[0]
        for other in parts[1:]:
            if set(other.columns) != set(first.columns):
                raise BadLayout(
                    f"concatenate: expected columns {sorted(first.columns)} (from {first.source}), "
                    f"got {sorted(other.columns)} (from {other.source})."
                )
        columns = {k: np.concatenate([p.columns[k] for p in parts]) for k in first.columns}
        sizes = np.concatenate([p.n_particles for p in parts])
        return first._with(
            columns=columns,
            offsets=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
            source=" + ".join(dict.fromkeys(p.source for p in parts)),
        )


def _offsets(offsets: Any, n: int, source: str) -> NDArray[np.int64]:
    given = np.asarray(offsets)
    fits = (
        given.ndim == 1
        and np.issubdtype(given.dtype, np.integer)
        and len(given) >= 1
        and given[0] == 0
        and given[-1] == n
        and bool((np.diff(given.astype(np.int64)) >= 0).all())
    )
    if not fits:
        raise BadLayout(
            f"{source}: expected integer offsets that rise from 0 to the number of particles "
            f"({n}), got {given.dtype} of shape {given.shape}."
        )
    return frozen(given.astype(np.int64, copy=False))
