"""What every training of a density does first: scale, and hold some events back."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from anomalon.core.seed import Seed
from anomalon.learn.classify.split import share
from anomalon.learn.density.base import DensityTask, Floats
from anomalon.learn.density.scaling import SCALINGS, Scaling
from anomalon.learn.engine.standardisation import Standardisation
from anomalon.learn.engine.training import Training

__all__ = ["Prepared", "beside_noise", "beside_zeros", "held_back"]


@final
@dataclass(frozen=True, eq=False)
class Prepared:
    """The rows of a training, and what they went through.

    Args:
        rows: Scaled features and conditions, (event, feature) and (event, condition), float32.
        weight: Shape (event,), of mean one over the events that train.
        held: Which events judge epochs, shape (event,).
        scaling: What features went through.
        conditions: What conditions went through.
        n_features: Features of an event.
        seed: Random numbers of the training.
    """

    rows: tuple[NDArray[np.float32], NDArray[np.float32]]
    weight: NDArray[np.float32]
    held: NDArray[np.bool_]
    scaling: Scaling
    conditions: Standardisation
    n_features: int
    seed: Seed

    @classmethod
    def of(
        cls,
        task: DensityTask,
        scaling: str,
        validation: float,
        *,
        companion: bool,
        condition_width: float,
    ) -> "Prepared":
        """With a companion of noise for a single feature, if one is wanted."""
        held = held_back(task.weight, task.event, validation, task.seed)
        x, w = task.x.astype(np.float64), task.weight.astype(np.float64)
        scale = SCALINGS[scaling].of(x, w)
        unit = Standardisation.of(task.given, w)
        conditions = Standardisation(unit.mean, unit.std / condition_width)
        z: Any = scale(x, task.event)
        if companion:
            z = beside_noise(z, task.seed)
        weight = (w / w[~held].mean()).astype(np.float32)
        rows = (z, conditions(task.given))
        return cls(rows, weight, held, scale, conditions, task.x.shape[1], task.seed)

    def training(self, start: Any) -> Training:
        """The training that begins with these parameters."""
        judged = (tuple(a[self.held] for a in self.rows), self.weight[self.held])
        return Training(
            params=start,
            data=tuple(a[~self.held] for a in self.rows),
            weight=self.weight[~self.held],
            seed=self.seed,
            validation=judged,
        )

    @property
    def n_rows(self) -> int:
        """Events that train."""
        return int(np.count_nonzero(~self.held))


def held_back(
    weight: NDArray[np.floating[Any]], event: NDArray[np.int64], validation: float, seed: Seed
) -> NDArray[np.bool_]:
    """Which events judge epochs, drawn along their identity; every other one if that fails."""
    held = share(event, validation, seed.child("validation"))
    if not weight[held].any() or not weight[~held].any():
        return np.arange(len(event)) % 2 == 0
    return held


def beside_noise(z: Floats, seed: Seed) -> NDArray[np.float32]:
    """A single feature with a companion, for networks that need two; two or more as they are."""
    if z.shape[1] > 1:
        return z.astype(np.float32)
    noise = seed.child("companion").generator().standard_normal((len(z), 1))
    return np.concatenate([z, noise], axis=1).astype(np.float32)


def beside_zeros(z: Floats) -> Floats:
    """The same with the companion in the middle of its distribution, to look at one place."""
    return z if z.shape[1] > 1 else np.concatenate([z, np.zeros_like(z)], axis=1)
