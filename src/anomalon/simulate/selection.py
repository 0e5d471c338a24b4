"""`Selection`: which simulated events are kept, what of them, and what a file says of it.

Writing your own: a frozen dataclass of settings with these attributes and methods; see
`anomalon.simulate.dijet.DijetSelection`.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Events, Particles

__all__ = ["Selection"]


class Selection(Protocol):
    """From what a detector saw to the events of a sample, and from these to the columns of a file.

    Attributes:
        mass: The column of the resonant mass, or None if there is none.
        features: The columns that a search takes for features, as far as a file has them.
    """

    @property
    def mass(self) -> str | None: ...  # noqa: D102

    @property
    def features(self) -> tuple[str, ...]: ...  # noqa: D102

    def events(self, particles: Particles, *, first: int = 0) -> Events:
        """The events that are kept; the column `event` is their number, counted from `first`."""
        ...

    def columns(self, events: Events) -> dict[str, NDArray[np.float32]]:
        """The columns of a file, one number per event and name."""
        ...
