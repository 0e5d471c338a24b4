"""`Objects`: the objects of an event as they are, each kind on its own scale.

Statistics are those of filled slots alone. A scale that counts empty slots as zeros depends on how
many there are, and tells a network how full the events of a file are.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, final, get_args

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.events import Events
from anomalon.core.seen import Seen
from anomalon.core.shown import Shown
from anomalon.features.inputs import (
    Encoded,
    FittedInputs,
    Form,
    Inputs,
    Layout,
    ObjectScale,
    blocks,
    in_pieces,
)
from anomalon.features.moments import mean_and_width
from anomalon.learn.threads import threaded

__all__ = ["FARTHEST", "PHI_SCALE", "FittedObjects", "Objects"]

PtScale = Literal["log", "linear"]
PhiFrame = Literal["relative", "plain"]

PHI_SCALE = float(np.pi / np.sqrt(3))
"""The unit of azimuths: the standard deviation of those of a uniform distribution."""

FARTHEST = 1e4
"""The largest standardised number: beyond any training event a network only has to stay finite."""
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
    needs_pt: ClassVar[bool] = False

    pt: PtScale = "log"
    phi: PhiFrame = "relative"

    def __post_init__(self) -> None:
        check.fields(self, "objects", pt=get_args(PtScale), phi=get_args(PhiFrame))

    @property
    def positive_pt(self) -> bool:
        """Of logarithms alone."""
        return self.pt == "log"

    def _fit(self, pieces: Iterable[Events], layout: Layout, seen: Seen) -> "FittedObjects":
        from anomalon.features.kernels import add

        kinds = list(dict.fromkeys(layout.kinds))
        of_slot = [kinds.index(kind) for kind in layout.kinds]
        dtypes = set[np.dtype[Any]]()

        def moments(mean: NDArray[np.float64]) -> NDArray[np.float64]:
            """Of each kind of object (row) and feature."""
            sums = np.zeros((3, len(layout.kinds), len(layout.features)))
            away, one = mean[of_slot], np.ones(sums.shape[1:])

            def transformed(events: Events) -> tuple[NDArray[Any], NDArray[np.bool_]]:
                x, mask = layout.arranged(events)
                return self.standardised(x, mask, layout, away, one), mask

            for events in in_pieces(pieces):
                dtypes.add(events.objects.dtype)
                parts = [events[rows] for rows in blocks(len(events))]
                for part, (z, mask) in zip(parts, threaded(transformed, parts), strict=True):
                    add(sums, z, mask, part.weight)
            return np.stack([sums[:, list(layout.slots(k))].sum(axis=1) for k in kinds], axis=1)

        zero = np.zeros((len(kinds), len(layout.features)))
        mean, std = (a[of_slot] for a in mean_and_width(moments, zero, dtypes))
        for j, name in enumerate(layout.features):
            if name in ("eta", "phi"):  # a detector is symmetric: nothing to be measured
                mean[:, j] = 0.0
            if name == "phi":
                std[:, j] = PHI_SCALE
        return FittedObjects(self, layout, seen, mean, std)

    def standardised(
        self, x: NDArray[np.float64], mask: NDArray[np.bool_], layout: Layout,
        mean: NDArray[np.float64], std: NDArray[np.float64], farthest: float = np.inf,
    ) -> NDArray[Any]:  # fmt: skip
        """Arranged objects (event, slot, feature) on their scale; float64 if nothing is cut off."""
        from anomalon.features.kernels import standardise

        z = np.zeros(x.shape, np.float64 if np.isinf(farthest) else np.float32)
        standardise(x, mask, *self.scales(layout), mean, std, farthest, z)
        return z

    def scales(self, layout: Layout) -> tuple[Any, ...]:
        """What the kernel has to know of the layout, beside means and standard deviations."""
        names = layout.features
        log = np.array([self.pt == "log" and name in _GEV for name in names])
        visible = np.array([kind != "met" for kind in layout.kinds])
        phi = names.index("phi") if "phi" in names else -1
        pt = names.index("pt") if "pt" in names else 0
        return pt, log, phi, self.phi == "relative" and "pt" in names, visible


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

    @property
    def scale(self) -> ObjectScale:
        """Means and standard deviations."""
        return ObjectScale(self.mean, self.std, standardised=True)

    def __call__(self, events: Events) -> Encoded:
        """What a detector sees of these events; each is written to its place at once."""
        from anomalon.features.kernels import arrange_and_standardise

        objects, mask, *arrangement = self.layout.arrangement(events)
        x = np.zeros((len(events), *self.mean.shape), np.float32)
        there = np.zeros(x.shape[:2], bool)
        scale = *self.inputs.scales(self.layout), self.mean, self.std, FARTHEST

        def write(rows: slice) -> None:
            self.inputs.refuse_negative(events, rows)
            arrange_and_standardise(
                objects[rows], mask[rows], *arrangement, *scale, x[rows], there[rows]
            )

        threaded(write, blocks(len(events)))
        return Encoded(x, there)

    def _encode(self, objects: NDArray[np.float64], mask: NDArray[np.bool_]) -> Encoded:
        scale = self.mean, self.std
        return Encoded(self.inputs.standardised(objects, mask, self.layout, *scale, FARTHEST), mask)


Objects.fitted = FittedObjects
Inputs.registry[Objects.kind] = Objects
