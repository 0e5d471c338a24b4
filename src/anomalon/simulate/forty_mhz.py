"""From what a detector saw to events of the 40 MHz layout: MET, 4 e, 4 mu and 10 jets.

The objects are those of the public data set (Govorkova et al., arXiv:2107.02157): electrons with
|eta| < 3.0, muons with |eta| < 2.1, jets with |eta| < 4.0, the leading lepton above 23 GeV. How
they are made is ours, an emulation: a light detector model instead of Delphes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Events, Particles, check
from anomalon.core.plain import to_plain
from anomalon.data.forty_mhz import FEATURE_NAMES, OBJECT_NAMES, write_forty_mhz
from anomalon.simulate.fakes import Fakes
from anomalon.simulate.leptons import isolated_leptons
from anomalon.simulate.objects import fill, owners, subtracted_jets, table_of
from anomalon.simulate.pythia import ELECTRON, MUON

__all__ = ["FortyMhzSelection", "Level1"]

_ELECTRON_SLOT, _MUON_SLOT, _JET_SLOT, _N_SLOTS = 1, 5, 9, 19


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
        event = owners(particles)
        pt = np.hypot(particles.px, particles.py)
        if self.fakes is None:
            rows = np.unique(event[(kind > 0) & (pt > self.trigger_pt)])
        else:
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
        electrons, muons = (table_of(particles, kind == k) for k in (ELECTRON, MUON))
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
            fill(objects[:, slot:end], table, rows)
        return self._decided(objects.astype(np.float32), first + rows, particles.source)

    def write(self, events: Events, about: Mapping[str, Any], path: Path, *, compact: bool) -> None:
        """The file of these events, HDF5 in the public layout; it says that it is an emulation."""
        write_forty_mhz(events, path, about=to_plain(about), compact=compact)

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
