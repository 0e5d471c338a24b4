"""What firmware gets of an event: whole counts, a fixed number of bits each.

The inputs of the detector are z = count / 2^shift, the counts being those of the hardware
(`TriggerObjects(step=...)`). Firmware gets (count >> (shift - f)) with f fractional bits, between
-2^i and 2^i - 2^-f, so nothing inside can overflow that was not looked at.
"""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from jaxtyping import Float32
from numpy.typing import NDArray

from anomalon.core.errors import BadValue
from anomalon.core.events import Events
from anomalon.detectors.base import FittedDetector, flattened
from anomalon.detectors.networks import FeedForward
from anomalon.detectors.variational import Variational
from anomalon.export.firmware.settings import Firmware
from anomalon.features.trigger_objects import FittedTriggerObjects
from anomalon.features.trigger_steps import Divided, OverlapRemoved, PtOfEvent, Rotated

__all__ = ["FirmwareInputs", "fit_for_firmware"]


def fit_for_firmware(fitted: FittedDetector) -> None:
    """Refuse a detector whose score a few shifts and sums cannot make.

    Raises:
        BadValue: With what would have to be different.
    """
    detector, inputs = fitted.detector, fitted.inputs
    wanted = 'variational(score="mean_square")'
    if not isinstance(detector, Variational) or detector.score != "mean_square":
        got = getattr(detector, "score", None)
        raise _refused(wanted, f"{detector.kind}" + (f" with score {got}" if got else ""))
    network = detector.network
    if not isinstance(network, FeedForward):
        raise _refused("a feed_forward network", network.kind)
    if network.activation != "relu" or network.norm != "none":
        raise _refused(
            'FeedForward(activation="relu", norm="none")',
            f"activation {network.activation} and norm {network.norm}",
        )
    if not isinstance(inputs, FittedTriggerObjects) or not inputs.inputs.powers_of_two:
        raise _refused("inputs TriggerObjects(powers_of_two=True)", inputs.inputs.kind)
    for step in inputs.steps:
        if isinstance(step, Rotated | OverlapRemoved | PtOfEvent):
            raise _refused(
                "inputs that are made slot by slot (phi none, pt global, no overlap)",
                type(step).__name__,
            )


def _refused(wanted: str, got: str) -> BadValue:
    return BadValue(f"firmware: expected {wanted}, got {got}. Train another detector for it.")


@final
@dataclass(frozen=True)
class FirmwareInputs:
    """From events to what the firmware takes.

    Args:
        fitted: The detector.
        settings: How many bits there are.
    """

    fitted: FittedDetector
    settings: Firmware

    @property
    def edges(self) -> tuple[float, float, float]:
        """The smallest and the largest number of an input, and the step between two."""
        step = 2.0**-self.settings.fraction_bits
        largest = 2.0**self.settings.integer_bits
        return -largest, largest - step, step

    def __call__(self, events: Events) -> Float32[np.ndarray, "event input"]:
        """The inputs of events; each a whole number of steps."""
        z = flattened(self.fitted.inputs(events)).astype(np.float64)
        number = self._numbers(z.shape[1])
        counts = np.rint(z * number)  # those of the hardware
        low, high, step = self.edges
        cut = np.floor(counts / number / step) * step
        return np.clip(cut, low, high).astype(np.float32)

    def _numbers(self, n: int) -> NDArray[np.float64]:
        """How many counts are one, for each input."""
        divided = next(s for s in _steps(self.fitted.inputs) if isinstance(s, Divided))
        return np.broadcast_to(np.array(divided.number).reshape(-1), n)

    def integers(self, inputs: NDArray[Any]) -> NDArray[np.int64]:
        """The same as whole numbers of steps."""
        return np.rint(np.asarray(inputs, np.float64) / self.edges[2]).astype(np.int64)

    def extremes(self) -> Float32[np.ndarray, "two input"]:
        """Events that have the smallest and the largest number in all places."""
        low, high, _ = self.edges
        n = int(np.prod(np.array(_divided(self.fitted.inputs).number).shape))
        return np.stack([np.full(n, low, np.float32), np.full(n, high, np.float32)])


def _steps(inputs: Any) -> Any:
    return inputs.steps


def _divided(inputs: Any) -> Divided:
    return next(step for step in inputs.steps if isinstance(step, Divided))
