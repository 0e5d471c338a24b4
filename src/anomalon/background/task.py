"""`BackgroundTask`: one template that is wanted, and what may be seen for it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from anomalon.core.errors import BadLayout
from anomalon.core.promise import frozen
from anomalon.core.sample import Sample
from anomalon.core.seed import Seed
from anomalon.core.shown import Shown
from anomalon.core.window import Window

__all__ = ["BackgroundTask", "same_data"]


@dataclass(frozen=True, eq=False, repr=False)
class BackgroundTask(Shown):
    """One window, one fold, and perhaps one member of an ensemble.

    Args:
        events: Events of the fold; truth labels are removed. Members share them.
        window: Signal region and side bands, in GeV.
        simulation: Simulated background, for the methods that need it.
        seed: Random numbers of this template.
        shown: Which of the events may be seen, shape (event,); all if None.
        flat: Whether features were made independent of the mass before.

    Raises:
        BadLayout: If there is not one `shown` for each event.
    """

    events: Sample
    window: Window
    simulation: Sample | None = None
    seed: Seed = field(default_factory=lambda: Seed(0))
    shown: NDArray[np.bool_] | None = None
    flat: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "events", self.events.blind())
        if self.simulation is not None:
            object.__setattr__(self, "simulation", self.simulation.blind())
        if self.shown is not None:
            shown = np.asarray(self.shown, dtype=np.bool_)
            if shown.shape != (len(self.events),):
                raise BadLayout(
                    f"a background task: expected `shown` of shape ({len(self.events)},), got "
                    f"{shown.shape}."
                )
            object.__setattr__(self, "shown", frozen(shown))

    @property
    def data(self) -> Sample:
        """The events that may be seen; a copy at each call if they are not all."""
        return self.events if self.shown is None else self.events[self.shown]


def same_data(tasks: Sequence[BackgroundTask]) -> list[list[int]]:
    """Which tasks may share a model: those with the same data and simulation, in order of windows.

    A model for all windows belongs to one fold and one member; it must not bring together what they
    keep apart. It takes its random numbers from the first task of its group, so that the order in
    which tasks are given does not matter.
    """
    known: dict[int, str] = {}

    def digest(sample: Sample | None) -> str:
        if sample is None:
            return ""
        if id(sample) not in known:  # members and windows share them
            known[id(sample)] = sample.digest()
        return known[id(sample)]

    groups: dict[tuple[str, bytes, str], list[int]] = {}
    for i, task in enumerate(tasks):
        shown = b"" if task.shown is None else task.shown.tobytes()
        groups.setdefault((digest(task.events), shown, digest(task.simulation)), []).append(i)

    def place(i: int) -> tuple[Window, str]:
        return tasks[i].window, str(tasks[i].seed)

    return [sorted(group, key=place) for group in groups.values()]
