"""Cells of a text as numbers: decimal commas, thousands, percent, minus signs, "12 ± 3"."""

import re
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from anomalon.core.errors import BadLayout
from anomalon.data.spectrum.columns import Column

__all__ = ["columns_of", "decimal_mark", "is_number", "may_be_decimal"]

_NUMBER = re.compile(r"[+-]?(?:\d+\.?(\d*)|\.(\d+))(?:e([+-]?\d+))?")
_NOT_FINITE = re.compile(r"[+-]?(?:nan|inf|infinity)")
_WITH_COMMA = re.compile(r"[+-]?(?:\d{1,3}(?:\.\d{3})+|\d*),\d+(?:e[+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+")
_GROUPED = re.compile(r"(?<=\d)(?:[\u00a0\u2009\u202f' ](?=\d{3}(?!\d)))")
_LOOKS = re.compile(r"[+-]?[\d.,]+(?:[eEdD][+-]?\d+)?\s*%?")
_LARGEST = 300  # exponent; beyond it a float is infinite
_ASCII = str.maketrans({"−": "-", "–": "-", "\u00a0": " ", "’": "'"})
_SIGNS = re.compile(r"^(?:±|\+/-|\+-|\\pm)\s*")  # of a cell that is an error alone
_AND_ERROR = re.compile(r"(.+?)\s*(?:±|\+/-|\+-|\\pm)\s*(.+)")
_RANGE = re.compile(
    r"[\[(]?\s*(\S+?)\s*(?:\s-\s|(?<=[\d.])-|\bto\b|\.\.|[,;:]\s*)\s*(\S+?)\s*[\])]?"
)


def is_number(cell: str, decimal: str = ".") -> bool:
    """Whether a cell holds a number."""
    return _parsed(cell, decimal) is not None


def decimal_mark(cells: Iterable[str], delimiter: str, where: str) -> str:
    """The decimal mark of the numbers in a table, "." or ",".

    Raises:
        BadLayout: If a comma may be either a decimal mark or one of thousands.
    """
    marked = [c for c in (cell.strip().strip("%").strip() for cell in cells) if _LOOKS.fullmatch(c)]
    commas = [c for c in marked if "," in c]
    if not commas:
        return "."
    both = [c for c in commas if "." in c]
    if both:
        return "," if all(c.rindex(",") > c.rindex(".") for c in both) else "."
    if not all(_THOUSANDS.fullmatch(c) for c in commas):
        return ","
    if delimiter == "," or any(c.count(",") > 1 for c in commas) or any("." in c for c in marked):
        return "."
    raise BadLayout(
        f"{where}: expected one way to read the numbers, got e.g. '{commas[0]}', whose comma may "
        "be a decimal mark or one of thousands. Write the numbers without marks of thousands."
    )


def may_be_decimal(cell: str) -> bool:
    """Whether the only comma of a cell may be a decimal mark as well as one of thousands."""
    return _THOUSANDS.fullmatch(cell.strip()) is not None and cell.count(",") == 1


def columns_of(name: str, cells: Sequence[str], decimal: str) -> list[Column]:
    """The columns that a column of text is: none for words, two for ranges and for "12 ± 3"."""
    column = _column(name, cells, decimal)
    if not column.words:
        return [column]
    pairs = [_AND_ERROR.fullmatch(cell.translate(_ASCII).strip(" $")) for cell in cells]
    if all(pair and is_number(pair[1], decimal) for pair in pairs):
        values, errors = zip(*((pair[1], pair[2]) for pair in pairs if pair), strict=True)
        return [_column(name, values, decimal), _column(f"{name} ±", errors, decimal)]
    ranges = list(_ranges(cells, decimal))
    if len(ranges) == len(cells):
        lows, highs = zip(*ranges, strict=True)
        return [_column(f"{name} LOW", lows, decimal), _column(f"{name} HIGH", highs, decimal)]
    filled = sum(bool(cell.strip()) for cell in cells)
    return [] if len(column.words) == filled else [column]


def _ranges(cells: Sequence[str], decimal: str) -> Iterator[tuple[str, str]]:
    """Low and high of the cells that are ranges: "1000-1100", "(1000, 1100]", "1.0 to 1.1"."""
    for cell in cells:
        if is_number(cell, decimal):
            continue
        found = _RANGE.fullmatch(cell.translate(_ASCII).strip())
        if found and is_number(found[1], decimal) and is_number(found[2], decimal):
            yield found[1], found[2]


def _column(name: str, cells: Sequence[str], decimal: str) -> Column:
    parsed = [_parsed(cell, decimal) for cell in cells]
    words = tuple(
        (row, cell.strip()) for row, (cell, one) in enumerate(zip(cells, parsed, strict=True))
        if one is None and cell.strip()
    )  # fmt: skip
    numbers = [(np.nan, 0.0) if one is None else one for one in parsed]
    values, steps = np.array(numbers, dtype=np.float64).reshape(-1, 2).T
    signed = np.array([cell.strip(" $\t").endswith("%") for cell in cells], dtype=bool)
    telling = np.isfinite(values) & (values != 0)  # zero, "-" and "nan" are the same either way
    percent = bool(signed.any() and signed[telling].all())
    bare = telling & ~signed
    mixed = (cells[int(np.argmax(signed))], cells[int(np.argmax(bare))])
    return Column(
        name, values, steps, percent=percent, words=words,
        mixed=mixed if signed.any() and bare.any() else (),
    )  # fmt: skip


def _parsed(cell: str, decimal: str) -> tuple[float, float] | None:
    """The number in a cell and the unit in its last digit; None if there is none."""
    text = _SIGNS.sub("", cell.translate(_ASCII).strip(" $\t")).lower().removesuffix("%").strip()
    if _NOT_FINITE.fullmatch(text):
        return float(text), 0.0
    text = _GROUPED.sub("", text).replace("d", "e", 1)
    if decimal == "," and "," in text:
        if not _WITH_COMMA.fullmatch(text):
            return None
        text = text.replace(".", "").replace(",", ".")
    elif _THOUSANDS.fullmatch(text.split(".")[0]):
        text = text.replace(",", "")
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    digits = len(found[1] or found[2] or "")
    exponent = min(int(found[3] or 0), _LARGEST) - digits
    return float(text), 10.0**exponent
