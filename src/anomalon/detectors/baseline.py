"""`Baseline`: what anybody can compute without learning anything; a detector has to beat it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal, final, get_args

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadLayout
from anomalon.core.kinds import are_constituents
from anomalon.detectors.base import Detector, Scores, State, Task, flattened
from anomalon.features.event_summary import EventSummary
from anomalon.features.inputs import Encoded, FittedInputs, Inputs
from anomalon.features.jet_substructure import JetSubstructure
from anomalon.features.objects import Objects

__all__ = ["BASELINES", "JET_BASELINES", "Baseline", "baselines_of"]

_Event = Literal["ht", "st", "met", "leading_pt", "multiplicity", "norm"]
_Jet = Literal["jet_mass", "jet_width", "constituents", "tau21", "tau32"]
Quantity = Literal[_Event, _Jet]

BASELINES: tuple[str, ...] = get_args(_Event)
"""What events are compared by."""
JET_BASELINES: tuple[str, ...] = get_args(_Jet)
"""What jets are compared by, whose objects are their constituents."""

_FEATURES = {"jet_mass": "log_mass", "jet_width": "width", "constituents": "log_n"}
_FALLING = ("tau21", "tau32")  # small with more prongs
_LESS_THAN_A_STEP = 1e-3  # of a multiplicity in its standard deviations, which are no hundreds


def baselines_of(kinds: Iterable[str]) -> tuple[str, ...]:
    """Those for events with such objects."""
    return JET_BASELINES if are_constituents(kinds) else BASELINES


@final
@dataclass(frozen=True)
class Baseline(Detector):
    """One quantity of an event.

    Args:
        quantity: "ht" (sum of jet pT), "st" (sum of all pT and the missing momentum), "met",
            "leading_pt" and "multiplicity" (of objects that are no missing momentum; among events
            of as many, the one with the larger `st` is first), or "norm" (the length of the vector
            of all standardised features). Of jets: "jet_mass",
            "jet_width" (pT-weighted distance from the axis), "constituents" (their number), and
            "tau21" or "tau32", small values being anomalous: one prong is the rule.
    """

    kind: ClassVar[str] = "baseline"

    quantity: Quantity = "st"

    def __post_init__(self) -> None:
        check.fields(self, self.kind, quantity=get_args(Quantity))

    @property
    def inputs(self) -> Inputs:  # type: ignore[override]
        """What it is computed from."""
        if self.quantity == "norm":
            return Objects()
        if self.quantity in JET_BASELINES:
            return JetSubstructure(only=(_FEATURES.get(self.quantity, self.quantity),))
        if self.quantity == "multiplicity":
            return EventSummary(only=("multiplicity", "st"))
        return EventSummary(only=(self.quantity,))

    def _fit(self, task: Task) -> State:
        kinds = task.inputs.layout.kinds
        if self.quantity in JET_BASELINES and not are_constituents(kinds):
            raise BadLayout(
                f"baseline: expected jets of constituents for {self.quantity!r}, got events of "
                f"{list(dict.fromkeys(kinds))}. Of these there are {', '.join(BASELINES)}."
            )
        return {}

    def _ready(self, state: State, inputs: FittedInputs) -> Scores:
        del state, inputs

        def score(seen: Encoded) -> NDArray[np.float64]:
            x = flattened(seen).astype(np.float64)
            if self.quantity == "norm":
                return np.asarray(np.sqrt((x**2).sum(axis=1)))
            if self.quantity == "multiplicity":  # in steps no rate could be asked for
                return np.asarray(x[:, 0] + _LESS_THAN_A_STEP * np.arctan(x[:, 1]))
            return np.asarray(-x[:, 0] if self.quantity in _FALLING else x[:, 0])

        return score
