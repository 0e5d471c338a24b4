"""`Objects`: the objects of an event as they are, each kind on its own scale.

Statistics are those of filled slots alone. A scale that counts empty slots as zeros depends on how
many there are, and tells a network how full the events of a file are.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self, final, get_args

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.events import Events
from anomalon.core.kinematics import delta_phi
from anomalon.core.seen import Seen
from anomalon.core.shown import Shown
from anomalon.features.inputs import Encoded, FittedInputs, Form, Inputs, Layout

__all__ = ["PHI_SCALE", "FittedObjects", "Objects"]

PtScale = Literal["log", "linear"]
PhiFrame = Literal["relative", "plain"]

PHI_SCALE = float(np.pi / np.sqrt(3))
"""The unit of azimuths: the standard deviation of those of a uniform distribution."""

_FARTHEST = 1e4  # beyond any training event a network only has to stay finite
_GEV = ("pt", "mass", "energy", "et")


@final
@dataclass(frozen=True)
class Objects(Inputs):
    """Every slot with its features, standardised per kind of object; angles around zero.

    Args:
        pt: "log": ln(1 + pT/GeV), and so for masses and energies; "linear": in GeV.
        phi: "relative" to the object of highest pT that is no missing momentum (that of the missing
            momentum if there is none), so that turning an event changes nothing; or "plain".
    """

    kind: ClassVar[str] = "objects"
    form: ClassVar[Form] = "objects"

    pt: PtScale = "log"
    phi: PhiFrame = "relative"

    def __post_init__(self) -> None:
        check.fields(self, "objects", pt=get_args(PtScale), phi=get_args(PhiFrame))

    def _fit(self, pieces: Iterable[Events], layout: Layout, seen: Seen) -> "FittedObjects":
        sums = np.zeros((3, len(layout.kinds), len(layout.features)))
        for events in pieces:
            x, mask = layout.arranged(events)
            z = self.transformed(x, mask, layout)
            weight = (events.weight[:, None] * mask)[:, :, None]
            sums += [
                np.broadcast_to(weight.sum(axis=0), sums.shape[1:]),
                (weight * z).sum(axis=0),
                (weight * z**2).sum(axis=0),
            ]
        mean, std = np.zeros(sums.shape[1:]), np.ones(sums.shape[1:])
        for kind in dict.fromkeys(layout.kinds):
            slots = list(layout.slots(kind))
            total, first, second = sums[:, slots].sum(axis=1)
            with np.errstate(invalid="ignore", divide="ignore"):
                mean[slots] = np.where(total > 0, first / total, 0.0)
                spread = np.sqrt(np.maximum(second / total - mean[slots[0]] ** 2, 0.0))
            # of a constant rounding leaves a little
            std[slots] = np.where(spread > 1e-6 * (1 + np.abs(mean[slots[0]])), spread, 1.0)
        for j, name in enumerate(layout.features):
            if name in ("eta", "phi"):  # a detector is symmetric: nothing to be measured
                mean[:, j] = 0.0
            if name == "phi":
                std[:, j] = PHI_SCALE
        return FittedObjects(self, layout, seen, mean, std)

    def transformed(
        self, x: NDArray[np.float64], mask: NDArray[np.bool_], layout: Layout
    ) -> NDArray[np.float64]:
        """Objects (event, slot, feature) before they are standardised."""
        z = x.copy()
        for j, name in enumerate(layout.features):
            if name in _GEV and self.pt == "log":
                z[:, :, j] = np.log1p(np.maximum(x[:, :, j], 0.0))
            if name == "phi":
                z[:, :, j] = delta_phi(x[:, :, j], self._zero(x, mask, layout, j))
        return np.where(mask[:, :, None], z, 0.0)

    def _zero(
        self, x: NDArray[np.float64], mask: NDArray[np.bool_], layout: Layout, phi: int
    ) -> NDArray[np.float64]:
        """The azimuth that counts as zero, shape (event, 1)."""
        if self.phi == "plain":
            return np.zeros((len(x), 1))
        pt = np.where(mask, x[:, :, layout.features.index("pt")], -1.0)
        visible = np.array([kind != "met" for kind in layout.kinds])
        leading = np.argmax(np.where(visible, pt + 1e12 * (pt >= 0), pt), axis=1)
        return np.take_along_axis(x[:, :, phi], leading[:, None], axis=1)


@final
@dataclass(frozen=True, eq=False, repr=False)
class FittedObjects(Shown, FittedInputs):
    """`Objects` with means and standard deviations.

    Args:
        inputs: The settings.
        layout: Of the events.
        seen: What it was fitted on.
        mean: Shape (slot, feature); the same for all slots of a kind.
        std: Shape (slot, feature).
    """

    inputs: Objects
    layout: Layout
    seen: Seen
    mean: NDArray[np.float64]
    std: NDArray[np.float64]

    @property
    def names(self) -> tuple[str, ...]:
        """Of an object."""
        return self.layout.features

    def _encode(self, objects: NDArray[np.float64], mask: NDArray[np.bool_]) -> Encoded:
        z = (self.inputs.transformed(objects, mask, self.layout) - self.mean) / self.std
        z = np.where(mask[:, :, None], np.clip(z, -_FARTHEST, _FARTHEST), 0.0)
        return Encoded(z.astype(np.float32), mask)

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """Means and standard deviations."""
        return {"mean": self.mean, "std": self.std}

    @classmethod
    def from_arrays(
        cls, inputs: Any, layout: Layout, seen: Seen, arrays: Mapping[str, NDArray[Any]]
    ) -> Self:
        """Again."""
        return cls(inputs, layout, seen, arrays["mean"], arrays["std"])


Objects.fitted = FittedObjects
Inputs.registry[Objects.kind] = Objects
