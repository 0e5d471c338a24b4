"""`Selection`: which simulated events are kept, what of them, and what a file says of it.

Writing your own: a frozen dataclass of settings with these attributes and methods; see
`anomalon.simulate.dijet.DijetSelection`. Its events become a Parquet table of features. Those of a
`FileSelection`, which has `write` and `suffixes` instead, go to a file of its own layout; see
`anomalon.simulate.forty_mhz.FortyMhzSelection`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Events, Particles

__all__ = ["FileSelection", "Selection"]


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


@runtime_checkable
class FileSelection(Protocol):
    """A selection whose events go to a file that `anomalon.load` knows, and that is no table.

    Attributes:
        suffixes: How names of such files may end; the first is proposed.
    """

    @property
    def suffixes(self) -> tuple[str, ...]: ...  # noqa: D102

    def events(self, particles: Particles, *, first: int = 0) -> Events:
        """As of a `Selection`."""
        ...

    def write(self, events: Events, about: Mapping[str, Any], path: Path, *, compact: bool) -> None:
        """Write the file, which says how it was made: `about`, ready for JSON."""
        ...
