"""Isolated leptons, the density of pile-up, and the missing momentum of measured particles."""

import math

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Particles
from anomalon.run.compiling import compiled
from anomalon.simulate.pythia import ELECTRON, MUON, PHOTON

__all__ = ["TRACKER_ETA", "isolated_leptons"]

TRACKER_ETA = 2.5
"""Where charged pile-up can be removed, and so the density of pile-up changes."""

_N_PHI = 12
_CELL = 0.5  # in eta; 10 rings within the tracker, 8 outside, up to 4.5
_N_CENTRAL, _N_FORWARD = 10, 8
_AREA = _CELL * 2 * math.pi / _N_PHI


def isolated_leptons(
    particles: Particles,
    *,
    pt_min: float,
    electron_eta: float,
    muon_eta: float,
    cone: float,
    isolation: float,
    photon_pt: float = math.inf,
) -> tuple[NDArray[np.int8], NDArray[np.float64], NDArray[np.float64]]:
    """Which particles are isolated leptons, and what belongs to the whole event.

    Args:
        particles: Measured, with their `kind`.
        pt_min: Of leptons, in GeV.
        electron_eta: Largest |eta| of electrons.
        muon_eta: Of muons.
        cone: Radius of the cone of isolation.
        isolation: Largest pT of other particles in it, less density times area, over its own.
        photon_pt: Of photons, in GeV, which are looked for as electrons are; none by default.

    Returns:
        ELECTRON, MUON, PHOTON or 0 of each particle; the density of pT in GeV per unit of area,
        shape (event, 2), within the tracker and forward: the median of the cells of a grid; and
        MET, shape (event, 2), as pT and phi of minus the sum of all momenta.
    """
    return _isolated(
        particles.column("kind"),
        particles.px,
        particles.py,
        particles.pz,
        particles.offsets,
        (pt_min, electron_eta, muon_eta, cone, isolation, photon_pt),
    )


@compiled()
def _isolated(kind, px, py, pz, offsets, cuts):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    pt_min, electron_eta, muon_eta, cone, isolation, photon_pt = cuts
    n_events = len(offsets) - 1
    found = np.zeros(len(px), np.int8)
    density = np.zeros((n_events, 2))
    met = np.zeros((n_events, 2))
    pt, eta, phi = np.hypot(px, py), np.empty(len(px)), np.arctan2(py, px)
    for i in range(len(px)):
        eta[i] = math.asinh(pz[i] / pt[i])
    for event in range(n_events):
        begin, end = offsets[event], offsets[event + 1]
        here = slice(begin, end)
        density[event, 0], density[event, 1] = _density(pt[here], eta[here], phi[here])
        x, y = -px[here].sum(), -py[here].sum()
        met[event, 0], met[event, 1] = math.hypot(x, y), math.atan2(y, x)
        for i in range(begin, end):
            most = muon_eta if kind[i] == MUON else electron_eta
            lepton = kind[i] == MUON or kind[i] == ELECTRON
            least = pt_min if lepton else photon_pt
            wanted = lepton or kind[i] == PHOTON
            if not wanted or pt[i] <= least or abs(eta[i]) >= most:
                continue
            around = -density[event, 0 if abs(eta[i]) < TRACKER_ETA else 1] * math.pi * cone**2
            for k in range(begin, end):
                dphi = abs(phi[i] - phi[k])
                dphi = min(dphi, 2 * math.pi - dphi)
                if k != i and (eta[i] - eta[k]) ** 2 + dphi**2 < cone**2:
                    around += pt[k]
            if around < isolation * pt[i]:
                found[i] = kind[i]
    return found, density, met


@compiled()
def _density(pt, eta, phi):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Medians of pT per area within the tracker and outside."""
    central = np.zeros(_N_CENTRAL * _N_PHI)
    forward = np.zeros(_N_FORWARD * _N_PHI)
    for i in range(len(pt)):
        column = min(int((phi[i] + math.pi) / (2 * math.pi) * _N_PHI), _N_PHI - 1)
        if abs(eta[i]) < TRACKER_ETA:
            row = int((eta[i] + TRACKER_ETA) / _CELL)
            central[row * _N_PHI + column] += pt[i]
            continue
        row = int((abs(eta[i]) - TRACKER_ETA) / _CELL)
        if row < _N_FORWARD // 2:
            row += 0 if eta[i] > 0 else _N_FORWARD // 2
            forward[row * _N_PHI + column] += pt[i]
    return np.median(central) / _AREA, np.median(forward) / _AREA
