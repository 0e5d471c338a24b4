"""`Record`: what is known of a training after some epochs, and which of them are kept."""

from dataclasses import dataclass
from typing import Any, final

from anomalon.learn.engine.schedule import Schedule, is_over, n_halvings

__all__ = ["Kept", "Record"]


@final
@dataclass(frozen=True, eq=False)
class Kept:
    """The parameters after one epoch."""

    epoch: int
    trained: Any


@final
@dataclass(frozen=True, eq=False)
class Record:
    """Losses and merits of the epochs so far, and the best of them.

    Args:
        schedule: What says which epochs are kept, and when it is over.
        losses: Mean training losses.
        merits: Higher is better.
        kept: The epochs that are kept, best first.
    """

    schedule: Schedule
    losses: tuple[float, ...] = ()
    merits: tuple[float, ...] = ()
    kept: tuple[Kept, ...] = ()

    @property
    def over(self) -> bool:
        """Whether patience has run out."""
        return is_over(self.merits, self.schedule.patience)

    @property
    def damping(self) -> float:
        """The factor of the next steps."""
        return float(0.5 ** n_halvings(self.merits, self.schedule.halve_after))

    def after(self, loss: float, merit: float, trained: Any) -> "Record":
        """The record one epoch later; of equal epochs the later ones are kept."""
        merits = (*self.merits, merit)
        kept = sorted(
            (*self.kept, Kept(len(self.merits), trained)),
            key=lambda k: (merits[k.epoch] if self.schedule.choose == "best" else 0.0, k.epoch),
            reverse=True,
        )
        return Record(
            self.schedule, (*self.losses, loss), merits, tuple(kept[: self.schedule.keep])
        )
