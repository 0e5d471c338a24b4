"""`Choices`: what the caller says of a file, where the file does not say it itself."""

from dataclasses import dataclass

from anomalon.core.errors import BadValue
from anomalon.core.units import MassUnit, mass_unit_named

__all__ = ["Choices"]


@dataclass(frozen=True)
class Choices:
    """What the caller says of a file.

    Args:
        histogram: Which histogram of a ROOT or YODA file.
        table: Which table of a text with several, by name or by number from 1.
        column: Which column has the counts.
        errors: Which columns are their errors; () for none, None if the names should say it.
        per_width: True if the values are divided by the widths of their bins, False if not, None
            if header and numbers should say it.
        luminosity: That makes events of cross sections, in fb^-1.
        unit: Of the masses.
        exact: Whether the numbers are exact expectations, which need no errors.
        forgiving: Whether a choice that does not fit the file is left out instead of refused.
    """

    histogram: str | None = None
    table: str | None = None
    column: str | None = None
    errors: tuple[str, ...] | None = None
    per_width: bool | None = None
    luminosity: float | None = None
    unit: MassUnit | None = None
    exact: bool = False
    forgiving: bool = False

    @classmethod
    def of(
        cls,
        *,
        errors: object,
        unit: str | None,
        luminosity: float | None,
        table: str | int | None,
        **others: object,
    ) -> "Choices":
        """The choices as the arguments of `read_spectrum`, checked.

        Raises:
            BadValue: If there is no such unit, or the luminosity is not above zero.
        """
        if luminosity is not None and not 0 < luminosity < float("inf"):
            raise BadValue(
                "luminosity (--luminosity): expected an integrated luminosity in fb^-1, above 0, "
                f"got {luminosity}."
            )
        return cls(
            errors=_names(errors),
            unit=None if unit is None else mass_unit_named(unit, "unit (--unit)"),
            luminosity=luminosity,
            table=None if table is None else str(table),
            **others,  # type: ignore[arg-type]
        )


def _names(errors: object) -> tuple[str, ...] | None:
    if errors is None:
        return None
    names = (errors,) if isinstance(errors, str) else tuple(errors)  # type: ignore[arg-type]
    if not all(isinstance(name, str) for name in names):
        raise BadValue(f"errors (--errors): expected names of columns, or 'none', got {errors!r}.")
    if [name.lower() for name in names] == ["none"]:
        return ()
    return names
