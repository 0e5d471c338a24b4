"""`Mixture`: several trainings of one density, in equal parts.

What a training makes of the same events differs with its first weights, its batches and the events
that judge its epochs; their mean is nearer to the truth than any of them, as the logarithm is
concave. Short trainings, of which none has begun to follow noise, mix best.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from anomalon.core import check
from anomalon.core.errors import BadValue
from anomalon.core.seed import Seed
from anomalon.learn.density.base import Density, DensityEstimator, DensityTask, Floats
from anomalon.learn.density.flows import SplineFlow

__all__ = ["MixedDensity", "Mixture"]


@final
@dataclass(frozen=True)
class Mixture(DensityEstimator):
    """The mean of several trainings.

    Args:
        density: What is trained.
        n: How often.

    Raises:
        BadValue: If `density` is a mixture itself, or `n` is not from 1 to 100.
    """

    kind: ClassVar[str] = "mixture"

    density: DensityEstimator = field(default_factory=SplineFlow)
    n: int = 5

    def __post_init__(self) -> None:
        if not isinstance(self.density, DensityEstimator) or isinstance(self.density, Mixture):
            raise BadValue(
                "mixture.density: expected a density that is trained, such as SplineFlow(), got "
                f"{check.shown(self.density)}."
            )
        check.fields(self, self.kind, n=(1, 100))

    def fit_many(self, tasks: Sequence[DensityTask]) -> list[Density]:
        """All of them side by side."""
        each = [
            replace(task, seed=task.seed.child(training=i)) for task in tasks for i in range(self.n)
        ]
        fitted = self.density.fit_many(each)
        parts = [fitted[i : i + self.n] for i in range(0, len(fitted), self.n)]
        return [MixedDensity(tuple(some)) for some in parts]


@final
@dataclass(frozen=True, eq=False)
class MixedDensity(Density):
    """The mean of densities; latent features are those of the first one.

    Args:
        parts: One of each training.
    """

    parts: tuple[Density, ...]

    def draw(self, given: Floats, *, seed: Seed) -> Floats:
        """One event for each row of conditions; the parts take turns."""
        k = len(self.parts)
        turns = [
            part.draw(given[i::k], seed=seed.child(training=i)) for i, part in enumerate(self.parts)
        ]
        drawn = np.empty((len(given), turns[0].shape[1]))
        for i, some in enumerate(turns):
            drawn[i::k] = some
        return drawn

    def log_density(self, x: Floats, given: Floats, event: NDArray[np.int64]) -> Floats:
        """The logarithm of the mean."""
        each: list[Any] = [part.log_density(x, given, event) for part in self.parts]
        return np.asarray(logsumexp(each, axis=0) - np.log(len(each)))

    def to_normal(self, x: Floats, given: Floats, event: NDArray[np.int64]) -> Floats:
        """The latent features of the first part."""
        return self.parts[0].to_normal(x, given, event)

    def from_normal(self, z: Floats, given: Floats) -> Floats:
        """The features that belong to latent ones of the first part."""
        return self.parts[0].from_normal(z, given)


DensityEstimator.registry[Mixture.kind] = Mixture
