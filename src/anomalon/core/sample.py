"""`Sample`: what a method learns from, a table of features, often beside a resonant mass."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core import check
from anomalon.core.display import html_table, lowest_and_highest, some
from anomalon.core.errors import BadLayout, ColumnMissing, MassRequired, suggest
from anomalon.core.promise import frozen
from anomalon.core.trusted import picked, taken, trusted

__all__ = ["Sample"]

Floats = NDArray[np.floating[Any]]

# Not given: `__post_init__` fills it in, so that a reader always finds an array.
_FILLED = cast(Any, None)
# Typed as if it were always there: jobs that need a mass ask once, at their door (`required_mass`),
# and what is behind it need not.
_NO_MASS = cast(Any, None)


@dataclass(frozen=True, eq=False)
class Sample:
    """Events as a table of features; frozen, checked when made, sliced like an array.

    Its arrays are read-only: nobody who is handed a sample can change it for the others. Slices,
    selections and concatenations of samples are not checked again.

    Args:
        x: Features, shape (event, feature), finite.
        names: One name per feature.
        mass: The resonant mass in GeV, shape (event,), finite and non-negative; None if these
            events have none.
        weight: Event weights, shape (event,), finite; ones if not given.
        label: Truth (1 signal, 0 background), shape (event,); for tests and injections only.
        event: Identity of the original event, shape (event,), integers. Copies of one event share
            it, and no fold ever separates them. Row numbers if not given.
        source: Where the events come from, for messages and reports.

    Raises:
        BadLayout: If a shape does not fit or a name occurs twice.
        BadNumbers: If there is a NaN, an infinity, a negative mass, or a label other than 0 and 1.
    """

    x: Floats
    names: tuple[str, ...]
    mass: Floats = _NO_MASS
    weight: Floats = _FILLED
    label: NDArray[np.int8] | None = None
    event: NDArray[np.int64] = _FILLED
    source: str = "memory"

    def __post_init__(self) -> None:
        def put(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        put("names", tuple(self.names))
        put("x", _layout(self.x, self.names, self.source))
        n = len(self.x)
        if self.has_mass:
            put("mass", frozen(np.asarray(self.mass, dtype=np.float64)))
            check.length(self.mass, n, f"{self.source}: mass")
        weight = np.ones(n) if self.weight is None else np.asarray(self.weight, dtype=np.float64)
        put("weight", frozen(weight))
        event = np.arange(n) if self.event is None else np.asarray(self.event)
        put("event", frozen(event.astype(np.int64)))
        for name in ("weight", "event"):
            check.length(getattr(self, name), n, f"{self.source}: {name}")
        if self.label is not None:
            put("label", frozen(check.truth(self.label, f"{self.source}: label")))
            check.length(cast(Any, self.label), n, f"{self.source}: label")
        _check_features(self.x, self.names, self.source)
        if self.has_mass:
            _check_masses(self.mass, self.source)
        check.finite(self.weight, f"{self.source}: weight")

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, index: Any) -> "Sample":
        """The events that a mask, a slice or an array of row numbers picks.

        Raises:
            BadLayout: If it is none of these.
        """
        rows = picked(index, len(self), self.source)
        arrays = ("x", "mass", "weight", "label", "event")
        given = {name: getattr(self, name) for name in arrays}
        return self._with(**{k: None if v is None else taken(v, rows) for k, v in given.items()})

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Read-only in another process too."""
        vars(self).update(vars(trusted(Sample, state)))

    def __repr__(self) -> str:
        return f"Sample({self._count}, {some(self.names)}, from {self.source})"

    def _repr_html_(self) -> str:
        columns = {name: self.x[:, j] for j, name in enumerate(self.names)}
        if self.has_mass:
            columns = {"mass (GeV)": self.mass} | columns
        rows = [
            (name, str(values.dtype), *lowest_and_highest(values))
            for name, values in (columns | {"weight": self.weight}).items()
        ]
        head = ("column", "type", "lowest", "highest")
        return html_table(f"Sample of {self._count}", f"from {self.source}", head, rows)

    @property
    def _count(self) -> str:
        truth = "" if self.label is None else f", {int(np.sum(self.label == 1))} signal"
        if not self.has_mass:
            span = ", no mass"
        else:
            span = f", mass {self.mass.min():.0f}-{self.mass.max():.0f} GeV" if len(self) else ""
        return f"{len(self)} events{truth}{span}"

    def _with(self, **changes: Any) -> "Sample":
        """The same with other fields, which have been checked."""
        return trusted(Sample, vars(self) | changes)

    @property
    def has_mass(self) -> bool:
        """Whether there is a resonant mass."""
        return self.mass is not None

    def column(self, name: str) -> Floats:
        """One feature by name, shape (event,).

        Raises:
            ColumnMissing: If there is no such feature.
        """
        if name not in self.names:
            raise ColumnMissing(f"{self.source}: no feature '{name}'; {suggest(name, self.names)}")
        return self.x[:, self.names.index(name)]

    def required_mass(self, what: str) -> Floats:
        """The mass in GeV, shape (event,), for work that cannot do without.

        Args:
            what: Which work, for the message.

        Raises:
            MassRequired: If this sample has none.
        """
        if not self.has_mass:
            raise MassRequired(
                f"{what}: needs the resonant mass of every event, and the sample from "
                f"{self.source} has none. Give it with `sample.with_mass(mass)` (in GeV), or name "
                "its column: anomalon.load(path, mass=..., features=[...])."
            )
        return self.mass

    def select(self, names: Sequence[str]) -> "Sample":
        """The same events with these features only, in this order.

        Raises:
            ColumnMissing: If there is no such feature.
            BadLayout: If a name is given twice.
        """
        columns = [self.column(name) for name in names]
        check.distinct(tuple(names), f"{self.source}: features")
        x = np.stack(columns, axis=1) if columns else self.x[:, :0]
        return self._with(x=x, names=tuple(names))

    def with_x(self, x: ArrayLike, names: Sequence[str] | None = None) -> "Sample":
        """The same events with other features.

        Raises:
            BadLayout: If the shape is not (event, feature), or a name occurs twice.
            BadNumbers: If a feature is not finite.
        """
        names = self.names if names is None else tuple(names)
        new = _layout(x, names, self.source)
        if len(new) != len(self):
            raise BadLayout(
                f"{self.source}: expected features of {len(self)} events, got {len(new)}."
            )
        _check_features(new, names, self.source)
        return self._with(x=new, names=names)

    def with_mass(self, mass: ArrayLike) -> "Sample":
        """The same events with another resonant mass in GeV, shape (event,).

        Raises:
            BadLayout: If there is not one for every event.
            BadNumbers: If one is negative or not finite.
        """
        new = np.asarray(mass, dtype=np.float64)
        check.length(new, len(self), f"{self.source}: mass")
        _check_masses(new, self.source)
        return self._with(mass=new)

    def with_weight(self, weight: ArrayLike) -> "Sample":
        """The same events with other weights.

        Raises:
            BadLayout: If there is not one for every event.
            BadNumbers: If one is not finite.
        """
        new = np.asarray(weight, dtype=np.float64)
        check.length(new, len(self), f"{self.source}: weight")
        check.finite(new, f"{self.source}: weight")
        return self._with(weight=new)

    def blind(self) -> "Sample":
        """The same events without the truth: what every method gets."""
        return self if self.label is None else self._with(label=None)

    def between(self, low: float, high: float) -> "Sample":
        """The events with low <= mass < high, in GeV.

        Raises:
            MassRequired: If there is no mass.
        """
        mass = self.required_mass(f"Sample.between({low:g}, {high:g})")
        return self[(mass >= low) & (mass < high)]

    @staticmethod
    def concatenate(samples: "Sequence[Sample]") -> "Sample":
        """One sample out of several with the same features.

        Event identities are kept as they are: give samples of different origin different ones.
        The label survives only if every part has one.

        Raises:
            BadLayout: If there are none, their features differ, or only some have a mass.
        """
        if not samples:
            raise BadLayout("concatenate: expected at least one sample, got none.")
        first = samples[0]
        for other in samples[1:]:
            if other.names != first.names:
                raise BadLayout(
                    f"concatenate: expected features {list(first.names)} (from {first.source}), "
                    f"got {list(other.names)} (from {other.source})."
                )
            if other.has_mass != first.has_mass:
                has, lacks = (first, other) if first.has_mass else (other, first)
                raise BadLayout(
                    f"concatenate: expected all samples with a resonant mass or none, but "
                    f"{has.source} has one and {lacks.source} does not. Give it one with "
                    "`with_mass`."
                )

        def joined(name: str) -> Any:
            parts = [getattr(s, name) for s in samples]
            return None if any(part is None for part in parts) else np.concatenate(parts)

        arrays = {name: joined(name) for name in ("x", "mass", "weight", "label", "event")}
        return first._with(**arrays, source=" + ".join(dict.fromkeys(s.source for s in samples)))

    def digest(self) -> str:
        """SHA-256 of all that a method may see (not the label): the identity of these data."""
        h = hashlib.sha256("\x1f".join(self.names).encode())
        if not self.has_mass:
            h.update(b"\x1fno mass")
        mass = (self.mass,) if self.has_mass else ()
        for array in (self.x, *mass, self.weight, self.event):
            h.update(str((array.dtype.str, array.shape)).encode())
            h.update(np.ascontiguousarray(array).tobytes())
        return h.hexdigest()


def _layout(x: ArrayLike, names: tuple[str, ...], source: str) -> Floats:
    """Features as a read-only array of floats with one column per name."""
    given = np.asarray(x)
    x = frozen(given if given.dtype in (np.float32, np.float64) else given.astype(np.float64))
    if x.ndim != 2 or x.shape[1] != len(names):
        raise BadLayout(
            f"{source}: expected features of shape (event, {len(names)}) for the "
            f"names {list(names)}, got {x.shape}."
        )
    check.distinct(names, f"{source}: features")
    return x


def _check_features(x: Floats, names: tuple[str, ...], source: str) -> None:
    for j, name in enumerate(names):
        check.finite(x[:, j], f"{source}: feature '{name}'")


def _check_masses(mass: Floats, source: str) -> None:
    check.finite(mass, f"{source}: mass")
    check.non_negative(mass, f"{source}: mass")
