"""Maximum likelihood fits of spectra, the choice of the function, and goodness of fit."""

from anomalon.stats.fits.envelope import (
    Envelope,
    fit_envelope,
    profiled_error,
    profiled_significance,
)
from anomalon.stats.fits.fit import Fit, fit_spectrum
from anomalon.stats.fits.order import (
    ChosenOrders,
    NestedTest,
    choose_order,
    choose_order_with_signal,
    choose_orders,
)
from anomalon.stats.fits.relative import Relative
from anomalon.stats.fits.signal_fit import SignalFit, fit_signal
from anomalon.stats.fits.tried import TriedFunction

__all__ = [
    "ChosenOrders",
    "Envelope",
    "Fit",
    "NestedTest",
    "Relative",
    "SignalFit",
    "TriedFunction",
    "choose_order",
    "choose_order_with_signal",
    "choose_orders",
    "fit_envelope",
    "fit_signal",
    "fit_spectrum",
    "profiled_error",
    "profiled_significance",
]
