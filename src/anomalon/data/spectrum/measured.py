"""`Measured`: values in bins with their errors, and how they become numbers of events.

What is per GeV or in pb is made events only if the caller says how; what cannot be events in any
unit is refused. Every number that `read_spectrum` returns goes through here.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadNumbers, BadValue
from anomalon.core.widths import divided_by_widths
from anomalon.data.spectrum.bins import Bins
from anomalon.data.spectrum.choices import SpectrumChoices
from anomalon.data.spectrum.consistency import are_shares, are_whole, sum_to_one
from anomalon.data.spectrum.errors import Errors
from anomalon.data.spectrum.kinds import Kind
from anomalon.data.spectrum.quantity import IN_FB, Quantity
from anomalon.data.spectrum.table import SpectrumTable
from anomalon.data.spectrum.variances import variances_of

__all__ = ["Measured"]

Floats = NDArray[np.floating[Any]]

_UNSAID = (Kind.NEUTRAL, Kind.UNKNOWN)  # names that do not say what values are
_SAME = 1e-6  # how well widths agree with what a header says


@dataclass(frozen=True, eq=False)
class Measured:
    """Values in bins, as a file has them.

    Args:
        name: Of the column or histogram.
        kind: What it is, by its name.
        quantity: In which unit.
        values: In the order of the bins, shape (bin,).
        steps: Unit in the last digit of the values; 0 if nothing was rounded.
        errors: Of the values, in their unit.
        bins: Of mass.
        are_sums: Whether the format says that values are sums over the bin, never divided by its
            width, so that their numbers need not be asked.
    """

    name: str
    kind: Kind
    quantity: Quantity
    values: Floats
    steps: Floats
    errors: tuple[Errors, ...]
    bins: Bins
    are_sums: bool = False

    def to_events(self, choices: SpectrumChoices, where: str) -> SpectrumTable:
        """The numbers of events, with the first of the roles.

        Raises:
            BadNumbers: If the values are no numbers of events, or their variances are unknown.
            BadValue: If it has to be said how they become events, or it is said and they are.
        """
        check.non_negative(self.values, f"{where}: '{self.name}'")
        self._check_possible(where)
        events, said = self._undivided(choices, where)
        events, more = events._lit(choices, where)
        noun = "expected events" if choices.exact or self.kind is Kind.EXPECTED else "counts"
        by = " (by its numbers)" if self.kind in _UNSAID and choices.column is None else ""
        first = f"{noun} from `{self.name}`{by}{said}{more}"
        counts = events.values if events is self else _snapped(events.values)
        widths = self.bins.widths if events is self else np.ones(len(counts))
        if sum_to_one(counts, widths):
            raise BadNumbers(
                f"{where}: expected numbers of events, got `{self.name}`, whose sum or integral "
                "is one: it was normalised. Take it as it was before."
            )
        if events is self:
            self._check_no_shares(where)
        else:
            self._check_errors_of_values(events, where)
        table = SpectrumTable(counts, self.bins.edges, roles=(first,))
        return replace(events, values=counts)._with_variances(table, choices, where)

    def _check_possible(self, where: str) -> None:
        """Refuse what is no number of events in any unit."""
        if self.quantity.odd:
            raise BadNumbers(
                f"{where}: expected numbers of events, got `{self.name}`, which by its name is "
                f"{self.quantity.odd}. Choose another column or histogram; if these are events, "
                "rename it."
            )

    def _check_errors_of_values(self, events: "Measured", where: str) -> None:
        """Refuse errors of the events beside values in another unit."""
        for error, converted in zip(self.errors, events.errors, strict=True):
            of_events = error.places and error.is_of_count(events.values)
            if of_events and not converted.is_of_count(events.values):
                raise BadNumbers(
                    f"{where}: expected errors in the unit of `{self.name}`, got `{error.name}`, "
                    "which are those of the numbers of events. Write both in one unit, or say "
                    "`errors='none'` (--errors none) for plain events."
                )

    def _check_no_shares(self, where: str) -> None:
        """Refuse what looks like an efficiency, if no name says that it is none."""
        if are_shares(self.values) and self.kind in _UNSAID:
            raise BadNumbers(
                f"{where}: expected numbers of events, got `{self.name}`, all in [0, 1]: an "
                "efficiency, a probability or a share? If these are events, name it 'count'."
            )

    def times(self, factor: Floats | float) -> "Measured":
        """The same, values and errors multiplied."""
        return replace(
            self,
            values=self.values * factor,
            steps=self.steps * factor,
            errors=tuple(error.times(factor) for error in self.errors),
        )

    def _undivided(self, choices: SpectrumChoices, where: str) -> "tuple[Measured, str]":
        """Densities times the widths of their bins."""
        quantity, unit, widths = self.quantity, self.bins.unit, self.bins.widths
        per = self._range(unit.gev) if quantity.per is None else quantity.per
        if quantity.is_density and np.all(np.abs(widths / per - 1) <= _SAME):
            return self, f" (bins are {per:g} GeV wide)"
        if choices.per_width is False:
            return self, ", not divided by widths as told"
        if self.are_sums:
            return self, ", which are not divided by widths" if choices.per_width else ""
        divided = quantity.is_density or self._looks_divided(unit.gev)
        if choices.per_width is None:
            if divided:
                raise BadValue(self._divided_message(where))
            return self, ""
        if not divided and self._undivided_why():
            if choices.forgiving:
                return self, ", which are not divided by widths"
            raise BadValue(
                f"{where}: per_width (--per-width) is for values that are divided by the widths "
                f"of their bins; `{self.name}` counts events in each, {self._undivided_why()} say. "
                "Leave it out; or name the column 'Events / GeV' if it is divided."
            )
        text = "GeV" if per == 1 else f"{per:g} GeV"
        return self.times(widths / per), f", per {text}, times the widths of the bins"

    def _range(self, gev: float) -> float:
        """The range in GeV that densities without a unit are per: of the masses, or one GeV.

        Errors tell which, if they are those of plain events for one of both.
        """
        of_masses, in_gev = self.quantity.number * gev, self.quantity.number
        if self.quantity.section is None and of_masses != in_gev:
            counted = [
                all(e.times(w).is_of_count(self.values * w) for e in self.errors)
                for w in (self.bins.widths / of_masses, self.bins.widths / in_gev)
            ]
            if self.errors and counted == [False, True]:
                return in_gev
        return of_masses

    def _looks_divided(self, gev: float) -> bool:
        """Whether errors give away that values are divided by the widths of the bins."""
        for error in self.errors:
            slack = error.slack + self.steps / np.where(self.values > 0, self.values, 1.0) / 2
            for widths in (self.bins.widths, self.bins.widths / gev):
                if divided_by_widths(self.values, error.variances, widths, slack):
                    return True
                counted = error.times(widths)
                of_count = counted.is_of_count(self.values * widths)
                if of_count and not error.is_of_count(self.values):
                    return True
        return False

    def _undivided_why(self) -> str:
        """What says that values are not divided by the widths of the bins; "" for nothing."""
        if self.quantity.per_bin:
            return "the words of its name"
        if any(e.what.source != "sys" and e.is_of_count(self.values) for e in self.errors):
            return "its errors"
        return "its whole numbers" if are_whole(self.values) and self.values.any() else ""

    def _divided_message(self, where: str) -> str:
        why = "by its header" if self.quantity.is_density else "by its errors"
        lit = self.quantity.section is not None
        return (
            f"{where}: expected numbers of events, got `{self.name}`, which is {why} divided by "
            "the widths of its bins. Say so with `per_width=True` (--per-width), and it is "
            "multiplied by them; or `per_width=False` (--no-per-width) if it is not divided."
            + (
                " It is a cross section, too: say `luminosity` (--luminosity) as well."
                if lit
                else ""
            )
        )

    def _lit(self, choices: SpectrumChoices, where: str) -> "tuple[Measured, str]":
        """Cross sections times the luminosity."""
        section, luminosity = self.quantity.section, choices.luminosity
        if section is None:
            return self, "" if luminosity is None else ", no cross section to multiply"
        if luminosity is None:
            raise BadValue(
                f"{where}: expected numbers of events, got `{self.name}`, which is a cross "
                "section. Say the integrated luminosity in fb^-1 with `luminosity` "
                "(--luminosity 139), and it is multiplied."
            )
        if not section:
            raise BadValue(
                f"{where}: expected the unit of the cross section `{self.name}` in its name (fb, "
                f"pb, nb), got none. Write it there: '{self.name} [fb]'."
            )
        text = f", in {section}, times {luminosity:g} fb^-1"
        return self.times(IN_FB[section] * luminosity), text

    def _with_variances(
        self, table: SpectrumTable, choices: SpectrumChoices, where: str
    ) -> SpectrumTable:
        counts, whole = table.counts, are_whole(table.counts)
        if choices.exact:
            return table
        if self.errors:
            chosen = choices.error_columns is not None
            found = variances_of(counts, self.errors, where, are_chosen=chosen)
            _check_positive(counts, found.values, self.name, where)
            told = choices.column is not None or choices.per_width or self.quantity.section
            sure = whole or told or self.kind not in _UNSAID
            if not sure and found.values is not None:
                raise BadNumbers(self._unclear_message(where))
            return replace(table, variances=found.values, roles=(*table.roles, found.role))
        if choices.error_columns == ():
            return replace(table, roles=(*table.roles, "no errors, as told: plain events"))
        if whole:
            return replace(table, roles=(*table.roles, "no errors: plain events"))
        raise BadNumbers(self._unknown_message(counts, where))

    def _unclear_message(self, where: str) -> str:
        return (
            f"{where}: expected numbers of events, got `{self.name}`, which neither its name nor "
            "its errors tell from a cross section or anything else. If it is weighted events, say "
            f"so: `column` (--column '{self.name}')."
        )

    def _unknown_message(self, counts: Floats, where: str) -> str:
        first = counts[np.abs(counts - np.rint(counts)) > 0][0]
        text = (
            f"{where}: expected whole numbers, or errors beside them, got `{self.name}` with e.g. "
            f"{first:.6g} and no errors: the variances of weighted events are not known. Add a "
            "column `variance` or `error` (of a histogram: Sumw2)"
        )
        times, steps = (a * self.bins.widths for a in (self.values, self.steps))
        if are_whole(np.round(times, 6)) and np.all(steps <= 1):
            text += "; say --per-width if it is divided by the widths of its bins"
        return f"{text}; or `errors='none'` (--errors none) if these are plain events all the same."


def _snapped(counts: Floats) -> Floats:
    """Counts that a conversion missed by the last digits of a float, as whole numbers."""
    near = np.rint(counts)
    off = np.abs(counts - near)
    return near if bool(np.all(off <= 1e-9 * np.maximum(near, 1.0))) else counts


def _check_positive(counts: Floats, variances: Floats | None, name: str, where: str) -> None:
    if variances is None:
        return
    bad = (variances == 0) & (counts > 0)
    if bad.any():
        k = int(np.argmax(bad))
        raise BadNumbers(
            f"{where}: a bin with a count needs a variance above zero, and bin {k + 1} of "
            f"`{name}` has {counts[k]:g} events with an error of 0. Repair it, or say "
            "`errors='none'` (--errors none) for plain events."
        )
