"""`LatentDensity`: a density in the middle of an autoencoder.

What an autoencoder gives back well may still lie where background is rare (Cheng et al.,
arXiv:2007.01850; "latent density" beside the reconstruction in arXiv:2110.06948).
"""

from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadValue
from anomalon.core.events import Events
from anomalon.core.seed import Seed
from anomalon.detectors.around import Around
from anomalon.detectors.autoencoder import Autoencoder
from anomalon.detectors.base import Detector, FittedDetector, Scores, State, Task
from anomalon.detectors.density import density_state, rarity
from anomalon.detectors.variational import Variational
from anomalon.features.inputs import Encoded, FittedInputs
from anomalon.learn.autoencoders.plain import encoded
from anomalon.learn.density.base import check_enough
from anomalon.learn.density.flows import SplineFlow
from anomalon.learn.density.learned import LearnedDensity
from anomalon.learn.models.arrays import below

__all__ = ["LatentDensity", "density_in"]


@final
@dataclass(frozen=True)
class LatentDensity(Around):
    """Minus the log density of background where the encoder puts an event.

    The density is learned from the events that the autoencoder has learned from, after it. Of a
    variational one the middle of an event is the mean of its distribution.

    Args:
        autoencoder: `Autoencoder` or `Variational`; how it scores does not matter.
        density: `SplineFlow` (a normalising flow) or `FlowMatching`.

    Raises:
        BadValue: If a setting is outside its range, or the detector has no middle.
    """

    kind: ClassVar[str] = "latent_density"
    cites: ClassVar[tuple[str, ...]] = ("Cheng:2020dal", "jax2018github", "Kidger:2021equinox")

    autoencoder: Detector = field(default_factory=Variational)
    density: LearnedDensity = field(default_factory=SplineFlow)

    def __post_init__(self) -> None:
        check.fields(self, self.kind, autoencoder=Detector, density=LearnedDensity)
        if not isinstance(self.autoencoder, Autoencoder | Variational):
            raise BadValue(
                f"{self.kind}.autoencoder: expected an 'autoencoder' or a 'variational' one, got "
                f"'{self.autoencoder.kind}'."
            )
        self._check_inputs()

    @property
    def inner(self) -> Detector:
        """The autoencoder."""
        return self.autoencoder

    def _fit(self, task: Task) -> State:
        check_enough(task.rows.weight)  # before an autoencoder is trained
        learned = self.autoencoder._fit(replace(task, seed=task.seed.child("autoencoder")))
        rows, seed = task.rows, task.seed.child("density")
        return self._learned(learned, task.inputs, rows.seen, (rows.weight, rows.event), seed)

    def _learned(
        self, network: State, inputs: FittedInputs, seen: Encoded, beside: tuple[Any, Any],
        seed: Seed,
    ) -> State:  # fmt: skip
        """The density in the middle of a network that is trained; beside: weights, identities."""
        z = self._middle(network, inputs, seen)
        density = density_state(self.density, z, *beside, seed)
        state = {f"autoencoder/{name}": np.asarray(a) for name, a in network.items()}
        return state | {f"density/{name}": a for name, a in density.items()}

    def _middle(self, state: State, inputs: FittedInputs, seen: Encoded) -> NDArray[np.float32]:
        detector = self.autoencoder
        assert isinstance(detector, Autoencoder | Variational)
        z = encoded(detector.model_of(state, inputs), seen.data)
        return np.asarray(z[:, : detector.n_latent], np.float32)

    def _ready(self, state: State, inputs: FittedInputs) -> Scores:
        network = below(state, "autoencoder/")
        rare = rarity(self.density, below(state, "density/"))
        return lambda seen: rare(self._middle(network, inputs, seen))


def density_in(
    scorer: FittedDetector, background: Events, density: LearnedDensity, seed: Seed
) -> FittedDetector:
    """The density in the middle of an autoencoder that is fitted, learned from these events.

    Args:
        scorer: The autoencoder.
        background: What it was fitted on, with a column `event`.
        density: What is learned.
        seed: Random numbers of the training.

    Raises:
        BadValue: If the detector has no middle.
    """
    detector = LatentDensity(scorer.detector, density)
    beside = background.weight.astype(np.float32), background.column("event").astype(np.int64)
    seen = scorer.inputs(background)
    state = detector._learned(scorer.state, scorer.inputs, seen, beside, seed)
    return FittedDetector(detector, scorer.inputs, state)
