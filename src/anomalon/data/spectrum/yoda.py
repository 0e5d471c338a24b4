"""One-dimensional histograms of YODA, the text format of Rivet: HISTO1D, versions 1 to 3.

arXiv:2312.15070 describes the third. Sums of weights and of their squares are per bin, not divided
by its width.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.errors import BadLayout, BadValue, ColumnMissing, suggest
from anomalon.data.spectrum.bins import bins_between
from anomalon.data.spectrum.choices import SpectrumChoices
from anomalon.data.spectrum.errors import errors_from_squares
from anomalon.data.spectrum.kinds import Kind
from anomalon.data.spectrum.measured import Measured
from anomalon.data.spectrum.quantity import Quantity
from anomalon.data.spectrum.table import SpectrumTable

__all__ = ["is_yoda", "yoda_histogram"]

Floats = NDArray[np.floating[Any]]

_BEGIN = re.compile(r"BEGIN\s+YODA_(\w+?)(?:_V\d+)?\s+(\S.*?)\s*$")
_EDGES = re.compile(r"Edges\(A1\):\s*\[(.*)\]")
_ANNOTATION = re.compile(r"(XLabel|YLabel|ScaledBy)\s*[:=]\s*(\S.*)")  # "=" in version 1
_END_OF_LINE = re.compile(r"\r\n|\r|\n")


def is_yoda(text: str) -> bool:
    """Whether a text is YODA's."""
    return re.match(r"(?:#[^\n]*\n|\s)*BEGIN\s+YODA_", text) is not None


@dataclass(frozen=True)
class _Object:
    """One object: its type, its path, its lines, and whether its end is there."""

    kind: str
    path: str
    lines: tuple[str, ...]
    ends: bool = True


def yoda_histogram(text: str, choices: SpectrumChoices, where: str) -> SpectrumTable:
    """A one-dimensional histogram of a YODA file.

    Raises:
        BadLayout: If there is none, or it is not complete.
        BadValue: If there are several and none is chosen, or the choices do not fit.
        ColumnMissing: If there is none of the chosen name.
    """
    found = _chosen(list(_objects(text)), choices.column or choices.histogram, where)
    said = {m[1]: m[2] for line in found.lines if (m := _ANNOTATION.match(line))}
    lows, highs, sums, squares = _sums(found, f"{where}: {found.path}").T
    bins = bins_between(lows, highs, (said.get("XLabel", ""),), choices, where)
    sumw, sumw2 = sums[bins.rows], squares[bins.rows]
    quantity = Quantity.of(said.get("YLabel", ""))
    if quantity.is_density:  # of what YODA draws: the sums are not divided
        quantity = Quantity(section=quantity.section, odd=quantity.odd)
    if choices.error_columns:
        raise BadValue(f"{where}: errors (--errors): a histogram of YODA knows its own, or 'none'.")
    if choices.per_width and not choices.forgiving:
        raise BadValue(
            f"{where}: per_width (--per-width) is for values that are divided by the widths of "
            "their bins; a histogram of YODA holds the sum of weights in each bin, and is divided "
            "only where it is drawn. Leave it out."
        )
    known = not choices.exact and choices.error_columns is None
    errors = (errors_from_squares("sumw2", sumw2),) if known else ()
    numbers = (sumw, np.zeros(len(sumw)), errors, bins)
    measured = Measured(found.path, Kind.EVENTS, quantity, *numbers, are_sums=True)
    table = measured.to_events(choices, where)
    scale = said.get("ScaledBy")
    notes = [f"scaled by {scale} (ScaledBy), so counts are in its unit"] if scale else []
    return replace(table, roles=(*table.roles, bins.role, *notes))


def _chosen(objects: list[_Object], name: str | None, where: str) -> _Object:
    histograms = {o.path: o for o in objects if o.kind == "HISTO1D"}
    if not histograms:
        kinds = sorted({f"YODA_{o.kind}" for o in objects})
        raise BadLayout(
            f"{where}: expected a one-dimensional histogram (YODA_HISTO1D), got {kinds}. Scatters, "
            "estimates and profiles hold heights and not sums of weights; write the histogram they "
            "were made of."
        )
    if name is None and len(histograms) > 1:
        raise BadValue(
            f"{where}: several histograms: {list(histograms)}. Choose one with `histogram` "
            "(--histogram)."
        )
    path = next(iter(histograms)) if name is None else name
    found = histograms.get(path) or histograms.get(f"/{path}")
    if found is None:
        raise ColumnMissing(f"{where}: no histogram '{name}'; {suggest(path, histograms)}")
    return found


def _objects(text: str) -> Iterator[_Object]:
    kind, path = "", ""
    lines: list[str] = []
    for line in _END_OF_LINE.split(text):
        if begin := _BEGIN.match(line.strip()):
            kind, path, lines = begin[1], begin[2], []
        elif line.startswith("END ") and kind:
            yield _Object(kind, path, tuple(lines))
            kind = ""
        else:
            lines.append(line.strip())
    if kind:
        yield _Object(kind, path, tuple(lines), ends=False)


def _sums(found: _Object, where: str) -> Floats:
    """Low edge, high edge, sum of weights and of their squares, shape (bin, 4)."""
    rows = [_numbers(line, where) for line in found.lines if _is_row(line)]
    edges = next((m[1] for line in found.lines if (m := _EDGES.match(line))), None)
    low_edges: list[float] = []
    if edges is not None:
        low_edges = _numbers(edges.replace(",", " "), where)
        if len(rows) == len(low_edges) + 1:  # with underflow and overflow
            pairs = zip(low_edges[:-1], low_edges[1:], rows[1:-1], strict=True)
            rows = [[low, high, *row] for low, high, row in pairs]
        else:
            rows = []
    if not found.ends or not rows or any(len(row) < 4 for row in rows):
        raise BadLayout(
            f"{where}: expected edges and sums of weights of every bin, and END after them, got "
            f"{len(rows)} complete lines. Is the file complete?"
        )
    if any(line.startswith("MaskedBins") and re.search(r"\[.*\d", line) for line in found.lines):
        raise BadLayout(f"{where}: expected a histogram without masked bins.")
    return np.array([row[:4] for row in rows])


def _is_row(line: str) -> bool:
    return re.match(r"[-+.]?\d|[-+]?(?:nan|inf)\b", line) is not None


def _numbers(line: str, where: str) -> list[float]:
    try:
        return [float(cell) for cell in line.split()]
    except ValueError:
        raise BadLayout(f"{where}: expected numbers, got {line[:60]!r}.") from None
