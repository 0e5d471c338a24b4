"""`Reconstruction`: objects of a high-level trigger from tracks, photons, muons and towers."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Particles, check
from anomalon.data.trigger.layout import HLT_NAMES
from anomalon.run.compiling import compiled
from anomalon.simulate.fakes import FakeRates
from anomalon.simulate.leptons import TRACKER_ETA, isolated_leptons
from anomalon.simulate.objects import EVENT, PT, fill, subtracted_jets, table_of
from anomalon.simulate.pythia import CHARGED, ELECTRON, MUON, PHOTON

__all__ = ["Reconstruction"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Reconstruction:
    """Objects of the high-level trigger; GeV.

    Electrons, muons and photons are isolated as in `anomalon.simulate.forty_mhz`; jets are anti-kT,
    less density times area. Some jets are taken for electrons and photons. MET is minus the sum of
    all objects and of the tracks that are in none of them: of pile-up, only jets enter.

    Args:
        lepton_pt, photon_pt, jet_pt: Objects are above.
        forward_pt: Jets outside of the tracker are above, in MET.
        electron_eta, muon_eta, jet_eta: Largest |eta|; of photons as of electrons.
        isolation: Largest relative isolation.
        cone: Its radius.
        radius: Of the jets.
        fakes: Jets that are taken for electrons and photons.

    Raises:
        BadValue: If a number is out of range.
    """

    lepton_pt: float = 4.0
    photon_pt: float = 10.0
    jet_pt: float = 20.0
    forward_pt: float = 30.0
    electron_eta: float = 2.5
    muon_eta: float = 2.5
    jet_eta: float = 4.0
    isolation: float = 0.2
    cone: float = 0.3
    radius: float = 0.4
    fakes: FakeRates = field(default_factory=FakeRates)

    def __post_init__(self) -> None:
        names = ("lepton_pt", "photon_pt", "jet_pt", "forward_pt", "electron_eta", "muon_eta")
        check.fields(
            self,
            "selection.hlt",
            **dict.fromkeys((*names, "jet_eta"), "[0, inf)"),
            isolation="(0, inf)",
            cone="(0, 2]",
            radius="(0, 2]",
            fakes=FakeRates,
        )

    def objects(self, particles: Particles, number: NDArray[np.int64]) -> Floats:
        """The slots of all events, shape (event, 20, 3), zero where empty.

        Args:
            particles: Measured, with their `kind`, tracks of pile-up removed.
            number: Of the events.
        """
        kind, density, _ = isolated_leptons(
            particles,
            pt_min=self.lepton_pt,
            electron_eta=self.electron_eta,
            muon_eta=self.muon_eta,
            cone=self.cone,
            isolation=self.isolation,
            photon_pt=self.photon_pt,
        )
        rows = np.arange(len(particles))
        jets = subtracted_jets(
            particles,
            kind == 0,
            rows,
            density,
            radius=self.radius,
            pt_min=self.jet_pt,
            eta_max=self.jet_eta,
        )
        electrons, photons, jets = self.fakes.made(jets, number, eta_max=self.electron_eta)
        tables = {
            "electron": np.concatenate([table_of(particles, kind == ELECTRON), electrons]),
            "muon": table_of(particles, kind == MUON),
            "photon": np.concatenate([table_of(particles, kind == PHOTON), photons]),
            "jet": jets,
        }
        tables["met"] = self._met(particles, kind, tables)
        slots = np.zeros((len(rows), len(HLT_NAMES), 3))
        for name, table in tables.items():
            where = [i for i, slot in enumerate(HLT_NAMES) if slot.rstrip("0123456789") == name]
            part = np.zeros((len(rows), len(where), 3))
            fill(part, table, rows)
            slots[:, where] = part
        return slots

    def _met(
        self, particles: Particles, kind: NDArray[np.int8], tables: dict[str, Floats]
    ) -> Floats:
        """A table with the missing momentum of each event."""
        jets = tables["jet"]
        central = np.abs(jets[:, 2]) < TRACKER_ETA
        counted = jets[central | (jets[:, PT] > self.forward_pt)]
        hard = np.concatenate([counted, *(tables[n] for n in ("electron", "muon", "photon"))])
        hard = hard[np.argsort(hard[:, EVENT], kind="stable")]
        n = len(particles)
        x, y = (
            np.bincount(hard[:, EVENT].astype(np.int64), hard[:, PT] * f(hard[:, 3]), minlength=n)
            for f in (np.cos, np.sin)
        )
        track = (particles.column("kind") == CHARGED) & (kind == 0)
        tracks = table_of(particles, track)
        begin = np.searchsorted(hard[:, EVENT], np.arange(n + 1))
        soft = tracks[_outside(tracks, hard, begin, self.radius)]
        event = soft[:, EVENT].astype(np.int64)
        x = -x - np.bincount(event, soft[:, PT] * np.cos(soft[:, 3]), minlength=n)
        y = -y - np.bincount(event, soft[:, PT] * np.sin(soft[:, 3]), minlength=n)
        return np.stack([np.arange(n), np.hypot(x, y), np.zeros(n), np.arctan2(y, x)], axis=-1)


@compiled()
def _outside(tracks, hard, begin, radius):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Which tracks are in no cone around an object of their event."""
    out = np.ones(len(tracks), np.bool_)
    for i in range(len(tracks)):
        event = int(tracks[i, 0])
        for k in range(begin[event], begin[event + 1]):
            dphi = abs(tracks[i, 3] - hard[k, 3])
            dphi = min(dphi, 2 * np.pi - dphi)
            if (tracks[i, 2] - hard[k, 2]) ** 2 + dphi**2 < radius**2:
                out[i] = False
    return out
