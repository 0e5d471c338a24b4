"""What a trigger sees before any track: coarse calorimeter towers, muons, and objects of these.

Objects are found as the first level of a trigger does it, in fixed windows around the towers of
highest energy, less the pile-up of the ring of eta that they are in: a light emulation of the
algorithms of the LHC experiments, of none of their electronics.
"""

import math
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Particles, check
from anomalon.run.compiling import compiled
from anomalon.simulate.pythia import CHARGED, MUON, NEUTRAL_HADRON, PHOTON

__all__ = ["MAX_ETA", "N_ETA", "N_PHI", "CoarseDetector", "grids"]

MAX_ETA = 4.9
N_ETA, N_PHI = 98, 64
"""Towers of 0.1 x 0.098 in eta and phi."""


@dataclass(frozen=True)
class CoarseDetector:
    """Towers of an electromagnetic and a hadronic calorimeter, and muons; no tracks.

    Args:
        em_stochastic: Of sigma(E)/E = stochastic/sqrt(E) + constant, in sqrt(GeV).
        em_constant: Constant term.
        hadron_stochastic: In sqrt(GeV).
        hadron_constant: Constant term.
        hadron_em: Share of the energy of hadrons that the electromagnetic towers see.
        muon_efficiency: Probability that a muon is seen.
        muon_resolution: Relative, of 1/pT.
        muon_max_eta: Acceptance.
        muon_min_pt: Softer ones are not seen, in GeV.

    Raises:
        BadValue: If one is out of range.
    """

    em_stochastic: float = 0.15
    em_constant: float = 0.02
    hadron_stochastic: float = 0.9
    hadron_constant: float = 0.07
    hadron_em: float = 0.3
    muon_efficiency: float = 0.9
    muon_resolution: float = 0.2
    muon_max_eta: float = 2.4
    muon_min_pt: float = 3.0

    def __post_init__(self) -> None:
        wanted = {field.name: "[0, inf)" for field in fields(self)}
        shares = dict.fromkeys(("hadron_em", "muon_efficiency"), "[0, 1]")
        check.fields(self, "detector.l1", **wanted | shares | {"muon_max_eta": "[0, 20]"})

    def measure(self, particles: Particles, generator: np.random.Generator) -> Particles:
        """Towers as PHOTON (electromagnetic) and NEUTRAL_HADRON, and muons.

        Args:
            particles: With px, py, pz, energy and the column `kind`.
            generator: Of two random numbers per particle.

        Returns:
            Massless, with px, py, pz and energy in GeV and their `kind`.
        """
        n = int(particles.offsets[-1])
        parameters = (
            (self.em_stochastic, self.em_constant),
            (self.hadron_stochastic, self.hadron_constant),
            self.hadron_em,
            (self.muon_efficiency, self.muon_resolution),
            (math.sinh(self.muon_max_eta), self.muon_min_pt),
        )
        p4, kind, offsets = _measure(
            *(particles.column(name) for name in ("kind", "px", "py", "pz", "energy")),
            particles.offsets,
            generator.standard_normal(n),
            generator.random(n),
            parameters,
        )
        columns = dict(zip(("px", "py", "pz", "energy"), p4, strict=True)) | {"kind": kind}
        return Particles(columns, offsets, particles.source)


@compiled()
def _measure(kind, px, py, pz, energy, offsets, normal, uniform, parameters):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Sum all but muons in towers, and smear each; a tower uses the normal of its last particle."""
    em, hadron, hadron_em, (efficiency, resolution), (muon_sinh, muon_pt) = parameters
    n_cells = N_ETA * N_PHI
    most = min(2 * len(px), (len(offsets) - 1) * 2 * n_cells) + len(px)
    out, out_kind = np.empty((4, most)), np.empty(most, np.int8)
    out_offsets = np.zeros(len(offsets), np.int64)
    towers = np.zeros((2, n_cells))
    draws = np.zeros((2, n_cells))
    n = 0
    for event in range(len(offsets) - 1):
        towers[:] = 0.0
        for i in range(offsets[event], offsets[event + 1]):
            pt = math.hypot(px[i], py[i])
            if kind[i] == MUON:
                seen = pt > muon_pt and abs(pz[i]) < muon_sinh * pt and uniform[i] < efficiency
                scale = 1.0 / max(1.0 + resolution * normal[i], 0.1)
                if seen:
                    out[0, n], out[1, n], out[2, n] = scale * px[i], scale * py[i], scale * pz[i]
                    out[3, n], out_kind[n] = scale * energy[i], MUON
                    n += 1
                continue
            cell = _cell(math.asinh(pz[i] / pt), math.atan2(py[i], px[i]))
            hadronic = kind[i] == CHARGED or kind[i] == NEUTRAL_HADRON
            share = hadron_em if hadronic else 1.0
            towers[0, cell] += share * energy[i]
            towers[1, cell] += (1.0 - share) * energy[i]
            draws[1 if hadronic else 0, cell] = normal[i]
        for layer in range(2):
            a, b = em if layer == 0 else hadron
            for cell in range(n_cells):
                e = towers[layer, cell]
                if e <= 0.0:
                    continue
                e *= 1.0 + (a / math.sqrt(e) + b) * draws[layer, cell]
                if e <= 0.0:
                    continue
                eta, phi = _centre(cell)
                pt = e / math.cosh(eta)
                out[0, n], out[1, n] = pt * math.cos(phi), pt * math.sin(phi)
                out[2, n], out[3, n] = pt * math.sinh(eta), e
                out_kind[n] = PHOTON if layer == 0 else NEUTRAL_HADRON
                n += 1
        out_offsets[event + 1] = n
    return out[:, :n].copy(), out_kind[:n].copy(), out_offsets


@compiled()
def _cell(eta, phi):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Which tower, row of eta first."""
    row = min(max(int((eta + MAX_ETA) / (2 * MAX_ETA) * N_ETA), 0), N_ETA - 1)
    return row * N_PHI + min(int((phi + math.pi) / (2 * math.pi) * N_PHI), N_PHI - 1)


@compiled()
def _centre(cell):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    eta = (cell // N_PHI + 0.5) / N_ETA * 2 * MAX_ETA - MAX_ETA
    return eta, (cell % N_PHI + 0.5) / N_PHI * 2 * math.pi - math.pi


def grids(particles: Particles) -> NDArray[np.float64]:
    """Transverse energies of the towers, shape (event, layer, eta, phi), of what was measured."""
    kind = particles.column("kind")
    return np.asarray(
        _grids(kind, particles.px, particles.py, particles.pz, particles.offsets)
    ).reshape(len(particles), 2, N_ETA, N_PHI)


@compiled()
def _grids(kind, px, py, pz, offsets):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    found = np.zeros((len(offsets) - 1, 2, N_ETA * N_PHI))
    for event in range(len(offsets) - 1):
        for i in range(offsets[event], offsets[event + 1]):
            if kind[i] == MUON:
                continue
            pt = math.hypot(px[i], py[i])
            layer = 0 if kind[i] == PHOTON else 1
            found[event, layer, _cell(math.asinh(pz[i] / pt), math.atan2(py[i], px[i]))] += pt
    return found
