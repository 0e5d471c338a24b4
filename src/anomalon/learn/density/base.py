"""What a learned density promises: draws, values, and a latent space where it is normal."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from anomalon.core.errors import BadLayout, BadNumbers, TooFewEvents
from anomalon.core.seed import Seed
from anomalon.core.shown import Shown

__all__ = ["Density", "DensityEstimator", "DensityTask", "check_enough"]

Floats = NDArray[np.floating[Any]]

_FEWEST = 100


@dataclass(frozen=True, eq=False, repr=False)
class DensityTask(Shown):
    """One density that is wanted.

    Args:
        x: Features of the events.
        given: Conditions of the events (a mass).
        weight: Not negative.
        event: Identities; copies of one event are on one side of the validation.
        seed: Random numbers of the training.

    Raises:
        BadLayout: If shapes do not go together.
        BadNumbers: If a weight is negative.
        TooFewEvents: If there are fewer than 100 events with a weight.
    """

    x: Float[np.ndarray, "event feature"]
    given: Float[np.ndarray, "event condition"]
    weight: Float[np.ndarray, " event"]
    event: Int[np.ndarray, " event"]
    seed: Seed

    def __post_init__(self) -> None:
        n = len(self.x)
        shapes = {"given": self.given, "weight": self.weight, "event": self.event}
        for name, array in shapes.items():
            if len(array) != n:
                raise BadLayout(f"density: expected `{name}` of {n} events, got {len(array)}.")
        if (self.weight < 0).any():
            raise BadNumbers(
                f"density: expected weights that are not negative, got {self.weight.min():g}. "
                "A density cannot be learned from events that count less than nothing."
            )
        check_enough(self.weight)


def check_enough(weight: Float[np.ndarray, " event"]) -> None:
    """Refuse what no density is learned from.

    Raises:
        TooFewEvents: If there are fewer than 100 events with a weight.
    """
    if (n := np.count_nonzero(weight)) < _FEWEST:
        raise TooFewEvents(f"density: expected at least {_FEWEST} events with a weight, got {n}.")


class Density(ABC):
    """A fitted density of features at given conditions."""

    @abstractmethod
    def draw(
        self, given: Float[np.ndarray, "event condition"], *, seed: Seed
    ) -> Float[np.ndarray, "event feature"]:
        """One event for each row of conditions."""

    @abstractmethod
    def log_density(
        self,
        x: Float[np.ndarray, "event feature"],
        given: Float[np.ndarray, "event condition"],
        event: Int[np.ndarray, " event"],
    ) -> Float[np.ndarray, " event"]:
        """The logarithm of the density.

        With normal scores (`learn.density.scaling`), with respect to the product of the features'
        own distributions.
        """

    @abstractmethod
    def to_normal(
        self,
        x: Float[np.ndarray, "event feature"],
        given: Float[np.ndarray, "event condition"],
        event: Int[np.ndarray, " event"],
    ) -> Float[np.ndarray, "event feature"]:
        """The latent features, which have a unit normal distribution at all conditions."""

    @abstractmethod
    def from_normal(
        self,
        z: Float[np.ndarray, "event feature"],
        given: Float[np.ndarray, "event condition"],
    ) -> Float[np.ndarray, "event feature"]:
        """The features that belong to latent ones."""


class DensityEstimator(ABC):
    """Settings of a density; `fit_many` gives fitted ones."""

    kind: ClassVar[str]
    registry: ClassVar[dict[str, type["DensityEstimator"]]] = {}
    cites: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def fit_many(self, tasks: Sequence[DensityTask]) -> list[Density]:
        """One density for each task; none depends on the others.

        Raises:
            DidNotConverge: If a loss is no number any more.
        """
