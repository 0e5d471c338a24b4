"""`Events`: collision events as padded arrays of objects (particles, jets, leptons)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.display import html_table, lowest_and_highest, some
from anomalon.core.errors import BadLayout, ColumnMissing, suggest
from anomalon.core.kinds import KINDS, kinds_of
from anomalon.core.promise import frozen
from anomalon.core.trusted import picked, read_only, taken, trusted

__all__ = ["Events"]

Floats = NDArray[np.floating[Any]]

_LOOKED_AT = 2**20
"""Slots that are looked at together when events are made."""

# Not given: `__post_init__` fills it in, so that a reader always finds an array.
_FILLED = cast(Any, None)


@dataclass(frozen=True, eq=False)
class Events:
    """Events as padded objects; frozen, checked when made, sliced like an array.

    Its arrays are read-only. Slices and concatenations of events are not checked again.

    Args:
        objects: Shape (event, object, feature), float32, or float64 where the source has it.
        object_names: One name per slot of the object axis, e.g. ("jet1", "jet2").
        feature_names: One name per feature, e.g. ("pt", "eta", "phi", "mass"); GeV and radians.
        mask: Shape (event, object): which slots are filled; all of them if not given.
        weight: Shape (event,); ones if not given.
        label: Truth (1 signal, 0 background), shape (event,); for tests and injections only.
        columns: Per-event numbers by name (mjj, run, n_pv …), each of shape (event,).
        source: Where the events come from, for messages and reports.
        object_kinds: What each slot holds: "electron", "muon", "tau", "photon", "jet", "bjet",
            "met", "constituent" (of a jet) or "particle". If not given, its name without the
            number, or "particle" if that is no kind (see `anomalon.core.kinds.kind_of_name`).

    Raises:
        BadLayout: If a shape does not fit or the name of a feature occurs twice.
        BadNumbers: If a filled slot holds NaN or infinity, or a label is neither 0 nor 1.
        BadValue: If there is no such kind.
    """

    objects: Floats
    object_names: tuple[str, ...]
    feature_names: tuple[str, ...]
    mask: NDArray[np.bool_] = _FILLED
    weight: Floats = _FILLED
    label: NDArray[np.int8] | None = None
    columns: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    source: str = "memory"
    object_kinds: tuple[str, ...] = _FILLED

    def __post_init__(self) -> None:
        def put(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        objects = np.asarray(self.objects)
        if objects.dtype not in (np.float32, np.float64):
            objects = objects.astype(np.float32)
        put("objects", frozen(objects))
        put("object_names", tuple(self.object_names))
        put("feature_names", tuple(self.feature_names))
        slots = (len(self.object_names), len(self.feature_names))
        if objects.ndim != 3 or objects.shape[1:] != slots:
            raise BadLayout(
                f"{self.source}: expected objects of shape (event, {slots[0]}, {slots[1]}), "
                f"got {objects.shape}."
            )
        check.distinct(self.feature_names, f"{self.source}: features")
        put("object_kinds", kinds_of(self.object_kinds, self.object_names, self.source))
        n = len(objects)
        mask = np.ones(objects.shape[:2], bool) if self.mask is None else np.asarray(self.mask)
        if mask.shape != objects.shape[:2] or mask.dtype != np.bool_:
            raise BadLayout(
                f"{self.source}: expected a boolean mask of shape {objects.shape[:2]}, "
                f"got {mask.dtype} of shape {mask.shape}."
            )
        put("mask", frozen(mask))
        weight = np.ones(n) if self.weight is None else np.asarray(self.weight, np.float64)
        put("weight", frozen(weight))
        check.length(self.weight, n, f"{self.source}: weight")
        check.finite(self.weight, f"{self.source}: weight")
        if self.label is not None:
            put("label", frozen(check.truth(self.label, f"{self.source}: label")))
            check.length(cast(Any, self.label), n, f"{self.source}: label")
        put("columns", read_only({k: np.asarray(v) for k, v in self.columns.items()}))
        for name, values in self.columns.items():
            check.length(values, n, f"{self.source}: column '{name}'")
        if not _all_finite(objects, mask):
            for j, name in enumerate(self.feature_names):
                filled = np.where(mask, objects[:, :, j], 0)
                check.finite(filled, f"{self.source}: object feature '{name}'")

    def __len__(self) -> int:
        return len(self.objects)

    def __getitem__(self, index: Any) -> "Events":
        """The events that a mask, a slice or an array of row numbers picks.

        Raises:
            BadLayout: If it is none of these.
        """
        rows = picked(index, len(self), self.source)
        return self._with(
            objects=taken(self.objects, rows),
            mask=taken(self.mask, rows),
            weight=taken(self.weight, rows),
            label=None if self.label is None else taken(self.label, rows),
            columns={k: taken(v, rows) for k, v in self.columns.items()},
        )

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"columns": dict(self.columns)}  # the read-only view has no pickle

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Read-only in another process too."""
        vars(self).update(vars(trusted(Events, state)))

    def __repr__(self) -> str:
        shape = f"{len(self.object_names)} objects x {some(self.feature_names)}"
        extra = f", columns {some(self.columns)}" if self.columns else ""
        return f"Events({self._count}, {shape}{extra}, from {self.source})"

    def _repr_html_(self) -> str:
        features = {name: self.feature(name)[self.mask] for name in self.feature_names}
        rows = [
            (name, what, str(values.dtype), *lowest_and_highest(values))
            for what, part in (("objects", features), ("event", self.columns))
            for name, values in part.items()
        ]
        kinds = dict.fromkeys(self.object_kinds)
        slots = ", ".join(f"{self.object_kinds.count(kind)} {kind}" for kind in kinds)
        title = f"Events: {self._count}; objects: {slots or 'none'}"
        head = ("column", "of", "type", "lowest", "highest")
        return html_table(title, f"from {self.source}", head, rows)

    @property
    def _count(self) -> str:
        truth = "" if self.label is None else f", {int(np.sum(self.label == 1))} signal"
        return f"{len(self)} events{truth}"

    def _with(self, **changes: Any) -> "Events":
        """The same with other fields, which have been checked."""
        return trusted(Events, vars(self) | changes)

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

    def of_kind(self, *kinds: str) -> "Events":
        """The same events with the slots of these kinds only, in their order.

        Example:
            >>> events = Events(np.zeros((5, 3, 1)), ("met", "jet1", "jet2"), ("pt",))
            >>> events.of_kind("jet").object_names
            ('jet1', 'jet2')

        Raises:
            BadValue: If there is no such kind.
        """
        wanted = [check.one_of(kind, "of_kind", KINDS) for kind in kinds]
        slots = [i for i, kind in enumerate(self.object_kinds) if kind in wanted]
        return self._with(
            objects=self.objects[:, slots],
            mask=self.mask[:, slots],
            object_names=tuple(self.object_names[i] for i in slots),
            object_kinds=tuple(self.object_kinds[i] for i in slots),
        )

    def with_columns(self, columns: Mapping[str, NDArray[Any]]) -> "Events":
        """The same events with these per-event numbers, each of shape (event,).

        Raises:
            BadLayout: If one has another length.
        """
        given = {name: np.asarray(values) for name, values in columns.items()}
        for name, values in given.items():
            check.length(values, len(self), f"{self.source}: column '{name}'")
        return self._with(columns=read_only(given))

    def blind(self) -> "Events":
        """The same events without the truth: what every method gets."""
        return self if self.label is None else self._with(label=None)

    @staticmethod
    def concatenate(parts: "Sequence[Events]") -> "Events":
        """One set of events out of several with the same objects, features and columns.

        The label survives only if every part has one.

        Raises:
            BadLayout: If there are none, or they differ.
        """
        if not parts:
            raise BadLayout("concatenate: expected at least one set of events, got none.")
        first = parts[0]
        for other in parts[1:]:
            for what in ("object_names", "feature_names", "object_kinds"):
                if getattr(other, what) != getattr(first, what):
                    raise BadLayout(
                        f"concatenate: expected {what} {some(getattr(first, what))} (from "
                        f"{first.source}), got {some(getattr(other, what))} (from {other.source})."
                    )
            if set(other.columns) != set(first.columns):
                raise BadLayout(
                    f"concatenate: expected columns {sorted(first.columns)} (from {first.source}), "
                    f"got {sorted(other.columns)} (from {other.source})."
                )
        known = [p.label for p in parts if p.label is not None]
        columns = {k: np.concatenate([p.columns[k] for p in parts]) for k in first.columns}
        return first._with(
            objects=np.concatenate([p.objects for p in parts]),
            mask=np.concatenate([p.mask for p in parts]),
            weight=np.concatenate([p.weight for p in parts]),
            label=np.concatenate(known) if len(known) == len(parts) else None,
            columns=columns,
            source=" + ".join(dict.fromkeys(p.source for p in parts)),
        )


def _all_finite(objects: Floats, mask: NDArray[np.bool_]) -> bool:
    """Whether all filled slots hold finite numbers, with little memory beside them."""
    step = max(1, _LOOKED_AT // max(1, mask.shape[1]))
    parts = (slice(first, first + step) for first in range(0, len(objects), step))
    return all(bool(np.isfinite(objects[rows][mask[rows]]).all()) for rows in parts)
