"""`Reconstruction`: the settings of how an event is compared with what a network gives back."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from anomalon.core import check
from anomalon.features.inputs import FittedInputs
from anomalon.features.objects import PHI_SCALE, FittedObjects
from anomalon.learn.autoencoders.distance import Distance, First

__all__ = ["Reconstruction"]

Entries = Literal["masked", "all"]
Equal = Literal["entries", "kinds"]
Reduce = Literal["mean", "sum"]


@dataclass(frozen=True)
class Reconstruction:
    """How differences of standardised features become one number per event.

    Args:
        entries: "masked": objects that are there; "all": empty slots as well, as zeros.
        pt: How transverse momenta are compared: "squared", "absolute" or "huber". All else is
            squared.
        circular: Whether azimuths are compared on the circle, where -3.1 and 3.1 are neighbours.
        equal: What counts the same: "entries", or "kinds" of objects, whatever their number.
        reduce: "mean" over what counts, or "sum", which grows with the number of objects.
    """

    entries: Entries = "masked"
    pt: First = "squared"
    circular: bool = True
    equal: Equal = "entries"
    reduce: Reduce = "mean"

    def __post_init__(self) -> None:
        check.fields(
            self,
            "reconstruction",
            entries=get_args(Entries),
            pt=get_args(First),
            circular=bool,
            equal=get_args(Equal),
            reduce=get_args(Reduce),
        )

    def distance(self, inputs: FittedInputs) -> Distance:
        """The same for events that went through these inputs."""
        if not isinstance(inputs, FittedObjects):
            return Distance(first="squared", reduce=self.reduce)
        names, kinds = inputs.names, inputs.layout.kinds
        turns: tuple[float, ...] = ()
        if self.circular and names[-1] == "phi":
            turns = (2 * np.pi / PHI_SCALE,) * len(kinds)
        distinct = list(dict.fromkeys(kinds))
        groups = tuple(distinct.index(kind) for kind in kinds) if self.equal == "kinds" else ()
        return Distance(
            masked=self.entries == "masked",
            first=self.pt if names[0] == "pt" else "squared",
            reduce=self.reduce,
            turns=turns,
            groups=groups,
        )
