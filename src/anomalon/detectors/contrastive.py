"""`Contrastive`: a density where a self-supervised encoder has put the events.

The encoder learns on background which changes do not matter (mirrored, smeared, an object lost):
what is left of an event is what makes it different from others (arXiv:2301.04660).
"""

from dataclasses import dataclass, field
from typing import ClassVar, final

import numpy as np

from anomalon.core import check
from anomalon.detectors.base import Scores, State, Task
from anomalon.detectors.contrast import ContrastDetector, mirrors
from anomalon.detectors.density import density_state, rarity
from anomalon.detectors.learning import Learning
from anomalon.detectors.networks import Architecture, DeepSets
from anomalon.features.inputs import FittedInputs, Form, Inputs
from anomalon.features.objects import Objects
from anomalon.learn.autoencoders.contrast import Changes, embedded
from anomalon.learn.density.flows import SplineFlow
from anomalon.learn.density.learned import LearnedDensity
from anomalon.learn.models.arrays import arrays_of, below

__all__ = ["Contrastive"]


@final
@dataclass(frozen=True)
class Contrastive(ContrastDetector):
    """Minus the log density of what the encoder gives.

    Args:
        network: The encoder.
        n_latent: Numbers that it gives.
        inputs: Objects.
        smear: Of each feature, in standard deviations.
        drop: Probability that an object is lost.
        density: Of what the encoder gives.
        learning: How the encoder is trained.

    Raises:
        BadValue: If a setting is outside its range, or the network does not take these inputs.
    """

    kind: ClassVar[str] = "contrastive"
    cites: ClassVar[tuple[str, ...]] = (
        "Bardes:2021vicreg", "Dillon:2023zac", "jax2018github", "Kidger:2021equinox",
    )  # fmt: skip
    forms: ClassVar[tuple[Form, ...]] = ("objects",)

    network: Architecture = field(default_factory=DeepSets)
    n_latent: int = 8
    inputs: Inputs = field(default_factory=Objects)
    smear: float = 0.1
    drop: float = 0.1
    density: LearnedDensity = field(default_factory=SplineFlow)
    learning: Learning = field(
        default_factory=lambda: Learning(epochs=30, batch_size=512, patience=6, halve_after=3)
    )

    def __post_init__(self) -> None:
        check.fields(
            self,
            self.kind,
            n_latent=(2, 10_000),
            smear="[0, inf)",
            drop="[0, 1)",
            density=LearnedDensity,
            learning=Learning,
        )
        self._check_encoder()

    def _fit(self, task: Task) -> State:
        rows, model = task.rows, self._learned(task, Changes(self.smear, self.drop, mirrors(task)))
        z = np.asarray(embedded(model, rows.data), np.float32)
        density = density_state(self.density, z, rows.weight, rows.event, task.seed)
        network = {f"network/{name}": a for name, a in arrays_of(model).items()}
        return network | {f"density/{name}": a for name, a in density.items()}

    def _ready(self, state: State, inputs: FittedInputs) -> Scores:
        model = self._filled(inputs, below(state, "network/"))
        rare = rarity(self.density, below(state, "density/"))
        return lambda seen: rare(np.asarray(embedded(model, seen.data), np.float32))
