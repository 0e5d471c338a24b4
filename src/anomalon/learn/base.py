"""What a classifier promises, and how its copies are trained together.

Writing your own: a frozen dataclass that derives from `Classifier`, whose fields are its settings,
with a class attribute `kind` (its name in TOML) and one method, `_fit_many`. It gets checked,
clean `Task`s and returns one `Scorer` for each. Add it to `CLASSIFIERS` in `learn/__init__.py`; the
contract tests then run over it.

`Ensemble` and `KFold` multiply tasks and hand them down, so that a network can train all members
and all folds in one compiled program, and a tree library can spread them over cores.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from anomalon.core.errors import BadLayout, BadNumbers, TooFewEvents
from anomalon.core.sample import Sample
from anomalon.core.seed import Seed

__all__ = ["Classifier", "Scorer", "Task"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Task:
    """One training: tell `y == 1` from `y == 0`.

    Args:
        x: Features, shape (event, feature), float32.
        y: 1 signal-like, 0 background-like, shape (event,).
        weight: Non-negative, shape (event,); both classes have the same total.
        event: Identity of the original event, shape (event,). Any split goes along it.
        seed: Random numbers of this training.
    """

    x: NDArray[np.float32]
    y: NDArray[np.int8]
    weight: NDArray[np.float32]
    event: NDArray[np.int64]
    seed: Seed


class Scorer(ABC):
    """Something fitted that gives one number per event; higher is more anomalous."""

    names: tuple[str, ...]

    def score(self, sample: Sample) -> Floats:
        """One number per event, shape (event,); higher is more like the signal-like sample.

        Raises:
            BadLayout: If the features are not those that the scorer was fitted on.
        """
        if sample.names != self.names:
            raise BadLayout(
                f"score: expected features {list(self.names)}, got {list(sample.names)} "
                f"from {sample.source}."
            )
        return self._score(sample)

    @abstractmethod
    def _score(self, sample: Sample) -> Floats:
        """The scores, for a sample with the right features."""


class Classifier(ABC):
    """Settings of a classifier; `fit` returns a `Scorer`."""

    kind: ClassVar[str]

    def fit(self, signal_like: Sample, background_like: Sample, *, seed: Seed | int) -> Scorer:
        """Learn to tell two samples apart; each class counts as much as the other.

        Args:
            signal_like: Events that may hold signal (label ignored), weights honoured.
            background_like: The reference, weights honoured.
            seed: Random numbers of the training.

        Raises:
            TooFewEvents: If one of the samples is empty or has no positive weight.
            BadLayout: If the two samples have different features.
            BadNumbers: If a weight is negative.
        """
        return self._fit_many(
            [_task(signal_like, background_like, Seed.of(seed))], signal_like.names
        )[0]

    @abstractmethod
    def _fit_many(self, tasks: Sequence[Task], names: tuple[str, ...]) -> list[Scorer]:
        """One scorer per task. All tasks have the same features."""


def _task(signal_like: Sample, background_like: Sample, seed: Seed) -> Task:
    if signal_like.names != background_like.names:
        raise BadLayout(
            f"fit: the two samples have different features: {list(signal_like.names)} from "
            f"{signal_like.source}, {list(background_like.names)} from {background_like.source}."
        )
    weights = []
    for what, sample in (("signal-like", signal_like), ("background-like", background_like)):
        if (sample.weight < 0).any():
            raise BadNumbers(f"fit: {what} weights must not be negative ({sample.source}).")
        total = sample.weight.sum()
        if len(sample) == 0 or total <= 0:
            raise TooFewEvents(f"fit: the {what} sample from {sample.source} has no events.")
        weights.append(sample.weight / total)
    # Total weight 1 per event on average, half of it in each class.
    n = len(signal_like) + len(background_like)
    return Task(
        x=np.concatenate([signal_like.x, background_like.x]).astype(np.float32),
        y=np.repeat(np.array([1, 0], np.int8), [len(signal_like), len(background_like)]),
        weight=(np.concatenate(weights) * n / 2).astype(np.float32),
        event=np.concatenate([signal_like.event, background_like.event]),
        seed=seed,
    )
