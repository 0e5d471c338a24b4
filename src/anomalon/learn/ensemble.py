"""`Ensemble`: the same classifier several times with different random numbers.

One boosted-tree model to ten gives +45 % of significance improvement at S/B < 1 % and shrinks its
spread from training to training from 2 to 0.3; more than ten members add almost nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, final

import numpy as np

from anomalon.core.errors import BadValue
from anomalon.core.sample import Sample
from anomalon.learn.base import Classifier, Floats, Scorer, Task
from anomalon.learn.boosted_trees import BoostedTrees

__all__ = ["Ensemble", "EnsembleScorer"]


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
    """

    members: tuple[Scorer, ...]
    names: tuple[str, ...]

    def member_scores(self, sample: Sample) -> Floats:
        """The score of every member, shape (member, event)."""
        return np.stack([member.score(sample) for member in self.members])

    def _score(self, sample: Sample) -> Floats:
        # Summed member by member, so that the order of summation never depends on the shape.
        total = np.zeros(len(sample))
        for member in self.members:
            total += member.score(sample)
        return total / len(self.members)


@final
@dataclass(frozen=True)
class Ensemble(Classifier):
    """`n` copies of a classifier that differ in the seed, and so in their folds if it has some.

    `Ensemble(KFold(Network()), n=10)` is the standard nesting: each member has its own folds.

    Args:
        classifier: What is trained `n` times.
        n: Number of members.

    Raises:
        BadValue: If `n` is not positive.
    """

    kind: ClassVar[str] = "ensemble"

    classifier: Classifier = field(default_factory=BoostedTrees)
    n: int = 10

    def __post_init__(self) -> None:
        if self.n < 1:
            raise BadValue(f"ensemble: expected n of at least 1, got {self.n}.")

    def _fit_many(self, tasks: Sequence[Task], names: tuple[str, ...]) -> list[EnsembleScorer]:
        copies = [task.reseeded(task.seed.child(member=i)) for task in tasks for i in range(self.n)]
        fitted = self.classifier._fit_many(copies, names)
        starts = range(0, len(fitted), self.n)
        return [EnsembleScorer(tuple(fitted[i : i + self.n]), names) for i in starts]
