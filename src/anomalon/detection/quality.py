"""How well a detector gives events back, feature by feature."""

from collections.abc import Iterator
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from anomalon.core.kinematics import delta_phi
from anomalon.detection.batches import Batches
from anomalon.detectors import FittedDetector

__all__ = ["quality"]

_MOST = 4  # batches of ten thousand events: a per cent of a standard deviation is enough


def quality(scorer: FittedDetector, test: Batches) -> list[tuple[str, str, float, float]]:
    """(kind, feature, mean absolute difference, RMS), in standard deviations of the background.

    Objects that are not there do not count; azimuths are compared on the circle.

    Args:
        scorer: The detector.
        test: Events to give back; the first 40 000 are taken.
    """
    sums: dict[tuple[str, str], NDArray[np.float64]] = {}
    for events in islice(_tens_of_thousands(test), _MOST):
        found = scorer.reconstructed(events)
        if found is None:
            return []
        seen, given = found
        difference = np.asarray(given, np.float64).reshape(seen.x.shape) - seen.x
        for name, values in _by_feature(scorer, difference, seen.mask):
            one = np.array([len(values), np.abs(values).sum(), (values**2).sum()])
            sums[name] = sums.get(name, np.zeros(3)) + one
    return [
        (*name, float(absolute / n), float(np.sqrt(squares / n)))
        for name, (n, absolute, squares) in sums.items()
        if n > 0
    ]


def _tens_of_thousands(test: Batches) -> Iterator:  # type: ignore[type-arg]
    for events in test:
        for first in range(0, len(events), 10_000):
            yield events[first : first + 10_000]


def _by_feature(
    scorer: FittedDetector, difference: NDArray[np.float64], mask: NDArray[np.bool_] | None
) -> Iterator[tuple[tuple[str, str], NDArray[np.float64]]]:
    inputs, scale = scorer.inputs, scorer.inputs.scale
    if mask is None or scale is None:
        flat = difference.reshape(len(difference), -1)
        names = inputs.names if len(inputs.names) == flat.shape[1] else ("all",)
        for j, name in enumerate(names):
            yield ("event", name), flat[:, j] if len(names) > 1 else flat.ravel()
        return
    for kind in dict.fromkeys(inputs.layout.kinds):
        slots = list(inputs.layout.slots(kind))
        there = mask[:, slots]
        for j, name in enumerate(inputs.names):
            values = difference[:, slots, j]
            if name == "phi":
                unit = scale.unit[slots, j]
                values = delta_phi(values * unit, np.zeros_like(values)) / unit
            yield (kind, name), values[there]
