"""`LatentDensity`: a density in the middle of an autoencoder.

What an autoencoder gives back well may still lie where background is rare (Cheng et al.,
arXiv:2007.01850; "latent density" beside the reconstruction in arXiv:2110.06948).
"""

from dataclasses import dataclass, field, replace
from typing import ClassVar, final

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadValue
from anomalon.detectors.around import Around
from anomalon.detectors.autoencoder import Autoencoder
from anomalon.detectors.base import Detector, Scores, State, Task
from anomalon.detectors.density import density_state, rarity
from anomalon.detectors.variational import Variational
from anomalon.features.inputs import Encoded, FittedInputs
from anomalon.learn.autoencoders.plain import encoded
from anomalon.learn.density.flows import SplineFlow
from anomalon.learn.density.learned import LearnedDensity
from anomalon.learn.models.arrays import below

__all__ = ["LatentDensity"]


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
        learned = self.autoencoder._fit(replace(task, seed=task.seed.child("autoencoder")))
        rows, seed = task.rows, task.seed.child("density")
        z = self._middle(learned, task.inputs, rows.seen)
        density = density_state(self.density, z, rows.weight, rows.event, seed)
        state = {f"autoencoder/{name}": np.asarray(a) for name, a in learned.items()}
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
