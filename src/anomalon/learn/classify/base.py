"""What a classifier promises, and how its copies are trained together.

Writing your own: a frozen dataclass that derives from `Classifier`, whose fields are its settings,
with a class attribute `kind` (its name in TOML) and one method, `_fit_many`. It gets checked,
clean, read-only `Task`s and returns one `Scorer` for each. Add it to `CLASSIFIERS` in
`learn/classify/__init__.py`; the contract tests then run over it.

`Ensemble` and `KFold` multiply tasks and hand them down, so that a network can train all members
and all folds in one compiled program, and a tree library can spread them over cores. The copies of
a task share its arrays; they differ in the seed, and in the events whose weight is zero: those are
not part of the training and nothing may be learned from them, not even a mean.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float32, Int8, Int64
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadLayout, BrokenPromise, TooFewEvents
from anomalon.core.promise import frozen, name_of, promised
from anomalon.core.sample import Sample
from anomalon.core.scorer import Scorer
from anomalon.core.seed import Seed
from anomalon.core.shown import Shown

__all__ = ["Classifier", "Classifiers", "Task"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False, repr=False)
class Task(Shown):
    """One training: tell `y == 1` from `y == 0`.

    Args:
        x: Features. Tasks that differ in `weight` or `seed` only
            share this array.
        y: 1 signal-like, 0 background-like.
        weight: Non-negative; both classes have the same total. Zero: this training
            must not see the event.
        event: Identity of the original event. Any split goes along it.
        seed: Random numbers of this training.
    """

    x: Float32[np.ndarray, "event feature"]
    y: Int8[np.ndarray, " event"]
    weight: Float32[np.ndarray, " event"]
    event: Int64[np.ndarray, " event"]
    seed: Seed

    def __post_init__(self) -> None:
        for name in ("x", "y", "weight", "event"):  # tasks share them
            object.__setattr__(self, name, frozen(getattr(self, name)))

    @property
    def rows(self) -> NDArray[np.intp]:
        """The rows that the training may see, in order."""
        return np.flatnonzero(self.weight)

    def reseeded(self, seed: Seed) -> "Task":
        """The same task with other random numbers."""
        return replace(self, seed=seed)

    def without(self, held_out: NDArray[np.bool_], seed: Seed) -> "Task":
        """The same task that must not see some of its events.

        Args:
            held_out: The events to leave out, shape (event,).
            seed: Random numbers of the new task.

        Raises:
            TooFewEvents: If nothing is left of one class.
        """
        weight = np.where(held_out, 0.0, self.weight)
        return replace(self, weight=balanced(weight, self.y, str(seed)), seed=seed)


class Classifier(ABC):
    """Settings of a classifier; `fit` returns a `Scorer`."""

    kind: ClassVar[str]
    registry: ClassVar[dict[str, type["Classifier"]]] = {}
    """Classifiers by their kind: what TOML can name."""
    cites: ClassVar[tuple[str, ...]] = ()
    """Papers that it implements, keys of `anomalon.core.bibliography`."""

    def fit(self, signal_like: Sample, background_like: Sample, *, seed: Seed | int) -> Scorer:
        """Learn to tell two samples apart; each class counts as much as the other.

        Args:
            signal_like: Events that may hold signal (label ignored), weights honoured.
            background_like: The reference, weights honoured.
            seed: Random numbers of the training.

        Raises:
            TooFewEvents: If one of the samples is empty or has no positive weight.
            BadLayout: If the two samples have different features.
            BadNumbers: If a weight is negative or a feature does not fit into float32.
            BrokenPromise: If the implementation fails, or does not give what it should.
        """
        task = task_of(signal_like, background_like, Seed.of(seed))
        return self.fit_many([task], signal_like.names)[0]

    def fit_many(self, tasks: Sequence[Task], names: tuple[str, ...]) -> list[Scorer]:
        """One scorer per task, checked: what classifiers that are made of others call.

        Raises:
            BrokenPromise: If the implementation fails, or does not give one scorer for each task.
        """
        with promised(self, "training"):
            scorers = self._fit_many(tasks, names)
        if not isinstance(scorers, Sequence) or len(scorers) != len(tasks):
            got = f"{len(scorers)}" if isinstance(scorers, Sequence) else check.shown(scorers)
            raise BrokenPromise(
                f"{name_of(self)}: `_fit_many`: expected a list with a scorer for each of "
                f"{len(tasks)} tasks, got {got}."
            )
        for scorer in scorers:
            if not isinstance(scorer, Scorer) or getattr(scorer, "names", None) != names:
                raise BrokenPromise(
                    f"{name_of(self)}: `_fit_many`: expected a Scorer whose `names` are "
                    f"{list(names)}, got {check.shown(scorer)}."
                )
        return list(scorers)

    @abstractmethod
    def _fit_many(self, tasks: Sequence[Task], names: tuple[str, ...]) -> list[Any]:
        """One scorer per task. All tasks have the same features.

        The result for one task does not depend on the other tasks.
        """


Classifiers = Classifier | tuple[Classifier, ...]
"""One for all members of an ensemble, or several that take turns."""


def balanced(weight: Floats, y: NDArray[np.int8], where: str) -> NDArray[np.float32]:
    """Weights with the same total in both classes and mean 1 over the events with any weight.

    Raises:
        TooFewEvents: If a class has no positive weight.
    """
    weight = weight.astype(np.float64)
    half = np.count_nonzero(weight) / 2
    for value, what in ((1, "signal-like"), (0, "background-like")):
        total = weight.sum(where=y == value)
        if not total > 0:
            raise TooFewEvents(
                f"fit: expected {what} events with positive weight in {where}, got none of "
                f"{np.count_nonzero(y == value)}. Use a wider window or fewer folds."
            )
        weight[y == value] *= half / total
    return weight.astype(np.float32)


def task_of(signal_like: Sample, background_like: Sample, seed: Seed) -> Task:
    """The training that tells two samples apart, from checked and clean arrays.

    Raises:
        AnomalonError: As `Classifier.fit` does.
    """
    if signal_like.names != background_like.names:
        raise BadLayout(
            f"fit: the two samples have different features: {list(signal_like.names)} from "
            f"{signal_like.source}, {list(background_like.names)} from {background_like.source}."
        )
    if not signal_like.names:
        raise BadLayout(f"fit: expected at least one feature, got none from {signal_like.source}.")
    samples = (signal_like, background_like)
    for sample in samples:
        check.non_negative(sample.weight, f"fit: weight of {sample.source}")
    # Events without weight are left out here, so that nothing behind can depend on them.
    seen = [sample.weight > 0 for sample in samples]
    with np.errstate(over="ignore"):
        parts = [s.x[k].astype(np.float32) for s, k in zip(samples, seen, strict=True)]
    x = np.concatenate(parts)
    y = np.repeat(np.array([1, 0], np.int8), [len(part) for part in parts])
    check.finite(x, "fit: features as float32")
    weight = np.concatenate([s.weight[k] for s, k in zip(samples, seen, strict=True)])
    return Task(
        x=x,
        y=y,
        weight=balanced(weight, y, " + ".join(s.source for s in samples)),
        event=np.concatenate([s.event[k] for s, k in zip(samples, seen, strict=True)]),
        seed=seed,
    )
