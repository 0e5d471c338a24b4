"""What crosses a trigger as data: strata of enhanced bias, slices of dijets, and signals.

Pythia 8 at 13 TeV with its own defaults; every crossing has a Poisson number of collisions, 60 on
average. Cross sections are those of `anomalon.simulate.strata`, not Pythia's, which contain
rescaled branching ratios.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from anomalon.core import check
from anomalon.core.errors import BadValue
from anomalon.simulate.crossing import BunchCrossing
from anomalon.simulate.recipe import SQRT_S, Mixture, Recipe
from anomalon.simulate.strata import Stratum, qcd_stratum, rare_stratum, soft_stratum
from anomalon.simulate.trigger import SEEDS, TriggerSelection
from anomalon.simulate.two_levels import TwoLevels

__all__ = ["PROCESSES", "SHARES", "SIGNALS", "SLICES", "ZERO_BIAS_SHARES", "Name", "trigger"]

Name = Literal[
    "enhanced_bias", "zero_bias", "jz0", "jz1", "jz2", "jz3", "jz4", "jz5",
    "zz4l", "hahm", "ttbar", "hh4b", "vbf_tautau", "vbf_inv",
]  # fmt: skip

PROCESSES = {
    "eb_jz0": 1, "eb_jz1_low": 2, "eb_jz1_high": 3, "eb_jz2_low": 4, "eb_jz2_high": 5,
    "eb_jz3_low": 6, "eb_jz3_high": 7, "eb_jz4_low": 8, "eb_jz4_high": 9, "eb_jz5": 10,
    "eb_w": 11, "eb_z": 12, "eb_ttbar": 13,
    "jz0": 20, "jz1": 21, "jz2": 22, "jz3": 23, "jz4": 24, "jz5": 25,
    "zz4l": 31, "hahm": 32, "ttbar": 33, "hh4b": 34, "vbf_tautau": 35, "vbf_inv": 36,
}  # fmt: skip
"""Numbers in the column `process` of a file."""

_STRATA: dict[str, tuple[float, float]] = {
    "eb_jz1_low": (20.0, 35.0),
    "eb_jz1_high": (35.0, 60.0),
    "eb_jz2_low": (60.0, 100.0),
    "eb_jz2_high": (100.0, 160.0),
    "eb_jz3_low": (160.0, 250.0),
    "eb_jz3_high": (250.0, 400.0),
    "eb_jz4_low": (400.0, 550.0),
    "eb_jz4_high": (550.0, 800.0),
    "eb_jz5": (800.0, math.inf),
}
SLICES: dict[str, tuple[float, float]] = {
    "jz1": (20.0, 60.0),
    "jz2": (60.0, 160.0),
    "jz3": (160.0, 400.0),
    "jz4": (400.0, 800.0),
    "jz5": (800.0, math.inf),
}
"""pt_hat in GeV of the slices of dijets."""

SHARES = {
    "eb_jz0": 0.04, "eb_jz1_low": 0.028, "eb_jz1_high": 0.16, "eb_jz2_low": 0.444,
    "eb_jz2_high": 0.16, "eb_jz3_low": 0.07, "eb_jz3_high": 0.024, "eb_jz4_low": 0.018,
    "eb_jz4_high": 0.012, "eb_jz5": 0.007, "eb_w": 0.024, "eb_z": 0.009, "eb_ttbar": 0.004,
}  # fmt: skip
"""Of the events of enhanced bias; weights make up for them.

Most are for crossings that the first level keeps, so that each of them stands for about one hertz;
those without a hard collision have to be many thousands before one is kept.
"""

ZERO_BIAS_SHARES = {
    "eb_jz0": 0.48, "eb_jz1_low": 0.33, "eb_jz1_high": 0.11, "eb_jz2_low": 0.056,
    "eb_jz2_high": 0.012, "eb_jz3_low": 0.003, "eb_jz3_high": 0.001, "eb_jz4_low": 0.001,
    "eb_jz4_high": 0.001, "eb_jz5": 0.001, "eb_w": 0.003, "eb_z": 0.001, "eb_ttbar": 0.001,
}  # fmt: skip
"""The same where all crossings are kept: the softer ones stand for about as much each."""

_MIXED = {"enhanced_bias": SHARES, "zero_bias": ZERO_BIAS_SHARES}
_SPLITS = (0.20, 0.25)
"""Of these: rates need more events than training does."""

_RARE_SETTINGS = {
    "w": ("WeakSingleBoson:ffbar2W = on", "24:onMode = off", "24:onIfAny = 11 13 15"),
    "z": (
        "WeakSingleBoson:ffbar2gmZ = on", "PhaseSpace:mHatMin = 66.", "PhaseSpace:mHatMax = 116.",
        "23:onMode = off", "23:onIfAny = 11 13 15",
    ),
    "ttbar": ("Top:gg2ttbar = on", "Top:qqbar2ttbar = on"),
}  # fmt: skip

_ZD = 9000010
SIGNALS: dict[str, tuple[str, ...]] = {
    "zz4l": (
        "WeakDoubleBoson:ffbar2gmZgmZ = on", "23:mMin = 4.", "23:onMode = off",
        "23:onIfAny = 11 13",
    ),
    "hahm": (
        "HiggsSM:gg2H = on", f"{_ZD}:new = Zd void 3 0 0 20 0.001 19.9 20.1 0.0",
        f"{_ZD}:isResonance = on", f"{_ZD}:oneChannel = 1 0.5 101 11 -11",
        f"{_ZD}:addChannel = 1 0.5 101 13 -13", "25:onMode = off",
        f"25:addChannel = 1 0.1 103 {_ZD} {_ZD}", f"25:onIfMatch = {_ZD} {_ZD}",
    ),
    "ttbar": _RARE_SETTINGS["ttbar"],
    "hh4b": (
        "ExtraDimensionsG*:gg2G* = on", "5100039:m0 = 500.", "5100039:mMin = 300.",
        "5100039:mMax = 900.", "5100039:doForceWidth = on", "5100039:mWidth = 100.",
        "5100039:onMode = off", "5100039:onIfMatch = 25 25", "25:onMode = off",
        "25:onIfMatch = 5 -5",
    ),
    "vbf_tautau": (
        "HiggsSM:ff2Hff(t:WW) = on", "HiggsSM:ff2Hff(t:ZZ) = on", "25:onMode = off",
        "25:onIfMatch = 15 -15",
    ),
    "vbf_inv": (
        "HiggsSM:ff2Hff(t:WW) = on", "HiggsSM:ff2Hff(t:ZZ) = on", "25:onMode = off",
        "25:addChannel = 1 0.1 103 12 -12", "25:onIfMatch = 12 -12",
    ),
}  # fmt: skip
"""Settings of the signals.

zz4l is Z and virtual photons above 4 GeV to four leptons; hahm a Higgs boson to two dark photons of
20 GeV, each to two leptons; hh4b two Higgs bosons to four b quarks from a wide spin-2 resonance at
500 GeV, whose mass stands for that of a pair of its own, which Pythia has not; vbf_inv a Higgs
boson to neutrinos.
"""

_MASSES = {
    "hahm": (125.0, 20.0),
    "hh4b": (500.0, 125.0),
    "vbf_tautau": (125.0,),
    "vbf_inv": (125.0,),
}


def _qcd(low: float, high: float) -> tuple[str, ...]:
    if low == 0:
        return ("SoftQCD:inelastic = on",)
    settings = ("HardQCD:all = on", f"PhaseSpace:pTHatMin = {low:g}")
    return settings if math.isinf(high) else (*settings, f"PhaseSpace:pTHatMax = {high:g}")


def _stratum(name: str, mean: float) -> tuple[Stratum | None, tuple[str, ...]]:
    """The stratum of a recipe, and Pythia's settings."""
    if name in SIGNALS:
        return None, SIGNALS[name]
    short = name.removeprefix("eb_")
    if short == "jz0":
        return soft_stratum(name, mean), _qcd(0, 0)
    if short in _RARE_SETTINGS:
        return replace(rare_stratum(short, mean), name=name), _RARE_SETTINGS[short]
    low, high = (_STRATA | SLICES)[name]
    return qcd_stratum(name, low, high, mean), _qcd(low, high)


def _shares(name: str, given: Mapping[str, float]) -> dict[str, float]:
    """Of the strata, or the process itself; they sum up to one."""
    found = dict(_MIXED.get(name, {name: 1.0}))
    for stratum, share in given.items():
        known = check.one_of(stratum, f"shares, of {name}", found)
        found[known] = check.number(share, f"shares.{stratum}", "(0, inf)")
    total = sum(found.values()) if given else 1.0
    return {stratum: share / total for stratum, share in found.items()}


def trigger(
    name: str,
    *,
    selection: TriggerSelection | None = None,
    detector: TwoLevels | None = None,
    crossing: BunchCrossing | None = None,
    mpi: bool = True,
    shares: Mapping[str, float] | None = None,
) -> Recipe | Mixture:
    """A process, or enhanced or zero bias: all strata, each with its share of events.

    Args:
        name: A name in `Name`.
        selection: Objects and menus; enhanced bias has `SEEDS` if it has none, others have none.
        detector: How both levels measure.
        crossing: The other collisions.
        mpi: Multiparton interactions of the hard collision; pile-up always has them.
        shares: Of the events, of strata that shall have others, relative to those of the rest.

    Raises:
        BadValue: If there is no such process, or a share of what is no stratum of it.
    """
    check.flag(mpi, "mpi")
    selection, crossing = selection or TriggerSelection(), crossing or BunchCrossing()
    known = (*SLICES, *SIGNALS, "jz0", *_MIXED)
    shares = _shares(check.one_of(name, "process", known), shares or {})
    seeds = (selection.seeds or SEEDS) if name == "enhanced_bias" else None
    if selection.seeds is not None and seeds is None:
        raise BadValue(
            f"selection.seeds: expected none for {name}, of which all crossings are kept; they are "
            "of enhanced_bias."
        )
    parts = []
    for part, share in shares.items():
        stratum, settings = _stratum(part, crossing.mean)
        # Soft collisions without multiparton interactions are no collisions.
        on = mpi or part.endswith("jz0")
        recipe = Recipe(
            name=part,
            settings=(
                f"Beams:eCM = {SQRT_S:.0f}.",
                f"PartonLevel:MPI = {'on' if on else 'off'}",
                *settings,
            ),
            label=int(part in SIGNALS),
            masses=_MASSES.get(part, ()),
            selection=replace(selection, seeds=seeds),
            detector=detector or TwoLevels(),
            pileup=crossing,
            process=PROCESSES[part],
            splits=_SPLITS if name in _MIXED else Recipe.splits,
            stratum=stratum,
        )
        parts.append((recipe, share))
    return parts[0][0] if len(parts) == 1 else Mixture(name, tuple(parts))
