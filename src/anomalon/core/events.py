"""`Events`: collision events as padded arrays of objects (particles, jets, leptons)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadLayout, ColumnMissing, suggest

__all__ = ["Events"]

Floats = NDArray[np.floating[Any]]

# Not given: `__post_init__` fills it in, so that a reader always finds an array.
_FILLED = cast(Any, None)


@dataclass(frozen=True, eq=False)
class Events:
    """Events as padded objects; frozen, checked once, sliced like an array.

    Args:
        objects: Shape (event, object, feature), float32, or float64 where the source has it.
        object_names: One name per slot of the object axis, e.g. ("jet1", "jet2").
        feature_names: One name per feature, e.g. ("pt", "eta", "phi", "mass"); GeV and radians.
        mask: Shape (event, object): which slots are filled; all of them if not given.
        weight: Shape (event,); ones if not given.
        label: Truth (1 signal, 0 background), shape (event,); for tests and injections only.
        columns: Per-event numbers by name (mjj, run, n_pv …), each of shape (event,).
        source: Where the events come from, for messages and reports.

    Raises:
        BadLayout: If a shape does not fit or the name of a feature occurs twice.
        BadNumbers: If a filled slot holds NaN or infinity, or a label is neither 0 nor 1.
    """

    objects: Floats
    object_names: tuple[str, ...]
    feature_names: tuple[str, ...]
    mask: NDArray[np.bool_] = _FILLED
    weight: Floats = _FILLED
    label: NDArray[np.int8] | None = None
    columns: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    source: str = "memory"

    def __post_init__(self) -> None:
        def put(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        objects = np.asarray(self.objects)
        if objects.dtype not in (np.float32, np.float64):
            objects = objects.astype(np.float32)
        put("objects", objects)
        put("object_names", tuple(self.object_names))
        put("feature_names", tuple(self.feature_names))
        slots = (len(self.object_names), len(self.feature_names))
        if objects.ndim != 3 or objects.shape[1:] != slots:
            raise BadLayout(
                f"{self.source}: expected objects of shape (event, {slots[0]}, {slots[1]}), "
                f"got {objects.shape}."
            )
        check.distinct(self.feature_names, f"{self.source}: features")
        n = len(objects)
        mask = np.ones(objects.shape[:2], bool) if self.mask is None else np.asarray(self.mask)
        if mask.shape != objects.shape[:2] or mask.dtype != np.bool_:
            raise BadLayout(
                f"{self.source}: expected a boolean mask of shape {objects.shape[:2]}, "
                f"got {mask.dtype} of shape {mask.shape}."
            )
        put("mask", mask)
        put("weight", np.ones(n) if self.weight is None else np.asarray(self.weight, np.float64))
        check.length(self.weight, n, f"{self.source}: weight")
        check.finite(self.weight, f"{self.source}: weight")
        if self.label is not None:
            put("label", check.truth(self.label, f"{self.source}: label"))
            check.length(cast(Any, self.label), n, f"{self.source}: label")
        put("columns", MappingProxyType({k: np.asarray(v) for k, v in self.columns.items()}))
        for name, values in self.columns.items():
            check.length(values, n, f"{self.source}: column '{name}'")
        for j, name in enumerate(self.feature_names):
            filled = np.where(mask, objects[:, :, j], 0)
            check.finite(filled, f"{self.source}: object feature '{name}'")

    def __len__(self) -> int:
        return len(self.objects)

    def __getitem__(self, index: Any) -> "Events":
        """The events that a mask, a slice or an array of row numbers picks."""
        if isinstance(index, int | np.integer):
            index = slice(int(index), int(index) + 1 or None)
        return replace(
            self,
            objects=self.objects[index],
            mask=self.mask[index],
            weight=self.weight[index],
            label=None if self.label is None else self.label[index],
            columns={k: v[index] for k, v in self.columns.items()},
        )

    def __repr__(self) -> str:
        truth = "" if self.label is None else f", {int(np.sum(self.label == 1))} signal"
        shape = f"{len(self.object_names)} objects x {list(self.feature_names)}"
        extra = f", columns {list(self.columns)}" if self.columns else ""
        return f"Events({len(self)} events{truth}, {shape}{extra}, from {self.source})"

    def feature(self, name: str) -> Floats:
        """One feature of all objects, shape (event, object).

        Raises:
            ColumnMissing: If there is no such feature.
        """
        if name not in self.feature_names:
            hint = suggest(name, self.feature_names)
            raise ColumnMissing(f"{self.source}: no object feature '{name}'; {hint}")
        return self.objects[:, :, self.feature_names.index(name)]

    def column(self, name: str) -> NDArray[Any]:
        """One per-event number by name, shape (event,).

        Raises:
            ColumnMissing: If there is no such column.
        """
        if name not in self.columns:
            raise ColumnMissing(f"{self.source}: no column '{name}'; {suggest(name, self.columns)}")
        return self.columns[name]

    def blind(self) -> "Events":
        """The same events without the truth: what every method gets."""
        return self if self.label is None else replace(self, label=None)

    @staticmethod
    def concatenate(parts: "Sequence[Events]") -> "Events":
        """One set of events out of several with the same objects, features and columns."""
        if not parts:
            raise BadLayout("concatenate: expected at least one set of events, got none.")
        first = parts[0]
        for other in parts[1:]:
            for what in ("object_names", "feature_names"):
                if getattr(other, what) != getattr(first, what):
                    raise BadLayout(
                        f"concatenate: expected {what} {getattr(first, what)} (from "
                        f"{first.source}), got {getattr(other, what)} (from {other.source})."
                    )
            if set(other.columns) != set(first.columns):
                raise BadLayout(
                    f"concatenate: expected columns {sorted(first.columns)} (from {first.source}), "
                    f"got {sorted(other.columns)} (from {other.source})."
                )
        known = [p.label for p in parts if p.label is not None]
        return Events(
            objects=np.concatenate([p.objects for p in parts]),
            object_names=first.object_names,
            feature_names=first.feature_names,
            mask=np.concatenate([p.mask for p in parts]),
            weight=np.concatenate([p.weight for p in parts]),
            label=np.concatenate(known) if len(known) == len(parts) else None,
            columns={k: np.concatenate([p.columns[k] for p in parts]) for k in first.columns},
            source=" + ".join(dict.fromkeys(p.source for p in parts)),
        )
