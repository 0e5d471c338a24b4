"""Processes that make jets of one kind.

Generator cuts are far from the window of the jets' pt: of QCD jets between 550 and 650 GeV 1 % have
pt_hat below 408 GeV and a third below 525, and these have other masses and multiplicities. An event
whose jets of partons are outside the window by more than a tenth is dropped early; of 837 selected
jets 3 were in such events. Signal jets are matched to the last copy of their resonance, quarks and
gluons to what leaves the hard process.
"""

from typing import Literal

from anomalon.core import check
from anomalon.core.config import lookup
from anomalon.simulate.detector import Detector
from anomalon.simulate.jets import JetSelection
from anomalon.simulate.matching import Matching
from anomalon.simulate.pythia import LAST_COPY, OUTGOING
from anomalon.simulate.recipe import SQRT_S, VARIATIONS, Recipe
from anomalon.simulate.veto import WindowVeto

__all__ = ["JET_PROCESSES", "Name", "jet_recipe"]

JET_PROCESSES = {"qcd": 21, "top": 22, "w": 23, "b": 24, "hbb": 25, "quark": 26, "gluon": 27}
"""Numbers in the column `process` of a file."""

Name = Literal["qcd", "top", "w", "b", "hbb", "quark", "gluon"]

_QCD_CUT = 400 / 550  # of the lower edge of the window
_RESONANCE_CUT, _RESONANCE_END = 0.85, 1.25  # both are measured well inside
_MARGIN = 0.1  # of jets of partons: relative in pt, absolute in eta
_HADRONS = "24:onIfAny = 1 2 3 4 5"

_SETTINGS: dict[str, tuple[str, ...]] = {
    "qcd": ("HardQCD:all = on",),
    "top": ("Top:gg2ttbar = on", "Top:qqbar2ttbar = on", "24:onMode = off", _HADRONS),
    "w": ("WeakDoubleBoson:ffbar2WW = on", "24:onMode = off", _HADRONS),
    "b": ("HardQCD:hardbbbar = on",),
    "hbb": (
        "HiggsSM:ffbar2HZ = on",
        "25:onMode = off",
        "25:onIfMatch = 5 -5",
        "23:onMode = off",
        "23:onIfAny = 12 14 16",  # a Z that leaves no jet
    ),
    "quark": ("HardQCD:qq2qq = on", "HardQCD:gg2qqbar = on", "HardQCD:qqbar2qqbarNew = on"),
    "gluon": ("HardQCD:gg2gg = on", "HardQCD:qqbar2gg = on"),
}
_MATCHING = {
    "top": Matching((6,), LAST_COPY),
    "w": Matching((24,), LAST_COPY),
    "b": Matching((5,), OUTGOING),
    "hbb": Matching((25,), LAST_COPY),
    "quark": Matching((1, 2, 3), OUTGOING),
    "gluon": Matching((21,), OUTGOING),
}
_RESONANCES = ("top", "w", "hbb")


def jet_recipe(
    name: str,
    *,
    selection: JetSelection | None = None,
    detector: Detector | None = None,
    variation: str = "data",
    mpi: bool = True,
) -> Recipe:
    """Jets of one kind.

    Args:
        name: "qcd" (all quarks and gluons, as they come), "top" and "w" (hadronic decays), "b" (b
            quarks of the hard process), "hbb" (H -> b bbar), "quark" (u, d, s) or "gluon".
        selection: Which jets are kept.
        detector: How they are measured.
        variation: A name in `anomalon.simulate.recipe.VARIATIONS`.
        mpi: Multiparton interactions; without them it is four times faster.

    Raises:
        UnknownKey: If there is no such process or variation.
    """
    settings = lookup(_SETTINGS, name, "process")
    selection = selection or JetSelection()
    veto: WindowVeto | None
    cuts: tuple[str, ...]
    if name in _RESONANCES:
        cuts = (
            f"PhaseSpace:pTHatMin = {round(_RESONANCE_CUT * selection.pt_min)}.",
            f"PhaseSpace:pTHatMax = {round(_RESONANCE_END * selection.pt_max)}.",
        )
        veto = None
    else:
        veto = WindowVeto(
            pt_min=round((1 - _MARGIN) * selection.pt_min, 6),
            pt_max=round((1 + _MARGIN) * selection.pt_max, 6),
            eta_max=round(selection.eta_max + _MARGIN, 6),
            radius=selection.radius,
        )
        cuts = (f"PhaseSpace:pTHatMin = {round(_QCD_CUT * selection.pt_min)}.",)
    return Recipe(
        name=name,
        settings=(
            f"Beams:eCM = {SQRT_S:.0f}.",
            f"PartonLevel:MPI = {'on' if check.flag(mpi, 'mpi') else 'off'}",
            *lookup(VARIATIONS, variation, "variation"),
            *settings,
            *cuts,
        ),
        label=0 if name not in _RESONANCES else 1,
        variation=variation,
        selection=selection,
        detector=detector or Detector(),
        veto=veto,
        process=JET_PROCESSES[name],
        matching=_MATCHING.get(name),
    )
