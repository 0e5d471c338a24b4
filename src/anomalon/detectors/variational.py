"""`Variational`: an autoencoder whose middle is a distribution; five scores to choose from.

Scores without the decoder ("divergence", "radius", "mean_square") are what triggers run: half the
network and no random numbers (arXiv:2108.03986).
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar, final, get_args

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadValue
from anomalon.core.seed import Seed
from anomalon.detectors.base import Scores, State, Task
from anomalon.detectors.learning import Learning
from anomalon.detectors.networks import Architecture, FeedForward
from anomalon.detectors.reconstruction import Reconstruction
from anomalon.detectors.trained import TrainedDetector
from anomalon.features.inputs import Encoded, FittedInputs, Inputs, ObjectScale
from anomalon.features.objects import Objects
from anomalon.learn.autoencoders.variational import (
    Bounded,
    VariationalLoss,
    VariationalScore,
    means,
    scores,
)
from anomalon.learn.models.arrays import arrays_of, filled
from anomalon.learn.models.slots import EncoderDecoder

__all__ = ["Variational"]


@final
@dataclass(frozen=True)
class Variational(TrainedDetector):
    """A variational autoencoder.

    Args:
        network: Which network.
        n_latent: Dimensions of its middle.
        inputs: How events become numbers.
        loss: How events are compared with their reconstructions.
        beta: The loss is (1 - beta) distance + beta divergence.
        score: "loss", "reconstruction", "divergence", "radius" (sum of mean²/variance) or
            "mean_square" (sum of mean²).
        judged: How reconstructions are compared if they are the score; as the loss if None.
        bounded: Whether reconstructed angles stay within those that background has.
        l2: Weight of the squares of all weights.
        learning: How it is trained.

    Raises:
        BadValue: If a setting is outside its range, or the network does not take these inputs.
    """

    kind: ClassVar[str] = "variational"
    cites: ClassVar[tuple[str, ...]] = (
        "Kingma:2013hel", "Govorkova:2021utb", "jax2018github", "Kidger:2021equinox",
    )  # fmt: skip

    network: Architecture = field(default_factory=FeedForward)
    n_latent: int = 4
    inputs: Inputs = field(default_factory=Objects)
    loss: Reconstruction = field(default_factory=Reconstruction)
    beta: float = 0.1
    score: VariationalScore = "loss"
    judged: Reconstruction | None = None
    bounded: bool = False
    l2: float = 0.0
    learning: Learning = field(default_factory=Learning)

    def __post_init__(self) -> None:
        check.fields(
            self,
            self.kind,
            n_latent=(1, 100_000),
            beta="(0, 1)",
            score=get_args(VariationalScore),
            bounded=bool,
            l2="[0, inf)",
            loss=Reconstruction,
            learning=Learning,
        )
        self._check_network()
        self.loss.check(self.inputs, f"{self.kind}.loss", learned=True)
        if self.judged is not None:
            judged = check.of_kind(self.judged, f"{self.kind}.judged", Reconstruction)
            judged.check(self.inputs, f"{self.kind}.judged", learned=False)
            if self.score != "reconstruction":
                raise BadValue(
                    f"{self.kind}.judged: expected none unless score is reconstruction, got one "
                    f"with score {self.score}."
                )

    def _loss(self, inputs: FittedInputs) -> VariationalLoss:
        return VariationalLoss(self.loss.distance(inputs), self.beta, self.l2)

    def _fit(self, task: Task) -> State:
        start = self._model(task.inputs, task.seed)
        return arrays_of(self._trained(self._loss(task.inputs), start, task))

    def _model(self, inputs: FittedInputs, seed: Seed) -> EncoderDecoder:
        decoder = self.network.decoder(inputs, self.n_latent, seed.child("decoder"))
        if self.bounded and inputs.scale is not None:
            decoder = Bounded(decoder, _bounds(inputs, inputs.scale))
        decoder = self.loss.finished(decoder, inputs)
        return EncoderDecoder(
            self.network.encoder(inputs, 2 * self.n_latent, seed.child("encoder")), decoder
        )

    def model_of(self, state: State, inputs: FittedInputs) -> EncoderDecoder:
        """The network, trained."""
        return filled(self._model(inputs, Seed(0)), state)

    def _ready(self, state: State, inputs: FittedInputs) -> Scores:
        model, loss = self.model_of(state, inputs), self._loss(inputs)
        if self.score == "reconstruction" and self.judged is not None:
            return self.judged.scores(lambda seen: means(model, seen.data), inputs)

        def score(seen: Encoded) -> NDArray[np.floating[Any]]:
            return np.asarray(scores(loss, self.score, model, seen.data))

        return score

    def _reconstructs(self, state: State, inputs: FittedInputs) -> Scores | None:
        model = self.model_of(state, inputs)
        return lambda seen: np.asarray(means(model, seen.data))


_BOUNDS = {
    "eta": {"electron": 3.0, "muon": 2.1, "jet": 4.0},  # of arXiv:2108.03986
    "phi": {},
}
_WIDEST = {"eta": 5.0, "phi": float(np.pi)}


def _bounds(inputs: FittedInputs, scale: ObjectScale) -> tuple[Any, ...]:
    """For each angle its column, and its lowest and highest standardised value in each slot."""
    found = []
    for column, name in enumerate(inputs.names):
        if name in _BOUNDS:
            of_kind = _BOUNDS[name]
            limit = np.array([of_kind.get(kind, _WIDEST[name]) for kind in inputs.layout.kinds])
            low, high = (
                tuple(((sign * limit - scale.zero[:, column]) / scale.unit[:, column]).tolist())
                for sign in (-1, 1)
            )
            found.append((column, low, high))
    return tuple(found)
