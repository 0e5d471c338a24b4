"""How a value shows itself in a terminal and in a notebook: one line for each fact, and few."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from html import escape
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from anomalon.core.result import Number, Text

__all__ = ["Fact", "Shown", "extent"]

Fact = Number | Text

_LONGEST = 60  # of a fact in a terminal, in characters
_MOST = 10  # facts


class Shown:
    """Something with a short `repr`, and a table of the same facts in a notebook.

    For frozen dataclasses with arrays, declared with `repr=False`: their own representation would
    have a line for each number.
    """

    def facts(self) -> Sequence[Fact]:
        """What a reader must know of it, ten facts at most; its fields, if nobody says better."""
        shown = [f.name for f in fields(self) if not f.name.startswith("_")]  # type: ignore[arg-type]
        told = [(name, getattr(self, name)) for name in shown]
        return tuple(_fact(name, value) for name, value in told if value is not None)[:_MOST]

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


def _fact(name: str, value: Any) -> Fact:
    """A number as it is, of an array its extent and shape, of all else the beginning."""
    name = name.replace("_", " ")
    if isinstance(value, np.ndarray):
        shape = f"shape {value.shape}"
        numeric = np.issubdtype(value.dtype, np.number) and value.size
        return Text(name, f"{extent(name, value)}, {shape}" if numeric else shape)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Number(name, float(value), digits=6)
    if isinstance(value, Mapping):
        return Text(name, _short(", ".join(map(str, value))))
    return Text(name, _short(" ".join(str(value).split())))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
