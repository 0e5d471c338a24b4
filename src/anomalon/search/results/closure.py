"""What pseudo-experiments say of a search in a histogram."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.stats.coverage import ClosureTest, Coverage

__all__ = ["LimitCoverage", "SignalClosure"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class SignalClosure:
    """Signals that were injected into pseudo-experiments, and measured.

    Args:
        mass: Of the signal, in GeV.
        test: What came out, or None if it failed.
        why: Why it did, or "".
    """

    mass: float
    test: ClosureTest | None
    why: str


@dataclass(frozen=True, eq=False)
class LimitCoverage:
    """How often limits in pseudo-experiments are above the signal that was injected.

    Args:
        masses: In GeV, shape (mass,).
        expected: Median expected limits without signal, in the units of the coverage.
        coverage: Against the strength, for each of them.
        failed: Masses at which it could not be measured, GeV.
    """

    masses: Floats
    expected: Floats
    coverage: tuple[Coverage, ...]
    failed: Floats

    @property
    def ok(self) -> bool:
        """Whether no limit covers less than it promises, and none failed."""
        return all(c.ok for c in self.coverage) and not len(self.failed)
