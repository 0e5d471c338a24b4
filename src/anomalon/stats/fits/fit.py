"""Fits of a smooth background to a mass spectrum, or to ten thousand of them at once.

One spectrum or toys of shape (toy, bin) by the same call, with the same result for each. A single
fit takes well below a millisecond, ten thousand toys some tenths of a second.

Weighted spectra are treated as scaled Poisson (Bohm and Zech, arXiv:1309.1287): where events weigh
s (`Spectrum.event_weight`, bin by bin), n/s of them are Poisson around mu/s. Where all bins have
the same weight the parameters are those of the plain fit, so that the fitted events still add up to
the data.
"""

from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from anomalon.core.errors import BadLayout, BadValue, DidNotConverge, FitError, TooFewEvents
from anomalon.core.plain import to_plain
from anomalon.core.result import Number, Text
from anomalon.core.shown import Fact, Shown
from anomalon.stats.fits.goodness import deviance_p_value
from anomalon.stats.fits.maximum import maximise
from anomalon.stats.fits.tried import TriedFunction
from anomalon.stats.numerics.poisson import poisson_deviance, total_deviance
from anomalon.stats.numerics.value import Value
from anomalon.stats.spectra.shapes import SHAPES, Shape
from anomalon.stats.spectra.spectrum import Spectrum

__all__ = ["Fit", "fit_spectrum"]

Floats = NDArray[np.floating[Any]]

_PLAIN = (
    "shape",
    "fitted",
    "parameters",
    "covariance",
    "expected",
    "sigma_expected",
    "event_weight",
    "deviance",
    "ndf",
    "p_value",
    "ok",
    "why",
    "tried",
)


@dataclass(frozen=True, eq=False, repr=False)
class Fit(Shown):
    """A shape fitted to a spectrum.

    For one spectrum the fields are as below; for toys, all but `spectrum`, `shape`, `fitted` and
    `ndf` have a leading axis (toy,). Where a fit failed, `ok` is False, `why` says it, and
    the numbers are NaN.

    Args:
        spectrum: What was fitted.
        shape: The fitted shape.
        fitted: True for the bins that the fit saw, shape (bin,).
        parameters: Shape (n,).
        root: A matrix whose square root @ root.T is the covariance of the parameters, (n, n).
        expected: Events expected in each bin, also the masked ones, shape (bin,).
        deviance: -2 ln of the likelihood ratio to the saturated model, over the fitted bins, of
            effective events.
        ndf: Fitted bins minus parameters.
        p_value: Of the goodness of fit: the deviance against chi2(ndf), corrected for bins that
            expect few events (`anomalon.stats.fits.goodness`).
        ok: Whether there is a result.
        why: If not, why; else "".
        tried: The functions that `choose_order` tried. Empty if the order was given.
    """

    spectrum: Spectrum
    shape: Shape
    fitted: NDArray[np.bool_]
    parameters: Floats
    root: Floats
    expected: Floats
    deviance: Floats
    ndf: int
    p_value: Floats
    ok: NDArray[np.bool_]
    why: NDArray[np.str_]
    tried: tuple[TriedFunction, ...] = field(default=())

    @property
    def n_parameters(self) -> int:
        """Number of parameters, the normalisation among them."""
        return self.shape.n

    @property
    def event_weight(self) -> Floats:
        """Variance over mean of the counts in each bin, shape (bin,): ones for plain events."""
        return self.spectrum.event_weight

    @property
    def effective_expected(self) -> Floats:
        """Effective events expected in each bin, shape (bin,)."""
        return self.expected / self.event_weight

    @property
    def covariance(self) -> Floats:
        """Covariance of the parameters, shape (n, n): the inverse expected information."""
        return self.root @ np.swapaxes(self.root, -1, -2)

    @property
    def errors(self) -> Floats:
        """Standard deviations of the parameters, shape (n,)."""
        return np.asarray(np.sqrt((self.root**2).sum(axis=-1)))

    @property
    def sigma_expected(self) -> Floats:
        """Standard deviation of `expected` from the fit, shape (bin,)."""
        return np.asarray(np.sqrt((self._leverage(self.spectrum.edges) ** 2).sum(axis=-1)))

    @property
    def pulls(self) -> Floats:
        """Signed roots of the bins' deviances, about standard normal, shape (bin,)."""
        with np.errstate(invalid="ignore"):
            deviance = poisson_deviance(self.spectrum.effective_counts, self.effective_expected)
        return np.asarray(np.sign(self.spectrum.counts - self.expected) * np.sqrt(deviance))

    def covariance_expected(self, bins: NDArray[np.bool_] | slice = slice(None)) -> Floats:
        """Covariance of `expected` between bins, shape (bin, bin), for the bins given.

        The variance of a sum over bins is the sum over this matrix: neighbouring expectations
        are almost fully correlated, so adding their variances would be far too small.
        """
        leverage = self.leverage(bins)
        return leverage @ np.swapaxes(leverage, -1, -2)

    def leverage(self, bins: NDArray[np.bool_] | slice = slice(None)) -> Floats:
        """Derivatives of `expected` by the parameters, times `root`: shape (bin, n).

        Rows add for sums of bins; the product of two rows is a covariance.
        """
        return self._leverage(self.spectrum.edges)[..., bins, :]

    def integral(self, low: float, high: float) -> Value:
        """Events expected with masses from `low` to `high` GeV, with the fit's uncertainty.

        For toys, the value and the uncertainty are arrays, shape (toy,).

        Raises:
            BadLayout: If `high` is not above `low`.
        """
        if not high > low:
            raise BadLayout(f"integral: expected low < high, got {low} and {high} GeV.")
        edges = self.spectrum.edges
        edges = np.concatenate([[low], edges[(edges > low) & (edges < high)], [high]])
        value = self.shape.integrate(self.parameters, edges).sum(axis=-1)
        sigma = np.sqrt((self._leverage(edges).sum(axis=-2) ** 2).sum(axis=-1))
        return Value(cast(Any, value[()]), cast(Any, sigma[()]))

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain lists and numbers, for JSON."""
        spectrum = self.spectrum
        plain: dict[str, Any] = {
            "edges": spectrum.edges,
            "counts": spectrum.counts,
            "variance": spectrum.variances,
        }
        plain |= {name: getattr(self, name) for name in _PLAIN}
        return dict(to_plain(plain))

    def _leverage(self, edges: Floats) -> Floats:
        """Derivatives of the expected events in bins, times `root`: shape (bin, n)."""
        return np.asarray(self.shape.slope(self.parameters, edges) @ self.root)

    def facts(self) -> tuple[Fact, ...]:
        """What its short form says."""
        shape = Text("function", repr(self.shape))
        if self.ok.ndim:
            toys = Number("toys", len(self.ok), form="count")
            return shape, toys, Number("fitted", int(self.ok.sum()), form="count")
        if not self.ok:
            return shape, Text("failed", str(self.why))
        return (
            shape,
            Text("deviance/ndf", f"{float(self.deviance):.2f}/{self.ndf}"),
            Number("goodness of fit", float(self.p_value), form="p-value"),
            *(
                Number(f"b{j}", float(b), float(e))
                for j, (b, e) in enumerate(zip(self.parameters, self.errors, strict=True))
            ),
        )

    def __repr__(self) -> str:
        if self.ok.ndim:
            good = int(self.ok.sum())
            return f"Fit({self.shape!r} to {len(self.ok)} toys, {good} ok)"
        if not self.ok:
            return f"Fit({self.shape!r}, failed: {self.why})"
        rows = [
            f"  b{j} = {Value(float(b), float(e))}"
            for j, (b, e) in enumerate(zip(self.parameters, self.errors, strict=True))
        ]
        quality = f"deviance/ndf = {self.deviance:.2f}/{self.ndf}, p = {self.p_value:.3g}"
        return "\n".join([f"Fit({self.shape!r}): {quality}", *rows])


def fit_spectrum(
    spectrum: Any,
    shape: Shape,
    *,
    mask: NDArray[np.bool_] | None = None,
    throw: bool = True,
) -> Fit:
    """Poisson maximum-likelihood fit of a shape, integrated over each bin.

    Args:
        spectrum: A `Spectrum` or what `Spectrum.of` takes; toys of shape (toy, bin) too. With
            weights, scaled Poisson (arXiv:1309.1287).
        shape: The shape, e.g. `Dijet(4)`.
        mask: True for the bins that the fit must not see, shape (bin,), e.g.
            `spectrum.inside(3300, 3700)`; None fits all.
        throw: Raise if a fit fails. False: return it with `ok` False and `why`.

    Raises:
        TooFewEvents: If fewer than n + 1 fitted bins have events.
        DidNotConverge: If the maximum was not found.
        BadLayout: If the mask has not one entry per bin.
        BadValue: If the shape is none, or not defined all over the bins.

    Example:
        >>> from anomalon.stats import Exponential
        >>> spectrum = Spectrum([1000.0, 500.0, 250.0, 125.0], [0, 1000, 2000, 3000, 4000])
        >>> fit_spectrum(spectrum, Exponential(2)).parameters.round(4)
        array([ 0.3266, -0.6931])
        >>> fit_spectrum(spectrum, Exponential(2), mask=spectrum.inside(2000, 3000)).integral(
        ...     2000, 3000
        ... )
        250 ± 12
    """
    if not isinstance(shape, Shape):
        raise BadValue(f"fit_spectrum: shape: {expected_a_shape(shape)}")
    spectrum = Spectrum.of(spectrum)
    fitted = _fitted(spectrum, mask)
    counts = np.atleast_2d(spectrum.effective_counts)
    shape = shape.over(spectrum.edges)
    binned = shape.binned(spectrum.edges)
    filled = (counts[:, fitted] > 0).sum(axis=1)
    enough = filled > shape.n
    parameters = np.full((len(counts), shape.n), np.nan)
    root = np.full((len(counts), shape.n, shape.n), np.nan)
    converged = np.zeros(len(counts), dtype=bool)
    if enough.any():
        effective = binned[fitted] / spectrum.event_weight[fitted]
        solution = maximise(counts[np.ix_(enough, fitted)], effective)
        good = solution.converged & np.isfinite(solution.root).all(axis=(1, 2))
        converged[enough] = good
        parameters[converged] = solution.parameters[good]
        root[converged] = solution.root[good]
    why = np.full(len(counts), "", dtype=object)
    why[~enough] = [_too_few(spectrum, shape, int(n)) for n in filled[~enough]]
    why[enough & ~converged] = _not_converged(spectrum, shape)
    expected = binned.events(parameters)
    fit = _result(spectrum, shape, fitted, parameters, root, expected, why.astype(np.str_))
    if throw and not fit.ok.all():
        _throw(fit, TooFewEvents if not enough.all() else DidNotConverge)
    return fit


def expected_a_shape(got: object) -> str:
    """What to say for a name or a class: these have no number of parameters."""
    kind = got if isinstance(got, str) else getattr(got, "kind", None)
    family = SHAPES[kind].__name__ if kind in SHAPES else "Dijet"
    return (
        f"expected a shape with its number of parameters, as {family}(3), got {got!r}. "
        "`choose_order` takes a name and chooses the number."
    )


def _fitted(spectrum: Spectrum, mask: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    if mask is None:
        return np.ones(spectrum.n_bins, dtype=bool)
    mask = np.asarray(mask)
    if mask.shape != (spectrum.n_bins,) or mask.dtype != bool:
        raise BadLayout(
            f"mask: expected one bool for each of {spectrum.n_bins} bins (True = not fitted), "
            f"got {mask.dtype} of shape {mask.shape}."
        )
    return ~mask


def _not_converged(spectrum: Spectrum, shape: Shape) -> str:
    return (
        f"{shape.kind} fit with {shape.n} parameters over {spectrum.edges[0]:g}-"
        f"{spectrum.edges[-1]:g} GeV did not converge. Use fewer parameters or coarser bins."
    )


def _too_few(spectrum: Spectrum, shape: Shape, filled: int) -> str:
    return (
        f"{shape.kind} fit with {shape.n} parameters over {spectrum.edges[0]:g}-"
        f"{spectrum.edges[-1]:g} GeV needs {shape.n + 1} filled bins outside the mask, got "
        f"{filled}. Use fewer parameters, a wider range, or a looser selection."
    )


def _result(
    spectrum: Spectrum,
    shape: Shape,
    fitted: NDArray[np.bool_],
    parameters: Floats,
    root: Floats,
    expected: Floats,
    why: NDArray[np.str_],
) -> Fit:
    """The `Fit` of arrays with a toy axis, which goes if the spectrum has none."""
    weight = spectrum.event_weight[fitted]
    counts = np.atleast_2d(spectrum.counts)[:, fitted] / weight
    mean = expected[:, fitted] / weight
    deviance = total_deviance(counts, mean)
    ndf = int(fitted.sum()) - shape.n
    p_value = deviance_p_value(deviance, mean, shape.n)
    one = 0 if spectrum.counts.ndim == 1 else slice(None)
    return Fit(
        spectrum=spectrum,
        shape=shape,
        fitted=fitted,
        parameters=parameters[one],
        root=root[one],
        expected=expected[one],
        deviance=deviance[one],
        ndf=ndf,
        p_value=p_value[one],
        ok=(why == "")[one],
        why=why[one],
    )


def _throw(fit: Fit, kind: type[FitError]) -> None:
    if not fit.ok.ndim:
        raise kind(str(fit.why))
    bad = np.flatnonzero(~fit.ok)
    raise kind(
        f"{len(bad)} of {len(fit.ok)} toys have no fit (first: toy {bad[0]}: {fit.why[bad[0]]}) "
        "Call with throw=False to keep the others."
    )
