"""`Density`: events where background has a low density are anomalous.

A density depends on the coordinates in which it is taken: what is rare in pT need not be in ln pT
(arXiv:2209.06225 has examples). Here they are normal scores of each feature, so that being far out
counts the same in every feature, whatever its unit; or logits of its range.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.seed import Seed
from anomalon.detectors.base import Detector, Scores, State, Task, flattened
from anomalon.features.event_summary import EventSummary
from anomalon.features.inputs import FittedInputs, Inputs
from anomalon.learn.density.base import DensityTask
from anomalon.learn.density.flows import SplineFlow
from anomalon.learn.density.learned import LearnedDensity

__all__ = ["Density", "density_state", "rarity"]


@final
@dataclass(frozen=True)
class Density(Detector):
    """Minus the logarithm of the density of scaled features.

    Args:
        estimator: `SplineFlow` (a normalising flow) or `FlowMatching`.
        inputs: How events become numbers.
        most: It learns from so many events at most.

    Raises:
        BadValue: If a setting is outside its range.
    """

    kind: ClassVar[str] = "density"
    cites: ClassVar[tuple[str, ...]] = ("Nachman:2020lpy",)

    estimator: LearnedDensity = field(default_factory=SplineFlow)
    inputs: Inputs = field(default_factory=EventSummary)
    most: int = 1_000_000

    def __post_init__(self) -> None:
        check.fields(self, self.kind, most=(100, check.MOST), estimator=LearnedDensity)

    @property
    def most_events(self) -> int | None:
        """Those that are learned from."""
        return self.most

    def _fit(self, task: Task) -> State:
        rows = task.rows
        x = flattened(rows.seen)
        return density_state(self.estimator, x, rows.weight, rows.event, task.seed)

    def _ready(self, state: State, inputs: FittedInputs) -> Scores:
        del inputs
        rare = rarity(self.estimator, state)
        return lambda seen: rare(flattened(seen))


def density_state(
    estimator: LearnedDensity,
    x: NDArray[np.float32],
    weight: NDArray[np.float32],
    event: NDArray[np.int64],
    seed: Seed,
) -> State:
    """A density of rows x (event, feature) as arrays."""
    given = np.zeros((len(x), 1))
    task = DensityTask(x.astype(np.float64), given, np.asarray(weight), event, seed)
    return estimator.to_arrays(estimator.fit_many([task])[0])


def rarity(
    estimator: LearnedDensity, state: State
) -> Callable[[NDArray[np.float32]], NDArray[np.float64]]:
    """The function from rows (event, feature) to minus the log density of scaled features."""
    density: Any = estimator.from_arrays(state)
    scaling = density.learned.scaling

    def rare(x: NDArray[np.float32]) -> NDArray[np.float64]:
        x64 = x.astype(np.float64)
        # ties are broken by what is in the event: the same for an event in any file
        event = _identity(x)
        there = density.log_density(x64, np.zeros((len(x), 1)), event)
        return np.asarray(scaling.log_slope(x64, event) - there)

    return rare


def _identity(x: NDArray[np.float32]) -> NDArray[np.int64]:
    """A number that depends on what is in each row alone."""
    words = np.ascontiguousarray(x + np.float32(0)).view(np.uint32).astype(np.uint64)
    state = np.zeros(len(x), np.uint64)
    for j in range(words.shape[1]):
        state = (state ^ words[:, j]) * np.uint64(0x9E3779B97F4A7C15)
        state ^= state >> np.uint64(29)
    return state.view(np.int64)
