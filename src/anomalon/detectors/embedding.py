"""`Embedding`: an autoencoder of where a self-supervised encoder has put the events.

The trigger AXOL1TL of CMS is one since its version 5: an encoder of 57, 29 and 10, and an
autoencoder of 10, 9, 6, 4, 6, 9 and 10, whose squared error is the score.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.seed import Seed
from anomalon.detectors.base import Scores, State, Task
from anomalon.detectors.contrast import ContrastDetector, mirrors
from anomalon.detectors.learning import Learning
from anomalon.detectors.networks import Architecture, FeedForward
from anomalon.detectors.trained import kept_in
from anomalon.features.inputs import Encoded, FittedInputs, Inputs
from anomalon.features.trigger_objects import TriggerObjects
from anomalon.learn.autoencoders.contrast import Changes, embedded
from anomalon.learn.autoencoders.distance import Distance
from anomalon.learn.autoencoders.plain import AutoencoderLoss, distances, fitted
from anomalon.learn.engine.standardisation import Standardisation
from anomalon.learn.models.arrays import arrays_of, below, filled
from anomalon.learn.models.dense import Inner
from anomalon.learn.models.slots import EncoderDecoder, FlatDecoder, FlatEncoder

__all__ = ["Embedding"]


@final
@dataclass(frozen=True)
class Embedding(ContrastDetector):
    """The squared error of an autoencoder of the numbers that an encoder gives.

    The numbers have mean zero and standard deviation one on background before they go through the
    autoencoder: a scale for each, which its first layer can take in.

    Args:
        network: The encoder.
        n_latent: Numbers that it gives.
        inputs: Objects.
        smear: Of each feature, in units of the inputs.
        drop: Probability that an object is lost.
        turn: Whether events are turned around the beam: not needed where azimuths count from the
            leading object.
        hidden: Width of each hidden layer of the autoencoder, which has them in reverse behind its
            middle.
        n_middle: Numbers in its middle.
        learning: How the encoder is trained.
        learning_back: How the autoencoder is trained.

    Raises:
        BadValue: If a setting is outside its range, or the network does not take these inputs.
    """

    kind: ClassVar[str] = "embedding"
    cites: ClassVar[tuple[str, ...]] = (
        "Bardes:2021vicreg", "jax2018github", "Kidger:2021equinox",
    )  # fmt: skip

    network: Architecture = field(default_factory=lambda: FeedForward((29,)))
    n_latent: int = 10
    inputs: Inputs = field(default_factory=TriggerObjects)
    smear: float = 0.1
    drop: float = 0.3
    turn: bool = False
    hidden: tuple[int, ...] = (9, 6)
    n_middle: int = 4
    learning: Learning = field(
        default_factory=lambda: Learning(epochs=30, batch_size=512, patience=6, halve_after=3)
    )
    learning_back: Learning = field(default_factory=Learning)

    def __post_init__(self) -> None:
        check.fields(
            self,
            self.kind,
            n_latent=(2, 10_000),
            smear="[0, inf)",
            drop="[0, 1)",
            turn=bool,
            n_middle=(1, 10_000),
            learning=Learning,
            learning_back=Learning,
        )
        where = f"{self.kind}.hidden"
        widths = check.several(self.hidden, where, 100)
        object.__setattr__(self, "hidden", tuple(check.whole(w, where, 1, 100_000) for w in widths))
        self._check_encoder()

    def _fit(self, task: Task) -> State:
        encoder = self._learned(task, self._changes(task))
        z = np.asarray(embedded(encoder, task.rows.data))
        scale = Standardisation.of(z, np.asarray(task.rows.weight, np.float64))
        judged = np.asarray(embedded(encoder, task.held.data))
        back = fitted(
            AutoencoderLoss(_DISTANCE),
            self._autoencoder(task.seed),
            (scale(z),),
            task.rows.weight,
            ((scale(judged),), task.held.weight),
            self.learning_back.schedule,
            task.seed.child("back"),
            kept_in(task, "back"),
        )
        state = {f"encoder/{name}": a for name, a in arrays_of(encoder).items()}
        state |= {f"back/{name}": a for name, a in arrays_of(back).items()}
        return state | {"mean": np.asarray(scale.mean), "std": np.asarray(scale.std)}

    def _changes(self, task: Task) -> Changes:
        turns: tuple[float, ...] = ()
        scale = task.inputs.scale
        if self.turn and scale is not None and task.inputs.names[-1] == "phi":
            turns = tuple((2 * np.pi / scale.unit[:, -1]).tolist())
        return Changes(self.smear, self.drop, mirrors(task), turns)

    def _autoencoder(self, seed: Seed) -> EncoderDecoder:
        shape, inner = (1, self.n_latent), Inner("relu")
        there = FlatEncoder(
            shape, self.hidden, self.n_middle, seed=seed.child("there"), inner=inner
        )
        back = FlatDecoder(
            self.n_middle, self.hidden[::-1], shape, seed=seed.child("back"), inner=inner
        )
        return EncoderDecoder(there, back)

    def _ready(self, state: State, inputs: FittedInputs) -> Scores:
        encoder = self._filled(inputs, below(state, "encoder/"))
        back: Any = filled(self._autoencoder(Seed(0)), below(state, "back/"))
        scale = Standardisation(state["mean"], state["std"])

        def score(seen: Encoded) -> NDArray[np.floating[Any]]:
            z = scale(np.asarray(embedded(encoder, seen.data)))
            return np.asarray(distances(_DISTANCE, back, (z,)))

        return score


_DISTANCE = Distance(reduce="sum")
