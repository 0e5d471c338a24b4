"""`Inputs`: how events become the numbers that a detector learns from.

Writing your own: a frozen dataclass of settings that derives from `Inputs`, with a `kind` (its name
in TOML), and `_fit`, which gets pieces of background and returns a `FittedInputs` of yours: the
settings with what was measured. Add it to `INPUTS` below by `Inputs.registry`; contract tests run
over all of them.

Four forms: "numbers", one row of features per event; "objects", a table of objects per event with a
mask; "images", a table of pixels; and "points", a table of weights and places with a mask, as
transport takes them. Empty slots are zero in all, whatever the scale: nothing can be told from
padding.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal, Self

import numpy as np
from jaxtyping import Bool, Float32
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadLayout, TooFewEvents
from anomalon.core.events import Events
from anomalon.core.seen import Seen, refuse_leaks
from anomalon.core.shown import Shown
from anomalon.learn.threads import threaded

__all__ = [
    "PIECE",
    "Encoded",
    "FittedInputs",
    "Form",
    "Inputs",
    "Layout",
    "ObjectScale",
    "blocks",
    "in_pieces",
]

Form = Literal["numbers", "objects", "images", "points"]

PIECE = 262_144
"""Events that are worked on at a time, whatever number is given."""
_BLOCK = 4096
"""Events of them that are encoded at a time: what is computed on the way stays in the cache."""


def blocks(n: int, size: int = _BLOCK) -> list[slice]:
    """Rows from 0 to n, so many at a time; one empty slice if there are none."""
    return [slice(first, min(first + size, n)) for first in range(0, max(n, 1), size)]


def in_pieces(events: Iterable[Events], size: int = PIECE) -> Iterator[Events]:
    """The same events, in pieces that are small enough to compute with."""
    for some in events:
        for rows in blocks(len(some), size):
            yield some[rows]


@dataclass(frozen=True)
class Layout:
    """The slots of events: how many of which kind, and what is known of an object.

    Args:
        kinds: What each slot holds; slots of a kind stand together, in order of falling pT.
        features: Of an object.
    """

    kinds: tuple[str, ...]
    features: tuple[str, ...]

    @classmethod
    def of(cls, events: Events) -> "Layout":
        """That of events, with the slots of each kind together."""
        first = list(dict.fromkeys(events.object_kinds))
        return cls(tuple(sorted(events.object_kinds, key=first.index)), events.feature_names)

    @property
    def names(self) -> tuple[str, ...]:
        """One per slot: jet1, jet2 …; a kind with one slot has no number."""
        seen: dict[str, int] = {}
        names = []
        for kind in self.kinds:
            seen[kind] = seen.get(kind, 0) + 1
            names.append(kind if self.kinds.count(kind) == 1 else f"{kind}{seen[kind]}")
        return tuple(names)

    def slots(self, kind: str) -> tuple[int, ...]:
        """Where objects of a kind are."""
        return tuple(i for i, k in enumerate(self.kinds) if k == kind)

    def arranged(self, events: Events) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Objects (event, slot, feature) in these slots, zero where there is none, and the mask.

        Objects of a kind come in order of falling pT, so neither their order in the file nor empty
        slots matter; of more than there are slots the leading ones are taken. Ties are broken by
        the other features.

        Raises:
            BadLayout: If events have objects of another kind, or other features.
        """
        from anomalon.features.kernels import arrange  # compiled: only where events are encoded

        x = np.zeros((len(events), len(self.kinds), len(self.features)))
        mask = np.zeros(x.shape[:2], bool)
        arrange(*self.arrangement(events), x, mask)
        return x, mask

    def arrangement(self, events: Events) -> tuple[NDArray[Any], ...]:
        """What the kernel needs to arrange these events: all of its arguments but the results."""
        self._check(events)
        columns = np.array([events.feature_names.index(name) for name in self.features], np.int64)
        leading = self.features.index("pt") if "pt" in self.features else 0
        known = list(dict.fromkeys(self.kinds))
        kinds = [known.index(k) if k in known else -1 for k in events.object_kinds]
        return (
            np.ascontiguousarray(events.objects),
            np.ascontiguousarray(events.mask),
            np.array([columns[leading], *np.delete(columns, leading)], np.int64),
            columns,
            np.array(kinds, np.int64),
            np.array([self.kinds.index(kind) for kind in known], np.int64),
            np.array([self.kinds.count(kind) for kind in known], np.int64),
        )

    def _check(self, events: Events) -> None:
        other = [k for k in dict.fromkeys(events.object_kinds) if k not in self.kinds]
        wrong = [k for k in other if events.of_kind(k).mask.any()]
        if wrong:
            raise BadLayout(
                f"{events.source}: expected objects of the kinds "
                f"{list(dict.fromkeys(self.kinds))}, got {wrong} as well. Leave them out: "
                "events.of_kind(...)."
            )
        missing = [name for name in self.features if name not in events.feature_names]
        if missing:
            raise BadLayout(
                f"{events.source}: expected objects with {list(self.features)}, got "
                f"{list(events.feature_names)}: {missing} missing."
            )


@dataclass(frozen=True, eq=False, repr=False)
class Encoded(Shown):
    """Events as a detector sees them.

    Args:
        x: Shape (event, feature), (event, object, feature) or (event, row, column).
        mask: Which objects are there, shape (event, object); None for "numbers" and "images".
    """

    x: Float32[np.ndarray, "event ..."]
    mask: Bool[np.ndarray, "event object"] | None = None

    def __len__(self) -> int:
        return len(self.x)

    @property
    def data(self) -> tuple[Any, ...]:
        """What a loss sees: x, and the mask if there is one."""
        return (self.x,) if self.mask is None else (self.x, self.mask)

    @classmethod
    def concatenate(cls, parts: Sequence[Self]) -> Self:
        """One after the other; at least one."""
        if len(parts) == 1:
            return parts[0]
        masks = [part.mask for part in parts if part.mask is not None]
        x = np.concatenate([part.x for part in parts])
        return cls(x, np.concatenate(masks) if masks else None)


@dataclass(frozen=True, eq=False, repr=False)
class ObjectScale(Shown):
    """How features of objects became numbers: (feature - zero) / unit, angles perhaps turned.

    Args:
        zero: Shape (slot, feature), in GeV and radians, or a function of these such as a logarithm.
        unit: Shape (slot, feature), in the same; NaN where it differs from event to event.
        standardised: Whether these are means and standard deviations of background.
    """

    zero: NDArray[np.float64]
    unit: NDArray[np.float64]
    standardised: bool = False


class FittedInputs(ABC):
    """Inputs with what was measured on background; the same numbers for an event at any time.

    A frozen dataclass of these three, and of arrays with what was measured:

    Attributes:
        inputs: The settings.
        layout: Of the events that it was fitted on.
        seen: Which these were.
    """

    inputs: "Inputs"
    layout: Layout
    seen: Seen

    def __call__(self, events: Events) -> Encoded:
        """What a detector sees of these events.

        Raises:
            BadLayout: If they have objects of other kinds, or without the features.
            BadRows: If a transverse momentum is negative.
        """

        def encoded(rows: slice) -> Encoded:
            self.inputs.refuse_negative(events, rows)
            return self._encode(*self.layout.arranged(events[rows]))

        return Encoded.concatenate(threaded(encoded, blocks(len(events))))

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """The features: of an event ("numbers"), of an object, or the columns of an image."""

    @property
    def scale(self) -> ObjectScale | None:
        """The scale of the features of each slot; None where numbers are not those of objects."""
        return None

    @abstractmethod
    def _encode(self, objects: NDArray[np.float64], mask: NDArray[np.bool_]) -> Encoded:
        """The same from arranged objects (event, slot, feature) and their mask."""

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """What was measured: the fields behind those that all have."""
        return {name: getattr(self, name) for name in self._measured()}

    @classmethod
    def from_arrays(
        cls, inputs: Any, layout: Layout, seen: Seen, arrays: Mapping[str, NDArray[Any]]
    ) -> Self:
        """From settings and what `to_arrays` gave."""
        return cls(inputs, layout, seen, *(arrays[name] for name in cls._measured()))  # type: ignore[call-arg]

    @classmethod
    def _measured(cls) -> list[str]:
        names = [field.name for field in fields(cls)]  # type: ignore[arg-type]
        return [name for name in names if name not in ("inputs", "layout", "seen")]


class Inputs(ABC):
    """Settings; `fit` returns `FittedInputs`."""

    kind: ClassVar[str]
    registry: ClassVar[dict[str, type["Inputs"]]] = {}
    cites: ClassVar[tuple[str, ...]] = ()
    form: ClassVar[Form]
    needs_pt: ClassVar[bool] = True
    """Whether objects must have a transverse momentum."""
    fitted: ClassVar[type[FittedInputs]]
    """What `fit` returns."""
    piece: ClassVar[int] = PIECE
    """Events that are scored at a time; fewer where an event is many numbers."""

    @property
    def positive_pt(self) -> bool:
        """Whether a negative transverse momentum is an error, and no mark for what is missing."""
        return True

    def refuse_negative(self, events: Events, rows: slice = slice(None)) -> None:
        """Refuse transverse momenta below zero in some of the rows.

        Raises:
            BadRows: If there are any; they are counted from the first of the events.
        """
        if not self.positive_pt or "pt" not in events.feature_names:
            return
        pt = events.objects[:, :, events.feature_names.index("pt")]
        if (pt[rows] < 0).any():  # an empty slot may hold anything
            check.non_negative(np.where(events.mask, pt, 0), f"{events.source}: object pt")

    def fit(self, background: Events | Iterable[Events]) -> FittedInputs:
        """Measure what is needed on background.

        Args:
            background: Events, or pieces of them that can be gone through again.

        Raises:
            Leak: If there is true signal among them, or events that are kept for the test.
            TooFewEvents: If there are none with a weight.
            BadLayout: If they have no objects.
            BadRows: If a transverse momentum is negative.
        """
        pieces = [background] if isinstance(background, Events) else background
        layouts: list[Layout] = []
        n_weighted = 0

        def allowed() -> Iterator[Events]:
            nonlocal n_weighted
            for piece in pieces:
                refuse_leaks(piece, f"inputs '{self.kind}'")
                self.refuse_negative(piece)
                n_weighted += int(np.count_nonzero(piece.weight))
                layouts.append(Layout.of(piece))
                yield piece

        seen = Seen.of(allowed())  # one pass: the pieces may come from a file
        if seen.n_events == 0:
            raise TooFewEvents(f"inputs '{self.kind}': expected events to be fitted on, got none.")
        if n_weighted == 0:
            raise TooFewEvents(
                f"inputs '{self.kind}': expected events with a weight, got {seen.n_events} whose "
                "weights are all zero."
            )
        layout = layouts[0]
        if not layout.kinds or (self.needs_pt and "pt" not in layout.features):
            wanted = "objects that have a pt" if self.needs_pt else "objects"
            raise BadLayout(
                f"inputs '{self.kind}': expected events with {wanted}, got objects "
                f"{list(layout.names)} with {list(layout.features)}."
            )
        return self._fit(pieces, layout, seen)

    @abstractmethod
    def _fit(self, pieces: Iterable[Events], layout: Layout, seen: Seen) -> FittedInputs:
        """The same for events that may be learned from."""
