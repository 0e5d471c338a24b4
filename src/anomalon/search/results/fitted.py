"""A fit in the plain form in which results keep it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.search.results.scan import SpectrumFit
from anomalon.stats import Fit, Spectrum

__all__ = ["spectrum_fit"]


def spectrum_fit(
    spectrum: Spectrum,
    fit: Fit | None,
    fitted: NDArray[np.bool_],
    shape: str,
    why: str,
    tried: tuple[dict[str, Any], ...] | None = None,
) -> SpectrumFit:
    """The spectrum and its fit; without a fit, numbers that are not there.

    Args:
        spectrum: One spectrum.
        fit: Its fit, if there is one.
        fitted: The bins that a fit sees, shape (bin,).
        shape: Name of the family, if there is no fit that knows it.
        why: Why there is no fit, or "".
        tried: The functions that were tried, if the fit does not know them.
    """
    unknown = np.full(len(spectrum.counts), np.nan)
    return SpectrumFit(
        edges=spectrum.edges,
        counts=spectrum.counts,
        variance=spectrum.variances,
        event_weight=spectrum.event_weight,
        fitted=fitted,
        expected=unknown if fit is None else fit.expected,
        sigma_expected=unknown if fit is None else fit.sigma_expected,
        shape=shape if fit is None else fit.shape.kind,
        n_parameters=0 if fit is None else fit.n_parameters,
        parameters=np.array([]) if fit is None else fit.parameters,
        deviance=np.nan if fit is None else float(fit.deviance),
        ndf=0 if fit is None else int(fit.ndf),
        p_value=np.nan if fit is None else float(fit.p_value),
        tried=tried if tried is not None else () if fit is None else fit.tried,
        ok=fit is not None and bool(fit.ok),
        why=why,
    )
