"""`TausFirst`: whether there is a lepton, asked before the expensive part of an event is made."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from anomalon.core import Seed, check
from anomalon.simulate.decays import (
    ELECTRON_PDG,
    MUON_PDG,
    UNPOLARISED,
    Acceptance,
    Decayer,
    Decaying,
    Handful,
    Surroundings,
)

__all__ = ["TausFirst"]

_TAU, _W, _HIGGS_PLUS = 15, 24, 37
_HARD = -22  # Pythia's status of a resonance of the hard process
_TO_LEPTONS = 0.352  # of taus, to e and mu
_RESONANCE_DECAY = 5  # Pythia asks again in the shower of every resonance decay


@dataclass(frozen=True)
class TausFirst:
    """Leptons of resonances are judged, and taus decayed, before most of an event is generated.

    The evolution is interrupted at `scale`; the decay products of the resonances (which Pythia has
    chosen already) are moved with the recoil so far. Taus from W and H+ are polarised, others not.

    Args:
        scale: Transverse momentum at which the evolution is interrupted, in GeV.
        pt_min: Events without an electron or muon above are dropped. Choose it below the cut of the
            selection by more than what recoils below `scale` can add, in GeV.
        electron_eta: They have smaller |eta|.
        muon_eta: The same of muons.
    """

    codes: ClassVar[tuple[int, ...]] = (_TAU,)

    scale: float = 4.0
    pt_min: float = 17.0
    electron_eta: float = 3.3
    muon_eta: float = 2.4

    def __post_init__(self) -> None:
        positive = dict.fromkeys(("scale", "pt_min", "electron_eta", "muon_eta"), "[0, inf)")
        check.fields(self, "taus", **positive)

    def start(self, seed: Seed) -> Decaying:
        """With a generator of its own for the decays of taus."""
        return _TausUnderWay(self, seed)


@dataclass(frozen=True, eq=False)
class _Lepton:
    """A lepton of the hard process; `top`, with momentum `old`, is the resonance it comes from."""

    pdg: int
    p: Any
    top: int
    old: Any
    mother: int

    @property
    def polarisation(self) -> float:
        """Helicity: a W makes left-handed tau- and right-handed tau+, a charged scalar others."""
        if self.mother not in (_W, _HIGGS_PLUS):
            return UNPOLARISED
        return -1.0 if (self.mother == _W) == (self.pdg > 0) else 1.0

    def now(self, event: Any, vec4: Any) -> Any:
        """Its momentum after the recoil of the resonance so far."""
        p = vec4(self.p)
        p.bstback(self.old)
        p.bst(event[event[self.top].iBotCopyId()].p())
        return p


@dataclass(frozen=True, eq=False)
class _Tau:
    """A tau with momentum `p` and the decay that was drawn for it."""

    lepton: _Lepton
    p: Any
    decay: Decayer
    products: Handful | None


class _TausUnderWay:
    """The taus of the event that Pythia is making, decayed in their rest frames."""

    codes: ClassVar[tuple[int, ...]] = (_TAU,)

    def __init__(self, settings: TausFirst, seed: Seed) -> None:
        import pythia8mc

        self._decay = Decayer(seed)
        self._to_leptons = Decayer(seed.child("leptons"), "15:onMode = off", "15:onIfAny = 11 13")
        self._to_hadrons = Decayer(seed.child("hadrons"), "15:offIfAny = 11 13")
        self._random = seed.child("channel").generator()
        self._acceptance = Acceptance(settings.pt_min, settings.electron_eta, settings.muon_eta)
        self._settings = settings
        self._vec4 = pythia8mc.Vec4
        self._leptons: list[_Lepton] = []
        self._hard = (0.0, 0.0)
        self._at_rest: dict[tuple[float, float], dict[int, Handful]] = {}
        self.hook = _hook(self)

    @property
    def scale(self) -> float:
        """Where Pythia asks, in GeV."""
        return self._settings.scale

    def remember(self, process: Any) -> None:
        """The leptons of the hard process: momentum, and the resonance that they recoil with."""
        self._hard = (process[3].e(), process[4].e())
        self._leptons = []
        for i in range(5, process.size()):
            particle = process[i]
            if particle.isFinal() and particle.idAbs() in (ELECTRON_PDG, MUON_PDG, _TAU):
                mother, top = process[particle.mother1()].idAbs(), particle.mother1()
                while process[top].status() != _HARD and process[top].mother1() > 0:
                    top = process[top].mother1()
                p, old = self._vec4(particle.p()), self._vec4(process[top].p())
                self._leptons.append(_Lepton(particle.id(), p, top, old, mother))

    def rejects(self, event: Any) -> bool:
        """Decay the taus where they are now, and ask whether any lepton is worth going on."""
        worth = False
        taus: list[_Tau] = []
        for lepton in self._leptons:
            p = lepton.now(event, self._vec4)
            if abs(lepton.pdg) == _TAU:
                taus.append(self._drawn(lepton, p))
                worth = worth or self._worth(taus[-1].products)
            else:
                worth = worth or self._worth(_one(lepton.pdg, p))
        if worth:
            self._at_rest[self._hard] = {
                tau.lepton.pdg: self._boosted(self._finished(tau), tau.p, back=True) for tau in taus
            }
        return not worth

    def _worth(self, particles: Handful | None) -> bool:
        return particles is not None and len(self._acceptance.leptons(particles)) > 0

    def _drawn(self, lepton: _Lepton, p: Any) -> _Tau:
        """A tau with its channel, and its products if they may be worth something.

        Nothing of a slow one is fast, and other channels are costly: these can wait.
        """
        leptonic = self._random.random() < _TO_LEPTONS
        tau = _Tau(lepton, p, self._to_leptons if leptonic else self._to_hadrons, None)
        if leptonic and p.pT() > self._settings.pt_min:
            return replace(tau, products=self._finished(tau))
        return tau

    def _finished(self, tau: _Tau) -> Handful:
        if tau.products is not None:
            return tau.products
        return tau.decay(_one(tau.lepton.pdg, tau.p), tau.lepton.polarisation)

    def products(self, given: Handful, event: Surroundings) -> Handful:
        """Those of the taus that were decayed before; others, from hadrons, decay now."""
        out = Handful(np.zeros(0, np.int64), np.zeros((0, 4)))
        waiting = self._at_rest.pop(event.hard, {})
        for i in np.argsort(-given.pt):
            ready = waiting.pop(int(given.pdg[i]), None)
            if ready is None:
                out += self._decay(given[[i]])
            else:
                out += self._boosted(ready, self._vec4(*given.p4[i]), back=False)
        return out

    def _boosted(self, particles: Handful, frame: Any, *, back: bool) -> Handful:
        moved = []
        for p4 in particles.p4:
            v = self._vec4(*p4)
            _ = v.bstback(frame) if back else v.bst(frame)
            moved.append((v.px(), v.py(), v.pz(), v.e()))
        return Handful(particles.pdg, np.array(moved).reshape(-1, 4))


def _one(pdg: int, p: Any) -> Handful:
    return Handful(np.array([pdg]), np.array([[p.px(), p.py(), p.pz(), p.e()]]))


def _hook(taus: _TausUnderWay) -> Any:
    import pythia8mc

    class Hook(pythia8mc.UserHooks):
        def canVetoProcessLevel(self) -> bool:  # noqa: N802
            return True

        def doVetoProcessLevel(self, process: Any) -> bool:  # noqa: N802
            taus.remember(process)
            return False

        def canVetoPT(self) -> bool:  # noqa: N802
            return True

        def scaleVetoPT(self) -> float:  # noqa: N802
            return taus.scale

        def doVetoPT(self, last_step: int, event: Any) -> bool:  # noqa: N802
            return last_step < _RESONANCE_DECAY and taus.rejects(event)

    return Hook()
