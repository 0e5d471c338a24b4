"""`PerKind`: a number for each kind of object, as the settings of a trigger need them."""

from dataclasses import dataclass, fields

from anomalon.core import check
from anomalon.core.errors import BadValue

__all__ = ["PerKind"]


@dataclass(frozen=True)
class PerKind:
    """A number for each kind of object; in TOML a table, as `{ jet = 50.0, others = 30.0 }`.

    Args:
        others: Of kinds that are not named here; None: none of them has a number.
        electron: Of electrons; and so on for the other kinds.

    Raises:
        BadValue: If one is no number.

    Example:
        >>> PerKind(jet=50.0).of("jet", 0.0), PerKind(jet=50.0).of("muon", 0.0)
        (50.0, 0.0)
    """

    others: float | None = None
    electron: float | None = None
    muon: float | None = None
    tau: float | None = None
    photon: float | None = None
    jet: float | None = None
    bjet: float | None = None
    met: float | None = None
    particle: float | None = None
    constituent: float | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None:
                object.__setattr__(self, field.name, check.number(value, field.name))

    def of(self, kind: str, otherwise: float | None = None) -> float:
        """The number of a kind.

        Raises:
            BadValue: If it has none, and there is nothing to be taken otherwise.
        """
        value: float | None = getattr(self, kind)
        for given in (value, self.others, otherwise):
            if given is not None:
                return given
        raise BadValue(f"expected a number for the kind {kind}, got none. Set it, or `others`.")

    def check(self, where: str, interval: str) -> None:
        """Refuse numbers outside of an interval.

        Raises:
            BadValue: If one is, or this is none of these tables.
        """
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None:
                check.number(value, f"{where}.{field.name}", interval)
