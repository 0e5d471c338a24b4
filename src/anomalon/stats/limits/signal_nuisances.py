"""What is not known of a signal: its size, where it peaks, how wide it is."""

from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.stats.limits.conditional_fit import SignalForm
from anomalon.stats.spectra.signals import Gaussian

__all__ = ["SignalNuisances"]

Floats = NDArray[np.floating[Any]]
Prior = Literal["log_normal", "gaussian"]


@dataclass(frozen=True)
class SignalNuisances:
    """Relative uncertainties of a signal, each a nuisance parameter of the limits.

    Args:
        luminosity: Of the integrated luminosity, 0.017 for 1.7 %.
        efficiency: Of acceptance times efficiency.
        mass_scale: Of the mass at which the signal is reconstructed.
        resolution: Of the width of its peak.
        prior: Of the factors: "log_normal", (1 + x)^t with a standard normal t, or "gaussian",
            1 + x t.

    Raises:
        BadValue: If a number is negative, not finite, or not below one; or the prior is unknown.

    Example:
        >>> round(SignalNuisances(luminosity=0.017, efficiency=0.05).on_yield, 4)
        0.0516
    """

    luminosity: float = 0.0
    efficiency: float = 0.0
    mass_scale: float = 0.0
    resolution: float = 0.0
    prior: Prior = "log_normal"

    def __post_init__(self) -> None:
        shares = {field.name: "[0, 1)" for field in fields(self) if field.name != "prior"}
        check.fields(self, "uncertainty of the signal", **shares, prior=get_args(Prior))

    @property
    def on_yield(self) -> float:
        """Of luminosity and efficiency together: of the logarithm, if log-normal."""
        parts = [self.luminosity, self.efficiency]
        return float(np.hypot(*(np.log1p(parts) if self.prior == "log_normal" else parts)))

    def form(self, mass: float, resolution: float, edges: Floats) -> SignalForm:
        """A Gaussian resonance in bins, with what is not known of it.

        Args:
            mass: In GeV.
            resolution: Standard deviation over the mass.
            edges: Bin edges in GeV.
        """

        def peak(scale: float = 1.0, wider: float = 1.0) -> Floats:
            centre = scale * mass
            return Gaussian(centre, wider * resolution * centre).integrate(edges)

        nominal = peak()
        moved = [
            (peak(**{name: 1.0 + size}), peak(**{name: self._less(size)}))
            for name, size in (("scale", self.mass_scale), ("wider", self.resolution))
            if size > 0
        ]
        kappa = self.on_yield
        if kappa > 0 and self.prior == "gaussian":
            moved.append(((1.0 + kappa) * nominal, (1.0 - kappa) * nominal))
            kappa = 0.0
        up, down = (
            np.array([pair[i] for pair in moved]).reshape(len(moved), len(nominal)) for i in (0, 1)
        )
        return SignalForm(nominal, up, down, kappa)

    def _less(self, size: float) -> float:
        return 1.0 / (1.0 + size) if self.prior == "log_normal" else 1.0 - size

    def __bool__(self) -> bool:
        return any(getattr(self, f.name) > 0 for f in fields(self) if f.name != "prior")
