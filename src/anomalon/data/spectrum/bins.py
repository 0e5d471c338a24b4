"""`Bins`: the edges of a table of bins, in GeV and in order, and what was said of their unit."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadLayout
from anomalon.core.units import GEV, MassUnit, mass_unit
from anomalon.data.spectrum.choices import SpectrumChoices
from anomalon.data.spectrum.kinds import Kind, Named
from anomalon.data.spectrum.names import plain, words
from anomalon.data.spectrum.vocabulary import HIGH, LOW, WEAK_HIGH, WEAK_LOW

__all__ = ["Bins", "bins_between", "find_bins"]

Floats = NDArray[np.floating[Any]]

_BRACKETS = re.compile(r"\[[^\]]*[A-Za-z][^\]]*\]")
_NO_UNIT = re.compile(  # squares of masses, lengths, and units that are not converted
    r"eV\s*(?:\^|\*\*)\s*[({]?\s*-?\d|(?<![A-Za-z])(?:P|E|Z|kG|kT|kM)eV(?![a-z])|[\[(]\s*fm\b"
)
_JOIN = 1e-6  # of a bin's width: how well neighbouring edges have to agree
_SMALL = 20.0  # GeV below which masses may be meant in TeV


@dataclass(frozen=True, eq=False)
class Bins:
    """Bins of mass.

    Args:
        edges: In GeV, increasing, shape (bin + 1,).
        unit: In which they were written.
        rows: Of the table, in the order of the bins; those without a finite bin are left out.
        names: Of the two columns.
        role: What the edges are, a sentence.
        outside: How many rows reach to infinity.
    """

    edges: Floats
    unit: MassUnit
    rows: NDArray[np.intp]
    names: tuple[str, ...]
    role: str
    outside: int = 0

    @property
    def widths(self) -> Floats:
        """In GeV, shape (bin,)."""
        return np.diff(self.edges)


def find_bins(columns: Sequence[Named], choices: SpectrumChoices, where: str) -> Bins:
    """The bins of a table, in the order of mass.

    Raises:
        BadLayout: If there is not one column of low and one of high edges, they are in different
            units, or the bins do not join.
        BadNumbers: If an edge is no number.
    """
    low, high = _edge_columns(columns, where)
    rows = np.arange(len(low.column.values))
    finite = ~(np.isneginf(low.column.values) | np.isposinf(high.column.values))
    kept = rows[finite] if finite.any() else rows
    lows, highs = low.column.taken(kept), high.column.taken(kept)
    lows.check(f"{where}: low edges '{low.name}'")
    highs.check(f"{where}: high edges '{high.name}'")
    names: tuple[str, ...] = (low.name, high.name)
    if not any(map(mass_unit, names)):  # the centres beside them may say it
        names += tuple(c.name for c in columns if c.kind is Kind.CENTRE and mass_unit(c.name))
    bins = bins_between(lows.values, highs.values, names, choices, where)
    role = f"{bins.role}, from `{low.name}` and `{high.name}`"
    return replace(
        bins, rows=kept[bins.rows], names=names[:2], role=role, outside=len(rows) - len(kept)
    )


def bins_between(
    lows: Floats, highs: Floats, names: tuple[str, ...], choices: SpectrumChoices, where: str
) -> Bins:
    """The bins between low and high edges, in any order.

    Args:
        lows: In the unit of the file, shape (bin,).
        highs: The same.
        names: What may say the unit: names of columns, the title of an axis.
        choices: What the caller says.
        where: The file, for messages.

    Raises:
        BadLayout: If the names say different units, or the bins do not join.
        BadNumbers: If an edge is not finite.
    """
    for what, edges in (("low", lows), ("high", highs)):
        check.finite(edges, f"{where}: {what} edges")
    unit, said = _unit(names, choices, where)
    rows = np.argsort(lows, kind="stable")
    left, right = unit.to_gev(lows[rows]), unit.to_gev(highs[rows])
    _check_joined(left, right, where)
    edges = np.append(left, right[-1])
    return Bins(edges, unit, rows, names, _role(edges, unit, said))


def _unit(names: Sequence[str], choices: SpectrumChoices, where: str) -> tuple[MassUnit, str]:
    """The unit of masses that go by these names, and where it is said; "" for nowhere."""
    found: dict[str, tuple[MassUnit, str]] = {}
    for name in names:
        if (unit := mass_unit(name)) is not None:
            found.setdefault(unit.name, (unit, name))
    if choices.mass_unit is not None:
        against = [n for n in found if n != choices.mass_unit.name]
        more = f"; the file says {against[0]}" if against else ""
        return choices.mass_unit, f"as told{more}"
    other = next((name for name in names if _NO_UNIT.search(plain(name))), None)
    if other is not None:
        raise BadLayout(
            f"{where}: expected masses in eV, keV, MeV, GeV or TeV, got `{other}`. Say the unit "
            "with `unit` (--unit) if it is one of these."
        )
    if len(found) > 1:
        raise BadLayout(
            f"{where}: expected one unit of mass, got {' and '.join(found)} in "
            f"{', '.join(f'`{name}`' for _, name in found.values())}. Say which it is with `unit` "
            "(--unit)."
        )
    if found:
        ((unit, name),) = found.values()
        return unit, f"as `{name}` says"
    foreign = next((name for name in names if _BRACKETS.search(name)), None)
    return GEV, f"`{foreign}` says no unit of mass" if foreign else ""


def _role(edges: Floats, unit: MassUnit, said: str) -> str:
    """What the edges are."""
    if not said:
        doubt = "; if they are TeV, --unit TeV" if edges[-1] < _SMALL else ""
        return f"masses in GeV (no unit is given{doubt})"
    converted = "" if unit.gev == 1.0 else ", converted to GeV"
    return f"masses in {unit.name} ({said}){converted}"


def _edge_columns(columns: Sequence[Named], where: str) -> tuple[Named, Named]:
    lows, highs = ([c for c in columns if c.kind is kind] for kind in (Kind.LOW, Kind.HIGH))
    for found, other, one in ((lows, highs, "low"), (highs, lows, "high")):
        if not found:
            raise BadLayout(_missing(columns, found or other, one, where))
    pairs = [(a, b) for a in lows for b in highs if _stem(a.name) == _stem(b.name)]
    if len(lows) == len(highs) == 1:
        pairs = [(lows[0], highs[0])]
    if len(pairs) > 1:  # a selection in another variable is the same in all rows
        varying = [pair for pair in pairs if any(np.unique(c.column.values).size > 1 for c in pair)]
        pairs = varying if varying else pairs
    if len(pairs) != 1:
        raise BadLayout(
            f"{where}: expected one column with the low edges of the bins and one with the high "
            f"edges, got {[c.name for c in lows]} and {[c.name for c in highs]}. If bins are in "
            "two variables, write the rows of one bin of the other into a file of their own; "
            "else name the edges of the masses `low` and `high`."
        )
    return pairs[0]


def _stem(name: str) -> tuple[str, ...]:
    edges = LOW | HIGH | WEAK_LOW | WEAK_HIGH
    return tuple(word for word in words(name) if word not in edges)


def _missing(columns: Sequence[Named], others: Sequence[Named], one: str, where: str) -> str:
    """The message for a table without low or high edges."""
    names = [c.name for c in columns]
    text = f"{where}: expected one column with the {one} edges of the bins (named '{one}', for "
    text += f"instance), got {names}."
    centres = [c.name for c in columns if c.kind is Kind.CENTRE]
    if others:
        return (
            f"{text} `{others[0].name}` alone does not say where the bins end: write the other "
            "edge of every bin beside it."
        )
    if centres:
        return f"{text} Centres (`{centres[0]}`) do not say how wide bins are: write both edges."
    return f"{text} Name both, `low` and `high`."


def _check_joined(lows: Floats, highs: Floats, where: str) -> None:
    gaps = np.abs(lows[1:] - highs[:-1]) > _JOIN * (highs - lows)[1:]
    if np.any(highs <= lows) or gaps.any():
        k = int(np.argmax(gaps)) if gaps.any() else int(np.argmax(highs <= lows))
        after = min(k + 1, len(lows) - 1)
        raise BadLayout(
            f"{where}: expected bins that join, got {lows[k]:g}-{highs[k]:g} GeV followed by "
            f"{lows[after]:g}-{highs[after]:g} GeV. Write empty bins with a count of 0."
        )
