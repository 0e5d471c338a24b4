"""`Sample`: what a method learns from, a table of features beside the resonant mass."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core import check
from anomalon.core.errors import BadLayout, ColumnMissing, suggest
from anomalon.core.promise import frozen

__all__ = ["Sample"]

Floats = NDArray[np.floating[Any]]

# Not given: `__post_init__` fills it in, so that a reader always finds an array.
_FILLED = cast(Any, None)


@dataclass(frozen=True, eq=False)
class Sample:
    """Events as a table of features; frozen, checked once, sliced like an array.

    Its arrays are read-only: nobody who is handed a sample can change it for the others.

    Args:
        x: Features, shape (event, feature), finite.
        names: One name per feature.
        mass: The resonant mass in GeV, shape (event,), finite and non-negative.
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
    mass: Floats
    weight: Floats = _FILLED
    label: NDArray[np.int8] | None = None
    event: NDArray[np.int64] = _FILLED
    source: str = "memory"

    def __post_init__(self) -> None:
        def put(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        x = np.asarray(self.x)
        put("x", frozen(x if x.dtype in (np.float32, np.float64) else x.astype(np.float64)))
        put("names", tuple(self.names))
        put("mass", frozen(np.asarray(self.mass, dtype=np.float64)))
        if self.x.ndim != 2 or self.x.shape[1] != len(self.names):
            raise BadLayout(
                f"{self.source}: expected features of shape (event, {len(self.names)}) for the "
                f"names {list(self.names)}, got {self.x.shape}."
            )
        check.distinct(self.names, f"{self.source}: features")
        n = len(self.x)
        weight = np.ones(n) if self.weight is None else np.asarray(self.weight, dtype=np.float64)
        put("weight", frozen(weight))
        event = np.arange(n) if self.event is None else np.asarray(self.event)
        put("event", frozen(event.astype(np.int64)))
        for name in ("mass", "weight", "event"):
            check.length(getattr(self, name), n, f"{self.source}: {name}")
        if self.label is not None:
            put("label", frozen(check.truth(self.label, f"{self.source}: label")))
            check.length(cast(Any, self.label), n, f"{self.source}: label")
        for j, name in enumerate(self.names):
            check.finite(self.x[:, j], f"{self.source}: feature '{name}'")
        check.finite(self.mass, f"{self.source}: mass")
        check.non_negative(self.mass, f"{self.source}: mass")
        check.finite(self.weight, f"{self.source}: weight")

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, index: Any) -> "Sample":
        """The events that a mask, a slice or an array of row numbers picks."""
        if isinstance(index, int | np.integer):
            index = slice(int(index), int(index) + 1 or None)
        return replace(
            self,
            x=self.x[index],
            mass=self.mass[index],
            weight=self.weight[index],
            label=None if self.label is None else self.label[index],
            event=self.event[index],
        )

    def __repr__(self) -> str:
        truth = "" if self.label is None else f", {int(np.sum(self.label == 1))} signal"
        span = f", mass {self.mass.min():.0f}-{self.mass.max():.0f} GeV" if len(self) else ""
        return f"Sample({len(self)} events{truth}{span}, {list(self.names)}, from {self.source})"

    def column(self, name: str) -> Floats:
        """One feature by name, shape (event,).

        Raises:
            ColumnMissing: If there is no such feature.
        """
        if name not in self.names:
            raise ColumnMissing(f"{self.source}: no feature '{name}'; {suggest(name, self.names)}")
        return self.x[:, self.names.index(name)]

    def select(self, names: Sequence[str]) -> "Sample":
        """The same events with these features only, in this order."""
        columns = [self.column(name) for name in names]
        x = np.stack(columns, axis=1) if columns else self.x[:, :0]
        return replace(self, x=x, names=tuple(names))

    def with_x(self, x: ArrayLike, names: Sequence[str] | None = None) -> "Sample":
        """The same events with other features."""
        return replace(self, x=np.asarray(x), names=self.names if names is None else tuple(names))

    def with_weight(self, weight: ArrayLike) -> "Sample":
        """The same events with other weights."""
        return replace(self, weight=np.asarray(weight))

    def blind(self) -> "Sample":
        """The same events without the truth: what every method gets."""
        return self if self.label is None else replace(self, label=None)

    def between(self, low: float, high: float) -> "Sample":
        """The events with low <= mass < high, in GeV."""
        return self[(self.mass >= low) & (self.mass < high)]

    @staticmethod
    def concatenate(samples: "Sequence[Sample]") -> "Sample":
        """One sample out of several with the same features.

        Event identities are kept as they are: give samples of different origin different ones.
        The label survives only if every part has one.
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
        labels = [s.label for s in samples]
        known = [label for label in labels if label is not None]
        return Sample(
            x=np.concatenate([s.x for s in samples]),
            names=first.names,
            mass=np.concatenate([s.mass for s in samples]),
            weight=np.concatenate([s.weight for s in samples]),
            label=np.concatenate(known) if len(known) == len(labels) else None,
            event=np.concatenate([s.event for s in samples]),
            source=" + ".join(dict.fromkeys(s.source for s in samples)),
        )

    def digest(self) -> str:
        """SHA-256 of all that a method may see (not the label): the identity of these data."""
        h = hashlib.sha256("\x1f".join(self.names).encode())
        for array in (self.x, self.mass, self.weight, self.event):
            h.update(str((array.dtype.str, array.shape)).encode())
            h.update(np.ascontiguousarray(array).tobytes())
        return h.hexdigest()
