"""`Value`: a number with its uncertainty, rounded as the Particle Data Group does when shown."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from anomalon.core.rounding import decimals

__all__ = ["Value"]


@dataclass(frozen=True, order=False)
class Value:
    """A number and its uncertainty (one standard deviation).

    It converts to float, compares with numbers by its value, unpacks into (value, uncertainty),
    and prints with the Particle Data Group's rounding: two digits of an uncertainty that begins
    with 100…354 or 950…999, one of the others (Review of Particle Physics, introduction, 5.3).

    Args:
        value: The number.
        uncertainty: Its standard deviation, or NaN if it is not known.

    Example:
        >>> Value(11.3217, 0.2749)
        11.32 ± 0.27
        >>> Value(0.82749, 0.0419) > 0.8, float(Value(2.0, 0.1)), f"{Value(2.0, 0.1):.2f}"
        (True, 2.0, '2.00 ± 0.10')
        >>> value, uncertainty = Value(1520.0, 37.2)
    """

    value: float
    uncertainty: float

    def __float__(self) -> float:
        return float(self.value)

    def __iter__(self) -> Iterator[float]:
        return iter((self.value, self.uncertainty))

    def __lt__(self, other: Any) -> bool:
        return float(self) < float(other)

    def __le__(self, other: Any) -> bool:
        return float(self) <= float(other)

    def __gt__(self, other: Any) -> bool:
        return float(self) > float(other)

    def __ge__(self, other: Any) -> bool:
        return float(self) >= float(other)

    def __round__(self, digits: int = 0) -> float:
        return round(float(self.value), digits)

    def __format__(self, spec: str) -> str:
        if not spec:
            return repr(self)
        return f"{self.value:{spec}} ± {self.uncertainty:{spec}}"

    def __repr__(self) -> str:
        if not math.isfinite(self.uncertainty) or self.uncertainty <= 0:
            return f"{self.value:.6g} ± {self.uncertainty:.2g}"
        digits = decimals(self.uncertainty)
        value, uncertainty = round(self.value, digits), round(self.uncertainty, digits)
        shown = max(digits, 0)
        return f"{value:.{shown}f} ± {uncertainty:.{shown}f}"
