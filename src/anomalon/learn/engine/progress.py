"""`Progress`: how far a training is, and how long it will still take."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import final

__all__ = ["Clock", "OnProgress", "Progress"]


@final
@dataclass(frozen=True)
class Progress:
    """The state of a training after an epoch.

    Args:
        epoch: Epochs that are done.
        epochs: All epochs, if patience does not run out.
        loss: Mean training loss of each training.
        merit: What the epoch was judged by, of each training; higher is better.
        seconds: Since the start, or the resumption.
        seconds_left: Until the last epoch, at the speed of the epochs so far without the first, in
            which programs are compiled.
    """

    epoch: int
    epochs: int
    loss: tuple[float, ...]
    merit: tuple[float, ...]
    seconds: float
    seconds_left: float


OnProgress = Callable[[Progress], None]


class Clock:
    """Times the epochs of one run."""

    def __init__(self) -> None:
        self._marks = [time.monotonic()]

    def tick(
        self, epoch: int, epochs: int, loss: Sequence[float], merit: Sequence[float]
    ) -> Progress:
        """One more epoch is done."""
        self._marks.append(time.monotonic())
        marks = self._marks if len(self._marks) == 2 else self._marks[1:]
        each = (marks[-1] - marks[0]) / (len(marks) - 1)
        passed = marks[-1] - self._marks[0]
        return Progress(epoch, epochs, tuple(loss), tuple(merit), passed, each * (epochs - epoch))
