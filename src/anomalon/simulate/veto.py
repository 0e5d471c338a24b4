"""Give up on an event early: most of what a hard cut throws away is known before it is expensive.

Multiparton interactions are most of the cost of an event, and nearly all of them come late in the
interleaved evolution, at a few GeV. By 30 GeV all hard radiation is there: jets of those partons
have the final dijet mass within 2 to 3 %, so an event far below the cut can be dropped then.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.run.compiling import compiled
from anomalon.stats.numerics.small_matrices import copy

__all__ = ["JetVeto", "PartonVeto", "Veto", "WindowVeto"]

# Pythia asks again in the shower of every resonance decay; the hard process has been asked then.
_RESONANCE_DECAY = 5


@dataclass(frozen=True)
class PartonVeto:
    """Drop an event whose two leading jets of partons are far from the selection.

    For hard processes that make the two jets themselves; what a resonance decays to has not
    radiated when the question is asked.

    Choose the limits looser than the selection by several times the spread between these jets and
    the measured ones; what is lost nevertheless is a bias of the sample at its edge.

    Args:
        scale: Transverse momentum at which the evolution is interrupted, in GeV.
        mass_min: Events with a dijet mass of partons below are dropped, in GeV.
        dy_max: Events with a larger rapidity difference of parton jets are dropped.
        radius: Radius of the anti-kT jets of partons.

    Raises:
        BadValue: If one is negative, or no number.
    """

    scale: float = 30.0
    mass_min: float = 0.0
    dy_max: float = math.inf
    radius: float = 1.0

    def __post_init__(self) -> None:
        check.fields(
            self, "veto", scale="[0, inf)", mass_min="[0, inf)", dy_max="[0, inf]", radius="(0, 10]"
        )

    def rejects(self, p4: NDArray[np.float64]) -> bool:
        """Whether an event with these partons, shape (parton, 4) as px, py, pz, E, is dropped."""
        jets = _leading_pair(p4.copy(), self.radius)
        total = jets.sum(axis=0)
        mass2 = total[3] ** 2 - total[0] ** 2 - total[1] ** 2 - total[2] ** 2
        if mass2 < self.mass_min**2:
            return True
        y1, y2 = (math.atanh(jet[2] / jet[3]) if jet[3] > 0 else 0.0 for jet in jets)
        return abs(y1 - y2) > self.dy_max

    def hook(self) -> Any:
        """Pythia's user hook that asks `rejects` once per event."""
        return _hook(self)


@dataclass(frozen=True)
class JetVeto:
    """Drop an event whose leading jet of partons is far below what the selection needs.

    Args:
        scale: Transverse momentum at which the evolution is interrupted, in GeV.
        pt_min: Events whose leading jet is below are dropped, in GeV.
        radius: Radius of the anti-kT jets of partons.

    Raises:
        BadValue: If one is negative, or no number.
    """

    scale: float = 10.0
    pt_min: float = 0.0
    radius: float = 0.4

    def __post_init__(self) -> None:
        check.fields(self, "veto", scale="[0, inf)", pt_min="[0, inf)", radius="(0, 10]")

    def rejects(self, p4: NDArray[np.float64]) -> bool:
        """Whether an event with these partons, shape (parton, 4) as px, py, pz, E, is dropped."""
        leading, _ = _leading_pair(p4.copy(), self.radius)
        return math.hypot(leading[0], leading[1]) < self.pt_min

    def hook(self) -> Any:
        """Pythia's user hook that asks `rejects` once per event."""
        return _hook(self)


@dataclass(frozen=True)
class WindowVeto:
    """Drop an event neither of whose two leading jets of partons may be in a window of pt.

    For hard processes that make the jets themselves, as `PartonVeto`.

    Args:
        scale: Transverse momentum at which the evolution is interrupted, in GeV.
        pt_min, pt_max: Of the jets of partons, in GeV; looser than the selection.
        eta_max: Of the same.
        radius: Radius of the anti-kT jets of partons.

    Raises:
        BadValue: If one is negative, or no number.
    """

    scale: float = 30.0
    pt_min: float = 0.0
    pt_max: float = math.inf
    eta_max: float = math.inf
    radius: float = 1.0

    def __post_init__(self) -> None:
        check.fields(
            self,
            "veto",
            scale="[0, inf)",
            pt_min="[0, inf)",
            pt_max="[0, inf]",
            eta_max="[0, inf]",
            radius="(0, 10]",
        )

    def rejects(self, p4: NDArray[np.float64]) -> bool:
        """Whether an event with these partons, shape (parton, 4) as px, py, pz, E, is dropped."""
        jets = _leading_pair(p4.copy(), self.radius)
        pt = np.maximum(np.hypot(jets[:, 0], jets[:, 1]), 1e-12)
        inside = (pt > self.pt_min) & (pt < self.pt_max)
        inside &= np.abs(np.arcsinh(jets[:, 2] / pt)) < self.eta_max
        return not inside.any()

    def hook(self) -> Any:
        """Pythia's user hook that asks `rejects` once per event."""
        return _hook(self)


Veto = PartonVeto | JetVeto | WindowVeto


def _hook(veto: Veto) -> Any:
    import pythia8mc

    class Hook(pythia8mc.UserHooks):
        def canVetoPT(self) -> bool:  # noqa: N802
            return True

        def scaleVetoPT(self) -> float:  # noqa: N802
            return veto.scale

        def doVetoPT(self, last_step: int, event: Any) -> bool:  # noqa: N802
            if last_step >= _RESONANCE_DECAY:
                return False
            partons = [(p.px(), p.py(), p.pz(), p.e()) for p in event if p.isFinal()]
            return veto.rejects(np.array(partons))

    return Hook()


@compiled()
def _rapidity_phi(p):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    if p[3] <= abs(p[2]):
        return (1e5 if p[2] > 0 else -1e5), math.atan2(p[1], p[0])
    return 0.5 * math.log((p[3] + p[2]) / (p[3] - p[2])), math.atan2(p[1], p[0])


@compiled()
def _leading_pair(p, radius):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """The two leading anti-kT jets (2, 4) of a few partons (parton, 4), which are overwritten."""
    n = len(p)
    jets = np.zeros((2, 4))
    y, phi, beam = np.empty(n), np.empty(n), np.empty(n)
    for i in range(n):
        y[i], phi[i] = _rapidity_phi(p[i])
        beam[i] = 1.0 / max(p[i, 0] ** 2 + p[i, 1] ** 2, 1e-20)
    while n > 0:
        smallest, a, b = math.inf, -1, -1
        for i in range(n):
            if beam[i] < smallest:
                smallest, a, b = beam[i], i, -1
            for k in range(i):
                dphi = abs(phi[i] - phi[k])
                dphi = min(dphi, 2.0 * math.pi - dphi)
                distance = min(beam[i], beam[k]) * ((y[i] - y[k]) ** 2 + dphi**2) / radius**2
                if distance < smallest:
                    smallest, a, b = distance, i, k
        if b >= 0:  # the sum takes the place of b
            for j in range(4):
                p[b, j] += p[a, j]
            y[b], phi[b] = _rapidity_phi(p[b])
            beam[b] = 1.0 / max(p[b, 0] ** 2 + p[b, 1] ** 2, 1e-20)
        else:
            pt2 = p[a, 0] ** 2 + p[a, 1] ** 2
            if pt2 > jets[0, 0] ** 2 + jets[0, 1] ** 2:
                copy(jets[0], jets[1])
                copy(p[a], jets[0])
            elif pt2 > jets[1, 0] ** 2 + jets[1, 1] ** 2:
                copy(p[a], jets[1])
        n -= 1
        copy(p[n], p[a])
        y[a], phi[a], beam[a] = y[n], phi[n], beam[n]
    return jets
