"""How well scores find a signal: several trainings of a detector, by `anomalon.evaluate`."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from anomalon.core.rounding import count
from anomalon.detection.results.against_signal import AgainstSignal, Efficiency, RocBand
from anomalon.stats.counts.intervals import clopper_pearson
from anomalon.stats.cuts.merit import Evaluation, evaluate

__all__ = ["FPRS", "against"]

Floats = NDArray[np.float64]

FPRS = (1e-2, 1e-3, 1e-4, 1e-5)
"""Background efficiencies at which signal efficiencies are told."""

_FEWEST = 10  # background events above a threshold, to know it to 30 %
_POINTS = 80


def against(
    signal: str,
    background: Sequence[Floats],
    found: Sequence[Floats],
    background_weight: Floats,
    signal_weight: Floats,
) -> AgainstSignal:
    """Judge the trainings of a detector by truth.

    Args:
        signal: Its name.
        background: Scores of the test background, one array (event,) per training.
        found: Scores of the signal, in the same way.
        background_weight: Shape (event,).
        signal_weight: Shape (event,).
    """
    each = [
        evaluate(b, s, background_weight, signal_weight)
        for b, s in zip(background, found, strict=True)
    ]
    auc = np.array([e.auc.value for e in each])
    middle = each[int(np.argsort(auc, kind="stable")[(len(auc) - 1) // 2])]
    known = middle.fpr_floor < 1
    n_effective = float(signal_weight.sum() ** 2 / (signal_weight**2).sum())
    return AgainstSignal(
        signal,
        auc,
        middle.auc.uncertainty,
        tuple(_efficiency(each, fpr, n_effective) for fpr in FPRS),
        np.array([e.max_sic.value for e in each] if known else []),
        middle.max_sic.uncertainty if known else float("nan"),
        _band(each),
    )


def _efficiency(each: Sequence[Evaluation], fpr: float, n_signal: float) -> Efficiency:
    """Median over trainings; the interval is exact for the signal, and wider by the threshold."""
    n = each[0].n_background_effective
    if n * fpr < _FEWEST:
        needed = count(_FEWEST / fpr)
        why = f"needs {needed} effective events of test background, there are {count(n)}"
        return Efficiency(fpr, np.empty(0), why=why)
    tpr = np.array([e.working_point(fpr).tpr for e in each])
    passed = min(float(np.median(tpr)) * n_signal, n_signal)
    low, high = clopper_pearson(passed, n_signal)
    # the threshold is known as well as the few background events above it say
    middle = float(np.median(tpr))
    sigma = float(np.median([e.tpr_at(fpr).uncertainty for e in each]))
    ends = max(min(float(low), middle - sigma), 0.0), min(max(float(high), middle + sigma), 1.0)
    return Efficiency(fpr, tpr, *ends)


def _band(each: Sequence[Evaluation]) -> RocBand:
    """Curves at the same background efficiencies, down to that of one event."""
    lowest = min(1.0 / max(e.n_background_effective for e in each), 0.5)
    grid = np.geomspace(lowest, 1.0, _POINTS)
    curves = []
    for one in each:
        fpr, tpr = one.roc(4000)
        curves.append(tpr[np.searchsorted(fpr, grid * (1 + 1e-12), side="right") - 1])
    low, median, high = np.quantile(curves, [0.0, 0.5, 1.0], axis=0)
    return RocBand(grid, low, median, high)
