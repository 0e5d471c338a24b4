"""`SpectrumTable`: what `read_spectrum` returns."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.result import Number, Text
from anomalon.core.shown import Fact, Shown

__all__ = ["SpectrumTable"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False, repr=False)
class SpectrumTable(Shown):
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

    def facts(self) -> tuple[Fact, ...]:
        """What its short form says."""
        errors = "those of plain events" if self.variances is None else "given"
        return (
            Number("bins", len(self.counts), form="count"),
            Number("mass", float(self.edges[0]), unit="GeV", upper=float(self.edges[-1]), digits=6),
            Number("sum of counts", float(self.counts.sum()), digits=6),
            Text("errors", errors),
            *(Text("read", role) for role in self.roles[:6]),
        )
