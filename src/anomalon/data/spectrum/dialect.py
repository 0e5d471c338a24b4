"""Between the columns of a text: commas, semicolons, tabs, bars or blanks."""

import csv
import re
from collections.abc import Sequence

from anomalon.data.spectrum.cells import is_number

__all__ = ["BLANK", "delimiter_of", "fields"]

BLANK = " "
_SAMPLE = 200  # lines that show what stands between columns
_DELIMITERS = ("\t", ";", "|", ",", BLANK)
_QUOTED_OR_NOT = re.compile(r'"([^"]*)"|(\S+)')


def fields(line: str, delimiter: str) -> list[str]:
    """The cells of a line."""
    if delimiter == BLANK:
        return [quoted or bare for quoted, bare in _QUOTED_OR_NOT.findall(line)]
    if delimiter == "|":
        line = line.strip().removeprefix("|").removesuffix("|")
    try:
        quote = "'" if line.lstrip().startswith("'") else '"'
        (row,) = csv.reader([line], delimiter=delimiter, quotechar=quote, skipinitialspace=True)
    except (csv.Error, ValueError):  # a quote that does not end
        row = line.split(delimiter)
    return [cell.strip() for cell in row]


def delimiter_of(lines: Sequence[str]) -> str:
    """What stands between the columns: what cuts all lines into as many cells, best of numbers.

    Where nothing does, what is most frequent in the first line, so that a message can say which
    line is odd.
    """
    lines = lines[:_SAMPLE]
    even = []
    for rank, delimiter in enumerate(_DELIMITERS):
        rows = [fields(line, delimiter) for line in lines]
        if len({len(row) for row in rows}) == 1 and len(rows[0]) > 1:
            cells = [cell for row in rows[1:] or rows for cell in row]
            numbers = sum(is_number(c) or is_number(c, ",") for c in cells) / len(cells)
            even.append((-numbers, rank, delimiter))
    if even:
        return min(even)[2]
    found = max(_DELIMITERS[:4], key=lines[0].count)
    return found if lines[0].count(found) else BLANK
