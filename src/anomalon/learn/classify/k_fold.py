"""`KFold`: every event is scored by a model that has not seen it.

With k folds, model f is trained on all events outside fold f and scores those inside. The fold is a
pure function of the identity of an event and the seed: copies of one event share it (rows drawn at
random put copies on both sides, and fake signals of many standard deviations), and so does an
event of another mass region, which no model has seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Self, final

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadValue
from anomalon.core.sample import Sample
from anomalon.core.scorer import Scorer
from anomalon.core.seed import Seed
from anomalon.learn.classify.base import Classifier, Floats, Task
from anomalon.learn.classify.boosted_trees import BoostedTrees
from anomalon.learn.classify.split import folds
from anomalon.learn.engine.storage import (
    Arrays,
    Header,
    parts_apart,
    parts_together,
    seed_apart,
    seed_together,
)

__all__ = ["MOST_FOLDS", "KFold", "KFoldScorer"]

MOST_FOLDS = 10_000
"""More folds are a slip of the finger."""


@final
@dataclass(frozen=True, eq=False)
class KFoldScorer(Scorer):
    """Scores each event by the model of its fold, which has not seen it.

    Args:
        models: One scorer per fold; `models[f]` has seen no event of fold f.
        names: The features.
        seed: What the folds were drawn with.
    """

    models: tuple[Scorer, ...]
    names: tuple[str, ...]
    seed: Seed

    def fold_of(self, sample: Sample) -> NDArray[np.int64]:
        """The fold of each event, shape (event,): which of `models` scores it."""
        return folds(sample.event, len(self.models), self.seed)

    def _score(self, sample: Sample) -> Floats:
        scores = np.zeros(len(sample))
        fold = self.fold_of(sample)
        for f, model in enumerate(self.models):
            inside = fold == f
            if inside.any():
                scores[inside] = model.score(sample[inside])
        return scores

    def to_arrays(self) -> tuple[Header, Arrays]:
        """Its models, and what the folds were drawn with."""
        models, arrays = parts_apart(self.models)
        return {"models": models, "seed": seed_apart(self.seed)}, arrays

    @classmethod
    def from_arrays(cls, header: Header, arrays: Arrays) -> Self:
        """The scorer again."""
        models = parts_together(header["models"], arrays)
        return cls(models, header["names"], seed_together(header["seed"]))


@final
@dataclass(frozen=True)
class KFold(Classifier):
    """Cross-validation along the identity of events.

    Args:
        classifier: What is trained `k` times.
        k: Number of folds.

    Raises:
        BadValue: If `k` is below 2.
    """

    kind: ClassVar[str] = "k_fold"

    classifier: Classifier = field(default_factory=BoostedTrees)
    k: int = 5

    def __post_init__(self) -> None:
        if not isinstance(self.classifier, Classifier):
            raise BadValue(
                f"k_fold.classifier: expected a classifier, got {check.shown(self.classifier)}."
            )
        check.fields(self, "k_fold", k=(2, MOST_FOLDS))

    def _fit_many(self, tasks: Sequence[Task], names: tuple[str, ...]) -> list[KFoldScorer]:
        draws = [task.seed.child("folds") for task in tasks]
        trainings = [
            task.without(fold == f, task.seed.child(fold=f))
            for task, draw in zip(tasks, draws, strict=True)
            for fold in [folds(task.event, self.k, draw)]
            for f in range(self.k)
        ]
        fitted = self.classifier.fit_many(trainings, names)
        return [
            KFoldScorer(tuple(fitted[i * self.k : (i + 1) * self.k]), names, draw)
            for i, draw in enumerate(draws)
        ]
