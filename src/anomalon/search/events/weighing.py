"""What the weights of events do to a selection: how much one counts, and whether few carry it all.

With s the effective weight of the events in a mass bin (`anomalon.stats.spectra.event_weights`), an
event of weight w is u = w/s units; u is 1 wherever a bin holds events of one weight. A selection
that takes a share q of each event has, in these units, the effective weight sum (q u)^2 / sum q u.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.sample import Sample
from anomalon.core.window import Window
from anomalon.search.results.cut import Carried
from anomalon.stats import Spectrum

__all__ = ["Weighing", "carried"]

Floats = NDArray[np.floating[Any]]
Bools = NDArray[np.bool_]

# Units above which an event counts no more where a selection is compared with all events: one of
# them would say what the weights of all the others are.
_HEAVIEST = 3.0


@dataclass(frozen=True, eq=False)
class Weighing:
    """A selection of weighted events in mass bins.

    Args:
        events: All events.
        share: Of each event that is selected, in [0, 1], shape (event,).
        edges: Of the bins in GeV, shape (bin + 1,).
        outside: The bins outside the signal region, shape (bin,).
    """

    events: Sample
    share: Floats
    edges: Floats
    outside: Bools

    @cached_property
    def spectrum(self) -> Spectrum:
        """The selected spectrum.

        The effective weight of a selected event is that of the events in its bin, whatever their
        masses have to do with it, times one number for the selection, taken outside the signal
        region, where no signal is.
        """
        selected = self._filled(self.share * self.events.weight)
        weight = self._factor * self._each
        return Spectrum(selected.counts, self.edges, selected.variance, weight)

    @cached_property
    def overweight(self) -> float:
        """How much more a selected event of the signal region weighs than `spectrum` says, or 1.

        What weighs most may be there, and nowhere else: from the other bins nobody knows, and that
        one event must not count as many. Where weights are mixed, the signal region itself says how
        many events it is worth at most. What the members of an ensemble share out is no matter of
        weights and is left out: a signal on which they agree costs nothing. Exactly 1 for events of
        one weight.
        """
        inside = ~self.outside
        of_members = _effective(self._filled(self.share), inside)
        own = _effective(self._filled(self.share * self.units), inside) / of_members
        known = self._factor / _effective(self._filled(self.share), self.outside)
        return max(1.0, own / known)

    @cached_property
    def _factor(self) -> float:
        """The effective weight of a selected event over that of any event, outside."""
        units = np.minimum(self.units, _HEAVIEST)
        selected = _effective(self._filled(self.share * units), self.outside)
        return selected / _effective(self._filled(units), self.outside)

    @cached_property
    def _each(self) -> Floats:
        """The effective weight of any event, shape (bin,)."""
        return self._filled(self.events.weight).event_weight

    @cached_property
    def units(self) -> Floats:
        """Weights in units of the effective weight of any event in the bin, shape (event,)."""
        return self.events.weight / self._each[np.clip(self.bin, 0, len(self._each) - 1)]

    @cached_property
    def bin(self) -> NDArray[np.int64]:
        """The bin of each event, -1 below all and their number above, shape (event,)."""
        return np.asarray(np.searchsorted(self.edges, self.events.mass, side="right") - 1)

    def _filled(self, weight: Floats) -> Spectrum:
        return Spectrum.from_masses(self.events.mass, self.edges, weight)


def _effective(spectrum: Spectrum, bins: Bools) -> float:
    """Sum of squared weights over sum of weights; 1 if there are none."""
    total = float(spectrum.counts[bins].sum())
    return float(spectrum.variances[bins].sum()) / total if total > 0 else 1.0


def carried(events: Sample, share: Floats, window: Window) -> Carried | None:
    """How many events carry the weight of a selection; None if all weigh the same.

    Args:
        events: All events.
        share: Of each event that is selected, in [0, 1], shape (event,).
        window: Signal region and side bands.
    """
    if not len(events) or np.ptp(events.weight) == 0:
        return None
    inside, side = window.in_signal_region(events.mass), window.in_sidebands(events.mass)
    weight = share * events.weight
    return Carried(
        signal_region=_worth(weight[inside]),
        signal_region_alike=_worth(share[inside]),
        sidebands=_worth(weight[side]),
        sidebands_alike=_worth(share[side]),
    )


def _worth(weight: Floats) -> float:
    """Effective events: squared sum of weights over sum of squares."""
    squares = float((weight**2).sum())
    return float(weight.sum()) ** 2 / squares if squares > 0 else 0.0
