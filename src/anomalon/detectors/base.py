"""What a detector promises: fitted on background, one number per event, higher is more anomalous.

Writing your own: a frozen dataclass that derives from `Detector`, whose fields are its settings,
with a class attribute `kind` (its name in TOML), a field `inputs` (how events become numbers), and
two methods. `_fit` gets background, already numbers, and returns what it has learned as plain
arrays; `_ready` makes of these arrays a function from events to scores. Add it to `DETECTORS` in
`detectors/__init__.py`; the contract tests then run over it.

All the rest is here: no detector is fitted on signal or on events that are kept for the test, none
knows events but by their inputs, what is fitted remembers what it has seen, and is saved.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Self, final

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadLayout, BadValue
from anomalon.core.events import Events
from anomalon.core.promise import promised
from anomalon.core.scorer import EventScorer
from anomalon.core.seed import Seed
from anomalon.core.seen import Seen
from anomalon.core.shown import Fact, Shown
from anomalon.detectors.rows import Rows, prepared
from anomalon.features.inputs import Encoded, FittedInputs, Form, Inputs, Layout, in_pieces
from anomalon.learn.engine.storage import Arrays, Header
from anomalon.learn.models.arrays import below
from anomalon.run.keeping import NOT_KEPT, Keeping
from anomalon.run.settings import decode, encode

__all__ = ["Detector", "FittedDetector", "Scores", "State", "Task"]

Scores = Callable[[Encoded], NDArray[np.floating[Any]]]
"""From events to one number for each, shape (event,)."""

State = Mapping[str, NDArray[Any]]
"""What was learned, as plain arrays by name."""


@dataclass(frozen=True, eq=False, repr=False)
class Task(Shown):
    """One fit.

    Args:
        rows: What to learn from; perhaps on disk.
        held: What judges epochs, of the same background; none unless `Detector.held_share`.
        inputs: What events went through.
        pieces: The events themselves, all of them.
        seed: Random numbers of the fit.
        keeping: Where what takes long is kept, to go on from.
    """

    rows: Rows
    held: Rows
    inputs: FittedInputs
    pieces: Iterable[Events]
    seed: Seed
    keeping: Keeping = NOT_KEPT


class Detector(ABC):
    """Settings; `fit` returns a `FittedDetector`."""

    kind: ClassVar[str]
    registry: ClassVar[dict[str, type["Detector"]]] = {}
    """Detectors by their kind: what TOML can name."""
    cites: ClassVar[tuple[str, ...]] = ()
    forms: ClassVar[tuple[Form, ...]] = ("numbers", "objects", "images")
    """Which inputs it can take."""

    inputs: Inputs

    @property
    def held_share(self) -> float:
        """Share of the background that judges epochs."""
        return 0.0

    @property
    def most_events(self) -> int | None:
        """It learns from a random choice of so many events, if there are more; None: from all."""
        return None

    def fit(
        self,
        background: Events | Iterable[Events],
        *,
        seed: Seed | int = 0,
        keeping: Keeping = NOT_KEPT,
    ) -> "FittedDetector":
        """Learn what background looks like.

        Args:
            background: Events with weights, or pieces of them that can be gone through again
                (`anomalon.data.stream`), which are never all in memory. Data that may hold a
                little signal come without truth.
            seed: Random numbers of the fit.
            keeping: Where long fits keep what they have so far; an interrupted one goes on from
                there, and ends with the same bytes.

        Raises:
            Leak: If there is true signal among them, or events that are kept for the test.
            BadLayout: If they have no objects.
            BadNumbers: If a weight is negative.
            TooFewEvents: If there are none with a weight.
            BrokenPromise: If the detector is not ours and fails.
        """
        seed = Seed.of(seed).child("detector", kind=self.kind)
        self._check_inputs()
        inputs = self.inputs.fit(background)
        pieces = [background] if isinstance(background, Events) else background
        share, most = self.held_share, self.most_events
        with (
            prepared(inputs, pieces, share, most, seed) as (rows, held),
            promised(self, "training"),
        ):
            state = self._fit(Task(rows, held, inputs, pieces, seed, keeping))
        return FittedDetector(self, inputs, {k: np.asarray(v) for k, v in state.items()})

    def _check_inputs(self) -> None:
        if self.inputs.form not in self.forms:
            known = [kind for kind, cls in Inputs.registry.items() if cls.form in self.forms]
            raise BadValue(
                f"{self.kind}.inputs: expected one of {', '.join(known)}, got "
                f"'{self.inputs.kind}', which gives {self.inputs.form}."
            )

    @abstractmethod
    def _fit(self, task: Task) -> State:
        """What is learned from the rows, as arrays."""

    @abstractmethod
    def _ready(self, state: State, inputs: FittedInputs) -> Scores:
        """The function that scores events, from what was learned.

        The score of an event depends on that event alone, bit by bit, and not on its neighbours.
        """

    def _reconstructs(self, state: State, inputs: FittedInputs) -> Scores | None:
        """The function that gives events back as the detector understands them; None: it has none.

        Of the same shape as the inputs.
        """
        del state, inputs
        return None


@final
@dataclass(frozen=True, eq=False, repr=False)
class FittedDetector(Shown, EventScorer):
    """A detector that has been fitted: scores events, is saved by `anomalon.learn.save_scorer`.

    Args:
        detector: The settings.
        inputs: What events go through.
        state: What was learned.
    """

    detector: Detector
    inputs: FittedInputs
    state: State = field(default_factory=dict)

    @property
    def seen(self) -> Seen:
        """What it was fitted on."""
        return self.inputs.seen

    @property
    def object_names(self) -> tuple[str, ...]:  # type: ignore[override]
        """The slots that it knows; events may have more, of the same kinds, or fewer."""
        return self.inputs.layout.names

    @property
    def feature_names(self) -> tuple[str, ...]:  # type: ignore[override]
        """Of an object."""
        return self.inputs.layout.features

    def reconstructed(self, events: Events) -> tuple[Encoded, NDArray[np.floating[Any]]] | None:
        """Events as the detector sees them, and as it gives them back; None if it does not."""
        if self._reconstructs is None:
            return None
        seen = self.inputs(events)
        with promised(self.detector, "reconstruction"):
            return seen, self._reconstructs(seen)

    def _check(self, data: Events) -> None:
        check.of_kind(data, "score", Events)

    def _score(self, events: Events) -> NDArray[np.floating[Any]]:
        with promised(self.detector, "scoring"):
            # in pieces: events as numbers are as large as the events
            pieces = in_pieces([events], self.inputs.inputs.piece)
            parts = [self._scores(self.inputs(piece)) for piece in pieces]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    @cached_property
    def _scores(self) -> Scores:
        return self.detector._ready(self.state, self.inputs)

    @cached_property
    def _reconstructs(self) -> Scores | None:
        return self.detector._reconstructs(self.state, self.inputs)

    def __getstate__(self) -> dict[str, Any]:
        """Without compiled functions."""
        return {k: v for k, v in vars(self).items() if not k.startswith("_")}

    def facts(self) -> tuple[Fact, ...]:
        """Which detector, and what it has seen."""
        from anomalon.core.result import Number, Text

        return (
            Text("detector", repr(self.detector)),
            Number("fitted on", self.seen.n_events, form="count", unit="events"),
        )

    def to_arrays(self) -> tuple[Header, Arrays]:
        """Settings and layout; and all that was measured and learned."""
        header = {
            "detector": encode(self.detector),
            "layout": {"kinds": self.inputs.layout.kinds, "features": self.inputs.layout.features},
            "n_events": self.seen.n_events,
        }
        if foreign := [name for name, array in self.state.items() if array.dtype.hasobject]:
            raise BadValue(
                f"save_scorer: '{self.detector.kind}' has no file form, because {foreign[0]} is an "
                "object of another package. Keep it as that package does, or take a detector of "
                "anomalon."
            )
        arrays = {"seen": self.seen.smallest}
        arrays |= {f"inputs/{name}": a for name, a in self.inputs.to_arrays().items()}
        return header, arrays | {f"state/{name}": a for name, a in self.state.items()}

    @classmethod
    def from_arrays(cls, header: Header, arrays: Arrays) -> Self:
        """The fitted detector again."""
        detector = decode(_Holder, {"detector": header["detector"]}).detector
        layout = Layout(*(tuple(header["layout"][name]) for name in ("kinds", "features")))
        seen = Seen(header["n_events"], arrays["seen"])
        inputs = detector.inputs.fitted.from_arrays(
            detector.inputs, layout, seen, below(arrays, "inputs/")
        )
        return cls(detector, inputs, below(arrays, "state/"))


@dataclass(frozen=True)
class _Holder:
    """A table with a detector in it."""

    detector: Detector


def flattened(seen: Encoded) -> NDArray[np.float32]:
    """One row of numbers per event, whatever the form.

    Raises:
        BadLayout: If an event is nothing at all.
    """
    if seen.x.ndim < 2 or 0 in seen.x.shape[1:]:
        raise BadLayout(f"inputs: expected numbers, got events of shape {seen.x.shape[1:]}.")
    return seen.x.reshape(len(seen.x), int(np.prod(seen.x.shape[1:])))
