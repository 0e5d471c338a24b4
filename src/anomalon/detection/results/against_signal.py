"""`AgainstSignal`: how well one detector finds one signal, training by training."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["AgainstSignal", "Efficiency", "RocBand"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Efficiency:
    """Signal efficiency at a background efficiency.

    Args:
        fpr: The background efficiency.
        tpr: Of each training, shape (training,); no entries where the test background says nothing.
        low: Lower end of the 68 % interval of the median: exact for the signal (Clopper-Pearson),
            and wider where the threshold is known less well.
        high: Upper end.
        why: Why there is none.
    """

    fpr: float
    tpr: Floats
    low: float = float("nan")
    high: float = float("nan")
    why: str = ""

    @property
    def median(self) -> float | None:
        """Over trainings."""
        return float(np.median(self.tpr)) if len(self.tpr) else None


@dataclass(frozen=True, eq=False)
class RocBand:
    """The ROC curve on a grid, and its range over trainings; shape (point,) each.

    Args:
        fpr: Background efficiencies, rising.
        low: Lowest signal efficiency.
        median: The median.
        high: The highest.
    """

    fpr: Floats
    low: Floats
    median: Floats
    high: Floats


@dataclass(frozen=True, eq=False)
class AgainstSignal:
    """How well a detector finds a signal, from truth.

    Args:
        signal: Its name.
        auc: Area under the ROC curve of each training, shape (training,).
        auc_sigma: Statistical uncertainty (DeLong) of the median one.
        efficiencies: At some background efficiencies.
        max_sic: Largest significance improvement of each training, shape (training,); none if the
            background is too small.
        sic_sigma: Statistical uncertainty of the median one.
        roc: The curve.
    """

    signal: str
    auc: Floats
    auc_sigma: float
    efficiencies: tuple[Efficiency, ...]
    max_sic: Floats
    sic_sigma: float
    roc: RocBand
