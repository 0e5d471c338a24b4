"""Fits of a signal of known form on top of a smooth background, for many spectra and masses."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadLayout, DidNotConverge
from anomalon.core.plain import to_plain
from anomalon.core.result import Number, Text
from anomalon.core.shown import Fact, Shown
from anomalon.stats.fits.fit import Fit, fit_spectrum
from anomalon.stats.fits.goodness import deviance_p_value
from anomalon.stats.fits.maximum import maximise_with_signal
from anomalon.stats.numerics.poisson import total_deviance
from anomalon.stats.numerics.value import Value
from anomalon.stats.spectra.shapes import Shape
from anomalon.stats.spectra.signals import signal_templates

__all__ = ["SignalFit", "fit_signal"]

Floats = NDArray[np.floating[Any]]

_CHUNK = 20_000  # spectra times masses whose expectations are in memory at once
_PLAIN = (
    "background",
    "templates",
    "parameters",
    "strength",
    "sigma_strength",
    "deviance",
    "q0",
    "z",
    "ok",
    "why",
)


@dataclass(frozen=True, eq=False, repr=False)
class SignalFit(Shown):
    """A signal of free strength and a background, fitted together.

    The fields have the shape (toy, mass), followed by what is given below; without the axis of toys
    for one spectrum, and without that of masses for one signal. Where a fit failed, `ok` is False,
    `why` says it, and the numbers are NaN.

    Args:
        background: The fit without signal.
        templates: Fraction of the signal in each bin, shape (mass, bin) or (bin,).
        parameters: Of the background beside the signal, shape (…, n).
        strength: Signal events, also those that the template has outside of the bins; negative for
            a deficit.
        root: A matrix whose square root @ root.T is the covariance of (parameters, strength), shape
            (…, n + 1, n + 1), from the expected information at the fit; where the strength is
            negative, at a strength of zero.
        deviance: -2 ln of the likelihood ratio to the saturated model, over the fitted bins.
        ok: Whether there is a result.
        why: If not, why; else "".
    """

    background: Fit
    templates: Floats
    parameters: Floats
    strength: Floats
    root: Floats
    deviance: Floats
    ok: NDArray[np.bool_]
    why: NDArray[np.str_]

    @property
    def shape(self) -> Shape:
        """The shape of the background."""
        return self.background.shape

    @property
    def n_parameters(self) -> int:
        """Those of the background."""
        return self.shape.n

    @property
    def ndf(self) -> int:
        """Fitted bins minus parameters, the strength among them."""
        return self.background.ndf - 1

    @property
    def p_value(self) -> Floats:
        """Goodness of fit of both together, as in `Fit`."""
        fitted, weight = self.background.fitted, self.background.event_weight
        expected = (self.expected / weight)[..., fitted]
        return deviance_p_value(self.deviance, expected, self.n_parameters + 1)

    @property
    def sigma_strength(self) -> Floats:
        """Standard deviation of `strength`."""
        return np.asarray(np.sqrt((self.root[..., -1, :] ** 2).sum(axis=-1)))

    @property
    def t0(self) -> Floats:
        """-2 ln L(no signal)/L(best strength): the deviance that the signal saves, >= 0."""
        without = np.asarray(self.background.deviance)
        if self.templates.ndim == 2:
            without = without[..., None]
        return np.asarray(np.maximum(without - self.deviance, 0.0))

    @property
    def q0(self) -> Floats:
        """The discovery statistic of Cowan et al., arXiv:1007.1727, eq. 12: 0 for a deficit."""
        return np.asarray(np.where(self.strength < 0, 0.0, self.t0))

    @property
    def z(self) -> Floats:
        """Signed local significance, sign(strength) sqrt(t0)."""
        return np.asarray(np.sign(self.strength) * np.sqrt(self.t0))

    @property
    def expected_background(self) -> Floats:
        """Background events expected beside the signal, shape (…, bin)."""
        fit = self.background
        return fit.shape.integrate(self.parameters, fit.spectrum.edges)

    @property
    def expected(self) -> Floats:
        """Events expected from background and signal, shape (…, bin)."""
        # zero where a negative signal leaves nothing, and rounding less
        return np.maximum(self.expected_background + self.strength[..., None] * self.templates, 0.0)

    @property
    def value(self) -> Value:
        """The strength with its standard deviation; of one spectrum and one signal."""
        if self.ok.ndim:
            raise BadLayout(f"value: expected one fit, got {self.ok.shape}; see `strength`.")
        return Value(float(self.strength), float(self.sigma_strength))

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain lists and numbers, for JSON."""
        plain = {name: to_plain(getattr(self, name)) for name in _PLAIN if name != "background"}
        return {"background": self.background.to_dict()} | plain

    def facts(self) -> tuple[Fact, ...]:
        """What its short form says."""
        shape = Text("background", repr(self.background.shape))
        if self.ok.ndim:
            fits = Number("fits", self.ok.size, form="count")
            return shape, fits, Number("fitted", int(self.ok.sum()), form="count")
        if not self.ok:
            return shape, Text("failed", str(self.why))
        value = self.value
        return (
            shape,
            Number("strength", value.value, value.uncertainty, unit="events"),
            Number("local significance", float(self.z), form="significance"),
        )

    def __repr__(self) -> str:
        shape = self.background.shape
        if self.ok.ndim:
            return f"SignalFit({shape!r}, {self.ok.shape} fits, {int(self.ok.sum())} ok)"
        if not self.ok:
            return f"SignalFit({shape!r}, failed: {self.why})"
        return f"SignalFit({shape!r}): strength = {self.value}, Z = {self.z:.2f}"


def fit_signal(
    spectrum: Any,
    shape: Shape,
    signal: Any,
    *,
    mask: NDArray[np.bool_] | None = None,
    throw: bool = True,
) -> SignalFit:
    """Poisson maximum-likelihood fit of a background shape and a signal of free, signed strength.

    mu_i = integral of the background over bin i + strength * template_i, with mu_i > 0. Newton
    steps from the fit without signal; one spectrum and one signal, or toys and masses, by the same
    call, with the same result to the last bit.

    Weighted spectra are treated as in `fit_spectrum`: scaled Poisson, bin by bin.

    Args:
        spectrum: A `Spectrum` or what `Spectrum.of` takes; one, or toys.
        shape: The background, e.g. `Dijet(4)`.
        signal: What has `integrate(edges)`, as `Gaussian(2000, 60)`; a list of such; or fractions
            of the signal per bin, shape (bin,) or (mass, bin), as from `Signal.templates`.
        mask: True for the bins that the fit must not see, shape (bin,).
        throw: Raise if a fit fails. False: return it with `ok` False and `why`.

    Raises:
        BadLayout: If the shapes do not fit.
        BadNumbers: If a fraction is negative or not finite.
        TooFewEvents: If fewer than n + 1 fitted bins have events.
        DidNotConverge: If a maximum was not found, or the fitted bins have no signal.
        BadValue: If the shape is not defined all over the bins.

    Example:
        >>> from anomalon.stats import Exponential, Gaussian
        >>> edges = [0, 1000, 2000, 3000, 4000]
        >>> fit_signal(([1000, 500, 300, 125], edges), Exponential(2), Gaussian(2500, 100))
        SignalFit(Exponential(n=2, unit=1000.0)): strength = 50 ± 21, Z = 2.38
    """
    background = fit_spectrum(spectrum, shape, mask=mask, throw=throw)
    templates = signal_templates(signal, background.spectrum.edges, "signal")
    check.non_negative(templates, "signal: fractions")
    result = _fit(background, np.atleast_2d(templates))
    strip = (
        0 if background.ok.ndim == 0 else slice(None),
        0 if templates.ndim == 1 else slice(None),
    )
    fields = {name: value[strip] for name, value in result.items()}
    fit = SignalFit(background, templates, **fields)
    if throw and not fit.ok.all():
        first = fit.why[~fit.ok].ravel()[0] if fit.ok.ndim else str(fit.why)
        raise DidNotConverge(
            f"{int((~fit.ok).sum())} of {fit.ok.size} fits with signal have no result ({first}) "
            "Call with throw=False to keep the others."
        )
    return fit


def _fit(background: Fit, templates: Floats) -> dict[str, Any]:
    """Arrays with the axes (toy, mass, …)."""
    fitted, shape = background.fitted, background.shape
    weight = background.event_weight[fitted]
    counts = np.atleast_2d(background.spectrum.counts)[:, fitted] / weight
    binned = shape.binned(background.spectrum.edges)[fitted] / weight
    signal = np.ascontiguousarray(templates[:, fitted] / weight)
    start = background.parameters.reshape(-1, shape.n)
    items = (len(counts), len(templates))
    parameters, strength = np.full((*items, shape.n), np.nan), np.full(items, np.nan)
    root = np.full((*items, shape.n + 1, shape.n + 1), np.nan)
    deviance, ok = np.full(items, np.nan), np.zeros(items, dtype=bool)
    seen = np.flatnonzero(signal.sum(axis=1) > 0)
    good = np.flatnonzero(background.ok)
    step = max(_CHUNK // len(templates), 1)
    for first in range(0, len(good) if len(seen) else 0, step):
        toys = good[first : first + step]
        at = np.ix_(toys, seen)
        found = maximise_with_signal(counts[toys], binned, signal[seen], start[toys])
        parameters[at], strength[at] = found.parameters[..., :-1], found.parameters[..., -1]
        root[at], ok[at] = found.root, found.converged
        mu = binned.events(parameters[at]) + strength[at][..., None] * signal[seen]
        n = np.broadcast_to(counts[toys][:, None], mu.shape)
        flat = total_deviance(n.reshape(-1, n.shape[-1]), mu.reshape(-1, n.shape[-1]))
        deviance[at] = flat.reshape(n.shape[:2])
    return {
        "parameters": parameters,
        "strength": strength,
        "root": root,
        "deviance": deviance,
        "ok": ok,
        "why": _why(background, ok, signal.sum(axis=1) > 0),
    }


def _why(background: Fit, ok: NDArray[np.bool_], seen: NDArray[np.bool_]) -> NDArray[np.str_]:
    why = np.where(
        ok, "", "the fit with signal did not converge: use fewer parameters or coarser bins."
    )
    empty = "the fitted bins have no signal: move it, or mask less."
    why = np.where(ok | seen, why, empty)
    failed = ~np.atleast_1d(background.ok)[:, None]
    return np.where(failed, np.atleast_1d(background.why)[:, None], why).astype(np.str_)
