"""`IsolationForest`: what a few random cuts isolate is anomalous (Liu, Ting, Zhou, ICDM 2008).

Grown by scikit-learn; what is kept are the trees as plain arrays, which score by themselves.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.detectors.base import Detector, Scores, State, Task, flattened
from anomalon.features.event_summary import EventSummary
from anomalon.features.inputs import Encoded, FittedInputs, Inputs

__all__ = ["IsolationForest"]

_BLOCK = 20_000


@final
@dataclass(frozen=True)
class IsolationForest(Detector):
    """2^(-mean depth / expected depth), in (0, 1).

    Args:
        n_trees: How many.
        n_samples: Events that each tree is grown on.
        inputs: How events become numbers.

    Raises:
        BadValue: If a setting is outside its range.
    """

    kind: ClassVar[str] = "isolation_forest"
    cites: ClassVar[tuple[str, ...]] = ("Liu:2008forest", "Pedregosa:2011sklearn")

    n_trees: int = 100
    n_samples: int = 256
    inputs: Inputs = field(default_factory=EventSummary)

    def __post_init__(self) -> None:
        check.fields(self, self.kind, n_trees=(1, 100_000), n_samples=(2, 10_000_000))

    @property
    def most_events(self) -> int | None:
        """More than its trees can see are not looked at."""
        return max(self.n_trees * self.n_samples, 100_000)

    def _fit(self, task: Task) -> State:
        from sklearn import ensemble

        forest = ensemble.IsolationForest(
            n_estimators=self.n_trees,
            max_samples=min(self.n_samples, len(task.rows)),
            random_state=task.seed.integer(2**31),
        ).fit(flattened(task.rows.seen), sample_weight=task.rows.weight)
        trees = [one.tree_ for one in forest.estimators_]
        most = max(tree.node_count for tree in trees)

        def together(values: list[NDArray[Any]], dtype: type) -> NDArray[Any]:
            return np.stack([np.pad(v, (0, most - len(v))).astype(dtype) for v in values])

        return {
            "left": together([t.children_left for t in trees], np.int32),
            "right": together([t.children_right for t in trees], np.int32),
            "feature": together([t.feature for t in trees], np.int32),
            "threshold": together([t.threshold for t in trees], np.float64),
            "depth": np.stack([_depths(t, most) for t in trees]),
            "expected": np.array(_path(np.array([forest.max_samples_]))[0]),
        }

    def _ready(self, state: State, inputs: FittedInputs) -> Scores:
        del inputs

        def score(seen: Encoded) -> NDArray[np.float64]:
            x = flattened(seen)
            blocks = [_mean_depth(x[a : a + _BLOCK], state) for a in range(0, len(x), _BLOCK)]
            depth = np.concatenate([np.empty(0), *blocks])
            return np.asarray(2.0 ** (-depth / state["expected"]))

        return score


def _path(n: NDArray[Any]) -> NDArray[np.float64]:
    """The mean depth of a search in a random tree of n events (eq. 1 of the paper)."""
    n = n.astype(np.float64)
    rest = np.maximum(n - 1, 1)
    path = 2 * (np.log(rest) + np.euler_gamma) - 2 * rest / np.maximum(n, 1)
    return np.where(n > 2, path, np.where(n == 2, 1.0, 0.0))


def _depths(tree: Any, most: int) -> NDArray[np.float64]:
    """For each node its depth, and at a leaf that of what it still holds besides."""
    depth = np.zeros(most)
    for node in range(tree.node_count):  # parents come before their children
        for child in (tree.children_left[node], tree.children_right[node]):
            if child >= 0:
                depth[child] = depth[node] + 1
    leaf = tree.children_left < 0
    depth[: tree.node_count] += np.where(leaf, _path(tree.n_node_samples), 0.0)
    return depth


def _mean_depth(x: NDArray[np.float32], state: State) -> NDArray[np.float64]:
    total = np.zeros(len(x))
    rows = np.arange(len(x))
    for left, right, feature, threshold, depth in zip(
        *(state[name] for name in ("left", "right", "feature", "threshold", "depth")), strict=True
    ):
        node = np.zeros(len(x), np.intp)
        while (inner := left[node] > 0).any():  # the root is nobody's child; a leaf has -1
            goes_left = x[rows, np.maximum(feature[node], 0)] <= threshold[node]
            below = np.where(goes_left, left[node], right[node])
            node = np.where(inner, below, node)
        total += depth[node]
    return total / len(state["left"])
