"""`JetsResult`: a comparison of detectors of jets, with what the jets look like."""

from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from anomalon.core.result import Column, Part, Summary, Table
from anomalon.detection.results.detection import DetectionResult

__all__ = ["JetPicture", "JetPlan", "JetsResult", "LatentMap"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class JetPicture:
    """An image of a jet or of many.

    Args:
        group: "average", "medoids", "generated" or "between".
        name: What it is of.
        image: Shape (row, column): pT in eta (columns) and phi (rows), of total one.
        half_width: From its middle to its edges.
    """

    group: str
    name: str
    image: Floats
    half_width: float


@dataclass(frozen=True, eq=False)
class JetPlan:
    """How one of the most anomalous jets is turned into the medoid next to it, at the least cost.

    Args:
        event: Its identity.
        medoid: The number of the medoid, from 1.
        distance: Of the two, power 1.
        jet: Constituents of the jet, shape (constituent, 3): share of pT, eta, phi.
        reference: Those of the medoid.
        moved: What goes where, shape (flow, 3): constituent of the jet, of the medoid, share of pT.
    """

    event: int
    medoid: int
    distance: float
    jet: Floats
    reference: Floats
    moved: Floats


@dataclass(frozen=True, eq=False)
class LatentMap:
    """Where events are in the middle of an autoencoder, along its two directions of most spread.

    Args:
        detector: Its name.
        explained: Share of the spread of the background that each direction has.
        files: Their names.
        places: Of events of each file, shape (event, 2).
    """

    detector: str
    explained: Floats
    files: tuple[str, ...]
    places: tuple[Floats, ...]


@dataclass(frozen=True, eq=False, repr=False)
class JetsResult(DetectionResult):
    """Detectors of jets, compared; see `DetectionResult`.

    Args:
        pictures: Average jets, medoids, and what variational autoencoders imagine.
        plans: Of the most anomalous jets.
        maps: Of the latent spaces of autoencoders.
        medoid_distance: Mean distance of background to the nearest medoid.
    """

    kind: ClassVar[str] = "jets"

    pictures: tuple[JetPicture, ...] = ()
    plans: tuple[JetPlan, ...] = ()
    maps: tuple[LatentMap, ...] = ()
    medoid_distance: float = float("nan")
    medoids: str = field(default="")

    def summary(self) -> Summary:
        """What a reader is told: of a comparison, and of what the jets look like."""
        summary = super().summary()
        return replace(summary, kind="anomalous jets", parts=(*summary.parts, *_parts(self)))


def _parts(result: JetsResult) -> tuple[Part, ...]:
    parts = []
    if result.pictures:
        parts.append(
            Part(
                "What the jets look like",
                text=f"Average jets, and the medoids of the background ({result.medoids}): jets "
                "that stand for all others. All are centred and turned alike.",
                figures=("pictures",),
            )
        )
    if result.plans:
        columns = (Column("event"), Column("nearest medoid"), Column("distance"))
        shown = zip(result.events, result.plans, strict=False)
        rows = tuple((e.called, str(p.medoid), p.distance) for e, p in shown)
        note = (
            "Exact transport, power 1, balanced: the pT-weighted distance in eta and phi that has "
            f"to be gone. Background is {result.medoid_distance:.3f} away on average."
        )
        parts.append(
            Part(
                "From the most anomalous jets to their medoids",
                tables=(Table("Distances", columns, rows, note=note),),
            )
        )
    if result.maps:
        parts.append(
            Part(
                "In the middle of the autoencoders",
                text="Each point is a jet, at the means of its encoder.",
                figures=("latent", "imagined"),
            )
        )
    return tuple(parts)
