"""From what a detector saw to events of the 40 MHz layout: MET, 4 e, 4 mu and 10 jets.

The objects are those of the public data set (Govorkova et al., arXiv:2107.02157): electrons with
|eta| < 3.0, muons with |eta| < 2.1, jets with |eta| < 4.0, the leading lepton above 23 GeV. How
they are made is ours, an emulation: a light detector model instead of Delphes.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Events, Particles, check
from anomalon.core.kinematics import pt_eta_phi_mass
from anomalon.core.plain import to_plain
from anomalon.data.forty_mhz import FEATURE_NAMES, OBJECT_NAMES, write_forty_mhz
from anomalon.jets import leading_jets
from anomalon.simulate.fakes import Fakes
from anomalon.simulate.leptons import TRACKER_ETA, isolated_leptons
from anomalon.simulate.pythia import ELECTRON, MUON

__all__ = ["FortyMhzSelection", "Level1"]

Floats = NDArray[np.float64]

_RAW_JETS = 40  # before pile-up is subtracted
_ELECTRON_SLOT, _MUON_SLOT, _JET_SLOT, _N_SLOTS = 1, 5, 9, 19
_EVENT, _PT = 0, 1  # columns of a table of objects: event, pt, eta, phi


@dataclass(frozen=True)
class Level1:
    """An emulated Level-1 decision: any of some thresholds on the objects of the event, in GeV.

    Thresholds are in the manner of the menu of CMS in 2018 (arXiv:2006.10165): one electron, one
    muon, missing momentum, one jet, and HT of jets above 30 GeV within |eta| < 2.5.
    """

    electron: float = 32.0
    muon: float = 22.0
    met: float = 100.0
    jet: float = 180.0
    ht: float = 360.0

    def __post_init__(self) -> None:
        names = ("electron", "muon", "met", "jet", "ht")
        check.fields(self, "selection.level1", **dict.fromkeys(names, "[0, inf]"))

    def passes(self, events: Events) -> NDArray[np.bool_]:
        """Which events fire, shape (event,)."""
        jets = events.of_kind("jet")
        pt = jets.feature("pt")
        counted = (pt > 30.0) & (np.abs(jets.feature("eta")) < 2.5)
        leading = {
            kind: events.of_kind(kind).feature("pt").max(axis=1, initial=0.0)
            for kind in ("electron", "muon", "met", "jet")
        }
        fired = np.where(counted, pt, 0).sum(axis=1) > self.ht
        for kind, values in leading.items():
            fired |= values > getattr(self, kind)
        return np.asarray(fired)


@dataclass(frozen=True)
class FortyMhzSelection:
    """Objects and the cut on the leading lepton; GeV.

    A lepton is isolated if other particles within `cone` have less than `isolation` of its pT,
    after the mean density of pile-up is subtracted. Isolated leptons are no part of jets. The pT of
    jets is corrected by density times area, with one density for the tracker and one for the
    forward region (the medians of a grid). MET is minus the sum of all that was measured.

    Args:
        trigger_pt: The leading electron or muon is above.
        lepton_pt: Other electrons and muons are above.
        electron_eta, muon_eta, jet_eta: Largest |eta|.
        jet_pt: Jets are above, pile-up subtracted.
        isolation: Largest relative isolation.
        cone: Its radius.
        radius: Of the anti-kT jets.
        level1: The thresholds of `passes_l1`.
        fakes: Take a jet for the lepton; None: leptons are true.

    Raises:
        BadValue: If a number is out of range.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".h5", ".hdf5")
    cites: ClassVar[tuple[str, ...]] = ("Cacciari:2011ma", "Cacciari:2008gp", "Govorkova:2021hqu")

    trigger_pt: float = 23.0
    lepton_pt: float = 3.0
    electron_eta: float = 3.0
    muon_eta: float = 2.1
    jet_pt: float = 15.0
    jet_eta: float = 4.0
    isolation: float = 0.45
    cone: float = 0.3
    radius: float = 0.4
    level1: Level1 = field(default_factory=Level1)
    fakes: Fakes | None = None

    def __post_init__(self) -> None:
        names = ("trigger_pt", "lepton_pt", "electron_eta", "muon_eta", "jet_pt", "jet_eta")
        check.fields(
            self,
            "selection",
            **dict.fromkeys(names, "[0, inf)"),
            isolation="(0, inf)",
            cone="(0, 2]",
            radius="(0, 2]",
            level1=Level1,
            fakes=Fakes | None,
        )

    def events(self, particles: Particles, *, first: int = 0) -> Events:
        """The events with a lepton above the cut.

        Args:
            particles: As the detector saw them, with their `kind`.
            first: Number of the first event.

        Returns:
            Events in the 40 MHz layout, float32, with the columns `event` (number) and `passes_l1`.
        """
        kind, density, met = isolated_leptons(
            particles,
            pt_min=self.lepton_pt,
            electron_eta=self.electron_eta,
            muon_eta=self.muon_eta,
            cone=self.cone,
            isolation=self.isolation,
        )
        event = np.repeat(np.arange(len(particles)), particles.n_particles)
        pt = np.hypot(particles.px, particles.py)
        if self.fakes is None:
            rows = np.unique(event[(kind > 0) & (pt > self.trigger_pt)])
        else:
            rows = np.arange(len(particles))
        jets = self._jets(particles, event, kind, rows, density)
        electrons, muons = (_table(particles, event, kind == k) for k in (ELECTRON, MUON))
        if self.fakes is not None:
            rows, fakes, jets = self.fakes.made(
                jets, first + rows, pt_min=self.trigger_pt, eta_max=self.electron_eta
            )
            electrons = np.concatenate([electrons, fakes])
        objects = np.zeros((len(rows), _N_SLOTS, 3))
        objects[:, 0, 0], objects[:, 0, 2] = met[rows].T
        for slot, end, table in (
            (_ELECTRON_SLOT, _MUON_SLOT, electrons),
            (_MUON_SLOT, _JET_SLOT, muons),
            (_JET_SLOT, _N_SLOTS, jets),
        ):
            _fill(objects[:, slot:end], table, rows)
        return self._decided(objects.astype(np.float32), first + rows, particles.source)

    def write(self, events: Events, about: Mapping[str, Any], path: Path, *, compact: bool) -> None:
        """The file of these events, HDF5 in the public layout; it says that it is an emulation."""
        write_forty_mhz(events, path, about=to_plain(about), compact=compact)

    def _jets(
        self,
        particles: Particles,
        event: NDArray[np.int64],
        kind: NDArray[np.int8],
        rows: NDArray[np.int64],
        density: Floats,
    ) -> Floats:
        """Jets of the events `rows`, pile-up subtracted, as a table."""
        used = np.isin(event, rows) & (kind == 0)
        columns = {name: particles.column(name)[used] for name in ("px", "py", "pz", "energy")}
        counts = np.bincount(event[used], minlength=len(particles))[rows]
        found = leading_jets(
            Particles(columns, np.concatenate([[0], np.cumsum(counts)])),
            radius=self.radius,
            pt_min=self.jet_pt,
            n_jets=_RAW_JETS,
        )
        here, slot = np.nonzero(found.p4[:, :, 0] > 0)
        pt, eta, phi, _ = pt_eta_phi_mass(found.p4[here, slot])
        forward = (np.abs(eta) > TRACKER_ETA).astype(int)
        pt = pt - density[rows[here], forward] * math.pi * self.radius**2
        jets = np.stack([rows[here].astype(np.float64), pt, eta, phi], axis=-1)
        return jets[(pt > self.jet_pt) & (np.abs(eta) < self.jet_eta)]

    def _decided(
        self, objects: NDArray[np.float32], number: NDArray[np.int64], source: str
    ) -> Events:
        """With the mask, and what Level-1 says."""
        events = Events(
            objects=objects,
            object_names=OBJECT_NAMES,
            feature_names=FEATURE_NAMES,
            mask=objects[:, :, 0] > 0,
            columns={"event": number},
            source=source,
        )
        return replace(events, columns={"event": number, "passes_l1": self.level1.passes(events)})


def _table(particles: Particles, event: NDArray[np.int64], rows: NDArray[np.bool_]) -> Floats:
    """Event, pt, eta and phi of some particles, shape (particle, 4)."""
    px, py, pz = (particles.column(name)[rows] for name in ("px", "py", "pz"))
    pt = np.hypot(px, py)
    return np.stack([event[rows], pt, np.arcsinh(pz / pt), np.arctan2(py, px)], axis=-1)


def _fill(slots: Floats, table: Floats, rows: NDArray[np.int64]) -> None:
    """Put the objects of highest pt of each of the events `rows` (sorted) into its slots."""
    table = table[np.isin(table[:, _EVENT], rows)]
    table = table[np.lexsort((-table[:, _PT], table[:, _EVENT]))]
    event = np.searchsorted(rows, table[:, _EVENT].astype(np.int64))
    rank = np.arange(len(table)) - np.searchsorted(event, event)
    kept = rank < slots.shape[1]
    slots[event[kept], rank[kept]] = table[kept, _PT:]
