"""Strata of bunch crossings: each crossing belongs to the hardest of its collisions.

A crossing has a Poisson number of inelastic collisions, mu on average. Processes are ranked: top
pairs, Z and W first, then QCD by the transverse momentum pt_hat of the hard process, down to soft
collisions. A crossing is of the first rank that one of its collisions is of, so that none is
counted twice, and with the cross section S of all that ranks above and sigma of the stratum itself

    rate = f (exp(-mu S / sigma_inel) - exp(-mu (S + sigma) / sigma_inel)),

which is f mu sigma / sigma_inel where that is rare (ATLAS, ATL-DAQ-PUB-2016-002, weights enhanced
bias in the same unit, Hz). All rates sum up to f, but for crossings without any collision, which
count as soft.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.simulate.pythia import Batch

__all__ = [
    "FILLED_RATE",
    "INELASTIC",
    "PT_HAT_EDGES",
    "RARE",
    "SOFT",
    "Stratum",
    "hard_above",
    "qcd_stratum",
    "rare_stratum",
    "soft_stratum",
]

FILLED_RATE = 31_575_960.0
"""Filled bunch crossings per second: 2808 bunches at 11,245 Hz."""

INELASTIC = 7.805e10
"""Inelastic cross section at 13 TeV in pb, as Pythia 8.317 has it (SoftQCD:inelastic)."""

PT_HAT_EDGES = (20.0, 35.0, 60.0, 100.0, 160.0, 250.0, 400.0, 550.0, 800.0, 1300.0)
_BETWEEN = (6.299e8, 7.939e7, 9.547e6, 1.1349e6, 1.4537e5, 1.8995e4, 1.6662e3, 329.97, 40.91, 1.681)
"""QCD from each edge to the next, in pb: `HardQCD:all` of Pythia 8.317 (Monash), 20,000 events in
each interval, good to 0.4 %."""

_ABOVE = np.cumsum(_BETWEEN[::-1])[::-1]

RARE = {"ttbar": 832.0, "z": 5.94e3, "w": 6.19e4}
"""Processes that rank above QCD, hardest first, in pb.

Top pairs at NNLO + NNLL (Czakon, Mitov, arXiv:1112.5675, as used by ATLAS: 832 pb); Z (66 to 116
GeV) and W to leptons of three families, three times 1.98 and 20.6 nb (ATLAS, arXiv:1603.09222).
"""

SOFT = 20.0
"""GeV: pt_hat below which a collision is soft."""


def hard_above(pt_hat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cross section of QCD above pt_hat in pb, from 20 GeV on: power laws between the edges."""
    x = np.log(np.maximum(pt_hat, SOFT))
    inside = np.interp(x, np.log(PT_HAT_EDGES), np.log(_ABOVE))
    last = np.log(_ABOVE[-1] / _ABOVE[-2]) / np.log(PT_HAT_EDGES[-1] / PT_HAT_EDGES[-2])
    beyond = np.log(_ABOVE[-1]) + last * (x - np.log(PT_HAT_EDGES[-1]))
    return np.asarray(np.exp(np.where(x > np.log(PT_HAT_EDGES[-1]), beyond, inside)))


@dataclass(frozen=True)
class Stratum:
    """Crossings whose first-ranked collision is of one process.

    Args:
        name: Of the stratum.
        cross_section: Of its process, in pb.
        above: Of all that ranks above it, in pb.
        mean: Collisions per crossing, mu.
        pt_hat: For QCD its interval of pt_hat in GeV, from 0 for soft collisions; other processes
            have none.

    Raises:
        BadValue: If a number is out of range.
    """

    name: str
    cross_section: float
    above: float
    mean: float = 60.0
    pt_hat: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        check.fields(self, "stratum", cross_section="(0, inf)", above="[0, inf)", mean="(0, 1000]")

    @property
    def soft(self) -> bool:
        """Whether its collisions are those that pile-up is made of."""
        return self.pt_hat is not None and self.pt_hat[0] == 0

    @property
    def rate(self) -> float:
        """Crossings of it per second, in Hz."""
        none_above = math.exp(-self.mean * self.above / INELASTIC)
        if self.soft:
            return FILLED_RATE * none_above
        return -FILLED_RATE * none_above * math.expm1(-self.mean * self.cross_section / INELASTIC)

    def members(self, batch: Batch, generator: np.random.Generator) -> Batch:
        """The collisions that are the hardest of their crossing.

        Soft ones are those of pt_hat below 20 GeV. Of QCD of pt_hat a share exp(-mu (S(pt_hat) -
        S(upper edge)) / sigma_inel) has no harder one of the same stratum beside it: as many are
        kept; `overlay` then adds softer ones only.
        """
        if self.pt_hat is None:
            return batch
        high = self.pt_hat[1]
        if self.soft:
            kept = batch.pt_hat < high
        else:
            within = hard_above(batch.pt_hat) - (0.0 if math.isinf(high) else _at(high))
            chance = np.exp(-self.mean * np.maximum(within, 0.0) / INELASTIC)
            kept = generator.random(len(batch)) < chance
        return replace(
            batch,
            particles=batch.particles[kept],
            m_hat=batch.m_hat[kept],
            pt_hat=batch.pt_hat[kept],
            weight=batch.weight[kept],
            partons=batch.partons[kept],
            n_generated=int(kept.sum()),
        )

    def softer_than(self, batch: Batch) -> NDArray[np.float64]:
        """Below which pt_hat the other collisions of each crossing are, shape (event,)."""
        if self.soft:
            return np.full(len(batch), SOFT)
        return np.full(len(batch), np.inf) if self.pt_hat is None else batch.pt_hat


def _at(pt_hat: float) -> float:
    return float(hard_above(np.array([pt_hat]))[0])


def _rare() -> float:
    return sum(RARE.values())


def rare_stratum(name: str, mean: float) -> Stratum:
    """Crossings with one of the processes of `RARE`, and none that ranks above it."""
    ranks = list(RARE)
    above = sum(RARE[other] for other in ranks[: ranks.index(name)])
    return Stratum(name, RARE[name], above, mean)


def qcd_stratum(name: str, low: float, high: float, mean: float) -> Stratum:
    """Crossings whose hardest collision is QCD with pt_hat from `low` to `high` (or inf) GeV."""
    more = 0.0 if math.isinf(high) else _at(high)
    return Stratum(name, _at(low) - more, more + _rare(), mean, (low, high))


def soft_stratum(name: str, mean: float) -> Stratum:
    """Crossings without any harder collision."""
    hard = _at(SOFT)
    return Stratum(name, INELASTIC - hard, hard + _rare(), mean, (0.0, SOFT))
