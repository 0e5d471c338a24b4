"""How many parameters a background shape needs: nested fits, compared in turn.

Starting with the smallest number, one more parameter is taken only if its p-value is below 5 %, or
what the test has as its `alpha`. With the F-test, F = (D_n - D_(n+1)) / (D_(n+1)/ndf_(n+1)) against
F(1, ndf_(n+1)); with the likelihood-ratio test, D_n - D_(n+1) against chi2(1). D is the deviance.

A fit that the data reject is not the last word: where one more parameter does not help, two more
may (three parameters of the dijet function against four). So one more is also taken if the fit
without it has a goodness of fit below that, unless the test's `go_on_if_rejected` is False.

The F-test measures the scatter by the richer fit's own deviance, so it forgives a function that
fits badly everywhere. Where most bins expect less than one event, the deviance is much smaller than
its degrees of freedom and the F-test takes parameters too easily; the likelihood-ratio test does
not (`benchmarks/spectrum.py` has the numbers).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import special

from anomalon.core.config import lookup
from anomalon.core.errors import BadLayout, BadValue
from anomalon.core.renamed import gathered
from anomalon.core.shown import Shown
from anomalon.stats.fits.fit import Fit, fit_spectrum
from anomalon.stats.fits.signal_fit import SignalFit, fit_signal
from anomalon.stats.fits.tried import Judged, TriedFunction
from anomalon.stats.spectra.shapes import SHAPES, Shape
from anomalon.stats.spectra.spectrum import Spectrum

__all__ = [
    "ChosenOrders",
    "NestedTest",
    "Test",
    "choose_order",
    "choose_order_with_signal",
    "choose_orders",
]

Floats = NDArray[np.floating[Any]]
F = TypeVar("F", bound=Judged)
Test = Literal["f", "likelihood_ratio"]
"""What chooses the number of parameters."""


@dataclass(frozen=True)
class NestedTest:
    """When one more parameter is taken.

    Args:
        kind: "f" or "likelihood_ratio".
        alpha: p-value below which one more parameter is taken.
        go_on_if_rejected: Take one more parameter also if the fit is bad.
    """

    kind: Test = "f"
    alpha: float = 0.05
    go_on_if_rejected: bool = True


# Fits leave up to 1e-8 of the deviance unexplained, and its sum over bins is rounded. In a spectrum
# without fluctuations, such as Asimov data, that is all there is.
_RESOLVED = 1e-6


@gathered("test", NestedTest, "alpha", "go_on_if_rejected")
def choose_order(
    spectrum: Any,
    family: str | type[Shape] | Shape,
    n_min: int = 2,
    n_max: int = 4,
    *,
    mask: NDArray[np.bool_] | None = None,
    test: Test | NestedTest = "f",
    throw: bool = True,
) -> Fit:
    """Fit with the smallest number of parameters that the next one does not improve.

    `anomalon.stats.fits.order` has the tests, and when to take which.

    Args:
        spectrum: A `Spectrum` or what `Spectrum.of` takes; not toys.
        family: A name in `SHAPES`, a class, or a shape whose `n` is replaced (this keeps its
            `sqrt_s`).
        n_min: Smallest number of parameters, with the normalisation.
        n_max: Largest number of parameters.
        mask: True for the bins that the fits must not see.
        test: "f" or "likelihood_ratio", or a `NestedTest` that also says from which p-value on.
        throw: Raise if the fit with `n_min` parameters fails. False: return it with `ok` False.

    Returns:
        The chosen fit, with the table of all that were tried. The table ends early if one more
        parameter cannot be fitted.

    Raises:
        TooFewEvents: If there are fewer than n_min + 1 filled bins.
        DidNotConverge: If the fit with `n_min` parameters has no maximum.
        BadValue: If `n_min` and `n_max` are not an allowed range, or `test.alpha` is not in (0, 1).
        UnknownKey: If there is no such family.

    Example:
        >>> import numpy as np
        >>> edges = np.linspace(0.0, 8000.0, 41)
        >>> spectrum = Spectrum(2000 * np.exp(-edges[:-1] / 1000), edges)
        >>> choose_order(spectrum, "exponential", 1, 4).n_parameters
        2
    """
    spectrum = _one_spectrum(spectrum)
    choice = _Choice.of("choose_order", family, n_min, n_max, test)
    first = fit_spectrum(spectrum, choice.shape(n_min), mask=mask, throw=throw)
    best, tried = choice.best(
        first, lambda shape: fit_spectrum(spectrum, shape, mask=mask, throw=False), n_max
    )
    return replace(best, tried=tried)


def choose_order_with_signal(
    spectrum: Any,
    family: str | type[Shape] | Shape,
    signal: Any,
    n_min: int = 2,
    n_max: int = 4,
    *,
    test: Test | NestedTest = "f",
) -> SignalFit:
    """`choose_order` with a signal of free strength beside every function.

    What a signal does to the spectrum is then no reason to take one more parameter.

    Args:
        spectrum: A `Spectrum` or what `Spectrum.of` takes; not toys.
        family: As for `choose_order`, and so all that follows.
        signal: One signal, as for `fit_signal`.
        n_min: Smallest number of parameters.
        n_max: Largest number of parameters.
        test: "f" or "likelihood_ratio", or a `NestedTest` that also says from which p-value on.

    Returns:
        The chosen fit; `background.tried` is the table of all that were tried with the signal.

    Raises:
        BadLayout, TooFewEvents, DidNotConverge, BadValue, UnknownKey: As for `choose_order` and
            `fit_signal`.

    Example:
        >>> import numpy as np
        >>> from anomalon.stats import Gaussian
        >>> edges = np.linspace(0.0, 8000.0, 41)
        >>> peak = Gaussian(3000.0, 300.0)
        >>> counts = 2000 * np.exp(-edges[:-1] / 1000) + 500 * peak.integrate(edges)
        >>> choose_order_with_signal(Spectrum(counts, edges), "exponential", peak, 1, 4)
        SignalFit(Exponential(n=2, unit=1000.0)): strength = 500 ± 40, Z = 15.04
    """
    spectrum = _one_spectrum(spectrum)
    choice = _Choice.of("choose_order_with_signal", family, n_min, n_max, test)
    first = fit_signal(spectrum, choice.shape(n_min), signal)
    best, tried = choice.best(
        first, lambda shape: fit_signal(spectrum, shape, signal, throw=False), n_max
    )
    return replace(best, background=replace(best.background, tried=tried))


def _one_spectrum(given: Any) -> Spectrum:
    spectrum = Spectrum.of(given)
    if spectrum.counts.ndim != 1:
        raise BadLayout(
            f"choose_order: expected one spectrum, got {len(spectrum.counts)} toys; see "
            "choose_orders."
        )
    return spectrum


@dataclass(frozen=True, eq=False, repr=False)
class ChosenOrders(Shown):
    """Fits of many toys, each with the number of parameters that was chosen for it.

    Args:
        expected: Events expected in each bin, shape (toy, bin); NaN where the fit failed.
        n_parameters: Parameters of each, shape (toy,); 0 where the fit failed.
    """

    expected: Floats
    n_parameters: NDArray[np.int64]


@gathered("test", NestedTest, "alpha", "go_on_if_rejected")
def choose_orders(
    toys: Any,
    family: str | type[Shape] | Shape,
    n_min: int = 2,
    n_max: int = 4,
    *,
    mask: NDArray[np.bool_] | None = None,
    test: Test | NestedTest = "f",
) -> ChosenOrders:
    """`choose_order` for each of many toys, with the same result as one after the other.

    Args:
        toys: A `Spectrum` of shape (toy, bin), or what `Spectrum.of` takes.
        family: As for `choose_order`, and so all that follows.
        n_min: Smallest number of parameters.
        n_max: Largest number of parameters.
        mask: True for the bins that the fits must not see.
        test: "f" or "likelihood_ratio", or a `NestedTest` that also says from which p-value on.

    Raises:
        BadLayout: If it is one spectrum.
        BadValue: If `n_min` and `n_max` are not an allowed range, or `test.alpha` is not in (0, 1).
        UnknownKey: If there is no such family or test.

    Example:
        >>> import numpy as np
        >>> edges = np.linspace(0.0, 8000.0, 41)
        >>> toys = np.random.default_rng(1).poisson(2000 * np.exp(-edges[:-1] / 1000), (200, 40))
        >>> chosen = choose_orders((toys, edges), "exponential", 1, 4)
        >>> np.bincount(chosen.n_parameters).argmax()
        np.int64(2)
    """
    spectrum = Spectrum.of(toys)
    if spectrum.counts.ndim != 2:
        raise BadLayout("choose_orders: expected toys of shape (toy, bin); see choose_order.")
    choice = _Choice.of("choose_orders", family, n_min, n_max, test)
    fit = fit_spectrum(spectrum, choice.shape(n_min), mask=mask, throw=False)
    expected = fit.expected.copy()
    n_parameters = np.where(fit.ok, n_min, 0)
    rows = np.flatnonzero(fit.ok)
    deviance, p_value = fit.deviance[rows], fit.p_value[rows]
    for n in range(n_min + 1, n_max + 1):
        if not len(rows):
            break
        richer = fit_spectrum(_rows(spectrum, rows), choice.shape(n), mask=mask, throw=False)
        if richer.ndf < 1:
            break
        _, _, goes_on = choice.compare(deviance, p_value, richer.deviance, richer.ndf)
        goes_on &= richer.ok
        rows = rows[goes_on]
        expected[rows], n_parameters[rows] = richer.expected[goes_on], n
        deviance, p_value = richer.deviance[goes_on], richer.p_value[goes_on]
    return ChosenOrders(expected, n_parameters)


def _rows(toys: Spectrum, rows: NDArray[np.intp]) -> Spectrum:
    variance = None if toys.variance is None else toys.variance[rows]
    return Spectrum(toys.counts[rows], toys.edges, variance)


@dataclass(frozen=True)
class _Choice:
    """How the number of parameters is chosen, checked."""

    family: Shape
    alpha: float
    test: Callable[[Floats, Floats, int], tuple[Floats, Floats]]
    go_on_if_rejected: bool

    @classmethod
    def of(
        cls,
        where: str,
        family: str | type[Shape] | Shape,
        n_min: int,
        n_max: int,
        test: Test | NestedTest,
    ) -> "_Choice":
        asked = test if isinstance(test, NestedTest) else NestedTest(test)
        shape = _shape(family)
        if not 1 <= n_min <= n_max <= shape.n_most or not 0 < asked.alpha < 1:
            raise BadValue(
                f"{where}: expected 1 <= n_min <= n_max <= {shape.n_most} for {shape.kind} and "
                f"0 < alpha < 1, got n_min = {n_min}, n_max = {n_max}, alpha = {asked.alpha}."
            )
        statistic = lookup(_TESTS, asked.kind, f"{where}: test")
        return cls(shape, asked.alpha, statistic, asked.go_on_if_rejected)

    def shape(self, n: int) -> Shape:
        """The family with so many parameters."""
        return replace(self.family, n=n)

    def best(
        self, first: F, fit: Callable[[Shape], F], n_max: int
    ) -> tuple[F, tuple[TriedFunction, ...]]:
        """The fit with the smallest number of parameters that the next one does not improve."""
        best, tried, chosen = first, [TriedFunction.of(first)], 0
        while best.ok and best.n_parameters < n_max:
            richer = fit(self.shape(best.n_parameters + 1))
            if not richer.ok or richer.ndf < 1:
                break
            statistic, p, goes_on = self.compare(
                best.deviance, best.p_value, richer.deviance, richer.ndf
            )
            tried.append(TriedFunction.of(richer, f=float(statistic), p_f=float(p)))
            if not goes_on:
                break
            best, chosen = richer, len(tried) - 1
        return best, tuple(replace(row, chosen=i == chosen) for i, row in enumerate(tried))

    def compare(
        self, deviance: Floats, p_value: Floats, richer: Floats, ndf: int
    ) -> tuple[Floats, Floats, NDArray[np.bool_]]:
        """Test statistic, its p-value, and whether to go on from the poorer fit to the richer."""
        gain = np.asarray(deviance - richer)
        statistic, p = self.test(np.where(gain > _RESOLVED, gain, 0.0), np.asarray(richer), ndf)
        rejected = self.go_on_if_rejected & (np.asarray(p_value) < self.alpha)
        return statistic, p, (p < self.alpha) | rejected


def _shape(family: str | type[Shape] | Shape) -> Shape:
    if isinstance(family, Shape):
        return family
    cls: type[Shape] = (
        lookup(SHAPES, family, "background shape") if isinstance(family, str) else family
    )
    return cls(n=1)


def _f_test(gain: Floats, richer: Floats, ndf: int) -> tuple[Floats, Floats]:
    """F and its p-value; the more general fit as the measure of the scatter."""
    with np.errstate(divide="ignore", invalid="ignore"):
        f = np.where(gain == 0, 0.0, gain / (richer / ndf))
    return f, np.where(gain == 0, 1.0, special.fdtrc(1, ndf, f))


def _likelihood_ratio_test(gain: Floats, _: Floats, __: int) -> tuple[Floats, Floats]:
    return gain, np.asarray(special.chdtrc(1, gain))


_TESTS: dict[str, Callable[[Floats, Floats, int], tuple[Floats, Floats]]] = {
    "f": _f_test,
    "likelihood_ratio": _likelihood_ratio_test,
}
