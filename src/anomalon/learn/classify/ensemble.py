"""`Ensemble`: a classifier several times with different random numbers, or several in turn.

At S/B < 1 % much of what one training learns is noise, its own and that of the events it saw; the
mean over members keeps what they agree on. Members of different kinds err in different ways, and
their mean gains from both. `benchmarks/ideal.py` measures how much.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Self, final

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadLayout, BadValue
from anomalon.core.sample import Sample
from anomalon.core.scorer import Scorer
from anomalon.core.seed import Seed
from anomalon.learn.classify.base import Classifier, Classifiers, Floats, Task, task_of
from anomalon.learn.classify.boosted_trees import BoostedTrees
from anomalon.learn.classify.split import share
from anomalon.learn.engine.storage import (
    Arrays,
    Header,
    parts_apart,
    parts_together,
    seed_apart,
    seed_together,
)

__all__ = ["MOST_MEMBERS", "Ensemble", "EnsembleScorer"]

MOST_MEMBERS = 100_000
"""More members are a slip of the finger."""


@final
@dataclass(frozen=True, eq=False)
class EnsembleScorer(Scorer):
    """The mean of its members' scores.

    Members return probabilities, and the mean is taken of those, not of their logits: it is again
    a probability, and one member that is sure without reason cannot outvote the others. In ranking
    events the two do not differ measurably.

    Args:
        members: One scorer per member; each is complete.
        names: The features.
        seed: What the events of each member were drawn with.
        subsample: Share of the events that each member was trained on.
    """

    members: tuple[Scorer, ...]
    names: tuple[str, ...]
    seed: Seed
    subsample: float

    def would_see(self, sample: Sample) -> Bool[np.ndarray, "member event"]:
        """Which members see an event if it is in the training sample."""
        return _shown(sample.event, len(self.members), self.subsample, self.seed)

    def member_scores(self, sample: Sample) -> Float[np.ndarray, "member event"]:
        """The score of every member."""
        return np.stack([member.score(sample) for member in self.members])

    def _score(self, sample: Sample) -> Floats:
        # Summed member by member, so that the order of summation never depends on the shape.
        total = np.zeros(len(sample))
        for member in self.members:
            total += member.score(sample)
        return total / len(self.members)

    def to_arrays(self) -> tuple[Header, Arrays]:
        """Its members, and how their events were drawn."""
        members, arrays = parts_apart(self.members)
        seed = seed_apart(self.seed)
        return {"members": members, "seed": seed, "subsample": self.subsample}, arrays

    @classmethod
    def from_arrays(cls, header: Header, arrays: Arrays) -> Self:
        """The scorer again."""
        members = parts_together(header["members"], arrays)
        return cls(members, header["names"], seed_together(header["seed"]), header["subsample"])


@final
@dataclass(frozen=True)
class Ensemble(Classifier):
    """`n` copies of a classifier that differ in the seed, and so in their folds if it has some.

    `Ensemble(KFold(Network()), n=10)` is the standard nesting: each member has its own folds.

    Args:
        classifier: What is trained `n` times; several take turns, member i being of kind i modulo
            their number.
        n: Number of members, at least one of each kind.
        subsample: Share of the events that each member sees, drawn anew for each along the identity
            of the events (subagging, Bühlmann and Yu, Ann. Statist. 30 (2002) 927). Below one,
            what an event does to the others' scores shows in the difference between the members
            that saw it and those that did not.

    Raises:
        BadValue: If there is no classifier, `n` is below their number, or `subsample` is not in
            (0, 1].
    """

    kind: ClassVar[str] = "ensemble"

    classifier: Classifiers = field(default_factory=BoostedTrees)
    n: int = 10
    subsample: float = 1.0

    def __post_init__(self) -> None:
        if isinstance(self.classifier, list):
            object.__setattr__(self, "classifier", tuple(self.classifier))
        if not self._kinds or not all(isinstance(kind, Classifier) for kind in self._kinds):
            raise BadValue(
                "ensemble.classifier: expected a classifier or some that take turns, got "
                f"{check.shown(self.classifier)}."
            )
        check.fields(self, "ensemble", n=(1, MOST_MEMBERS), subsample="(0, 1]")
        if self.n < len(self._kinds):
            raise BadValue(
                f"ensemble: expected at least {len(self._kinds)} members, one of each kind of "
                f"classifier, got {self.n}."
            )

    @property
    def _kinds(self) -> tuple[Classifier, ...]:
        return self.classifier if isinstance(self.classifier, tuple) else (self.classifier,)

    def shows(
        self, event: Int[np.ndarray, " event"], *, seed: Seed
    ) -> Bool[np.ndarray, "member event"]:
        """Which events each member is shown by `fit` with this seed.

        Args:
            event: Identities.
            seed: That of the fit.
        """
        return _shown(event, self.n, self.subsample, seed)

    def fit_members(
        self, samples: Sequence[tuple[Sample, Sample]], *, seed: Seed
    ) -> tuple[Scorer, ...]:
        """Train each member on samples of its own, all of them, in as few calls as `fit`.

        For what must be decided before the training: with a background template for each member,
        fitted on the events that it is shown (`shows`).

        Args:
            samples: Signal-like and background-like events of each member; the same features.
            seed: As in `fit`.

        Raises:
            BadLayout: If there are not as many pairs as members, or their features differ.
            AnomalonError: As `fit` does.
        """
        names = {sample.names for pair in samples for sample in pair}
        if len(samples) != self.n or len(names) != 1:
            raise BadLayout(
                f"ensemble: expected two samples with the same features for each of {self.n} "
                f"members, got {len(samples)} pairs with features {[list(n) for n in names]}."
            )
        fitted = self._in_turns(
            1, lambda _, i: task_of(*samples[i], seed.child(member=i)), names.pop()
        )
        return tuple(fitted[0, i] for i in range(self.n))

    def _fit_many(self, tasks: Sequence[Task], names: tuple[str, ...]) -> list[EnsembleScorer]:
        fitted = self._in_turns(len(tasks), lambda k, i: self._member(tasks[k], i), names)
        return [
            EnsembleScorer(
                tuple(fitted[k, i] for i in range(self.n)), names, task.seed, self.subsample
            )
            for k, task in enumerate(tasks)
        ]

    def _in_turns(
        self, n_tasks: int, copy: Callable[[int, int], Task], names: tuple[str, ...]
    ) -> dict[tuple[int, int], Scorer]:
        """All members i of all tasks k, from their copies of the tasks."""
        fitted: dict[tuple[int, int], Scorer] = {}
        for first, classifier in enumerate(self._kinds):  # all of one kind in one call
            turns = [(k, i) for k in range(n_tasks) for i in range(first, self.n, len(self._kinds))]
            copies = [copy(k, i) for k, i in turns]
            fitted |= zip(turns, classifier.fit_many(copies, names), strict=True)
        return fitted

    def _member(self, task: Task, i: int) -> Task:
        seed = task.seed.child(member=i)
        if self.subsample == 1:
            return task.reseeded(seed)
        return task.without(~share(task.event, self.subsample, _draw(task.seed, i)), seed)


def _shown(
    event: NDArray[np.int64], n_members: int, subsample: float, seed: Seed
) -> NDArray[np.bool_]:
    return np.stack([share(event, subsample, _draw(seed, i)) for i in range(n_members)])


def _draw(seed: Seed, member: int) -> Seed:
    return seed.child("subsample", member=member)
