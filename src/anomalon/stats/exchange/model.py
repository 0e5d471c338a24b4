"""`BinnedModel`: counts, a background with its uncertainties, and a signal, to be exported."""

import re
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core import check
from anomalon.core.errors import BadLayout, BadValue
from anomalon.core.shown import Shown
from anomalon.stats.fits.fit import Fit
from anomalon.stats.limits.count_limits import Constraint

__all__ = ["LOOSE", "BinnedModel"]

Floats = NDArray[np.floating[Any]]

LOOSE = 10.0
"""Standard deviations of a fit that stand for the width of what is not constrained: formats without
free parameters get so wide a constraint, which adds a per cent to what the data know."""

_LEAST = 1e-6  # of its variance: a smaller variation of the background is left out


@dataclass(frozen=True, eq=False)
class BinnedModel(Shown):
    """One measurement: counts in bins, or a single one, and what is expected there.

    Args:
        observed: Events seen, shape (bin,) or a number.
        background: Events expected from background, same shape.
        signal: Signal events expected at a strength of one, same shape.
        sigma_background: Uncertainties of the background that are independent between bins, same
            shape; None for none.
        constraint: What these are: "gamma" (measured by Poisson counts), "gaussian" or
            "log_normal", as in `anomalon.stats.cls_upper_limit`.
        variations: Uncertainties that move the background in all bins together: one row for each
            independent source, moved by one standard deviation; shape (source, bin). None for none.
        free: Parameters of the background that these counts alone determine: one row for each,
            moved by one standard deviation of the fit, shape (parameter, bin). None for none.
        signal_up: Signal with each uncertainty of its form at +1 standard deviation, shape
            (source, bin). None for none.
        signal_down: The same at -1.
        signal_factor: Standard deviation of the logarithm of a factor on the signal.
        name: Of the channel: letters, digits and underscores.

    Raises:
        BadLayout: If the shapes do not fit.
        BadNumbers: If a number is negative (those with an axis of sources may be) or not finite.
        BadValue: If the constraint is unknown, the name cannot be one, there is no signal, or a bin
            without background has an uncertainty of it.

    Example:
        >>> BinnedModel(observed=51, background=50, signal=12, sigma_background=3)
        BinnedModel('SR': 1 bin, 51 seen, 50 from background, 12 from signal)
    """

    observed: Floats
    background: Floats
    signal: Floats
    sigma_background: Floats | None = None
    constraint: Constraint = "gamma"
    variations: Floats | None = None
    free: Floats | None = None
    signal_up: Floats | None = None
    signal_down: Floats | None = None
    signal_factor: float = 0.0
    name: str = "SR"

    def __post_init__(self) -> None:
        n_bins = np.size(self.observed)
        for field in ("observed", "background", "signal", "sigma_background"):
            if getattr(self, field) is not None:
                values = np.atleast_1d(np.asarray(getattr(self, field), dtype=np.float64))
                object.__setattr__(self, field, values)
                check.length(values, n_bins, f"model: {field} (one number per bin)")
                check.finite(values, f"model: {field}")
                check.non_negative(values, f"model: {field}")
        for field in ("variations", "free", "signal_up", "signal_down"):
            if getattr(self, field) is None:
                continue
            rows = np.atleast_2d(np.asarray(getattr(self, field), dtype=np.float64))
            object.__setattr__(self, field, rows)
            if rows.ndim != 2 or rows.shape[1] != n_bins:
                raise BadLayout(
                    f"model: expected {field} of shape (source, {n_bins}), got {rows.shape}."
                )
            check.finite(rows, f"model: {field}")
        up, down = self.signal_forms
        if up.shape != down.shape:
            raise BadLayout(
                f"model: expected as many rows of signal_up and signal_down, got {up.shape} and "
                f"{down.shape}."
            )
        self._check()

    def _check(self) -> None:
        if self.constraint not in get_args(Constraint):
            raise BadValue(
                f"model: expected one of {', '.join(get_args(Constraint))} as constraint, got "
                f"{self.constraint!r}."
            )
        if not re.fullmatch(r"\w+", self.name, re.ASCII):
            raise BadValue(
                f"model: expected a name of letters, digits and underscores, got {self.name!r}."
            )
        if not self.signal.sum() > 0:
            raise BadValue("model: expected signal events in some bin, got none.")
        uncertain = self.sigma > 0
        uncertain = uncertain | (self.sources != 0).any(axis=0)
        if np.any(uncertain & (self.background == 0)):
            raise BadValue(
                "model: a bin without background cannot have an uncertainty of it. Give the "
                "expectation there, however small, or leave the bin out."
            )

    @classmethod
    def from_fit(
        cls,
        fit: Fit,
        signal: ArrayLike,
        bins: NDArray[np.bool_] | slice = slice(None),
        *,
        name: str = "SR",
    ) -> "BinnedModel":
        """The prediction of a side-band fit in bins that it did not see.

        The covariance of the fit becomes independent variations, as many as it has parameters.

        Args:
            fit: Of one spectrum of plain counts, with `bins` masked.
            signal: Signal events expected per bin at a strength of one, for all bins of the fit,
                e.g. `1000 * Gaussian(3500, 100).integrate(fit.spectrum.edges)`.
            bins: The bins to take; all that are masked is the usual choice, `~fit.fitted`.
            name: Of the channel.

        Raises:
            BadLayout: If the fit is of toys, has failed, or saw some of the bins; its uncertainty
                and the counts would be the same information.
            BadValue: If the spectrum is weighted, or there is no signal in the bins.
        """
        if fit.ok.ndim or not fit.ok or fit.fitted[bins].any():
            raise BadLayout(
                "from_fit: expected a good fit of one spectrum that has not seen the bins; mask "
                f"them in `fit_spectrum`, got {fit!r}."
            )
        if fit.spectrum.variance is not None:
            raise BadValue("from_fit: weighted counts are not Poisson; export plain counts.")
        leverage = fit.leverage(bins)
        # principal variations, the largest first: the same covariance, and no useless sources
        _, size, rows = np.linalg.svd(leverage.T, full_matrices=False)
        rows = size[:, None] * rows
        keep = size**2 > _LEAST * (size**2).sum()
        return cls(
            observed=fit.spectrum.counts[bins],
            background=fit.expected[bins],
            signal=np.asarray(signal, dtype=np.float64)[bins],
            variations=rows[keep],
            name=name,
        )

    @property
    def sigma(self) -> Floats:
        """`sigma_background`, or zeros."""
        return (
            np.zeros_like(self.observed) if self.sigma_background is None else self.sigma_background
        )

    @property
    def sources(self) -> Floats:
        """`variations`, or none of shape (0, bin)."""
        return self._rows(self.variations)

    @property
    def parameters(self) -> Floats:
        """`free`, or none of shape (0, bin)."""
        return self._rows(self.free)

    @property
    def signal_forms(self) -> tuple[Floats, Floats]:
        """`signal_up` and `signal_down`, or none of shape (0, bin)."""
        return self._rows(self.signal_up), self._rows(self.signal_down)

    def _rows(self, rows: Floats | None) -> Floats:
        return np.zeros((0, len(self.observed))) if rows is None else rows

    def __repr__(self) -> str:
        n = len(self.observed)
        return (
            f"BinnedModel({self.name!r}: {n} bin{'s' * (n > 1)}, {self.observed.sum():g} seen, "
            f"{self.background.sum():g} from background, {self.signal.sum():g} from signal)"
        )
