"""What did not come about: a result without numbers, and the reason."""

import numpy as np

from anomalon.core.sample import Sample
from anomalon.core.window import Window
from anomalon.search.results.cut import CutResult, PassFraction, Uncertainties
from anomalon.search.results.fitted import SpectrumFit
from anomalon.search.results.window import By, WindowResult

__all__ = ["failed_cut", "failed_window"]


def failed_cut(efficiency: float, shape: str, why: str) -> CutResult:
    """A working point of which nothing is known, because no event was ever selected.

    Args:
        efficiency: Background efficiency asked for.
        shape: Family of functions that would have been fitted.
        why: What went wrong.
    """
    unknown, nothing = float("nan"), np.array([])
    return CutResult(
        efficiency=efficiency,
        n=unknown,
        expected=unknown,
        n_effective=unknown,
        expected_effective=unknown,
        sigma=Uncertainties(*[unknown] * 6),
        z_local=unknown,
        p_local=unknown,
        member_counts=nothing,
        fit=SpectrumFit(
            edges=nothing,
            counts=nothing,
            variance=nothing,
            event_weight=nothing,
            fitted=np.array([], dtype=np.bool_),
            expected=nothing,
            sigma_expected=nothing,
            shape=shape,
            n_parameters=0,
            parameters=nothing,
            deviance=unknown,
            ndf=0,
            p_value=unknown,
            tried=(),
            ok=False,
            why=why,
        ),
        pass_fraction=PassFraction.unknown(),
        truth=None,
        ok=False,
        why=why,
    )


def failed_window(
    data: Sample,
    window: Window,
    features: tuple[str, ...],
    efficiencies: tuple[float, ...],
    shape: str,
    why: str,
    by: By = "classifier",
    method: str = "",
) -> WindowResult:
    """A window without any answer, not even without a cut.

    Args:
        data: What was searched; its events in the window are counted.
        window: Signal region and side bands.
        features: What the classifier would have seen, or the name of the score or cut.
        efficiencies: Background efficiencies asked for; the spectrum without a cut comes first.
        shape: Family of functions that would have been fitted.
        why: What went wrong.
        by: What would have selected.
        method: What the template would have been from, if there are several.
    """
    if by == "cut":
        efficiencies = (0.0,)  # which it has is not known
    return WindowResult(
        window=window,
        features=features,
        n_signal_region=int(window.in_signal_region(data.mass).sum()),
        n_sidebands=int(window.in_sidebands(data.mass).sum()),
        cuts=tuple(failed_cut(e, shape, why) for e in (1.0, *efficiencies)),
        histograms=(),
        roc=None,
        correlation=(),
        by=by,
        method=method,
    )
