"""`Learning`: how the networks of detectors are trained."""

from dataclasses import dataclass

from anomalon.core import check
from anomalon.learn.engine.schedule import Adam, Schedule

__all__ = ["Learning"]


@dataclass(frozen=True)
class Learning:
    """Adam, batches, and when it is over; the best epoch is kept.

    Args:
        epochs: Times that every event is seen, at most.
        batch_size: Events per step.
        learning_rate: Adam's step size.
        halve_after: Halve the step after this many epochs without a better one; 0: never.
        patience: Stop after this many; 0: never.
        validation: Share of the background that judges epochs; it is never signal.

    Raises:
        BadValue: If a setting is outside its range.
    """

    epochs: int = 100
    batch_size: int = 256
    learning_rate: float = 1e-3
    halve_after: int = 5
    patience: int = 10
    validation: float = 0.15

    def __post_init__(self) -> None:
        check.fields(
            self,
            "learning",
            epochs=(1, 1_000_000),
            batch_size=(1, 10_000_000),
            learning_rate="(0, 1000]",
            halve_after=(0, check.MOST),
            patience=(0, check.MOST),
            validation="(0, 1)",
        )

    @property
    def schedule(self) -> Schedule:
        """The same in the engine's words."""
        return Schedule(
            self.epochs,
            self.batch_size,
            Adam(self.learning_rate),
            halve_after=self.halve_after,
            patience=self.patience,
        )
