"""`TrainedDetector`: what detectors have in common whose network is trained epoch by epoch."""

from typing import Any, ClassVar

from anomalon.core import check
from anomalon.core.errors import BadValue
from anomalon.detectors.base import Detector, Task
from anomalon.detectors.learning import Learning
from anomalon.detectors.networks import Architecture
from anomalon.features.inputs import Inputs
from anomalon.learn.autoencoders.plain import fitted
from anomalon.learn.engine.checkpoint import Checkpoint
from anomalon.learn.engine.training import AnyLoss

__all__ = ["TrainedDetector", "kept_in"]


_SECONDS = 30.0  # of training that may be lost


def kept_in(task: Task, name: str) -> Checkpoint | None:
    """Where the state of a training of this fit is kept."""
    path = task.keeping.file(f"{name}.npz")
    return None if path is None else Checkpoint(path, seconds=_SECONDS)


class TrainedDetector(Detector):
    """A detector with a network; a kind of it is a frozen dataclass with these fields.

    Args:
        network: Which network.
        inputs: How events become numbers.
        learning: How it is trained.
    """

    takes_batch_norms: ClassVar[bool] = False

    network: Architecture
    learning: Learning

    @property
    def held_share(self) -> float:
        """Share of the background that judges epochs."""
        return self.learning.validation

    def _trained(self, loss: AnyLoss, start: Any, task: Task) -> Any:
        """The model of the best epoch."""
        rows, held = task.rows, task.held
        judged = held.data, held.weight
        return fitted(
            loss, start, rows.data, rows.weight, judged, self.learning.schedule, task.seed,
            kept_in(task, "network"),
        )  # fmt: skip

    def _check_network(self) -> None:
        """Refuse a network that does not take such inputs.

        Raises:
            BadValue: If it does not, or one of them is none.
        """
        network = check.of_kind(self.network, f"{self.kind}.network", Architecture)
        if network.after_training is not network and not self.takes_batch_norms:
            raise BadValue(
                f"{self.kind}.network.norm: expected 'none' or 'layer', got 'batch', by which what "
                "an event gives depends on its company. Autoencoders alone undo that when they "
                "are trained."
            )
        inputs = check.of_kind(self.inputs, f"{self.kind}.inputs", Inputs)
        self._check_inputs()
        if inputs.form not in network.forms:
            raise BadValue(
                f"{self.kind}.network: expected one that takes {inputs.form} as inputs "
                f"'{inputs.kind}' give them, got '{network.kind}', which takes "
                f"{' or '.join(network.forms)}. Take feed_forward, or other inputs."
            )
