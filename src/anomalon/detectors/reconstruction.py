"""`Reconstruction`: the settings of how an event is compared with what a network gives back."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadValue
from anomalon.detectors.base import Scores
from anomalon.detectors.event_distance import emd_of_images
from anomalon.features.inputs import Encoded, FittedInputs, Inputs
from anomalon.features.jet_images import FittedImages
from anomalon.learn.autoencoders.distance import Comparison, Distance, First
from anomalon.learn.autoencoders.plain import compared
from anomalon.learn.autoencoders.transport import Sinkhorn, SlicedTransport
from anomalon.learn.models.slots import Normalised

__all__ = ["Reconstruction"]

Entries = Literal["masked", "all"]
Equal = Literal["entries", "kinds"]
Reduce = Literal["mean", "sum"]
By = Literal["entries", "sliced_transport", "sinkhorn", "transport"]


@dataclass(frozen=True)
class Reconstruction:
    """How differences of standardised features become one number per event.

    Args:
        entries: "masked": objects that are there; "all": empty slots as well, as zeros.
        pt: How transverse momenta are compared, and pixels: "squared", "absolute" or "huber". All
            else is squared.
        circular: Whether azimuths are compared on the circle, where -3.1 and 3.1 are neighbours.
        equal: What counts the same: "entries", or "kinds" of objects, whatever their number.
        reduce: "mean" over what counts, or "sum", which grows with the number of objects.
        by: "entries", one by one; or, for images, by the work that turns one into the other:
            "transport" is exact, and for scores alone; "sliced_transport" and "sinkhorn" have a
            gradient to learn by.
        power: Exponent of the distance in that work; no root is taken.

    Raises:
        BadValue: If a setting is none of what is allowed.
    """

    entries: Entries = "masked"
    pt: First = "squared"
    circular: bool = True
    equal: Equal = "entries"
    reduce: Reduce = "mean"
    by: By = "entries"
    power: float = 1.0

    def __post_init__(self) -> None:
        check.fields(
            self,
            "reconstruction",
            entries=get_args(Entries),
            pt=get_args(First),
            circular=bool,
            equal=get_args(Equal),
            reduce=get_args(Reduce),
            by=get_args(By),
            power="(0, 50]",
        )
        if self.by == "sliced_transport" and self.power != 1:
            raise BadValue(
                f"reconstruction.power: expected 1 by sliced_transport, got {self.power:g}. Take "
                "sinkhorn."
            )

    def check(self, inputs: Inputs, where: str, *, learned: bool) -> None:
        """Refuse what cannot be done with such inputs.

        Args:
            inputs: How events become numbers.
            where: What this is called.
            learned: Whether it is minimised, which takes a gradient.

        Raises:
            BadValue: If it cannot.
        """
        if self.by != "entries" and inputs.form != "images":
            raise BadValue(
                f"{where}.by: expected entries, because inputs '{inputs.kind}' are no images, got "
                f"{self.by}."
            )
        if learned and self.by == "transport":
            raise BadValue(
                f"{where}.by: expected entries, sliced_transport or sinkhorn, because the exact "
                "distance has no gradient, got transport. It can be the score."
            )

    def distance(self, inputs: FittedInputs) -> Comparison:
        """The same for events that went through these inputs, unless it is exact transport."""
        if isinstance(inputs, FittedImages):
            return self._of_images(inputs)
        scale = inputs.scale
        if scale is None:
            return Distance(first="squared", reduce=self.reduce)
        names, kinds = inputs.names, inputs.layout.kinds
        turns: tuple[float, ...] = ()
        if self.circular and names[-1] == "phi":
            turns = tuple((2 * np.pi / scale.unit[:, -1]).tolist())
        distinct = list(dict.fromkeys(kinds))
        groups = tuple(distinct.index(kind) for kind in kinds) if self.equal == "kinds" else ()
        return Distance(
            masked=self.entries == "masked",
            first=self.pt if names[0] == "pt" else "squared",
            reduce=self.reduce,
            turns=turns,
            groups=groups,
        )

    def finished(self, decoder: Any, inputs: FittedInputs) -> Any:
        """A decoder that gives what can be compared: transport is between distributions."""
        if self.by == "entries" or not isinstance(inputs, FittedImages):
            return decoder
        return Normalised(decoder, inputs.inputs.total)

    def scores(self, back: Callable[[Encoded], Any], inputs: FittedInputs) -> Scores:
        """The function that compares events with what `back` gives of them."""
        exact = self.by == "transport" and isinstance(inputs, FittedImages)
        distance = None if exact else self.distance(inputs)

        def score(seen: Encoded) -> NDArray[np.floating[Any]]:
            given = np.asarray(back(seen))
            if distance is not None:
                return np.asarray(compared(distance, seen.data, given))
            half_width = inputs.inputs.half_width  # type: ignore[attr-defined]
            return emd_of_images(seen.x, given, half_width, self.power)

        return score

    def _of_images(self, inputs: FittedImages) -> Comparison:
        half_width = inputs.inputs.half_width
        if self.by == "sliced_transport":
            return SlicedTransport(half_width)
        if self.by == "sinkhorn":
            even = inputs.inputs.size % 2 == 0
            return Sinkhorn(half_width, self.power, pooled=2 if even else 1)
        return Distance(masked=False, first=self.pt, reduce=self.reduce, alike=True)
