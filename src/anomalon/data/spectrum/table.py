"""`SpectrumTable`: what `read_spectrum` returns."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["SpectrumTable"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class SpectrumTable:
    """A histogram as plain arrays; every function of `anomalon.stats` takes it as a spectrum.

    Args:
        counts: Shape (bin,).
        edges: Bin edges in GeV, shape (bin + 1,).
        variances: Shape (bin,); None for plain events, whose variances are their counts.
        roles: What every part of the file was taken for, and what was converted: a sentence each.
    """

    counts: Floats
    edges: Floats
    variances: Floats | None = None
    roles: tuple[str, ...] = ()
