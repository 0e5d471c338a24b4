"""How values show themselves: on one line, and as a small table in a notebook."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["html_table", "lowest_and_highest", "some"]

_MOST_ROWS = 20


def some(names: Iterable[str], most: int = 6) -> str:
    """Names as a list, and of a long one the beginning.

    Example:
        >>> some(f"x{i}" for i in range(40))
        "['x0', 'x1', 'x2', 'x3', 'x4', 'x5', … (40)]"
    """
    names = list(names)
    if len(names) <= most:
        return str(names)
    return f"[{', '.join(map(repr, names[:most]))}, … ({len(names)})]"


def lowest_and_highest(values: NDArray[Any]) -> tuple[str, str]:
    """The smallest and the largest finite number as texts; dashes if there is none."""
    if not (np.issubdtype(values.dtype, np.number) or values.dtype == np.bool_):
        return "-", "-"
    finite = values[np.isfinite(values)]
    if not len(finite):
        return "-", "-"
    return f"{float(finite.min()):.6g}", f"{float(finite.max()):.6g}"


def html_table(title: str, foot: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A title, a table of at most 20 rows and a line below it, as HTML; every text is escaped."""

    def line(cells: Sequence[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(str(c))}</{tag}>" for c in cells) + "</tr>"

    body = [line(row, "td") for row in rows[:_MOST_ROWS]]
    more = f" ({len(rows) - _MOST_ROWS} more rows are not shown)" if len(rows) > _MOST_ROWS else ""
    return (
        f"<div><p>{escape(title)}</p><table><thead>{line(head, 'th')}</thead>"
        f"<tbody>{''.join(body)}</tbody></table><p>{escape(foot + more)}</p></div>"
    )
