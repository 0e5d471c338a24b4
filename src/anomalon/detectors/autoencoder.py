"""`Autoencoder`: what comes back differently from a narrow network is anomalous.

On events of a trigger: Cerri et al., arXiv:1811.10276; Govorkova et al., arXiv:2108.03986; on jets
arXiv:1808.08979, arXiv:1808.08992. A network that is as wide in the middle as its inputs learns to
copy, anomalies as well: choose `n_latent` far below the number of inputs.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.seed import Seed
from anomalon.detectors.base import Scores, State, Task
from anomalon.detectors.learning import Learning
from anomalon.detectors.networks import Architecture, FeedForward
from anomalon.detectors.reconstruction import Reconstruction
from anomalon.detectors.trained import TrainedDetector
from anomalon.features.inputs import Encoded, FittedInputs, Inputs
from anomalon.features.objects import Objects
from anomalon.learn.autoencoders.plain import (
    AutoencoderLoss,
    distances,
    reconstructions,
    without_norms_of_batches,
)
from anomalon.learn.models.arrays import arrays_of, filled
from anomalon.learn.models.slots import EncoderDecoder

__all__ = ["Autoencoder"]


@final
@dataclass(frozen=True)
class Autoencoder(TrainedDetector):
    """The distance of an event from its reconstruction.

    Args:
        network: Which network.
        n_latent: Numbers in its middle.
        inputs: How events become numbers.
        loss: What is minimised.
        score: What an event scores; the loss if None.
        noise: Standard deviation of noise on the inputs in training (a denoising autoencoder).
        sparsity: Weight of the mean absolute value in the middle (a sparse one).
        l2: Weight of the squares of all weights.
        learning: How it is trained.

    Raises:
        BadValue: If a setting is outside its range, or the network does not take these inputs.
    """

    kind: ClassVar[str] = "autoencoder"
    cites: ClassVar[tuple[str, ...]] = (
        "Govorkova:2021utb", "jax2018github", "Kidger:2021equinox",
    )  # fmt: skip

    takes_batch_norms: ClassVar[bool] = True

    network: Architecture = field(default_factory=FeedForward)
    n_latent: int = 8
    inputs: Inputs = field(default_factory=Objects)
    loss: Reconstruction = field(default_factory=Reconstruction)
    score: Reconstruction | None = None
    noise: float = 0.0
    sparsity: float = 0.0
    l2: float = 1e-4
    learning: Learning = field(default_factory=Learning)

    def __post_init__(self) -> None:
        check.fields(
            self,
            self.kind,
            n_latent=(1, 100_000),
            noise="[0, inf)",
            sparsity="[0, inf)",
            l2="[0, inf)",
            loss=Reconstruction,
            learning=Learning,
        )
        self._check_network()
        self.loss.check(self.inputs, f"{self.kind}.loss", learned=True)
        if self.score is not None:
            score = check.of_kind(self.score, f"{self.kind}.score", Reconstruction)
            score.check(self.inputs, f"{self.kind}.score", learned=False)

    def _fit(self, task: Task) -> State:
        loss = AutoencoderLoss(self.loss.distance(task.inputs), self.noise, self.sparsity, self.l2)
        start = self._model(self.network, task.inputs, task.seed)
        model = self._trained(loss, start, task)
        if self.network.after_training is not self.network:
            model = without_norms_of_batches(model, task.rows.data, task.rows.weight)
        return arrays_of(model)

    def _model(self, network: Architecture, inputs: FittedInputs, seed: Seed) -> EncoderDecoder:
        decoder = network.decoder(inputs, self.n_latent, seed.child("decoder"))
        return EncoderDecoder(
            network.encoder(inputs, self.n_latent, seed.child("encoder")),
            self.loss.finished(decoder, inputs),
        )

    def model_of(self, state: State, inputs: FittedInputs) -> EncoderDecoder:
        """The network, trained."""
        return filled(self._model(self.network.after_training, inputs, Seed(0)), state)

    def _ready(self, state: State, inputs: FittedInputs) -> Scores:
        model = self.model_of(state, inputs)
        if self.score is not None and self.score.by == "transport":
            return self.score.scores(lambda seen: reconstructions(model, seen.data), inputs)
        distance = (self.score or self.loss).distance(inputs)

        def score(seen: Encoded) -> NDArray[np.floating[Any]]:
            return np.asarray(distances(distance, model, seen.data))

        return score

    def _reconstructs(self, state: State, inputs: FittedInputs) -> Scores | None:
        model = self.model_of(state, inputs)
        return lambda seen: np.asarray(reconstructions(model, seen.data))
