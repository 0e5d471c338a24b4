"""`read_spectrum`: counts in bins of mass from a file, for people who have only a histogram.

* Text and Parquet: one row per bin with its low and high edge and its count. What each column is,
  and in which unit, is known by its name and by its numbers.
* ROOT and YODA: a one-dimensional histogram; its under- and overflow are left out.
* Any table of events, with `mass` and `edges`: filled here.
"""

from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from anomalon.core.errors import (
    BadLayout,
    BadValue,
    ColumnMissing,
    ConfigError,
    DataError,
    suggest,
)
from anomalon.core.renamed import gathered
from anomalon.data.arrow import open_parquet, read_words
from anomalon.data.recognise import kind_of
from anomalon.data.source import reading
from anomalon.data.spectrum.cells import columns_of
from anomalon.data.spectrum.choices import SpectrumChoices
from anomalon.data.spectrum.choosing import has_bins, spectrum_of
from anomalon.data.spectrum.columns import Block, Column
from anomalon.data.spectrum.decoding import decoded
from anomalon.data.spectrum.filling import filled
from anomalon.data.spectrum.kinds import Kind, named
from anomalon.data.spectrum.pipes import spooled
from anomalon.data.spectrum.root import OF_EVENTS, root_histogram
from anomalon.data.spectrum.table import SpectrumTable
from anomalon.data.spectrum.text import blocks_of_text
from anomalon.data.spectrum.yoda import is_yoda, yoda_histogram

__all__ = ["holds_bins", "read_spectrum"]

PLAIN = SpectrumChoices()
"""The file says everything."""


@gathered(
    "choices", SpectrumChoices, "histogram", "table", "column", "errors", "per_width",
    "luminosity", "unit", "exact", "forgiving",
)  # fmt: skip
def read_spectrum(
    path: str | Path,
    choices: SpectrumChoices = PLAIN,
    *,
    mass: str | None = None,
    edges: ArrayLike | None = None,
    weight: str | None = None,
) -> SpectrumTable:
    """Read counts in bins from a file; what it is, is decided by its content.

    What is not events in any way that the file or the caller says, is refused. `roles` of the
    result says what every part of the file was taken for.

    Args:
        path: The file; "-" for standard input.
        choices: Which histogram, table or column, in which unit, and whatever else the file does
            not say itself.
        mass: For a table of events: the column of masses in GeV.
        edges: For a table of events: the bin edges in GeV.
        weight: For a table of events: the column of weights, if any.

    Raises:
        DataError: If the file is unknown or broken, has no such bins, or holds impossible numbers.
        BadValue: If the options do not go together, or do not say which histogram is meant, or
            something has to be said first: that values are divided by widths, for instance.
    """
    if (mass is None) != (edges is None) or (weight is not None and mass is None):
        raise BadValue(f"{path}: a table of events needs `mass` and `edges`; give both or neither.")
    with spooled(Path(path)) as file:
        kind = kind_of(file, any_encoding=True)
        if mass is not None:
            _check_of_events(choices, str(path))
            return filled(file, kind, mass, np.asarray(edges, dtype=np.float64), weight)
        return _read(file, kind, choices)


def holds_bins(path: Path) -> bool:
    """Whether a text or Parquet file holds bins that join, whatever the values in them are."""
    try:
        kind = kind_of(path, any_encoding=True)
        if kind not in ("text", "Parquet"):
            return False
        if kind == "text" and is_yoda(decoded(path.read_bytes(), str(path))[0]):
            return True
        return any(has_bins(block) for block in _blocks(path, kind))
    except (DataError, ConfigError):
        return False


def _read(path: Path, kind: str, choices: SpectrumChoices) -> SpectrumTable:
    where = str(path)
    text = decoded(path.read_bytes(), where)[0] if kind == "text" else ""
    of_histograms = kind == "ROOT" or is_yoda(text)
    if choices.histogram is not None and not of_histograms and not choices.forgiving:
        raise BadValue(
            f"{path}: `histogram` (--histogram) is for ROOT and YODA files; this one is {kind}. "
            "Use `column` (--column)."
        )
    if choices.table is not None and (kind != "text" or of_histograms) and not choices.forgiving:
        raise BadValue(
            f"{path}: `table` (--table) is for texts with several tables; this one is "
            f"{'YODA' if kind == 'text' else kind}."
        )
    if kind == "ROOT":
        return root_histogram(path, choices)
    if kind in ("HDF5", "npz"):
        raise BadLayout(
            f"{path}: expected a spectrum in text (CSV), Parquet, ROOT or YODA, got {kind}. "
            f"{OF_EVENTS}"
        )
    if of_histograms:
        return yoda_histogram(text, choices, where)
    _check_not_else(text, where)
    blocks = _blocks(path, kind)
    return _one_of(blocks, choices, where)


def _blocks(path: Path, kind: str) -> list[Block]:
    if kind == "text":
        return blocks_of_text(path.read_bytes(), str(path))
    table = open_parquet(path)
    with reading(path, table.layout):
        columns = table.read(list(table.dtypes), 0, table.n_rows)
    if not table.n_rows:
        raise BadLayout(f"{path}: expected bins, got an empty table.")
    found = {name: [Column.binary(name, values)] for name, values in columns.items()}
    words = {name: list(map(str, cells)) for name, cells in read_words(path, table).items()}
    found |= {name: columns_of(name, cells, ".") for name, cells in words.items()}
    order = [*table.dtypes, *table.unread]
    idle = tuple(
        (name, words.get(name, [table.unread[name]])[0])
        for name in table.unread if not found.get(name)
    )  # fmt: skip
    return [Block(tuple(c for name in order for c in found.get(name, [])), idle=idle)]


def _one_of(blocks: list[Block], choices: SpectrumChoices, where: str) -> SpectrumTable:
    """The chosen table, or the only one that is a spectrum."""
    chosen = _numbered(blocks, choices, where)
    if len(chosen) == 1:
        return _said_which(chosen[0], blocks, spectrum_of(chosen[0], choices, where))
    found: list[tuple[Block, SpectrumTable]] = []
    refused: list[tuple[Block, Exception]] = []
    for block in chosen:
        try:
            found.append((block, spectrum_of(block, choices, where)))
        except (DataError, ConfigError) as error:
            refused.append((block, error))
    of_data = [(block, table) for block, table in found if _has_data(block)]
    for only in (found, of_data):
        if len(only) == 1:
            return _said_which(only[0][0], blocks, only[0][1])
    if not found:  # what only has to be said is better news than what cannot be
        bins = [error for block, error in refused if has_bins(block)]
        raise min(
            bins or [error for _, error in refused], key=lambda e: not isinstance(e, ConfigError)
        )
    names = "; ".join(f"{blocks.index(b) + 1}: {_title(b)}" for b, _ in found)
    raise BadValue(
        f"{where}: several tables are spectra ({names}). Choose one with `table` (--table), by "
        "its number or its name."
    )


def _numbered(blocks: list[Block], choices: SpectrumChoices, where: str) -> list[Block]:
    """The tables of the chosen number or name; all if none is chosen."""
    wanted = None if choices.table is None else str(choices.table)
    if wanted is None or (choices.forgiving and len(blocks) == 1):
        return blocks
    if wanted.isdigit() and 1 <= int(wanted) <= len(blocks):
        return [blocks[int(wanted) - 1]]
    for names in (lambda b: [b.name], Block.names):
        found = [block for block in blocks if wanted in names(block)]
        if found:
            return found
    known = [name for block in blocks for name in [block.name or _title(block)]]
    raise ColumnMissing(
        f"{where}: no table '{wanted}' among {len(blocks)}; {suggest(wanted, known)}"
    )


def _has_data(block: Block) -> bool:
    """Whether a table has events that were seen, by a name, and not only expected ones."""
    return any(column.kind is Kind.EVENTS for column in named(block.columns))


def _title(block: Block) -> str:
    values = [column.name for column in named(block.columns) if column.is_value]
    listed = ", ".join(f"`{name}`" for name in values[:3]) or "no values"
    return f"{block.name} ({listed})" if block.name else listed


def _said_which(block: Block, blocks: list[Block], table: SpectrumTable) -> SpectrumTable:
    if len(blocks) == 1:
        return table
    which = f"table {blocks.index(block) + 1} of {len(blocks)}"
    which += f", '{block.name}'" if block.name else ""
    return SpectrumTable(table.counts, table.edges, table.variances, (*table.roles, which))


def _check_of_events(choices: SpectrumChoices, where: str) -> None:
    given = [
        name
        for name in ("histogram", "table", "column", "errors", "per_width", "luminosity", "unit")
        if getattr(choices, name) is not None
    ]
    if given:
        raise BadValue(
            f"{where}: `{given[0]}` is for spectra; with `mass` and `edges` a table of events is "
            "filled. Leave one or the other out."
        )


def _check_not_else(text: str, where: str) -> None:
    """Say what a text is that is no table."""
    head = text.lstrip()[:4000]
    for mark, what in _ELSE_WHAT.items():
        low, found = head.lower(), mark.lower()
        if found in low if mark.endswith(":") else low.startswith(found):
            raise BadLayout(f"{where}: expected a table in text (CSV), got {what}.")


_ELSE_WHAT = {
    "independent_variables:": "HEPData's YAML: download the table as CSV, on the same page",
    "dependent_variables:": "HEPData's YAML: download the table as CSV, on the same page",
    "{": "JSON: write its numbers as CSV with the columns low, high, count and error",
    "<?xml": "XML",
    "<!doctype": "a page in HTML: download the table itself, as CSV",
    "<html": "a page in HTML: download the table itself, as CSV",
    "<": "HTML or XML: write its numbers as CSV with the columns low, high, count and error",
    "---": "YAML: write its numbers as CSV with the columns low, high, count and error",
    "\\begin": "LaTeX: write its numbers as CSV with the columns low, high, count and error",
}
