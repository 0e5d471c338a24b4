"""The processes of the 40 MHz data set (arXiv:2107.02157) as data, one function per process.

Backgrounds are W, Z, top pairs and QCD with a lepton; signals are a leptoquark (80 GeV) to b tau, a
neutral scalar A (50 GeV) to four leptons, h0 (60 GeV) to two taus, and h+ (60 GeV) to tau and
neutrino. They are emulations: Pythia 8 at 13 TeV with its own defaults instead of the settings and
the detector simulation of the authors.
"""

from dataclasses import replace
from typing import Any, Literal

from anomalon.core import check
from anomalon.simulate.decays import Decays
from anomalon.simulate.detector import Detector
from anomalon.simulate.fakes import Fakes
from anomalon.simulate.forty_mhz import FortyMhzSelection
from anomalon.simulate.heavy_flavour import HeavyFlavour
from anomalon.simulate.pileup import PileUp
from anomalon.simulate.recipe import SQRT_S, Mixture, Recipe
from anomalon.simulate.taus_first import TausFirst
from anomalon.simulate.veto import JetVeto

__all__ = ["BACKGROUND", "DETECTOR", "PROCESSES", "QCD", "RECIPES", "forty_mhz"]

PROCESSES = {
    "w": 1, "z": 2, "ttbar": 3, "qcd_bb": 4, "qcd_fake": 5,
    "lq": 11, "a": 12, "h0": 13, "hplus": 14,
}  # fmt: skip
"""Numbers in the column `process` of a file."""

BACKGROUND = {"w": 0.592, "qcd": 0.338, "z": 0.067, "ttbar": 0.003}
"""Shares of the background after the cut on the lepton (Govorkova et al., Table 1)."""

QCD = {"qcd_bb": 1.8e3, "qcd_fake": 3.0e8}
"""Accepted cross sections of what QCD with a lepton is mixed of, in pb; fakes at one per jet.

Measured with these recipes: 1600 pb of b pairs, and about a sixth of that of c pairs, for which
they stand too. At the default rate, 2.5e-5, four fifths of QCD are fakes, and QCD is to W as
published; so they stand for all that pairs are not, as b quarks from gluons.
"""

DETECTOR = Detector(track_max_eta=3.0)
"""Electrons are measured up to |eta| = 3."""

_TAU_DECAYS = TausFirst()
_LEPTONS = "11 13 15"


def _recipe(
    name: str, *settings: str, label: int = 0, decays: Decays | None = None, masses: Any = ()
) -> Recipe:
    return Recipe(
        name=name,
        settings=(f"Beams:eCM = {SQRT_S:.0f}.", "PartonLevel:MPI = on", *settings),
        label=label,
        masses=masses,
        selection=FortyMhzSelection(),
        detector=DETECTOR,
        decays=decays,
        pileup=PileUp(),
        process=PROCESSES[name],
    )


def w() -> Recipe:
    """W -> l nu with e, mu and tau."""
    return _recipe(
        "w",
        "WeakSingleBoson:ffbar2W = on",
        "24:onMode = off",
        f"24:onIfAny = {_LEPTONS}",
        decays=_TAU_DECAYS,
    )


def z() -> Recipe:
    """Z and virtual photons above 20 GeV to two leptons."""
    return _recipe(
        "z",
        "WeakSingleBoson:ffbar2gmZ = on",
        "PhaseSpace:mHatMin = 20.",
        "23:onMode = off",
        f"23:onIfAny = {_LEPTONS}",
        decays=_TAU_DECAYS,
    )


def ttbar() -> Recipe:
    """Top pairs with all decays."""
    return _recipe("ttbar", "Top:gg2ttbar = on", "Top:qqbar2ttbar = on")


def qcd_bb() -> Recipe:
    """Pairs of b quarks above 30 GeV, a hadron of which gives an isolated lepton."""
    heavy = HeavyFlavour()
    recipe = _recipe("qcd_bb", "HardQCD:hardbbbar = on", "PhaseSpace:pTHatMin = 30.", decays=heavy)
    return replace(recipe, enhancement=heavy.enhancement)


def qcd_fake() -> Recipe:
    """QCD above 20 GeV in which a jet is taken for an electron."""
    fakes = Fakes()
    recipe = _recipe("qcd_fake", "HardQCD:all = on", "PhaseSpace:pTHatMin = 20.")
    return replace(
        recipe,
        selection=FortyMhzSelection(fakes=fakes),
        enhancement=fakes.enhancement,
        veto=JetVeto(pt_min=22.0),
    )


def _narrow(code: int, mass: float, low: float, high: float, width: float) -> tuple[str, ...]:
    """A resonance of forced width; without, Pythia puts many at the edge of their range."""
    return (
        f"{code}:m0 = {mass:g}",
        f"{code}:mMin = {low:g}",
        f"{code}:mMax = {high:g}",
        f"{code}:doForceWidth = on",
        f"{code}:mWidth = {width:g}",
    )


def lq() -> Recipe:
    """Pairs of leptoquarks of 80 GeV, each to b and tau."""
    return _recipe(
        "lq",
        "LeptoQuark:gg2LQLQbar = on",
        "LeptoQuark:qqbar2LQLQbar = on",
        *_narrow(42, 80.0, 60.0, 100.0, 0.1),
        "42:0:products = 5 -15",
        label=1,
        masses=(80.0,),
    )


def a() -> Recipe:
    """A neutral scalar of 50 GeV to two virtual Z, and these to electrons and muons.

    `HiggsA3:coup2Z` gives it a coupling to Z, which a pseudoscalar has not.
    """
    return _recipe(
        "a",
        "Higgs:useBSM = on",
        "HiggsBSM:gg2A3 = on",
        "HiggsA3:coup2Z = 1.",
        *_narrow(36, 50.0, 40.0, 60.0, 0.01),
        "36:onMode = off",
        "36:onIfMatch = 23 23",
        "23:onMode = off",
        "23:onIfAny = 11 13",
        "23:mMin = 1.",
        label=1,
        masses=(50.0,),
    )


def h0() -> Recipe:
    """A scalar of 60 GeV, made by gluons, to two taus."""
    return _recipe(
        "h0",
        "HiggsSM:gg2H = on",
        *_narrow(25, 60.0, 50.0, 70.0, 0.01),
        "25:onMode = off",
        "25:onIfMatch = 15 -15",
        label=1,
        decays=_TAU_DECAYS,
        masses=(60.0,),
    )


def hplus() -> Recipe:
    """A charged scalar of 60 GeV, made by two quarks, to tau and neutrino."""
    return _recipe(
        "hplus",
        "Higgs:useBSM = on",
        "HiggsBSM:ffbar2H+- = on",
        *_narrow(37, 60.0, 50.0, 70.0, 0.01),
        "37:onMode = off",
        "37:onIfMatch = 15 16",
        label=1,
        decays=_TAU_DECAYS,
        masses=(60.0,),
    )


RECIPES = {f.__name__: f for f in (w, z, ttbar, qcd_bb, qcd_fake, lq, a, h0, hplus)}
"""The recipes by name, each a function."""

Name = Literal["background", "w", "z", "ttbar", "qcd", "lq", "a", "h0", "hplus"]


def shares(name: str, fakes: Fakes) -> dict[str, float]:
    """Recipes and their shares of a process by its name; "qcd" and "background" are mixtures."""
    if name == "qcd":
        accepted = QCD | {"qcd_fake": QCD["qcd_fake"] * fakes.rate}
        return {part: x / sum(accepted.values()) for part, x in accepted.items()}
    if name == "background":
        return {
            part: share * inner
            for process, share in BACKGROUND.items()
            for part, inner in shares(process, fakes).items()
        }
    return {check.one_of(name, "process", RECIPES): 1.0}


def forty_mhz(
    name: str,
    *,
    selection: FortyMhzSelection | None = None,
    detector: Detector = DETECTOR,
    pileup: PileUp | None = None,
    mpi: bool = True,
) -> Recipe | Mixture:
    """A process, or a mixture of them, with other settings than the default.

    Args:
        name: A name in `RECIPES`, "qcd" or "background".
        selection: Which events are kept; fakes are made where the process has them, and with those
            of the selection if it has any.
        detector: How they are measured.
        pileup: Other collisions.
        mpi: Multiparton interactions; without them it is four times faster.

    Raises:
        BadValue: If there is no such process.
    """
    check.flag(mpi, "mpi")
    selection, pileup = selection or FortyMhzSelection(), pileup or PileUp()
    fakes = selection.fakes or Fakes()
    parts = []
    for part, share in shares(name, fakes).items():
        recipe = RECIPES[part]()
        forced = part == "qcd_fake"
        recipe = replace(
            recipe,
            settings=(*recipe.settings, *(() if mpi else ("PartonLevel:MPI = off",))),
            selection=replace(selection, fakes=fakes if forced else None),
            enhancement=fakes.enhancement if forced else recipe.enhancement,
            detector=detector,
            pileup=pileup,
        )
        parts.append((recipe, share))
    return parts[0][0] if len(parts) == 1 else Mixture(name, tuple(parts))
