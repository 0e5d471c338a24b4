"""`HeavyFlavour`: hadrons with b and c quarks, tried until they give a lepton."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from anomalon.core import Seed, check
from anomalon.simulate.decays import Acceptance, Decayer, Decaying, Handful, Surroundings

__all__ = ["HeavyFlavour"]

_CONE = 0.3
_NEUTRINOS = (12, 14, 16)


@dataclass(frozen=True)
class HeavyFlavour:
    """Hadrons with b and c quarks decay `tries` times; an event is kept as these give leptons.

    Of k tries with an isolated lepton, the first is taken with probability min(1, k / `keep`): that
    is proportional to the chance of the event, `enhancement` times as large, as long as k > `keep`
    is rare. It is, because isolation bounds the chance of a lepton to a few per cent.

    Args:
        tries: Sets of decays.
        keep: With so many leptons an event is kept in any case.
        hadron_pt: Hadrons below give no lepton, in GeV.
        pt_min: Of the lepton, in GeV; below the cut of the selection.
        electron_eta: Its largest |eta|.
        muon_eta: The same of a muon.
        share: Largest pT of visible particles around it, relative to its own.
    """

    codes: ClassVar[tuple[int, ...]] = (
        411, 421, 431, 4122, 4132, 4232, 4332, 511, 521, 531, 541, 5122, 5132, 5232, 5332,
    )  # fmt: skip

    tries: int = 100
    keep: int = 2
    hadron_pt: float = 27.0
    pt_min: float = 22.0
    electron_eta: float = 3.1
    muon_eta: float = 2.2
    share: float = 0.55

    def __post_init__(self) -> None:
        names = ("hadron_pt", "pt_min", "electron_eta", "muon_eta", "share")
        positive = dict.fromkeys(names, "[0, inf)")
        check.fields(self, "heavy", tries=(1, 10_000), keep=(1, self.tries), **positive)

    @property
    def enhancement(self) -> float:
        """How much more often an event is kept than it would have a lepton."""
        return self.tries / self.keep

    def start(self, seed: Seed) -> Decaying:
        """With a generator of its own for the decays."""
        return _HeavyUnderWay(self, seed)


class _HeavyUnderWay:
    """Decays of heavy hadrons, tried again and again."""

    codes = HeavyFlavour.codes
    hook = None

    def __init__(self, settings: HeavyFlavour, seed: Seed) -> None:
        self._settings = settings
        self._decay = Decayer(seed)
        self._random = seed.child("kept").generator()
        self._acceptance = Acceptance(settings.pt_min, settings.electron_eta, settings.muon_eta)

    def products(self, given: Handful, event: Surroundings) -> Handful | None:
        """The first set of decays with a lepton; None if the event is not kept."""
        fast = (given.pt > self._settings.hadron_pt) & (np.abs(given.eta) < 3.6)
        if not fast.any():
            return None
        sets = self._decay.often(given[fast], self._settings.tries, self._settings.pt_min)
        good = [products for products in sets if self._has_lepton(products, event.others)]
        if self._random.random() * self._settings.keep >= len(good):
            return None
        return good[0] + self._decay(given[~fast])

    def _has_lepton(self, products: Handful, others: Handful) -> bool:
        for i in self._acceptance.leptons(products):
            around = sum(_near(particles, products[[i]]) for particles in (products, others))
            if around - products.pt[i] < self._settings.share * products.pt[i]:
                return True
        return False


def _near(particles: Handful, lepton: Handful) -> float:
    """The visible pT around a lepton, in GeV."""
    phi, centre = (np.arctan2(p.p4[:, 1], p.p4[:, 0]) for p in (particles, lepton))
    dphi = np.remainder(phi - centre + np.pi, 2 * np.pi) - np.pi
    near = (particles.eta - lepton.eta) ** 2 + dphi**2 < _CONE**2
    return float(particles.pt[near & ~np.isin(np.abs(particles.pdg), _NEUTRINOS)].sum())
