"""SIGMA: one density for all windows, drawn from side band to side band.

Single interpolated generative model for anomalies, Das and Shih, arXiv:2410.20537. A density of
the features at given mass is trained once, on all events. In a signal region it knows the signal as
well, so that it is not drawn from there: each event is drawn twice from the same noise, at a mass
in either side band, and lies between the two as its own mass lies between theirs. A scan over many
windows needs no further training.

The paper interpolates the velocities of a continuous flow; here what the same noise becomes on
either side is, which is the same where it moves little, and needs no more of a density than that it
can be drawn from. Most of how features move with the mass is left to conditional quantiles.

When not to use it: in one window, where `cathode` learns from the same events but those of the
signal region; or where side bands are wide and features bend between them. Where the same noise
becomes very different things on either side (two modes whose shares change with the mass), what is
drawn lies between them, where no event is, and is too narrow.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import NDArray

from anomalon.background.cathode import several
from anomalon.background.densities import conditions, everywhere
from anomalon.background.from_density import FromDensity
from anomalon.background.task import BackgroundTask
from anomalon.background.template import Template
from anomalon.core import check
from anomalon.core.sample import Sample
from anomalon.core.seed import Seed
from anomalon.core.window import Window
from anomalon.learn.density import Density, DensityEstimator

__all__ = ["Sigma"]

Floats = NDArray[np.floating[Any]]

_LEARNED: dict[tuple[str, str, str], Density] = {}
"""What this process has learned last, a megabyte each: the windows of a search come one by one."""
_MOST = 200


@final
@dataclass(frozen=True)
class Sigma(FromDensity):
    """Draws between the side bands, from a density that is learned once for all windows.

    Args:
        density: How it is learned.
        oversampling: Events that are drawn, as a multiple of those in the signal region.
        n_templates: Different trainings for the members of an ensemble, which take turns.
        quantiles: What makes each feature independent of the mass before the density is learned,
            on all events; None to leave all to the density.
        distance: How far from the signal region the density is drawn from, as a share of the width
            of each side band: 0 at its inner edge, 1 at its outer one, or where the data end.

    Raises:
        BadValue: If a setting is outside its range.
    """

    kind: ClassVar[str] = "sigma"
    cites: ClassVar[tuple[str, ...]] = ("Das:2024sigma", "Hallin:2021wme")
    shares_model: ClassVar[bool] = True

    density: DensityEstimator = field(default_factory=several)
    # Members that share one are shown the same events, those of the signal region included: what
    # two sets say of how folds follow each other is all noise. Three say twice as much.
    n_templates: int = 3
    distance: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        check.fields(self, self.kind, distance="[0, 1]")

    def _learned_from(self, task: BackgroundTask) -> Sample:
        return everywhere(task)

    def _densities(self, learned_from: Sequence[Sample], seeds: Sequence[Seed]) -> list[Density]:
        """One for the same events and seed; those that this process does not know, all at once."""
        pairs = list(zip(learned_from, seeds, strict=True))
        keys = [(repr(self.density), events.digest(), str(seed)) for events, seed in pairs]
        known = {key: _LEARNED[key] for key in keys if key in _LEARNED}
        wanted = {key: pair for key, pair in zip(keys, pairs, strict=True) if key not in known}
        if wanted:
            events, own = zip(*wanted.values(), strict=True)
            known |= dict(zip(wanted, super()._densities(events, own), strict=True))
        _LEARNED.update(known)
        for key in list(_LEARNED)[:-_MOST]:
            _LEARNED.pop(key, None)
        return [known[key] for key in keys]

    def _template(
        self, task: BackgroundTask, learned_from: Sample, density: Density, mass: Floats
    ) -> Template:
        n, seed = len(mass), task.seed.child("draw")
        low, high = self._sides(task.window, learned_from.mass)
        sides = [density.draw(conditions(np.full(n, m)), seed=seed) for m in (low, high)]
        share = (np.log(mass / low) / np.log(high / low))[:, None]
        how = (
            f"between {low:.4g} and {high:.4g} GeV, drawn from a density that was learned from "
            f"{len(learned_from)} events at all masses"
        )
        other = seed.child("side").generator().random((n, 1)) < share
        drawn = np.where(
            _repeated(learned_from),
            np.where(other, sides[1], sides[0]),
            sides[0] + share * (sides[1] - sides[0]),
        )
        return self._made(task, learned_from, mass, drawn, how)

    def _sides(self, window: Window, mass: Floats) -> tuple[float, float]:
        """The masses at which the density is drawn from, where there are events."""
        low = max(window.sideband_low, float(mass.min()))
        high = min(window.sideband_high, float(mass.max()))
        below = window.low - self.distance * (window.low - low)
        return below, window.high + self.distance * (high - window.high)


def _repeated(events: Sample) -> NDArray[np.bool_]:
    """Which features have values that many events share: nothing lies between these."""
    return np.array([len(np.unique(column)) < len(column) / 2 for column in events.x.T])
