"""`SpectrumChoices`: what the caller says of a file, where the file does not say it itself."""

from collections.abc import Sequence
from dataclasses import dataclass

from anomalon.core.errors import BadValue
from anomalon.core.units import MassUnit, mass_unit_named

__all__ = ["SpectrumChoices"]


@dataclass(frozen=True)
class SpectrumChoices:
    """What the caller says of a file.

    Args:
        histogram: Which histogram of a ROOT or YODA file, if there are several.
        table: Which table of a text, by its name or its number from 1, if several are spectra.
        column: Which column has the counts; for ROOT and YODA, the histogram instead of
            `histogram`.
        errors: Which columns are the errors of the counts, by name, or 'none' for plain events;
            known by their names and numbers if not given. Several are added in quadrature.
        per_width: True for values that are divided by the widths of their bins, which are then
            multiplied by them; False for values that only look like it.
        luminosity: Integrated luminosity in fb^-1, by which cross sections are multiplied; what is
            none, is not.
        unit: Of the masses (GeV, TeV, MeV, …), instead of what the file says.
        exact: The numbers are exact expectations: they need no errors, and not be whole.
        forgiving: Leave out `histogram`, `table` and `per_width` where they do not fit the file,
            instead of refusing: for a second file that goes with a first one.

    Raises:
        BadValue: If there is no such unit, the luminosity is not above zero, or the errors are no
            names.
    """

    histogram: str | None = None
    table: str | int | None = None
    column: str | None = None
    errors: str | Sequence[str] | None = None
    per_width: bool | None = None
    luminosity: float | None = None
    unit: str | None = None
    exact: bool = False
    forgiving: bool = False

    def __post_init__(self) -> None:
        if self.luminosity is not None and not 0 < self.luminosity < float("inf"):
            raise BadValue(
                "luminosity (--luminosity): expected an integrated luminosity in fb^-1, above 0, "
                f"got {self.luminosity}."
            )
        _ = self.mass_unit, self.error_columns

    @property
    def mass_unit(self) -> MassUnit | None:
        """The unit of the masses; None if the file should say it."""
        return None if self.unit is None else mass_unit_named(self.unit, "unit (--unit)")

    @property
    def error_columns(self) -> tuple[str, ...] | None:
        """The columns of the errors; () for plain events, None if names should say it."""
        if self.errors is None:
            return None
        names = (self.errors,) if isinstance(self.errors, str) else tuple(self.errors)
        if not all(isinstance(name, str) for name in names):
            raise BadValue(
                f"errors (--errors): expected names of columns, or 'none', got {self.errors!r}."
            )
        return () if [name.lower() for name in names] == ["none"] else names
