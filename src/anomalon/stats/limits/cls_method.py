"""`ClsMethod`: how CLs is computed, as one value."""

from dataclasses import dataclass
from typing import Literal

from anomalon.stats.limits.count_data import Constraint, one_of

__all__ = ["Calculation", "ClsMethod", "Constraint", "Statistic"]

Statistic = Literal["qtilde", "q"]
Calculation = Literal["asymptotic", "exact"]


@dataclass(frozen=True)
class ClsMethod:
    """How CLs is computed.

    Args:
        calculation: "asymptotic" or "exact"; the latter for single counts, with a background that
            is known or has a "gamma" constraint.
        constraint: What is known of the background, "gamma", "gaussian" or "log_normal".
        statistic: "qtilde", with no negative signal in the best fit, or "q"; of asymptotic limits.

    Raises:
        BadValue: If it is none of these.
    """

    calculation: Calculation = "asymptotic"
    constraint: Constraint = "gamma"
    statistic: Statistic = "qtilde"

    def __post_init__(self) -> None:
        one_of(self.calculation, Calculation, "method")
        one_of(self.constraint, Constraint, "constraint")
        one_of(self.statistic, Statistic, "statistic")

    @classmethod
    def of(cls, method: "Calculation | ClsMethod") -> "ClsMethod":
        """From its name, or as it is."""
        return method if isinstance(method, cls) else cls(method)  # type: ignore[arg-type]
