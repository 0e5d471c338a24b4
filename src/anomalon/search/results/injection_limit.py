"""Limits by injection: plain and frozen, the same in memory and in JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from anomalon.core.plain import Plain
from anomalon.core.result import Result, Summary, Text
from anomalon.core.shown import Fact, Shown
from anomalon.search.results.injection_exports import injection_exports
from anomalon.search.results.injection_summary import injection_summary
from anomalon.search.results.scan import DataInfo
from anomalon.search.results.signal_limit import SignalLimit

__all__ = ["InjectionLimitResult"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False, repr=False)
class InjectionLimitResult(Shown, Result):
    """Upper limits on signals, by running the whole search again with each injected.

    Args:
        name: Title that the user gave.
        signals: The limits on each.
        level: Confidence level.
        luminosity: Integrated luminosity in fb^-1; None if cross sections were not asked for.
        acceptance: Share of the signal that is behind the preselection of the data.
        injections: Draws at each strength.
        into: What signal was injected into, "pseudo-data" or "data".
        n_sigma: Standard deviations of the expected bands, shape (5,).
        data: What was searched.
        settings: The search as resolved, plain.
        seed: Root seed.
        citations: Keys of `anomalon.core.bibliography`, of all that was used.
        roles: What the columns of the files were taken for, a sentence each.
    """

    kind: ClassVar[str] = "reach"

    name: str
    signals: tuple[SignalLimit, ...]
    level: float
    luminosity: float | None
    acceptance: float
    injections: int
    into: str
    n_sigma: Floats
    data: DataInfo
    settings: Mapping[str, Plain] = field(default_factory=dict)
    seed: int = 0
    citations: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()

    @property
    def per_event(self) -> float | None:
        """The cross section in fb of one event before the search; None without luminosity."""
        return None if self.luminosity is None else 1.0 / (self.luminosity * self.acceptance)

    def facts(self) -> tuple[Fact, ...]:
        """What its short form says."""
        told = self.summary()
        return (
            Text("name", self.name),
            Text("result", told.verdict),
            *told.numbers[:6],
            Text("data", self.data.source),
        )

    def summary(self) -> Summary:
        """What a reader is told of it."""
        return injection_summary(self)

    def exports(self) -> dict[str, str]:
        """Tables of limits and efficiencies, as CSV and for HEPData."""
        return injection_exports(self)
