"""`ContrastDetector`: what detectors have in common that begin with a self-supervised encoder."""

from typing import Any, ClassVar

from anomalon.core.errors import BadValue
from anomalon.core.seed import Seed
from anomalon.detectors.base import State, Task
from anomalon.detectors.trained import TrainedDetector
from anomalon.features.inputs import FittedInputs, Form
from anomalon.learn.autoencoders.contrast import Changes, Vicreg, WithHead
from anomalon.learn.engine.training import PerBatch
from anomalon.learn.models.arrays import filled
from anomalon.learn.models.dense import Dense

__all__ = ["ContrastDetector", "mirrors"]

_HEAD = 64


class ContrastDetector(TrainedDetector):
    """A detector with an encoder that has learned which changes of an event do not matter.

    Args:
        network: The encoder.
        n_latent: Numbers that it gives.
    """

    forms: ClassVar[tuple[Form, ...]] = ("objects",)

    n_latent: int

    def _check_encoder(self) -> None:
        """Refuse a network that does not take such inputs, or changes events by itself."""
        self._check_network()
        if getattr(self.network, "dropout", 0) > 0:
            raise BadValue(
                f"{self.kind}.network.dropout: expected 0, because events are changed already, got "
                f"{self.network.dropout:g}. Set `drop` and `smear` instead."  # type: ignore[attr-defined]
            )

    def _learned(self, task: Task, changes: Changes) -> WithHead:
        """The encoder of the best epoch."""
        start = self._encoder(task.inputs, task.seed)
        model: WithHead = self._trained(PerBatch(Vicreg(changes)), start, task)
        return model

    def _encoder(self, inputs: FittedInputs, seed: Seed) -> WithHead:
        return WithHead(
            self.network.encoder(inputs, self.n_latent, seed.child("encoder")),
            Dense(self.n_latent, (_HEAD,), _HEAD, seed=seed.child("head")),
        )

    def _filled(self, inputs: FittedInputs, arrays: State) -> Any:
        """The encoder with what was learned."""
        return filled(self._encoder(inputs, Seed(0)), arrays)


def mirrors(task: Task) -> tuple[bool, ...]:
    """Which features an event may be mirrored in: angles, which count from zero."""
    return tuple(name in ("eta", "phi") for name in task.inputs.names)
