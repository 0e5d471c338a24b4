"""`FeatureRows`: inputs that are a row of features of each event, on a common scale.

A kind of it is a frozen dataclass with a `functions(layout)`: the names of its features, and what
all of them are for arranged events. Means and standard deviations are measured here.
"""

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadValue, suggest
from anomalon.core.events import Events
from anomalon.core.seen import Seen
from anomalon.core.shown import Shown
from anomalon.features.inputs import (
    Encoded,
    FittedInputs,
    Form,
    Inputs,
    Layout,
    blocks,
    in_pieces,
)
from anomalon.features.moments import mean_and_width
from anomalon.learn.engine.standardisation import Standardisation
from anomalon.learn.threads import threaded

__all__ = ["FeatureRows", "FittedRows", "described"]

Floats = NDArray[np.float64]


class FeatureRows(Inputs):
    """Settings of such inputs."""

    form: ClassVar[Form] = "numbers"

    only: tuple[str, ...]
    """Names of features to take; all of them if none are given."""

    def _check_only(self) -> None:
        """Each name once."""
        where = f"{self.kind}.only"
        object.__setattr__(self, "only", check.once(check.several(self.only, where, 1000), where))

    @abstractmethod
    def feature_names(self, layout: Layout) -> tuple[str, ...]:
        """All features of events of a layout."""

    @abstractmethod
    def row(self, objects: Floats, mask: NDArray[np.bool_], layout: Layout) -> Floats:
        """The features of arranged objects (event, slot, feature), shape (event, feature)."""

    def _fit(self, pieces: Iterable[Events], layout: Layout, seen: Seen) -> "FittedRows":
        names = self.feature_names(layout)
        if unknown := [name for name in self.only if name not in names]:
            raise BadValue(
                f"{self.kind}.only: no feature '{unknown[0]}' of such events; "
                f"{suggest(unknown[0], names)}"
            )
        dtypes = set[np.dtype[Any]]()

        def moments(mean: Floats) -> Floats:
            sums = np.zeros((3, len(self.only or names)))
            for events in in_pieces(pieces):
                dtypes.add(events.objects.dtype)
                x = _rows(self, events, layout) - mean
                w = events.weight[:, None]
                sums += [np.full(x.shape[1], w.sum()), (w * x).sum(axis=0), (w * x**2).sum(axis=0)]
            return sums

        zero = np.zeros(len(self.only or names))
        return FittedRows(self, layout, seen, *mean_and_width(moments, zero, dtypes))


def _rows(inputs: FeatureRows, events: Events, layout: Layout) -> Floats:
    """Those of a piece, block by block."""

    def of(rows: slice) -> Floats:
        return inputs.row(*layout.arranged(events[rows]), layout)

    return np.concatenate(threaded(of, blocks(len(events))))


def described(events: Events, inputs: FeatureRows) -> dict[str, Floats]:
    """The features of events by name, before they are standardised.

    Args:
        events: Objects.
        inputs: Which features.
    """
    layout = Layout.of(events)
    rows = np.concatenate([_rows(inputs, piece, layout) for piece in in_pieces([events])])
    return dict(zip(inputs.only or inputs.feature_names(layout), rows.T, strict=True))


@final
@dataclass(frozen=True, eq=False, repr=False)
class FittedRows(Shown, FittedInputs):
    """`FeatureRows` with means and standard deviations.

    Args:
        inputs: The settings.
        layout: Of the events.
        seen: What it was fitted on.
        mean: Shape (feature,).
        std: Shape (feature,).
    """

    inputs: FeatureRows
    layout: Layout
    seen: Seen
    mean: Floats
    std: Floats

    @property
    def names(self) -> tuple[str, ...]:
        """Of the features."""
        return self.inputs.only or self.inputs.feature_names(self.layout)

    def _encode(self, objects: Floats, mask: NDArray[np.bool_]) -> Encoded:
        scale = Standardisation(self.mean, self.std)
        return Encoded(scale(self.inputs.row(objects, mask, self.layout)))


FeatureRows.fitted = FittedRows
