"""`JetPoints`: constituents as transport takes them, shares of pT at places around the jet axis."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.events import Events
from anomalon.core.seen import Seen
from anomalon.core.shown import Shown
from anomalon.features.inputs import Encoded, FittedInputs, Form, Inputs, Layout
from anomalon.features.jet_images import momenta_of
from anomalon.jets.images import placed

__all__ = ["FittedPoints", "JetPoints"]


@final
@dataclass(frozen=True)
class JetPoints(Inputs):
    """Each constituent as (share of pT, eta, phi), centred and turned as in an image.

    Args:
        rotate: Whether the principal axis is turned upright.
        flip: Whether the hardest quadrant is put in the same corner.
    """

    kind: ClassVar[str] = "jet_points"
    form: ClassVar[Form] = "points"

    rotate: bool = True
    flip: bool = True

    def __post_init__(self) -> None:
        check.fields(self, self.kind, rotate=bool, flip=bool)

    def _fit(self, pieces: Iterable[Events], layout: Layout, seen: Seen) -> "FittedPoints":
        del pieces
        momenta_of(layout, self.kind)
        return FittedPoints(self, layout, seen)


@final
@dataclass(frozen=True, eq=False, repr=False)
class FittedPoints(Shown, FittedInputs):
    """`JetPoints` for jets of a layout; nothing is measured.

    Args:
        inputs: The settings.
        layout: Of the jets.
        seen: What it was fitted on.
    """

    inputs: JetPoints
    layout: Layout
    seen: Seen

    @property
    def names(self) -> tuple[str, ...]:
        """Of a constituent."""
        return ("share", "eta", "phi")

    def _encode(self, objects: NDArray[np.float64], mask: NDArray[np.bool_]) -> Encoded:
        pt, eta, phi = (objects[:, :, j] for j in momenta_of(self.layout, self.inputs.kind))
        pt = np.where(mask, pt, 0.0)
        x, y = placed(pt, eta, phi, mask, rotate=self.inputs.rotate, flip=self.inputs.flip)
        total = pt.sum(axis=1, keepdims=True)
        share = np.divide(pt, total, out=np.zeros_like(pt), where=total > 0)
        return Encoded(np.stack([share, x, y], axis=2).astype(np.float32), mask & (share > 0))


JetPoints.fitted = FittedPoints
Inputs.registry[JetPoints.kind] = JetPoints
