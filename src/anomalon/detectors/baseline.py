"""`Baseline`: what anybody can compute without learning anything; a detector has to beat it."""

from dataclasses import dataclass
from typing import ClassVar, Literal, final, get_args

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.detectors.base import Detector, Scores, State, Task, flattened
from anomalon.features.event_summary import EventSummary
from anomalon.features.inputs import Encoded, FittedInputs, Inputs
from anomalon.features.objects import Objects

__all__ = ["BASELINES", "Baseline"]

Quantity = Literal["ht", "st", "met", "leading_pt", "multiplicity", "norm"]
BASELINES: tuple[str, ...] = get_args(Quantity)


@final
@dataclass(frozen=True)
class Baseline(Detector):
    """One quantity of an event.

    Args:
        quantity: "ht" (sum of jet pT), "st" (sum of all pT and the missing momentum), "met",
            "leading_pt" and "multiplicity" (of objects that are no missing momentum), or "norm"
            (the length of the vector of all standardised features).
    """

    kind: ClassVar[str] = "baseline"

    quantity: Quantity = "st"

    def __post_init__(self) -> None:
        check.fields(self, self.kind, quantity=get_args(Quantity))

    @property
    def inputs(self) -> Inputs:  # type: ignore[override]
        """What it is computed from."""
        return Objects() if self.quantity == "norm" else EventSummary(only=(self.quantity,))

    def _fit(self, task: Task) -> State:
        del task
        return {}

    def _ready(self, state: State, inputs: FittedInputs) -> Scores:
        del state, inputs

        def score(seen: Encoded) -> NDArray[np.float64]:
            x = flattened(seen).astype(np.float64)
            return np.sqrt((x**2).sum(axis=1)) if self.quantity == "norm" else x[:, 0]

        return score
