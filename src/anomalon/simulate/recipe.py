"""Recipes: processes as data. A recipe and a seed say everything about the events.

Pythia's strings that work, and why those that look simpler do not, are explained where they are
used. Energies are those of the LHC's Run 2, sqrt(s) = 13 TeV; tune and parton densities are
Pythia's defaults (Monash 2013, arXiv:1404.5630).
"""

from dataclasses import dataclass
from typing import ClassVar

from anomalon.core import check
from anomalon.core.config import lookup
from anomalon.core.errors import BadValue
from anomalon.simulate.crossing import BunchCrossing
from anomalon.simulate.decays import Decays
from anomalon.simulate.detector import Detector
from anomalon.simulate.dijet import DijetSelection
from anomalon.simulate.matching import Matching
from anomalon.simulate.pileup import PileUp
from anomalon.simulate.selection import FileSelection, Selection
from anomalon.simulate.strata import Stratum
from anomalon.simulate.two_levels import TwoLevels
from anomalon.simulate.veto import PartonVeto, Veto

__all__ = [
    "SIGNALS",
    "SQRT_S",
    "TALK_POINTS",
    "VARIATIONS",
    "Mixture",
    "Recipe",
    "a_h_zprime",
    "qcd_dijet",
    "w_prime",
]

# "simulation" differs from "data" as two generators do: less final-state radiation.
VARIATIONS: dict[str, tuple[str, ...]] = {
    "data": (),
    "simulation": ("TimeShower:alphaSvalue = 0.118",),
}

SQRT_S = 13_000.0
"""Energy of the beams in GeV."""

_SELECTION, _DETECTOR = DijetSelection(), Detector()
_X, _Y = 9000001, 9000002
_WIDTH = 0.01  # relative; at 10 % the parton luminosity drags the peak to low masses
_CONTAINED = 0.2  # 2 m / pT < 1 with pT = M/2, with room for the splitting


@dataclass(frozen=True)
class Recipe:
    """Everything that determines a sample but its seed and its size.

    Args:
        name: For file names and messages.
        settings: Pythia's settings, "key = value" each, without the seed.
        label: Truth: 1 signal, 0 background.
        variation: Which of `VARIATIONS` the settings have.
        masses: Masses of the resonances (parent, heavier and lighter daughter as given), in GeV.
        selection: Which events are kept.
        detector: How they are measured.
        veto: Which events are dropped early, for speed.
        decays: Which decays wait for the same reason, and drop events.
        pileup: Other collisions of the same bunch crossing.
        process: Its number among those that are mixed; if there is one, events say it, with a run
            (of the chunk), the number of vertices `n_pv`, a `split` into parts for training (0),
            validation (1) and tests (2), and an identity of their own.
        splits: Where the parts for training and validation end, as shares; the rest is for tests.
        enhancement: How much more often events are accepted than in nature; the cross section that
            is told is divided by it.
        matching: Which jets are kept of those that the selection accepts; None: all.
        stratum: Of bunch crossings; weights become rates in Hz, that of the stratum over the number
            of crossings of it that were generated, times what the selection gave.
    """

    cites: ClassVar[tuple[str, ...]] = ("Bierlich:2022pfr",)

    name: str
    settings: tuple[str, ...]
    label: int
    variation: str = "data"
    masses: tuple[float, ...] = ()
    selection: Selection | FileSelection = _SELECTION
    detector: Detector | TwoLevels = _DETECTOR
    veto: Veto | None = None
    decays: Decays | None = None
    pileup: PileUp | BunchCrossing | None = None
    process: int | None = None
    splits: tuple[float, float] = (0.60, 0.75)
    enhancement: float = 1.0
    matching: Matching | None = None
    stratum: Stratum | None = None

    @property
    def parts(self) -> tuple[tuple["Recipe", float], ...]:
        """What it is mixed of, with shares that sum up to one: itself."""
        return ((self, 1.0),)


@dataclass(frozen=True)
class Mixture:
    """Events of several processes, each drawn with its share of what is accepted.

    Args:
        name: For file names and messages.
        parts: Recipes and their shares, which sum up to one.

    Raises:
        BadValue: If shares do not, or there are none.
    """

    name: str
    parts: tuple[tuple[Recipe, float], ...]

    def __post_init__(self) -> None:
        shares = [share for _, share in self.parts]
        if not shares or min(shares) < 0 or abs(sum(shares) - 1) > 1e-6:
            raise BadValue(
                f"mixture {self.name}: expected shares that sum up to one, got {shares}."
            )


def _common(what: str, variation: str, selection: DijetSelection, *, mpi: bool) -> tuple[str, ...]:
    if not selection.mjj_min < SQRT_S:
        raise BadValue(
            f"{what}: expected mjj_min below the {SQRT_S:g} GeV of the beams, got "
            f"{selection.mjj_min:g} GeV: no event can have so much mass."
        )
    extra = lookup(VARIATIONS, variation, "variation")
    check.flag(mpi, f"{what}: mpi")
    return (
        f"Beams:eCM = {SQRT_S:.0f}.",
        f"PartonLevel:MPI = {'on' if mpi else 'off'}",
        *extra,
    )


def qcd_dijet(
    *,
    variation: str = "data",
    selection: DijetSelection = _SELECTION,
    mpi: bool = True,
) -> Recipe:
    """QCD dijets above the mass threshold M of the selection.

    The generator's cuts are far below M, because the two leading jets need not be the partons of
    the hard process: with |dY| < 1.2 and M = 2.4 TeV, 4 % of the selected events have
    m_hat < 0.81 M, at masses up to 1.3 M, and a cut there would bend the spectrum. With the cuts
    and the veto used here about 1 % is missing above M, and 3 to 5 % in the first 2 % above M
    (counted among 1017 selected events generated with m_hat > 0.62 M and pt_hat > 0.25 M).
    """
    threshold, dy = selection.mjj_min, selection.dy_max
    if not threshold >= 200.0:
        raise BadValue(
            f"qcd_dijet: expected a selection with mjj_min of at least 200 GeV, got {threshold}; "
            "below, soft processes would be needed."
        )
    return Recipe(
        name="qcd_dijet",
        settings=(
            *_common("qcd_dijet", variation, selection, mpi=mpi),
            "HardQCD:all = on",
            f"PhaseSpace:mHatMin = {round(0.65 * threshold)}.",
            f"PhaseSpace:pTHatMin = {round(0.29 * threshold)}.",
        ),
        label=0,
        variation=variation,
        selection=selection,
        veto=PartonVeto(mass_min=round(0.945 * threshold), dy_max=round(dy + 0.03, 6)),
    )


def _scalar(code: int, name: str, mass: float, decay: str) -> tuple[str, ...]:
    """A new spin-0 resonance; `name` is "name antiname spinType charge3 colType"."""
    width, low, high = _WIDTH * mass, 0.7 * mass, 1.3 * mass
    return (
        f"{code}:new = {name} {mass:g} {width:g} {low:g} {high:g} 0.0",
        f"{code}:isResonance = on",
        f"{code}:oneChannel = 1 1.0 101 {decay}",
    )


def _check_masses(what: str, parent: float, daughters: tuple[float, ...], least: float) -> None:
    parent = check.number(parent, f"{what}: parent, below the beams, in GeV", f"(0, {SQRT_S:g})")
    daughters = tuple(check.number(m, f"{what}: daughter, in GeV") for m in daughters)
    limit = _CONTAINED * parent * (1 + 1e-9)
    if not all(least <= m <= limit for m in daughters):
        raise BadValue(
            f"{what}: expected daughter masses from {least:g} GeV up to {_CONTAINED:g} of the "
            f"parent's ({limit:g} GeV), so that each decays inside one jet of R = 1.0; "
            f"got {daughters[0]:g} and {daughters[1]:g} GeV."
        )


def w_prime(
    m_w: float,
    m_x: float,
    m_y: float,
    *,
    variation: str = "data",
    selection: DijetSelection = _SELECTION,
    mpi: bool = True,
) -> Recipe:
    """W' -> X Y -> qq qq with free masses, the signal of the LHC Olympics (arXiv:2101.08320).

    X is charged and Y neutral, because the W' is charged; both are scalars and decay to light
    quarks. Widths are 1 %. The heavier the W', the more of its events are far below its mass, where
    the beams have more partons: 10 % at 3.5 TeV, 20 % at 5 and 6 TeV, a third at 7 TeV and more
    than half at 8 TeV are more than 5 % away.

    Args:
        m_w: Mass of the W' in GeV, below 13 TeV.
        m_x: Mass of X in GeV, from 10 GeV to 0.2 `m_w`, so that it decays inside one jet.
        m_y: Mass of Y in GeV, in the same range.
        variation: A name in `VARIATIONS`.
        selection: Which events are kept.
        mpi: Multiparton interactions.

    Raises:
        BadValue: If a mass is outside its range.
    """
    _check_masses("w_prime", m_w, (m_x, m_y), 10.0)
    return Recipe(
        name=f"wprime_{m_w:g}_{m_x:g}_{m_y:g}",
        settings=(
            *_common("w_prime", variation, selection, mpi=mpi),
            "NewGaugeBoson:ffbar2Wprime = on",
            f"34:m0 = {m_w:g}",
            f"34:mWidth = {_WIDTH * m_w:g}",
            "34:doForceWidth = on",
            f"34:mMin = {0.5 * m_w:g}",
            f"34:mMax = {1.5 * m_w:g}",
            *_scalar(_X, "X+ X- 1 3 0", m_x, "2 -1"),
            *_scalar(_Y, "Y0 void 1 0 0", m_y, "1 -1"),
            f"34:oneChannel = 1 1.0 103 {_X} {_Y}",
        ),
        label=1,
        variation=variation,
        masses=(m_w, m_x, m_y),
        selection=selection,
    )


def a_h_zprime(
    m_a: float,
    m_h: float,
    m_z: float,
    *,
    variation: str = "data",
    selection: DijetSelection = _SELECTION,
    mpi: bool = True,
) -> Recipe:
    """A0 -> H Z' -> bb qq with free masses, made by gluons.

    The parent is Pythia's A0 (36). Three things are needed together: `Higgs:useBSM`, an *added*
    channel (`oneChannel` would remove the one to gluons, by which it is produced), and a forced
    width (else its mass falls to the lower edge of the range). Of heavy ones many events are
    far below the mass, as of a heavy W'.

    Args:
        m_a: Mass of the A0 in GeV, below 13 TeV.
        m_h: Mass of H in GeV, from 15 GeV (two b quarks) to 0.2 `m_a` (one jet).
        m_z: Mass of Z' in GeV, in the same range.
        variation: A name in `VARIATIONS`.
        selection: Which events are kept.
        mpi: Multiparton interactions.

    Raises:
        BadValue: If a mass is outside its range.
    """
    _check_masses("a_h_zprime", m_a, (m_h, m_z), 15.0)
    return Recipe(
        name=f"a0_{m_a:g}_{m_h:g}_{m_z:g}",
        settings=(
            *_common("a_h_zprime", variation, selection, mpi=mpi),
            "Higgs:useBSM = on",
            "HiggsBSM:gg2A3 = on",
            f"36:m0 = {m_a:g}",
            f"36:mWidth = {_WIDTH * m_a:g}",
            "36:doForceWidth = on",
            f"36:mMin = {0.667 * m_a:g}",
            f"36:mMax = {1.333 * m_a:g}",
            *_scalar(_X, "Hpp0 void 1 0 0", m_h, "5 -5"),
            *_scalar(_Y, "Zp0 void 1 0 0", m_z, "1 -1"),
            "36:onMode = off",
            f"36:addChannel = 1 0.5 103 {_X} {_Y}",
            f"36:onIfMatch = {_X} {_Y}",
        ),
        label=1,
        variation=variation,
        masses=(m_a, m_h, m_z),
        selection=selection,
    )


_WPRIME_POINTS = (
    (3000.0, 200.0, 200.0),
    (3000.0, 400.0, 80.0),
    (3000.0, 400.0, 400.0),
    (3500.0, 100.0, 100.0),
    (3500.0, 500.0, 100.0),
    (3500.0, 500.0, 500.0),
    (4000.0, 400.0, 200.0),
    (4000.0, 800.0, 400.0),
    (5000.0, 500.0, 500.0),
    (5000.0, 800.0, 80.0),
)
_A0_POINTS = (
    (3000.0, 125.0, 91.0),
    (3000.0, 300.0, 150.0),
    (3000.0, 500.0, 500.0),
    (3500.0, 125.0, 400.0),
    (3500.0, 400.0, 200.0),
    (3500.0, 600.0, 600.0),
    (4000.0, 200.0, 600.0),
    (4000.0, 500.0, 91.0),
    (5000.0, 400.0, 400.0),
    (5000.0, 800.0, 200.0),
)

TALK_POINTS: dict[str, tuple[str, tuple[float, float, float]]] = {
    f"{family}_{m[0]:g}_{m[1]:g}_{m[2]:g}": (family, m)
    for family, points in (("wprime", _WPRIME_POINTS), ("a0", _A0_POINTS))
    for m in points
}
"""Twenty signals, name -> (family, masses in GeV).

In the manner of the ATLAS search for anomalous dijets (arXiv:2502.09770), which uses W' -> W'' Z''
and A0 -> H'' Z' with varied masses. The list of ATLAS is not public to us: these are ten of each
family of our own choice, all contained in jets of R = 1.0, with equal and unequal daughter masses.
"""

SIGNALS = {"wprime": w_prime, "a0": a_h_zprime}
"""The families of signals, each a function of three masses."""
