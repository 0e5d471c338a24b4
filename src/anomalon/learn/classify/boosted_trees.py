"""`BoostedTrees`: gradient-boosted decision trees on histograms, by LightGBM.

The default for few features: ensembles of trees hold their significance improvement at S/B < 1 %
and with uninformative features, where networks lose it (arXiv:2309.13111).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self, final

import lightgbm
import numpy as np
from scipy.special import expit

from anomalon.core import check
from anomalon.core.sample import Sample
from anomalon.core.scorer import Scorer
from anomalon.learn.classify.base import Classifier, Floats, Task
from anomalon.learn.classify.split import share
from anomalon.learn.engine.storage import Arrays, Header
from anomalon.learn.threads import threaded

__all__ = ["TREES_OF_TWO_KINDS", "BoostedTrees", "BoostedTreesScorer"]


@final
@dataclass(frozen=True, eq=False)
class BoostedTreesScorer(Scorer):
    """The probability of the signal-like class from a sum of trees.

    Args:
        booster: The fitted trees.
        names: The features.
    """

    booster: lightgbm.Booster
    names: tuple[str, ...]

    def _score(self, sample: Sample) -> Floats:
        if len(sample) == 0:
            return np.zeros(0)
        x = np.ascontiguousarray(sample.x, np.float32)
        return np.asarray(expit(self.booster.predict(x, raw_score=True)))

    def to_arrays(self) -> tuple[Header, Arrays]:
        """The trees as LightGBM writes them."""
        return {}, {"": np.frombuffer(self.booster.model_to_string().encode(), np.uint8)}

    @classmethod
    def from_arrays(cls, header: Header, arrays: Arrays) -> Self:
        """The scorer again."""
        return cls(lightgbm.Booster(model_str=arrays[""].tobytes().decode()), header["names"])


@final
@dataclass(frozen=True)
class BoostedTrees(Classifier):
    """Gradient-boosted decision trees with weighted binary cross entropy.

    Each training runs on one thread and several run at a time, so results do not depend on the
    number of cores.

    Args:
        n_trees: Trees, or the most of them if `patience` stops earlier.
        learning_rate: Shrinkage of each tree.
        n_leaves: Most leaves of a tree.
        min_leaf: Least events in a leaf; about 100 helps at S/B < 1 %.
        l2: L2 regularisation of the leaves.
        subsample: Share of the training events that each tree sees, drawn anew for every tree.
        patience: Stop when the validation loss has not improved for this many trees and keep the
            best number of them; 0 trains all `n_trees` on all events.
        validation: Share of the events held out for that, drawn along their identity.
        random_thresholds: Split each feature at a random place instead of the best one (extremely
            randomised trees, Geurts et al., Machine Learning 63, 3): members of an ensemble then
            differ, and at S/B < 1 % their mean follows the noise less.

    Raises:
        BadValue: If a setting is outside its range.
    """

    kind: ClassVar[str] = "boosted_trees"
    cites: ClassVar[tuple[str, ...]] = ("Ke:2017lightgbm",)

    n_trees: int = 50
    learning_rate: float = 0.1
    n_leaves: int = 31
    min_leaf: int = 100
    l2: float = 0.0
    subsample: float = 1.0
    patience: int = 0
    validation: float = 0.5
    random_thresholds: bool = field(default=True, kw_only=True)

    def __post_init__(self) -> None:
        check.fields(
            self,
            "boosted_trees",
            n_trees=(1, 1_000_000),
            learning_rate="(0, 1000]",
            n_leaves=(2, 131_072),  # LightGBM's most
            min_leaf=(1, check.MOST),
            l2="[0, inf)",
            subsample="(0, 1]",
            patience=(0, check.MOST),
            validation="(0, 1)",
            random_thresholds=bool,
        )

    def _fit_many(self, tasks: Sequence[Task], names: tuple[str, ...]) -> list[BoostedTreesScorer]:
        return [BoostedTreesScorer(b, names) for b in threaded(self._train, tasks)]

    def _train(self, task: Task) -> lightgbm.Booster:
        parameters = self._parameters(task)
        rows = task.rows
        if not self.patience:
            data = lightgbm.Dataset(
                task.x[rows], task.y[rows], weight=task.weight[rows], params=parameters
            )
            return lightgbm.train(parameters, data, self.n_trees)
        held = share(task.event[rows], self.validation, task.seed.child("validation"))
        seen, unseen = rows[~held], rows[held]
        data = lightgbm.Dataset(
            task.x[seen], task.y[seen], weight=task.weight[seen], params=parameters
        )
        validation = lightgbm.Dataset(
            task.x[unseen], task.y[unseen], weight=task.weight[unseen], reference=data
        )
        stop = lightgbm.early_stopping(self.patience, verbose=False)
        booster = lightgbm.train(
            parameters, data, self.n_trees, valid_sets=[validation], callbacks=[stop]
        )
        # Without the trees behind the best one a saved model is the model.
        return lightgbm.Booster(model_str=booster.model_to_string(booster.best_iteration))

    def _parameters(self, task: Task) -> dict[str, Any]:
        return {
            "objective": "binary",
            "boost_from_average": True,
            "learning_rate": self.learning_rate,
            "num_leaves": self.n_leaves,
            "min_data_in_leaf": self.min_leaf,
            "lambda_l2": self.l2,
            "bagging_fraction": self.subsample,
            "bagging_freq": 1 if self.subsample < 1 else 0,
            "extra_trees": self.random_thresholds,
            "seed": task.seed.child("trees").integer(),
            "deterministic": True,
            "force_col_wise": True,
            # Histogram edges from 80 events per bin; from all events they take half of the time.
            "bin_construct_sample_cnt": 20_000,
            "num_threads": 1,
            "verbosity": -1,
        }


TREES_OF_TWO_KINDS = BoostedTrees(), BoostedTrees(n_trees=25, random_thresholds=False)
"""Members for `Ensemble` that err in different ways: those with the best thresholds follow noise
sooner and get half as many trees."""
