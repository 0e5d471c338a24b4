"""The pieces of a trigger: one training of one model, on a mix of samples of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from anomalon.core import check
from anomalon.core.config import digest
from anomalon.core.errors import BadValue
from anomalon.core.events import Events
from anomalon.core.seed import Seed
from anomalon.detection.named import Named
from anomalon.detection.training import Training, TrialData
from anomalon.detectors.mixing import mixed
from anomalon.run.keeping import NOT_KEPT, Keeping

__all__ = ["BACKGROUND", "Model", "ModelTraining", "TriggerData"]

BACKGROUND = "background"
"""The name of the background among what is learned from."""


@dataclass(frozen=True)
class Model:
    """A detector, and what it learns from.

    Args:
        named: The detector, with its name.
        emphasis: Of each sample that it learns from, by name: the sum of its weights in the mix.
            The background alone if nothing is said.
        power: Of weights within a sample: 1 leaves them, 0 makes them equal.

    Raises:
        BadValue: If there is no sample, or a number is out of range.
    """

    named: Named
    emphasis: Mapping[str, float] = field(default_factory=lambda: {BACKGROUND: 1.0})
    power: float = 1.0

    def __post_init__(self) -> None:
        check.of_kind(self.named, "models", Named)
        where = f"models: {self.named.name}"
        check.number(self.power, f"{where}: power", "[0, 1]")
        if not self.emphasis:
            raise BadValue(f"{where}: expected the emphasis of at least one sample, got none.")
        for name, share in self.emphasis.items():
            check.number(share, f"{where}: emphasis.{name}", "(0, inf)")


@dataclass(frozen=True, eq=False)
class TriggerData:
    """What every training needs.

    Args:
        learn: What may be learned from, by name; never a test part.
        judged: What is scored, by name.
        seed: Root of all random numbers.
        keeping: Where trainings keep what they have so far.
    """

    learn: Mapping[str, Events]
    judged: Mapping[str, Events]
    seed: Seed
    keeping: Keeping = NOT_KEPT


@dataclass(frozen=True)
class ModelTraining:
    """A model, trained once; gives a plain value that `anomalon.detection.training` reads."""

    of: str  # digest of the data and the code
    model: Model
    training: int

    @property
    def what(self) -> str:
        """As people read it."""
        return self._training.what

    @property
    def key(self) -> str:
        """What its value is stored under: a new name changes nothing."""
        mix = dict(sorted(self.model.emphasis.items()))
        return digest(self._training.key, mix, self.model.power)

    def __call__(self, shared: TriggerData) -> dict[str, Any]:
        """Mix, fit, score, and take the scorer apart."""
        emphasis = self.model.emphasis
        mix = mixed(
            {name: shared.learn[name] for name in emphasis},
            emphasis=emphasis,
            power=self.model.power,
        )
        judged = {name: (events,) for name, events in shared.judged.items()}
        keeping = shared.keeping.part(self.key)
        return self._training(TrialData((mix,), judged, shared.seed, keeping))

    @property
    def _training(self) -> Training:
        return Training(self.of, self.model.named, self.training)
