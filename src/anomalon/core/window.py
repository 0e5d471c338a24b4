"""`Window`: a signal region in mass with a side band on either side."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadValue, MassRequired, TooFewEvents
from anomalon.core.sample import Sample

__all__ = ["Window", "sliding_windows"]

Floats = NDArray[np.floating[Any]]

_MOST_WINDOWS = 10_000


@dataclass(frozen=True, order=True)
class Window:
    """A signal region [low, high) between two side bands, all in GeV.

    Args:
        low, high: Edges of the signal region.
        sideband_low, sideband_high: Outer edges of the side bands.

    Raises:
        BadValue: If the edges are not ordered sideband_low < low < high < sideband_high.
    """

    low: float
    high: float
    sideband_low: float
    sideband_high: float

    def __post_init__(self) -> None:
        number = "(-inf, inf)"
        check.fields(
            self, "window", low=number, high=number, sideband_low=number, sideband_high=number
        )
        edges = (self.sideband_low, self.low, self.high, self.sideband_high)
        if not edges[0] < edges[1] < edges[2] < edges[3]:
            raise BadValue(
                "window: expected sideband_low < low < high < sideband_high (GeV), got "
                + " < ".join(f"{e:g}" for e in edges)
                + ". Side bands must lie outside the signal region."
            )

    def __str__(self) -> str:
        return f"{self.low:g}-{self.high:g}"

    @property
    def centre(self) -> float:
        """Middle of the signal region in GeV."""
        return (self.low + self.high) / 2

    def in_signal_region(self, mass: Floats) -> NDArray[np.bool_]:
        """Which masses (GeV) lie in the signal region, shape (event,)."""
        return self._between(mass, self.low, self.high)

    def in_low_sideband(self, mass: Floats) -> NDArray[np.bool_]:
        """Which masses (GeV) lie in the lower side band, shape (event,)."""
        return self._between(mass, self.sideband_low, self.low)

    def in_high_sideband(self, mass: Floats) -> NDArray[np.bool_]:
        """Which masses (GeV) lie in the upper side band, shape (event,)."""
        return self._between(mass, self.high, self.sideband_high)

    def in_sidebands(self, mass: Floats) -> NDArray[np.bool_]:
        """Which masses (GeV) lie in either side band, shape (event,)."""
        return self.in_low_sideband(mass) | self.in_high_sideband(mass)

    def _between(self, mass: Floats | None, low: float, high: float) -> NDArray[np.bool_]:
        if mass is None:
            raise MassRequired(
                f"window {self} GeV: expected the resonant mass of every event, got None: the "
                "sample has none. Give it with `sample.with_mass(mass)` (in GeV)."
            )
        return np.asarray((mass >= low) & (mass < high))

    def check_inside(self, sample: Sample) -> None:
        """Raise if the data do not reach into the signal region and both side bands.

        Raises:
            MassRequired: If they have no mass.
            TooFewEvents: If one of the three regions is empty; says what range the data have.
        """
        mass = sample.required_mass(f"window {self} GeV")
        regions = {
            "signal region": self.in_signal_region(mass),
            "lower side band": self.in_low_sideband(mass),
            "upper side band": self.in_high_sideband(mass),
        }
        for name, inside in regions.items():
            if not inside.any():
                raise TooFewEvents(
                    f"window {self} GeV with side bands {self.sideband_low:g}-"
                    f"{self.sideband_high:g} GeV: no events in the {name}; {sample.source} has "
                    f"{self.reach_of(sample)}. Move the window into the data or widen its side "
                    "bands."
                )

    def reach_of(self, sample: Sample) -> str:
        """What masses a sample has, for messages; in TeV, perhaps, if they are a thousandth."""
        if len(sample) == 0:
            return "no events"
        low, high = float(sample.mass.min()), float(sample.mass.max())
        tev = high < self.sideband_high / 100 and self.low <= 1000 * high
        hint = ", which may be TeV: read them with `scale = 1000`" if tev else ""
        return f"masses from {low:.4g} to {high:.4g} GeV{hint}"


def sliding_windows(
    start: float, stop: float, *, width: float = 600.0, sideband: float = 600.0, step: float = 300.0
) -> tuple[Window, ...]:
    """Windows of equal width whose side bands lie between `start` and `stop` (GeV).

    The defaults are those of ATLAS, arXiv:2502.09770 (talk at AD4HEP 2025): 600 GeV signal regions
    in steps of 300 GeV, with 600 GeV on either side. Neighbouring signal regions overlap by half.

    Raises:
        BadValue: If a size is not positive, no window fits, or thousands do.

    Example:
        >>> [str(w) for w in sliding_windows(2400, 4800)]
        ['3000-3600', '3300-3900', '3600-4200']
    """
    start, stop = check.number(start, "windows.start"), check.number(stop, "windows.stop")
    width, sideband, step = (
        check.number(value, f"windows.{name}", "(0, inf)")
        for name, value in (("width", width), ("sideband", sideband), ("step", step))
    )
    span = width + 2 * sideband
    wanted = np.floor((stop - start - span) / step + 1e-9) + 1
    if not wanted <= _MOST_WINDOWS:
        raise BadValue(
            f"windows.step: expected steps of which at most {_MOST_WINDOWS} fit between start "
            f"{start:g} and stop {stop:g} GeV, got {step:g} GeV."
        )
    n = int(wanted)
    if n < 1:
        raise BadValue(
            f"windows: a window with its side bands spans {span:g} GeV, but start {start:g} and "
            f"stop {stop:g} leave only {stop - start:g} GeV."
        )
    lows = [start + i * step for i in range(n)]
    return tuple(Window(low + sideband, low + sideband + width, low, low + span) for low in lows)
