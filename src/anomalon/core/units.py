"""Units of mass in the words of people: what a column name or the title of an axis says."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.errors import BadValue

__all__ = ["GEV", "MassUnit", "mass_unit", "mass_unit_named"]

_IN_GEV = {"eV": 1e-9, "keV": 1e-6, "MeV": 1e-3, "GeV": 1.0, "TeV": 1e3}
_SPELLING = {name.lower(): name for name in _IN_GEV}
_DIGITS = 13  # that survive a conversion: 1.3 TeV are 1300 GeV, not 1300.0000000000002

# "[TeV]", "(in 100 GeV)": in brackets the unit may have a power of ten; "(13 TeV)" is a beam.
_BRACKETED = re.compile(r"[\[(]\s*(?:in\s+)?(10*|0\.0*1)?\s*([kmgt]?ev)(?![a-z])", re.IGNORECASE)
# "m_TeV", "mass in GeV": as a word. A number before it is the energy of something else.
_WORD = re.compile(r"(?<![a-z])(?<!\d)(?<!\d[ _])([kmgt]ev)(?![a-z])", re.IGNORECASE)
_IN_ONE = re.compile(r"(?<!\d)(?<!\d[ _])([kMGT]eV)(?![a-z])|(?<=[a-z]{2})([mgt]ev)(?![a-z])")


@dataclass(frozen=True)
class MassUnit:
    """A unit of mass.

    Args:
        name: As it is written, "TeV".
        gev: Its size in GeV.
    """

    name: str
    gev: float

    def to_gev(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Masses in this unit, in GeV; round numbers stay round.

        Example:
            >>> MassUnit("TeV", 1e3).to_gev(np.array([1.0, 2.3]))
            array([1000., 2300.])
        """
        if self.gev == 1.0:
            return np.asarray(values, dtype=np.float64)
        return np.array([float(f"{v * self.gev:.{_DIGITS}g}") for v in np.asarray(values, float)])


GEV = MassUnit("GeV", 1.0)


def mass_unit(text: str) -> MassUnit | None:
    """The unit of mass that a column name or the title of an axis says, or None.

    Example:
        >>> mass_unit("M(JJ) (IN TEV) LOW")
        MassUnit(name='TeV', gev=1000.0)
        >>> mass_unit("$m_{jj}$ at 13 TeV") is None
        True
    """
    if found := _BRACKETED.search(text):
        unit = mass_unit_named(found[2])
        if found[1] is None:
            return unit
        return MassUnit(f"{found[1]} {unit.name}", float(found[1]) * unit.gev)
    found = _WORD.search(text) or _IN_ONE.search(text)  # "mjjTeV", "lowtev"
    return None if found is None else mass_unit_named(found[found.lastindex or 1])


def mass_unit_named(name: str, where: str = "unit") -> MassUnit:
    """The unit of this name, in any spelling.

    Raises:
        BadValue: If there is none.
    """
    spelled = _SPELLING.get(name.strip().lower())
    if spelled is None:
        raise BadValue(f"{where}: expected {', '.join(_IN_GEV)}, got {name!r}.")
    return MassUnit(spelled, _IN_GEV[spelled])
