"""`Medoids`: what is far from the few jets that stand for all others is anomalous.

Fraser, Homiller, Mishra, Ostdiek, Schwartz, arXiv:2110.06948: no network and no training, only the
transport distance to a handful of quintessential events. Here with any number of them, exact
distances, and metrics to compare with.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, Literal, final, get_args

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadValue, TooFewEvents
from anomalon.core.seed import Seed
from anomalon.detectors.base import Detector, Scores, State, Task
from anomalon.detectors.event_distance import EventDistance, Metric
from anomalon.features.inputs import Encoded, FittedInputs, Form, Inputs
from anomalon.features.jet_points import JetPoints
from anomalon.run.keeping import Keeping
from anomalon.transport import k_medoids

__all__ = ["Medoids"]

Floats = NDArray[np.float64]
Reference = Literal["medoids", "average"]
Combine = Literal["min", "mean", "sum"]


@final
@dataclass(frozen=True)
class Medoids(Detector):
    """The distance to the nearest medoid of the background.

    Args:
        k: How many medoids.
        metric: "transport" (exact, no root), or pixel by pixel "squared" or "absolute", for images.
        power: Exponent of the distance in the plane that transport costs.
        radius: Its unit.
        reference: "medoids", or the "average" image of the background, for images.
        combine: "min" over the medoids, "mean" or "sum".
        inputs: How jets become points or images.
        n_sample: Background events among which medoids are looked for at a time.
        n_samples: How often; the best are kept.
        n_held: Other events that judge which are the best.

    Raises:
        BadValue: If a setting is outside its range, or the metric is none of such inputs.
    """

    kind: ClassVar[str] = "medoids"
    cites: ClassVar[tuple[str, ...]] = ("Fraser:2021lxm", "Komiske:2019fks")
    forms: ClassVar[tuple[Form, ...]] = ("points", "images")

    k: int = 5
    metric: Metric = "transport"
    power: float = 1.0
    radius: float = 1.0
    reference: Reference = "medoids"
    combine: Combine = "min"
    inputs: Inputs = field(default_factory=JetPoints)
    n_sample: int = 2000
    n_samples: int = 3
    n_held: int = 2000

    def __post_init__(self) -> None:
        check.fields(
            self,
            self.kind,
            k=(1, 1000),
            metric=get_args(Metric),
            power="(0, 50]",
            radius="(0, inf)",
            reference=get_args(Reference),
            combine=get_args(Combine),
            n_sample=(2, 100_000),
            n_samples=(1, 1000),
            n_held=(1, 1_000_000),
        )
        if self.n_sample < self.k:
            raise BadValue(
                f"{self.kind}.n_sample: expected at least k = {self.k}, got {self.n_sample}."
            )
        self._check_inputs()
        if self.inputs.form == "points" and self.reference == "average":
            raise BadValue(
                f"{self.kind}.reference: expected medoids for inputs '{self.inputs.kind}', which "
                "have no average, got average. Take jet_images."
            )
        self._distance()

    def _distance(self) -> EventDistance:
        return EventDistance.of(self.inputs, self.metric, self.power, self.radius)

    def _fit(self, task: Task) -> State:
        rows = task.rows
        if self.reference == "average":
            weight = np.asarray(rows.weight, np.float64)[:, None, None]
            mean = (rows.seen.x * weight).sum(axis=0, keepdims=True) / weight.sum()
            return {"x": np.asarray(mean, np.float32)}
        if len(rows) < self.k + 1:
            raise TooFewEvents(
                f"{self.kind}: expected more than {self.k} events to choose medoids from, got "
                f"{len(rows)}."
            )
        weight = np.asarray(rows.weight, np.float64)
        return self._chosen(rows.seen, weight, task.seed, task.keeping)

    def _chosen(self, seen: Encoded, weight: Floats, seed: Seed, keeping: Keeping) -> State:
        """The best medoids of several samples, judged by events of none of them."""
        share = weight / weight.sum()
        rng = seed.child("medoids").generator()
        order = rng.permutation(len(seen))
        n_held = min(self.n_held, max(1, min(len(seen) // 3, len(seen) - self.k)))
        held, rest = order[:n_held], order[n_held:]
        distance = self._distance()
        judges = distance.prepared(_of(seen, held))

        def of_sample(draw: int) -> dict[str, Any]:
            drawn = seed.child("sample", draw=draw)
            some, counts = _drawn(rest, share[rest], self.n_sample, drawn)
            table = distance.matrix(distance.prepared(_of(seen, some)))
            chosen = some[k_medoids(table * counts, self.k)]
            away = distance.matrix(judges, distance.prepared(_of(seen, chosen))).min(axis=1)
            return {"chosen": chosen, "loss": float(np.average(away, weights=share[held]))}

        found = [
            keeping.once(f"sample-{draw}", partial(of_sample, draw))
            for draw in range(self.n_samples)
        ]
        best = min(found, key=lambda one: float(one["loss"]))
        kept = _of(seen, best["chosen"])
        state = {"x": np.asarray(kept.x), "held_loss": np.asarray(best["loss"])}
        return state if kept.mask is None else state | {"mask": np.asarray(kept.mask)}

    def _ready(self, state: State, inputs: FittedInputs) -> Scores:
        del inputs
        distance = self._distance()
        reference = distance.prepared(Encoded(state["x"], state.get("mask")))
        combined = _COMBINE[self.combine]

        def score(seen: Encoded) -> NDArray[np.floating[Any]]:
            return combined(distance.matrix(distance.prepared(seen), reference))

        return score


_COMBINE: dict[str, Callable[[Floats], Floats]] = {
    "min": lambda d: d.min(axis=1),
    "mean": lambda d: d.mean(axis=1),
    "sum": lambda d: d.sum(axis=1),
}


def _of(seen: Encoded, rows: NDArray[np.intp]) -> Encoded:
    return Encoded(seen.x[rows], None if seen.mask is None else seen.mask[rows])


def _drawn(
    rows: NDArray[np.intp], share: Floats, n: int, seed: Seed
) -> tuple[NDArray[np.intp], Floats]:
    """At most n of the rows, none twice, and what each of them counts.

    All of them with their weights if they are so few; else each has a probability in proportion to
    its weight, and counts the same.
    """
    if len(rows) <= n:
        return rows, share
    n = min(n, int((share > 0).sum()))
    some = seed.generator().choice(rows, size=n, replace=False, p=share / share.sum())
    return some, np.ones(n)
