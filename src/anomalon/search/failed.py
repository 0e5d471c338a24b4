"""What did not come about: a result without numbers, and the reason."""

import numpy as np

from anomalon.search.result import CutResult, SpectrumFit

__all__ = ["failed_cut"]


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
        sigma_poisson=unknown,
        sigma_fit=unknown,
        sigma_ensemble=unknown,
        sigma_folds=unknown,
        z_local=unknown,
        p_local=unknown,
        member_counts=nothing,
        fit=SpectrumFit(
            edges=nothing,
            counts=nothing,
            variance=nothing,
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
        pass_chi2=None,
        pass_ndf=None,
        pass_fraction=(),
        signal_efficiency=None,
        true_signal=None,
        true_background=None,
        ok=False,
        why=why,
    )
