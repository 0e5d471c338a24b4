"""`SpectrumFile`: a spectrum in a file, and what has to be said about it."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from anomalon.core import check
from anomalon.core.config import digest
from anomalon.core.errors import BadValue
from anomalon.data import SpectrumChoices, read_spectrum
from anomalon.stats import Spectrum

__all__ = ["Read", "SpectrumFile", "digest_of"]


@dataclass(frozen=True)
class Read:
    """What a file gave.

    Args:
        spectrum: The bins that are used.
        roles: What every part of the file was taken for, a sentence each.
    """

    spectrum: Spectrum
    roles: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Of the numbers, whatever file they were in."""
        return digest_of(self.spectrum)


@dataclass(frozen=True)
class SpectrumFile:
    """A spectrum in a file.

    Args:
        file: The file: text (CSV), Parquet, ROOT, YODA, HEPData, UHI.
        histogram: Name of a histogram in a ROOT or YODA file.
        table: Table in a text with several, by its name or its number.
        column: Column of the counts, if there are several.
        errors: Columns of the errors of the counts, if names and numbers do not say it.
        per_width: Values are divided by the widths of their bins, or are not although it looks
            like it; None: as the file says.
        unit: Unit of the masses, whatever the file says.
        range: Use the bins between these masses, in GeV.

    Raises:
        BadValue: If the range is none.
    """

    file: Path
    histogram: str | None = None
    table: str | None = None
    column: str | None = None
    errors: tuple[str, ...] = ()
    per_width: bool | None = None
    unit: str | None = None
    range: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if self.range is not None:
            low, high = (check.number(end, "range", "(-inf, inf)") for end in self.range)
            if not low < high:
                raise BadValue(f"range: expected LOW < HIGH, got {low:g} and {high:g}.")
            object.__setattr__(self, "range", (low, high))

    def read(self, *, luminosity: float | None = None, **others: Any) -> Read:
        """The spectrum in it.

        Args:
            luminosity: In fb^-1; cross sections are multiplied by it.
            others: Fields of `SpectrumChoices`, instead of those here.

        Raises:
            BadLayout, BadNumbers, BadValue, ColumnMissing, DataError: As `read_spectrum`.
        """
        choices = SpectrumChoices(
            histogram=self.histogram,
            table=self.table,
            column=self.column,
            errors=self.errors or None,
            per_width=self.per_width,
            luminosity=luminosity,
            unit=self.unit,
        )
        table = read_spectrum(self.file, replace(choices, **others))
        whole, roles = Spectrum.of(table), tuple(table.roles)
        if self.range is None:
            return Read(whole, roles)
        used = whole.between(*self.range)
        return Read(used, (*roles, _what_is_left(whole, used, *self.range)))


def digest_of(spectrum: Spectrum) -> str:
    """SHA-256 of the numbers, whatever file they were in."""
    return digest(spectrum.edges, spectrum.counts, spectrum.variance)


def _what_is_left(whole: Spectrum, used: Spectrum, low: float, high: float) -> str:
    """The bins of a range, and those that it cuts through."""
    ends = used.edges[[0, -1]]
    text = (
        f"--range {low:g} {high:g}: {used.n_bins} of {whole.n_bins} bins, "
        f"from {ends[0]:g} to {ends[1]:g} GeV"
    )
    inside = (low, ends[0]), (ends[1], high)  # from the range to the bins at either end
    apart = [b - a > 1e-6 * (ends[1] - ends[0]) for a, b in inside]
    there = [whole.edges[0] < low, high < whole.edges[-1]]
    cut = sum(a and b for a, b in zip(apart, there, strict=True))
    if cut:
        text += f"; it cuts through {'a bin' if cut == 1 else 'two bins'}, left out"
    return text
