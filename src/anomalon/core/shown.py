"""How a value shows itself in a terminal and in a notebook: one line for each fact, and few."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from html import escape

from anomalon.core.result import Number, Text

__all__ = ["Shown"]

_LONGEST = 60  # of a fact in a terminal, in characters


class Shown(ABC):
    """Something with a short `repr`, and a table of the same facts in a notebook.

    For frozen dataclasses with arrays, declared with `repr=False`: their own representation would
    have a line for each number.
    """

    @abstractmethod
    def facts(self) -> Sequence[Number | Text]:
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


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
