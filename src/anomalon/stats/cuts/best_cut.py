"""The best cut of a search, with its figures."""

from dataclasses import dataclass
from typing import Any

from anomalon.core.plain import to_plain
from anomalon.stats.cuts.cut import Cut
from anomalon.stats.cuts.figures_of_merit import Purpose
from anomalon.stats.numerics.value import Value

__all__ = ["BestCut"]


@dataclass(frozen=True, eq=False)
class BestCut:
    """A cut, and what it is worth on events that had no part in the choice.

    Args:
        cut: The cut.
        figure: Name of the figure of merit, or "signal efficiency" of a working point.
        purpose: "discovery" or "limit": what it was optimised for.
        warning: What a reader must know about the purpose; empty if nothing.
        optimised: The figure on the events that it was chosen on: too good.
        value: The figure on the other events, with the uncertainty that their number gives it;
            NaN if there are none. Quote this one.
        optimism: `optimised` - `value`.
        s: Signal events on the other events, scaled to all; on those of the choice if there are
            none.
        b: Background events, likewise.
        signal_efficiency: The share of the signal, likewise.
        background_efficiency: The share of the background, likewise.
    """

    cut: Cut
    figure: str
    purpose: Purpose
    warning: str
    optimised: float
    value: Value
    optimism: float
    s: Value
    b: Value
    signal_efficiency: Value
    background_efficiency: Value

    def to_dict(self) -> dict[str, Any]:
        """The numbers as plain lists, for JSON and the report."""
        shown = {
            name: list(value) if isinstance(value, Value) else value
            for name, value in vars(self).items()
            if name != "cut"
        }
        cut = {name: getattr(self.cut, name) for name in ("low", "high", "names")}
        return dict(to_plain({"cut": str(self.cut)} | cut | shown))
