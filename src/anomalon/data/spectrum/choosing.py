"""Which column of a table of bins has the counts, and what the others are."""

from collections.abc import Sequence
from dataclasses import replace

from anomalon.core import check
from anomalon.core.errors import BadLayout, BadNumbers, ColumnMissing, suggest
from anomalon.data.spectrum.attribution import errors_of
from anomalon.data.spectrum.bins import Bins, find_bins
from anomalon.data.spectrum.choices import SpectrumChoices
from anomalon.data.spectrum.columns import Block
from anomalon.data.spectrum.companions import with_widths_of_the_data
from anomalon.data.spectrum.consistency import are_whole
from anomalon.data.spectrum.doubts import check_nothing_weighted
from anomalon.data.spectrum.error_name import ErrorName
from anomalon.data.spectrum.kinds import Kind, Named, named
from anomalon.data.spectrum.measured import Measured
from anomalon.data.spectrum.names import words
from anomalon.data.spectrum.table import SpectrumTable
from anomalon.data.spectrum.unnamed import with_unnamed_errors
from anomalon.data.spectrum.vocabulary import DATA, NUMBER

__all__ = ["has_bins", "spectrum_of"]


def spectrum_of(block: Block, choices: SpectrumChoices, where: str) -> SpectrumTable:
    """The spectrum in a table of bins.

    Raises:
        DataError: If it has no bins, no counts, or impossible numbers.
        BadValue: If it has to be said how its values become events.
    """
    columns = named(block.columns)
    check.distinct([c.name for c in columns if c.kind is not Kind.ERROR], f"{where}: columns")
    bins = find_bins(columns, choices, where)
    columns = tuple(replace(c, column=c.column.taken(bins.rows)) for c in columns)
    value = _value(columns, block, choices, where)
    columns = tuple(value if c.column is value.column else c for c in columns)
    columns, unnamed = with_unnamed_errors(columns, value)
    _check_cells(value, columns, block, choices, where)
    found = errors_of(value, columns, choices, where, in_order=block.in_order)
    used = {place for error in found.errors for place in error.places}
    if not used:
        idle = [
            c
            for place, c in enumerate(columns)
            if c.name not in bins.names and place not in found.elsewhere
        ]
        check_nothing_weighted(idle, value, choices, where)
    choices, beside = with_widths_of_the_data(value, columns, bins, choices, where)
    numbers = (value.column.values, value.column.steps, found.errors, bins)
    table = Measured(value.name, value.kind, value.quantity, *numbers).to_events(choices, where)
    rest = [
        (column, found.others.get(place, ""))
        for place, column in enumerate(columns)
        if place not in used and column is not value and column.name not in bins.names
    ]
    roles = (*table.roles, bins.role, *beside, *unnamed, *_left_out(rest, block, bins))
    return SpectrumTable(table.counts, table.edges, table.variances, roles)


def has_bins(block: Block) -> bool:
    """Whether a table is one of bins, readable or not."""
    try:
        find_bins(named(block.columns), SpectrumChoices(), "")
    except (BadLayout, BadNumbers):
        return False
    return True


def _value(columns: Sequence[Named], block: Block, choices: SpectrumChoices, where: str) -> Named:
    """The column of counts."""
    if choices.column is not None:
        return _told(columns, choices.column, where)
    events = [c for c in columns if c.kind is Kind.EVENTS]
    plain = [c for c in events if c.quantity.is_events]
    if len(plain) == 1 and not _stands_beside_measured(plain[0], columns):
        return plain[0]
    unsaid = [c for c in columns if c.kind in (Kind.NEUTRAL, Kind.UNKNOWN)]
    found = plain or [*events, *unsaid]
    if len(plain) == 1:  # "val, err, n": n may be their entries
        found = [*plain, *(c for c in unsaid if c.kind is Kind.NEUTRAL)]
    if not events:  # expected events stand back behind those that were seen
        found += [c for c in columns if c.kind is Kind.EXPECTED]
    odd = [c for c in columns if c.kind is Kind.ODD]
    if not found:  # a column called "n" that runs like the numbers of bins
        rows = [c for c in columns if c.kind is Kind.INDEX and set(words(c.name)) <= NUMBER]
        found = [replace(c, kind=Kind.EVENTS) for c in rows if c.name]
    if not found and odd:
        raise BadNumbers(
            f"{where}: expected numbers of events, got `{odd[0].name}`, which by its name is "
            f"{odd[0].quantity.odd}. If these are events, rename it."
        )
    if len(found) != 1:
        names = [c.name for c in found or columns if c.kind not in (Kind.LOW, Kind.HIGH)]
        wordy = ", ".join(f"`{name}` with e.g. {word!r}" for name, word in block.idle[:3])
        raise BadLayout(
            f"{where}: expected one column of counts (named 'count', for instance), got {names}"
            + (f" (and without numbers {wordy})" if wordy and not found else "")
            + ". Choose one with `column` (--column)."
        )
    if found[0].kind is Kind.UNKNOWN and not are_whole(found[0].column.values):
        raise BadLayout(
            f"{where}: expected a column of counts (named 'count', for instance), got "
            f"`{found[0].name}`, which may be anything. If it is events, say so with `column` "
            f"(--column '{found[0].name}')."
        )
    return found[0]


def _stands_beside_measured(count: Named, columns: Sequence[Named]) -> bool:
    """Whether values with errors that may be theirs stand beside a column of counts."""
    named = set(words(count.name)) & (DATA | {"count", "counts", "events"})
    values = [c for c in columns if c.kind is Kind.NEUTRAL]
    errors = [c.error for c in columns if c.error is not None and not c.error.is_of_mass]
    of_count = any(e.subject & set(words(count.name)) for e in errors)
    return bool(values and errors) and not named and not of_count


def _check_cells(
    value: Named, columns: Sequence[Named], block: Block, choices: SpectrumChoices, where: str
) -> None:
    """Refuse values that are no numbers, and errors in two units."""
    value.column.check(f"{where}: '{value.name}'")
    value.column.check_unit(where)
    if value.column.percent:
        raise BadNumbers(f"{where}: expected numbers of events, got `{value.name}` in percent.")
    if choices.exact or choices.error_columns == ():
        return
    for column in columns:
        if column.kind is Kind.ERROR:
            column.column.check_unit(where)
    _check_errors_are_numbers(block, choices, where)


def _check_errors_are_numbers(block: Block, choices: SpectrumChoices, where: str) -> None:
    """Refuse errors that are written in another way than as numbers: leaving them out is wrong."""
    for name, word in block.idle:
        is_error = ErrorName.of(name, block.names()) is not None
        if (
            is_error
            and any(map(str.isdigit, word))
            and choices.error_columns is None
            and not choices.exact
        ):
            raise BadLayout(
                f"{where}: expected errors as numbers, got `{name}` with e.g. {word!r}. Write "
                "numbers there, or say `errors` (--errors): another column, or none."
            )


def _told(columns: Sequence[Named], name: str, where: str) -> Named:
    known = {c.name: c for c in columns if c.kind not in (Kind.LOW, Kind.HIGH)}
    folded = {key.strip().lower(): key for key in known}
    found = known.get(name) or known.get(folded.get(name.strip().lower(), ""))
    if found is None:
        raise ColumnMissing(f"{where}: no column '{name}'; {suggest(name, known)}")
    if found.is_value:
        return found
    return Named(found.column, Kind.UNKNOWN, found.quantity)


def _left_out(rest: Sequence[tuple[Named, str]], block: Block, bins: Bins) -> list[str]:
    """What was left out, and what is remarkable about the file.

    Args:
        rest: Columns that were not used, and whose errors they are.
        block: The table.
        bins: Its bins.
    """
    idle = []
    for column, errors in rest:
        what = column.quantity.odd if column.kind is Kind.ODD else column.kind.value
        why = errors or ("" if column.is_value and column.kind is not Kind.ODD else what)
        name = f"`{column.name}`" if column.name else "a column without name"
        idle.append(name + (f" ({why})" if why else ""))
    idle += [f"`{name}` (no numbers)" for name, _ in block.idle]
    said = [f"left out: {', '.join(idle)}"] if idle else []
    if bins.outside:
        said.append(f"left out: {bins.outside} rows that reach to infinity")
    return [*said, *block.notes]
