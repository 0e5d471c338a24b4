"""How a value shows itself in a terminal and in a notebook: one line for each fact, and few."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import ArrayLike

from anomalon.core.result import Number, Text

__all__ = ["Fact", "Shown", "extent"]

Fact = Number | Text

_LONGEST = 60  # of a fact in a terminal, in characters


class Shown(ABC):
    """Something with a short `repr`, and a table of the same facts in a notebook.

    For frozen dataclasses with arrays, declared with `repr=False`: their own representation would
    have a line for each number.
    """

    @abstractmethod
    def facts(self) -> Sequence[Fact]:
        """What a reader must know of it, ten facts at most."""

    def __repr__(self) -> str:
        rows = (f"  {fact.name}: {_short(str(fact))}" for fact in self.facts())
        return "\n".join([type(self).__name__, *rows])

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th scope="row" style="text-align:left">{escape(fact.name)}</th>'
            f'<td style="text-align:left">{escape(str(fact))}</td></tr>'
            for fact in self.facts()
        )
        return f"<table><caption>{type(self).__name__}</caption><tbody>{rows}</tbody></table>"


def extent(name: str, values: ArrayLike, unit: str = "", digits: int = 3) -> Number:
    """One number as it is, and of many the smallest and the largest that are finite.

    Example:
        >>> str(extent("limit", [3.5, float("nan"), 12.25])), str(extent("limit", 7.0))
        ('3.5 to 12.2', '7')
    """
    finite = np.asarray(values, dtype=np.float64)
    finite = finite[np.isfinite(finite)]
    if not finite.size:
        return Number(name, None, unit=unit)
    upper = float(finite.max()) if np.size(values) > 1 else None
    return Number(name, float(finite.min()), unit=unit, upper=upper, digits=digits)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
