"""How many parameters a background shape needs: nested fits, compared in turn."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from anomalon.core.config import lookup
from anomalon.core.errors import BadLayout, BadValue
from anomalon.stats.fit import Fit, fit_spectrum
from anomalon.stats.shapes import SHAPES, Shape
from anomalon.stats.spectrum import Spectrum

__all__ = ["choose_order"]

# Fits leave up to 1e-8 of the deviance unexplained, and its sum over bins is rounded. In a spectrum
# without fluctuations, such as Asimov data, that is all there is.
_RESOLVED = 1e-6


def choose_order(
    spectrum: Any,
    family: str | type[Shape] | Shape,
    n_min: int = 2,
    n_max: int = 4,
    *,
    mask: NDArray[np.bool_] | None = None,
    alpha: float = 0.05,
    test: Literal["f", "likelihood_ratio"] = "f",
    go_on_if_rejected: bool = True,
    throw: bool = True,
) -> Fit:
    """Fit with the smallest number of parameters that the next one does not improve.

    Starting at `n_min`, one more parameter is taken only if its p-value is below `alpha`. With the
    F-test, F = (D_n - D_(n+1)) / (D_(n+1)/ndf_(n+1)) against F(1, ndf_(n+1)); with the
    likelihood-ratio test, D_n - D_(n+1) against chi2(1). D is the deviance.

    A fit that the data reject is not the last word: where one more parameter does not help, two
    more may (three parameters of the dijet function against four). So one more is also taken if
    the fit without it has a goodness of fit below `alpha`, unless `go_on_if_rejected` is False.

    The F-test measures the scatter by the richer fit's own deviance, so it forgives a function
    that fits badly everywhere. Where most bins expect less than one event, the deviance is much
    smaller than its degrees of freedom and the F-test takes parameters too easily; the
    likelihood-ratio test does not (`benchmarks/spectrum.py` has the numbers).

    Args:
        spectrum: A `Spectrum` or what `Spectrum.of` takes; not toys.
        family: A name in `SHAPES`, a class, or a shape whose `n` is replaced (this keeps its
            `sqrt_s`).
        n_min: Smallest number of parameters, with the normalisation.
        n_max: Largest number of parameters.
        mask: True for the bins that the fits must not see.
        alpha: p-value below which one more parameter is taken.
        test: "f" or "likelihood_ratio".
        go_on_if_rejected: Take one more parameter also if the fit is bad.
        throw: Raise if the fit with `n_min` parameters fails. False: return it with `ok` False.

    Returns:
        The chosen fit, with the table of all that were tried. The table ends early if one more
        parameter cannot be fitted.

    Raises:
        TooFewEvents: If there are fewer than n_min + 1 filled bins.
        DidNotConverge: If the fit with `n_min` parameters has no maximum.
        BadValue: If `n_min` and `n_max` are not an allowed range, or alpha is not in (0, 1).
        UnknownKey: If there is no such family.

    Example:
        >>> import numpy as np
        >>> edges = np.linspace(0.0, 8000.0, 41)
        >>> spectrum = Spectrum(2000 * np.exp(-edges[:-1] / 1000), edges)
        >>> choose_order(spectrum, "exponential", 1, 4).n_parameters
        2
    """
    spectrum = Spectrum.of(spectrum)
    shape = _shape(family)
    if spectrum.counts.ndim != 1:
        raise BadLayout(
            f"choose_order: expected one spectrum, got {len(spectrum.counts)} toys; call it for "
            "each of them."
        )
    if not 1 <= n_min <= n_max <= shape.n_most or not 0 < alpha < 1:
        raise BadValue(
            f"choose_order: expected 1 <= n_min <= n_max <= {shape.n_most} for {shape.kind} and "
            f"0 < alpha < 1, got n_min = {n_min}, n_max = {n_max}, alpha = {alpha}."
        )
    compare = lookup(_TESTS, test, "choose_order: test")
    best = fit_spectrum(spectrum, replace(shape, n=n_min), mask=mask, throw=throw)
    tried = [_row(best)]
    chosen = 0
    while best.ok and best.n_parameters < n_max:
        larger = replace(shape, n=best.n_parameters + 1)
        richer = fit_spectrum(spectrum, larger, mask=mask, throw=False)
        if not richer.ok or richer.ndf < 1:
            break
        statistic, p = compare(best, richer)
        tried.append(_row(richer) | {"f": statistic, "p_f": p})
        rejected = go_on_if_rejected and best.p_value < alpha
        if not (p < alpha or rejected):
            break
        best, chosen = richer, len(tried) - 1
    table = tuple(row | {"chosen": i == chosen} for i, row in enumerate(tried))
    return replace(best, tried=table)


def _shape(family: str | type[Shape] | Shape) -> Shape:
    if isinstance(family, Shape):
        return family
    cls: type[Shape] = (
        lookup(SHAPES, family, "background shape") if isinstance(family, str) else family
    )
    return cls(n=1)


def _row(fit: Fit) -> dict[str, Any]:
    return {
        "n_parameters": fit.n_parameters,
        "deviance": float(fit.deviance),
        "ndf": fit.ndf,
        "p_value": float(fit.p_value),
        "f": None,
        "p_f": None,
    }


def _f_test(fit: Fit, richer: Fit) -> tuple[float, float]:
    """F and its p-value; the more general fit as the measure of the scatter."""
    gain = _gain(fit, richer)
    if gain == 0:
        return 0.0, 1.0
    rest = float(richer.deviance) / richer.ndf
    if rest == 0:
        return np.inf, 0.0
    return gain / rest, float(special.fdtrc(1, richer.ndf, gain / rest))


def _gain(fit: Fit, richer: Fit) -> float:
    """What the richer fit gains in deviance; nothing, if it is less than fits can tell."""
    gain = float(fit.deviance - richer.deviance)
    return gain if gain > _RESOLVED else 0.0


def _likelihood_ratio_test(fit: Fit, richer: Fit) -> tuple[float, float]:
    gain = _gain(fit, richer)
    return gain, float(special.chdtrc(1, gain))


_TESTS: dict[str, Callable[[Fit, Fit], tuple[float, float]]] = {
    "f": _f_test,
    "likelihood_ratio": _likelihood_ratio_test,
}
