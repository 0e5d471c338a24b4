"""A light detector: tracks, photons, muons and calorimeter towers with ATLAS-like resolutions.

Charged particles within the tracker become tracks; photons are measured one by one; everything
else, and charged particles that leave no track, is summed in calorimeter towers. No magnetic
field, no pile-up, no noise: it smears what jets are made of, no more than that.
"""

import math
from dataclasses import dataclass, fields

import numpy as np

from anomalon.core import Particles, check
from anomalon.run.compiling import compiled
from anomalon.simulate.pythia import CHARGED, ELECTRON, MUON, NEUTRAL_HADRON, PHOTON

__all__ = ["Detector"]

_MAX_ETA = 4.9
_N_ETA, _N_PHI = 98, 64  # towers of 0.1 x 0.098


@dataclass(frozen=True)
class Detector:
    """Resolutions and acceptances; calorimeters have sigma(E)/E = stochastic/sqrt(E) + constant.

    Args:
        track_efficiency: Probability that a charged particle becomes a track.
        track_max_eta: Tracker acceptance.
        track_min_pt: Charged particles below leave no track, in GeV.
        track_constant: Relative resolution at low pT.
        track_slope: Growth of the relative resolution, per GeV of pT, added in quadrature.
        photon_stochastic: In sqrt(GeV).
        photon_constant: Constant term.
        hadron_stochastic: In sqrt(GeV).
        hadron_constant: Constant term.
        muon_max_eta: Muon acceptance.
        muon_min_pt: Muons below are not seen, in GeV.

    Raises:
        BadValue: If one is negative, or no number.
    """

    track_efficiency: float = 0.96
    track_max_eta: float = 2.5
    track_min_pt: float = 0.5
    track_constant: float = 0.01
    track_slope: float = 1e-4
    photon_stochastic: float = 0.11
    photon_constant: float = 0.01
    hadron_stochastic: float = 0.65
    hadron_constant: float = 0.05
    muon_max_eta: float = 2.7
    muon_min_pt: float = 2.0

    def __post_init__(self) -> None:
        eta, rest = "[0, 20]", "[0, inf)"
        wanted = {field.name: eta if "eta" in field.name else rest for field in fields(self)}
        check.fields(self, "detector", **wanted | {"track_efficiency": "[0, 1]"})

    def measure(self, particles: Particles, generator: np.random.Generator) -> Particles:
        """What the detector sees of the particles; all random numbers come from `generator`.

        Args:
            particles: With px, py, pz, energy and the column `kind`, as `Generator` gives them.
            generator: Of as many random numbers as there are particles, twice.

        Returns:
            Tracks, photons, muons and towers with px, py, pz and energy, in GeV. Their `kind` is
            that of the particle: a track is CHARGED or ELECTRON, a tower NEUTRAL_HADRON.
        """
        n = int(particles.offsets[-1])
        parameters = (
            self.track_efficiency,
            math.sinh(self.track_max_eta),
            self.track_min_pt,
            self.track_constant,
            self.track_slope,
            self.photon_stochastic,
            self.photon_constant,
            self.hadron_stochastic,
            self.hadron_constant,
            math.sinh(self.muon_max_eta),
            self.muon_min_pt,
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
    """One pass over all events: smear what is measured alone, sum the rest in towers.

    `normal` and `uniform` hold one number per particle; a tower uses the normal of the particle
    that hit it last, which nothing else uses.
    """
    (
        efficiency,
        track_sinh,
        track_pt,
        track_a,
        track_b,
        em_a,
        em_b,
        had_a,
        had_b,
        mu_sinh,
        mu_pt,
    ) = parameters
    n_events = len(offsets) - 1
    out = np.empty((4, len(px)))
    out_kind = np.full(len(px), NEUTRAL_HADRON, np.int8)
    out_offsets = np.zeros(n_events + 1, np.int64)
    tower = np.zeros(_N_ETA * _N_PHI)
    tower_normal = np.zeros(_N_ETA * _N_PHI)
    hit = np.empty(_N_ETA * _N_PHI, np.int64)
    n = 0
    for event in range(n_events):
        n_hit = 0
        for i in range(offsets[event], offsets[event + 1]):
            pt = math.hypot(px[i], py[i])
            if kind[i] == MUON:
                if pt < mu_pt or abs(pz[i]) > mu_sinh * pt:
                    continue
                sigma = math.hypot(track_a, track_b * pt)
            elif kind[i] == PHOTON:
                sigma = em_a / math.sqrt(energy[i]) + em_b
            elif (
                (kind[i] == CHARGED or kind[i] == ELECTRON)
                and pt > track_pt
                and abs(pz[i]) < track_sinh * pt
                and uniform[i] < efficiency
            ):
                sigma = math.hypot(track_a, track_b * pt)
            else:
                eta = math.asinh(pz[i] / pt)
                phi = math.atan2(py[i], px[i]) + math.pi
                cell = min(int((eta + _MAX_ETA) / (2 * _MAX_ETA) * _N_ETA), _N_ETA - 1) * _N_PHI
                cell += min(int(phi / (2 * math.pi) * _N_PHI), _N_PHI - 1)
                if tower[cell] == 0.0:
                    hit[n_hit] = cell
                    n_hit += 1
                tower[cell] += energy[i]
                tower_normal[cell] = normal[i]
                continue
            scale = 1.0 + sigma * normal[i]
            if scale > 0.0:
                out[0, n], out[1, n], out[2, n] = scale * px[i], scale * py[i], scale * pz[i]
                out[3, n] = scale * energy[i]
                out_kind[n] = kind[i]
                n += 1
        n = _seen_towers(hit[:n_hit], tower, tower_normal, had_a, had_b, out, n)
        out_offsets[event + 1] = n
    return out[:, :n].copy(), out_kind[:n].copy(), out_offsets


@compiled()
def _seen_towers(hit, energy, normal, stochastic, constant, out, n):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Smear the towers that were hit, append them to `out` as massless, and empty them; gives n."""
    for cell in hit:
        e = energy[cell]
        e *= 1.0 + (stochastic / math.sqrt(e) + constant) * normal[cell]
        energy[cell] = 0.0
        if e > 0.0:
            eta = (cell // _N_PHI + 0.5) / _N_ETA * 2 * _MAX_ETA - _MAX_ETA
            phi = (cell % _N_PHI + 0.5) / _N_PHI * 2 * math.pi - math.pi
            pt = e / math.cosh(eta)
            out[0, n], out[1, n] = pt * math.cos(phi), pt * math.sin(phi)
            out[2, n], out[3, n] = pt * math.sinh(eta), e
            n += 1
    return n
