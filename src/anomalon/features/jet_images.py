"""`JetImages`: jets as pictures of their transverse momentum around the jet axis.

Cogan et al., arXiv:1407.5675; de Oliveira et al., arXiv:1511.05190. Every jet is turned and flipped
alike (`anomalon.jets.images`), so that what differs between pictures is what differs between jets.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadLayout
from anomalon.core.events import Events
from anomalon.core.seen import Seen
from anomalon.core.shown import Shown
from anomalon.features.inputs import Encoded, FittedInputs, Form, Inputs, Layout
from anomalon.jets.images import pixels

__all__ = ["FittedImages", "JetImages", "momenta_of"]


@final
@dataclass(frozen=True)
class JetImages(Inputs):
    """An image of each jet, of total `total`.

    Args:
        size: Pixels a side.
        half_width: From the middle of the image to its edges, in eta and phi.
        rotate: Whether the principal axis is turned upright.
        flip: Whether the hardest quadrant is put in the same corner.
        total: Sum of the pixels of a jet that is all inside.
        power: Pixels are taken to this power before, which shows what is soft.

    Raises:
        BadValue: If a setting is outside its range.
    """

    kind: ClassVar[str] = "jet_images"
    form: ClassVar[Form] = "images"
    cites: ClassVar[tuple[str, ...]] = ("Cogan:2014oua", "deOliveira:2015xxd")
    piece: ClassVar[int] = 16_384

    size: int = 40
    half_width: float = 1.0
    rotate: bool = True
    flip: bool = True
    total: float = 1.0
    power: float = 1.0

    def __post_init__(self) -> None:
        check.fields(
            self,
            self.kind,
            size=(2, 1000),
            half_width="(0, 10]",
            rotate=bool,
            flip=bool,
            total="(0, inf)",
            power="(0, 10]",
        )

    def _fit(self, pieces: Iterable[Events], layout: Layout, seen: Seen) -> "FittedImages":
        del pieces
        momenta_of(layout, self.kind)
        return FittedImages(self, layout, seen)


def momenta_of(layout: Layout, where: str) -> list[int]:
    """The columns of pt, eta and phi.

    Raises:
        BadLayout: If one is missing.
    """
    missing = [name for name in ("pt", "eta", "phi") if name not in layout.features]
    if missing:
        raise BadLayout(
            f"inputs '{where}': expected constituents with pt, eta and phi relative to their jet, "
            f"got {list(layout.features)}: {missing} missing."
        )
    return [layout.features.index(name) for name in ("pt", "eta", "phi")]


@final
@dataclass(frozen=True, eq=False, repr=False)
class FittedImages(Shown, FittedInputs):
    """`JetImages` for jets of a layout; nothing is measured.

    Args:
        inputs: The settings.
        layout: Of the jets.
        seen: What it was fitted on.
    """

    inputs: JetImages
    layout: Layout
    seen: Seen

    @property
    def names(self) -> tuple[str, ...]:
        """One per column of the image."""
        return tuple(f"column{i}" for i in range(self.inputs.size))

    def _encode(self, objects: NDArray[np.float64], mask: NDArray[np.bool_]) -> Encoded:
        given = self.inputs
        pt, eta, phi = (objects[:, :, j] for j in momenta_of(self.layout, given.kind))
        image = pixels(
            pt, eta, phi, mask, given.size, given.half_width, rotate=given.rotate, flip=given.flip
        )
        if given.power != 1:
            image = image**given.power
            total = image.sum(axis=(1, 2), keepdims=True)
            image = np.divide(image, total, out=np.zeros_like(image), where=total > 0)
        return Encoded(np.asarray(given.total * image, np.float32))


JetImages.fitted = FittedImages
Inputs.registry[JetImages.kind] = JetImages
