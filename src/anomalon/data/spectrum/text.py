"""Tables in text: from the bytes of a file to columns of numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from anomalon.core.errors import BadLayout
from anomalon.core.units import mass_unit
from anomalon.data.spectrum.cells import columns_of, decimal_mark, is_number, may_be_decimal
from anomalon.data.spectrum.columns import Block, Column
from anomalon.data.spectrum.decoding import decoded
from anomalon.data.spectrum.dialect import BLANK, delimiter_of, fields
from anomalon.data.spectrum.lines import Part, parts_of
from anomalon.data.spectrum.names import words
from anomalon.data.spectrum.vocabulary import HIGH, LOW, WEAK_HIGH, WEAK_LOW

__all__ = ["blocks_of_text"]

_SAMPLE = 200  # lines by which a table is known
_TEV = 1e3  # GeV from which a thousand of a unit is no mass at any collider
_MOST_QUALIFIERS = 20
_HEADER = (
    "Write a first line that names the columns, such as low,high,count or low,high,count,error."
)


def blocks_of_text(content: bytes, where: str) -> list[Block]:
    """The tables in a text, in their order.

    Raises:
        DataError: If it is no text.
        BadLayout: If it has no table, or a line has not one cell for each column.
    """
    text, remark = decoded(content, where)
    parts = list(_joined(parts_of(text)))
    if not parts:
        raise BadLayout(f"{where}: expected a line of column names, got none.")
    blocks = [_block(parts[0], where)] if len(parts) == 1 else list(_tables(parts, where))
    return [replace(block, notes=(remark,) if remark else ()) for block in blocks]


def _joined(parts: Sequence[Part]) -> Iterator[Part]:
    """Parts; one without a header goes on with the table before it."""
    current: Part | None = None
    for part in parts:
        if current is not None and _is_bare(part) and not _is_header_of(part):
            current = replace(current, lines=(*current.lines, *part.lines))
            continue
        if current is not None:
            yield current
        current = part
    if current is not None:
        yield current


def _tables(parts: Sequence[Part], where: str) -> Iterator[Block]:
    """The tables among the parts; a paragraph of text is none."""
    tables = [part for part in parts if _is_table(part)]
    for part in tables or parts[:1]:
        yield _block(part, where)


def _is_table(part: Part) -> bool:
    """Whether most cells under the first line are numbers, so that an odd line is a mistake."""
    below = [line for _, line in part.lines[1:_SAMPLE]]
    delimiter = delimiter_of([line for _, line in part.lines])
    cells = [cell for line in below for cell in fields(line, delimiter) if cell]
    numbers = sum(is_number(c) or is_number(c, ",") for c in cells)
    return numbers > len(cells) / 2


def _is_bare(part: Part) -> bool:
    """Whether the first line has numbers instead of names."""
    first = part.lines[0][1]
    delimiter = delimiter_of([line for _, line in part.lines])
    cells = fields(first, delimiter)
    return all(is_number(c) or is_number(c, ",") for c in cells if c) and any(cells)


def _is_header_of(part: Part) -> bool:
    return bool(_commented_names(part, delimiter_of([line for _, line in part.lines])))


def _commented_names(part: Part, delimiter: str) -> list[str]:
    """The names in the last comment before the numbers, as `numpy.savetxt` writes them."""
    width = len(fields(part.lines[0][1], delimiter))
    for comment in part.comments[:-4:-1]:
        line = comment.lstrip("#%/ ")
        for one in (delimiter, ",", "\t", BLANK):
            names = fields(line, one)
            if len(names) == width and _name_edges(names):
                return names
    return []


def _name_edges(names: Sequence[str]) -> bool:
    """Whether a line names low and high edges, and is no sentence or row of numbers."""
    said = {word for name in names for word in words(name)}
    low, high = said & (LOW | WEAK_LOW), said & (HIGH | WEAK_HIGH)
    return bool(low and high) and not any(is_number(name) for name in names)


def _block(part: Part, where: str) -> Block:
    part = _without_qualifiers(_untitled(part))
    lines = [line for _, line in part.lines]
    delimiter = delimiter_of(lines)
    rows = [(number, fields(line, delimiter)) for number, line in part.lines]
    if _is_bare(part):
        names = _commented_names(part, delimiter)
        if not names:
            raise BadLayout(
                f"{where}: expected a line of column names, got numbers ({lines[0].strip()[:60]}) "
                f"and no line before them that names each. {_HEADER}"
            )
    else:
        names, rows = _with_units(rows[0][1], rows[1:])
    if not rows:
        raise BadLayout(
            f"{where}: expected at least one line of numbers after the names, got none."
        )
    names, cells = _even(names, rows, delimiter, where)
    decimal = decimal_mark((c for row in cells for c in row), delimiter, where)
    if decimal == "." and delimiter == ",":
        _check_thousands(names, list(zip(*cells, strict=True)), where)
    columns: list[Column] = []
    idle = []
    for name, column in zip(names, zip(*cells, strict=True), strict=True):
        found = columns_of(name, column, decimal)
        columns += found
        if not found:
            idle.append((name, next(cell for cell in column if cell)))
    return Block(tuple(columns), part.name, tuple(idle), in_order=part.from_hepdata)


def _check_thousands(names: Sequence[str], columns: Sequence[Sequence[str]], where: str) -> None:
    """Refuse "1,000" under a header of TeV: 1 TeV with a decimal comma, or a thousand of them?"""
    for name, cells in zip(names, columns, strict=True):
        unit = mass_unit(name)
        marked = [cell for cell in cells if may_be_decimal(cell)]
        if marked and unit is not None and unit.gev >= _TEV:
            raise BadLayout(
                f"{where}: expected one way to read the numbers, got e.g. '{marked[0]}' in "
                f"`{name}`, whose comma may be a decimal mark or one of thousands. Write the "
                "numbers without marks of thousands."
            )


def _untitled(part: Part) -> Part:
    """A part without a first line that is a title: one cell over lines with several."""
    below = [line for _, line in part.lines[1:]]
    if len(below) < 2:
        return part
    delimiter = delimiter_of(below)
    widths = {len(fields(line, delimiter)) for line in below}
    title = part.lines[0][1]
    is_title = len(widths) == 1 and max(widths) > 1 and delimiter != BLANK
    if is_title and len(fields(title, delimiter)) == 1 and not is_number(below[0]):
        return replace(part, lines=part.lines[1:])
    return part


def _without_qualifiers(part: Part) -> Part:
    """A part without the lines of HEPData above its names, such as "SQRT(S) [GeV],,,13000"."""
    lines = [line for _, line in part.lines]
    delimiter = delimiter_of(lines)
    for place, line in enumerate(lines[:_MOST_QUALIFIERS]):
        cells = fields(line, delimiter)
        if _name_edges(cells):
            return replace(part, lines=part.lines[place:])
        if len(cells) < 3 or not cells[0] or is_number(cells[0]) or cells[1]:
            return part
    return part


def _with_units(
    names: list[str], rows: list[tuple[int, list[str]]]
) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Names with the units that stand in a line of their own under them."""
    if len(rows) < 2 or len(rows[0][1]) != len(names):
        return names, rows
    cells = rows[0][1]
    if any(is_number(c) or is_number(c, ",") for c in cells) or not any(map(mass_unit, cells)):
        return names, rows
    units = [f" [{cell.strip('[]() ')}]" if cell.strip("[]() ") else "" for cell in cells]
    return [name + unit for name, unit in zip(names, units, strict=True)], rows[1:]


def _even(
    names: list[str], rows: Sequence[tuple[int, list[str]]], delimiter: str, where: str
) -> tuple[list[str], list[list[str]]]:
    """Names and rows of one length: without empty last cells, and with a name for row numbers."""
    n = len(names)
    while n > 1 and not names[n - 1] and not any(any(row[n - 1 : n]) for _, row in rows):
        n -= 1
    cells = [row[:n] if not any(row[n:]) else row for _, row in rows]
    names = names[:n]
    if all(len(row) == n + 1 for row in cells) and _counts_rows([row[0] for row in cells]):
        return ["", *names], cells  # R leaves out the name of its row numbers
    for (number, _), row in zip(rows, cells, strict=True):
        if len(row) != n:
            raise BadLayout(
                f"{where}: expected {n} fields in every line ({', '.join(names)}), got "
                f"{len(row)} in line {number}: {delimiter.join(row)!r}. "
                + _remedy(n, row, delimiter)
            )
    return names, cells


def _counts_rows(cells: Sequence[str]) -> bool:
    return len(cells) > 1 and list(cells) == [str(i) for i in range(1, len(cells) + 1)]


def _remedy(n: int, row: Sequence[str], delimiter: str) -> str:
    if delimiter == "," and len(row) == 2 * n:
        return (
            "If commas are decimal marks, nothing separates the columns: write decimal points, or "
            "semicolons between the columns."
        )
    return "Is the file complete?"
