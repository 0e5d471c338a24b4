"""`BoostedRegression`: a number as a sum of shallow decision trees, by LightGBM."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import lightgbm
import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.seed import Seed

__all__ = ["BoostedRegression"]


@final
@dataclass(frozen=True)
class BoostedRegression:
    """Gradient-boosted trees that minimise the weighted mean square.

    On one thread, so results do not depend on the number of cores.

    Args:
        n_trees: Trees.
        depth: Most comparisons from the root to a leaf.
        learning_rate: Shrinkage of each tree.
        min_leaf: Least events in a leaf.
        l2: L2 regularisation of the leaves.

    Raises:
        BadValue: If a setting is outside its range.
    """

    n_trees: int = 100
    depth: int = 6
    learning_rate: float = 0.1
    min_leaf: int = 20
    l2: float = 0.0

    def __post_init__(self) -> None:
        check.fields(
            self,
            "boosted_regression",
            n_trees=(1, 1_000_000),
            depth=(1, 16),
            learning_rate="(0, 1000]",
            min_leaf=(1, check.MOST),
            l2="[0, inf)",
        )

    def fit(
        self,
        x: NDArray[np.floating[Any]],
        y: NDArray[np.floating[Any]],
        weight: NDArray[np.floating[Any]],
        seed: Seed,
    ) -> NDArray[np.uint8]:
        """The trees as LightGBM writes them, as bytes.

        Args:
            x: Shape (event, number).
            y: Shape (event,).
            weight: Shape (event,), not negative.
            seed: Of the events that histograms are laid out by, if there are many.
        """
        parameters = self._parameters(seed)
        data = lightgbm.Dataset(
            np.asarray(x, np.float32), np.asarray(y), weight=np.asarray(weight), params=parameters
        )
        booster = lightgbm.train(parameters, data, self.n_trees)
        return np.frombuffer(booster.model_to_string().encode(), np.uint8)

    def ready(
        self, trees: NDArray[np.uint8]
    ) -> Callable[[NDArray[np.floating[Any]]], NDArray[np.float64]]:
        """The function from rows (event, number) to one number for each, of what `fit` gave."""
        booster = lightgbm.Booster(model_str=np.asarray(trees).tobytes().decode())

        def predict(x: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
            if len(x) == 0:
                return np.zeros(0)
            rows = np.ascontiguousarray(x, np.float32)
            return np.asarray(booster.predict(rows), np.float64)

        return predict

    def _parameters(self, seed: Seed) -> dict[str, Any]:
        return {
            "objective": "regression",
            "learning_rate": self.learning_rate,
            "num_leaves": 2**self.depth,
            "max_depth": self.depth,
            "min_data_in_leaf": self.min_leaf,
            "lambda_l2": self.l2,
            "seed": seed.integer(),
            "deterministic": True,
            "force_col_wise": True,
            "num_threads": 1,
            "verbosity": -1,
        }
