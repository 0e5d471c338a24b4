"""`NearestNeighbours`: what is far from the background events next to it is anomalous.

Ramaswamy, Rastogi, Shim, SIGMOD 2000. A sample of background is kept; distances are exact.
"""

from dataclasses import dataclass, field
from typing import ClassVar, final

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.detectors.base import Detector, Scores, State, Task, flattened
from anomalon.detectors.neighbours import mean_distance
from anomalon.features.event_summary import EventSummary
from anomalon.features.inputs import Encoded, FittedInputs, Inputs

__all__ = ["NearestNeighbours"]


@final
@dataclass(frozen=True)
class NearestNeighbours(Detector):
    """The mean distance to the nearest background events, in standardised features.

    Args:
        n_neighbours: How many.
        n_kept: Background events that are kept.
        inputs: How events become numbers.

    Raises:
        BadValue: If a setting is outside its range.
    """

    kind: ClassVar[str] = "nearest_neighbours"
    cites: ClassVar[tuple[str, ...]] = ("Ramaswamy:2000knn",)

    n_neighbours: int = 5
    n_kept: int = 50_000
    inputs: Inputs = field(default_factory=EventSummary)

    def __post_init__(self) -> None:
        check.fields(self, self.kind, n_neighbours=(1, 100_000), n_kept=(1, 10_000_000))

    @property
    def most_events(self) -> int | None:
        """Those that are kept."""
        return self.n_kept

    def _fit(self, task: Task) -> State:
        return {"kept": flattened(task.rows.seen).astype(np.float64)}

    def _ready(self, state: State, inputs: FittedInputs) -> Scores:
        del inputs
        kept = state["kept"]
        k = min(self.n_neighbours, len(kept))

        def score(seen: Encoded) -> NDArray[np.float64]:
            return mean_distance(flattened(seen), kept, k)

        return score
