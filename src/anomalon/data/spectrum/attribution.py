"""Whose errors are these? By name, by the order of HEPData, by the numbers; or it is asked."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from anomalon.core.errors import BadLayout, ColumnMissing, suggest
from anomalon.data.spectrum.bounds import bounds_of
from anomalon.data.spectrum.choices import SpectrumChoices
from anomalon.data.spectrum.consistency import are_whole
from anomalon.data.spectrum.errors import PARTS, Errors, error_groups
from anomalon.data.spectrum.kinds import Kind, Named
from anomalon.data.spectrum.names import words
from anomalon.data.spectrum.sources import with_sources
from anomalon.data.spectrum.vocabulary import COUNT, DATA, EXPECTED, FILLER, NEUTRAL, NUMBER, ODD

__all__ = ["Attributed", "errors_of"]

_OF_EVENTS = DATA | COUNT | NUMBER | NEUTRAL


@dataclass(frozen=True, eq=False)
class Attributed:
    """The errors of a column of values.

    Args:
        errors: In the unit of the values.
        others: What the other columns of errors are, by their places.
        elsewhere: Places of errors of another column of the table.
    """

    errors: tuple[Errors, ...]
    others: dict[int, str]
    elsewhere: frozenset[int] = frozenset()


def errors_of(
    value: Named, columns: Sequence[Named], choices: SpectrumChoices, where: str, *, in_order: bool
) -> Attributed:
    """The errors of one column of values.

    Args:
        value: The column.
        columns: All columns of the table, in the order of the file.
        choices: What the caller says.
        where: The file, for messages.
        in_order: Whether errors follow their values, as HEPData writes them.

    Raises:
        BadLayout: If errors may belong to it or to another column.
        ColumnMissing: If a chosen column of errors is not there.
    """
    groups = error_groups(columns)
    table = _Table(tuple(columns), value, in_order, _repeated(groups))
    owners = [table.owner(group) for group in groups]
    if choices.exact or choices.error_columns == ():
        why = "errors: the numbers are exact" if choices.exact else "errors, as told"
        return Attributed((), {place: why for group in groups for place in group.places})
    told = choices.error_columns is not None
    if choices.error_columns is not None:
        chosen = _chosen(groups, owners, value, columns, choices.error_columns, where)
    else:
        _check_sure(groups, owners, table, where)
        own = [g for g, owner in zip(groups, owners, strict=True) if owner is value]
        chosen = own or bounds_of(value, columns, where)
    used = with_sources(chosen, value, where, told=told, in_order=in_order)
    places = {place for group in used for place in group.places}
    others = {
        place: _said(owner)
        for group, owner in zip(groups, owners, strict=True)
        for place in group.places
        if place not in places
    }
    values = value.column.values
    elsewhere = frozenset(
        place
        for group, owner in zip(groups, owners, strict=True)
        for place in group.places
        if isinstance(owner, Named) and owner is not value
    )
    return Attributed(tuple(group.check(values, where) for group in used), others, elsewhere)


@dataclass(frozen=True, eq=False)
class _Table:
    """Columns among which errors look for their values."""

    columns: tuple[Named, ...]
    value: Named
    in_order: bool
    repeated: bool

    @property
    def values(self) -> list[Named]:
        return [column for column in self.columns if column.is_value]

    def owner(self, group: Errors) -> Named | str | None:
        """The column that errors belong to; what they are else, or None if that is not clear."""
        if group.what.is_of_mass and not self._named(group):
            return "errors of the mass"
        if found := self._named(group):
            return found
        of_others = EXPECTED if group.what.source else EXPECTED.union(*ODD.values())
        follows = self.in_order and group.what.source == "sys"  # "sys,MC stat +" after its value
        if group.what.subject & of_others and not follows:
            return f"errors of {' '.join(sorted(group.what.subject))}, which is not there"
        if len(self.values) == 1:
            return self.values[0]
        if self.in_order or (self.repeated and self._are_interleaved()):
            before = [v for v in self.columns[: group.places[0]] if v.is_value]
            return before[-1] if before else None
        return self._by_numbers(group)

    def _are_interleaved(self) -> bool:
        """Whether errors follow every column of values."""
        kinds = [c.is_value for c in self.columns if c.is_value or c.kind is Kind.ERROR]
        return not any(one and after for one, after in zip(kinds, [*kinds[1:], True], strict=True))

    def _named(self, group: Errors) -> Named | None:
        """The value whose name the name of the errors contains."""
        subject = group.what.subject
        if not subject:
            return None
        said = [(value, frozenset(words(value.name)) - FILLER) for value in self.values]
        bare = {word for word in subject if not word.isdigit()}
        for fits in (
            lambda names: names == subject,
            lambda names: {word for word in names if not word.isdigit()} == bare,
            lambda names: subject <= names,
            lambda names: bool(names) and names <= subject,
        ):
            found = [value for value, names in said if fits(names)]
            if len(found) == 1:
                return found[0]
            if found:
                return None
        if bare <= _OF_EVENTS:
            events = [v for v in self.values if v.kind in (Kind.EVENTS, Kind.NEUTRAL)]
            found = events if events else self.values
            return found[0] if len(found) == 1 else None
        return None

    def _by_numbers(self, group: Errors) -> Named | None:
        """The value of which these are errors of a count, or of a count in another unit."""
        columns = {value: value.column.values for value in self.values}
        fits = [
            v for v, numbers in columns.items() if _relative(group, numbers).is_of_count(numbers)
        ]
        if self.value in fits:
            return self.value
        if len(fits) == 1:
            return fits[0]
        if fits or group.what.scale != "absolute":
            return None
        scaled = [
            value
            for value, numbers in columns.items()
            if any(_are_scaled(group, numbers, n) for v, n in columns.items() if v is not value)
        ]
        return scaled[0] if len(scaled) == 1 else None


def _relative(group: Errors, values: np.ndarray) -> Errors:
    scale = group.what.scale
    return group if scale == "absolute" else group.times(values * PARTS.get(scale, 1.0))


def _are_scaled(group: Errors, values: np.ndarray, counts: np.ndarray) -> bool:
    """Whether values are a scaled count, and these the errors of it, scaled alike."""
    if not (np.isfinite(counts).all() and are_whole(counts) and np.all(values[counts > 0] > 0)):
        return False
    scale = counts / np.where(values > 0, values, 1.0)
    return group.times(scale).is_of_count(counts)


def _repeated(groups: Sequence[Errors]) -> bool:
    """Whether names of errors occur twice, so that only their order says whose they are."""
    names = [re.sub(r"\.\d+$", "", name) for group in groups for name in group.columns]
    return len(set(names)) < len(names)


def _chosen(
    groups: Sequence[Errors], owners: Sequence[Named | str | None], value: Named,
    columns: Sequence[Named], names: tuple[str, ...], where: str,
) -> list[Errors]:  # fmt: skip
    """The groups that the caller names, by a column or by the whole."""
    found: list[Errors] = []
    for name in names:
        same = [i for i, group in enumerate(groups) if _goes_by(group, name)]
        own = [i for i in same if owners[i] is value]
        if not same:
            known = [one for group in groups for one in (*group.columns, group.name)]
            if name in [column.name for column in columns]:
                raise ColumnMissing(
                    f"{where}: errors (--errors): '{name}' is not known as a column of errors. "
                    "Name it 'error' or 'variance', so that it is clear which it is."
                )
            raise ColumnMissing(
                f"{where}: errors (--errors): no column of errors '{name}'; "
                f"{suggest(name, known) if known else 'there is none at all'}"
            )
        if len(same) > 1 and not own:
            raise BadLayout(
                f"{where}: errors (--errors): {len(same)} columns are called '{name}', and none of "
                f"them is known as that of `{value.name}`. Rename them, e.g. '{value.name} error'."
            )
        found += [groups[i] for i in own or same if not any(groups[i] is g for g in found)]
    return found


def _goes_by(group: Errors, name: str) -> bool:
    wanted = name.strip().lower()
    own = [group.name, *group.columns, *(column.rstrip(" +-") for column in group.columns)]
    return wanted in [one.strip().lower() for one in own]


def _check_sure(
    groups: Sequence[Errors], owners: Sequence[Named | str | None], table: _Table, where: str
) -> None:
    """Raise `BadLayout` if errors may be those of the values, or not."""
    for group, owner in zip(groups, owners, strict=True):
        if owner is None:
            values = " or ".join(f"`{value.name}`" for value in table.values)
            raise BadLayout(
                f"{where}: expected errors whose name says to which column they belong, got "
                f"`{group.name}`, which may be the errors of {values}. If they are those of "
                f"`{table.value.name}`, say so with `errors` (--errors '{group.columns[0]}'); if "
                "not, --errors none takes the counts as plain events."
            )


def _said(owner: Named | str | None) -> str:
    if isinstance(owner, Named):
        return f"errors of `{owner.name}`"
    return owner if owner is not None else "errors"
