"""`Kind`: what a column of a table of bins is, by its name."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from anomalon.core.units import mass_unit
from anomalon.data.spectrum.columns import Column
from anomalon.data.spectrum.consistency import are_whole
from anomalon.data.spectrum.error_name import ErrorName
from anomalon.data.spectrum.names import plain, words
from anomalon.data.spectrum.quantity import EVENTS, Quantity
from anomalon.data.spectrum.vocabulary import (
    BAND,
    CENTRE,
    COUNT,
    DATA,
    EXPECTED,
    FILLER,
    HIGH,
    INDEX,
    LOW,
    MASS,
    NEUTRAL,
    NUMBER,
    TOTAL,
    WEAK_HIGH,
    WEAK_LOW,
    WIDTH,
)  # fmt: skip

__all__ = ["Kind", "Named", "named"]

_SIGMAS = re.compile(r"[+-]\s*\d\s*(?:sigma|s\.?d)", re.IGNORECASE)
_MAY_COUNT = {"an efficiency", "a limit", "a significance"}  # as "events in acceptance" does
_VALUES = DATA | COUNT | NUMBER | NEUTRAL | EXPECTED


class Kind(Enum):
    """What a column is."""

    LOW = "low edges"
    HIGH = "high edges"
    CENTRE = "centres"
    WIDTH = "widths"
    INDEX = "numbers of bins"
    ERROR = "errors"
    EVENTS = "events"
    EXPECTED = "expected events"
    NEUTRAL = "values"
    UNKNOWN = "unknown"
    EMPTY = "no numbers"
    ODD = "no events"
    BAND = "the edge of a band"


_OF_VALUES = {Kind.EVENTS, Kind.EXPECTED, Kind.NEUTRAL, Kind.UNKNOWN, Kind.ODD}


@dataclass(frozen=True, eq=False)
class Named:
    """A column and what its name says.

    Args:
        column: Its numbers.
        kind: What it is.
        quantity: In which unit, for values.
        error: What kind of errors, for errors.
    """

    column: Column
    kind: Kind
    quantity: Quantity = EVENTS
    error: ErrorName | None = None

    @property
    def name(self) -> str:
        """Of the column."""
        return self.column.name

    @property
    def is_value(self) -> bool:
        """Whether errors may belong to it."""
        return self.kind in _OF_VALUES


def named(columns: Sequence[Column]) -> tuple[Named, ...]:
    """What the names of columns say, in the order of the columns."""
    names = [column.name for column in columns]
    known = [column.name for column in columns if ErrorName.of(column.name, names) is None]
    said = set().union(*(words(name) for name in known))
    weak = (frozenset() if said & LOW else WEAK_LOW) | (frozenset() if said & HIGH else WEAK_HIGH)
    return tuple(_named(column, names, weak) for column in columns)


def _named(column: Column, names: Sequence[str], weak: frozenset[str]) -> Named:
    said = set(words(column.name))
    error = ErrorName.of(column.name, names, percent=column.percent)
    if error is not None:
        return Named(column, Kind.ERROR, error=error)
    quantity = Quantity.of(column.name)
    edge = _edge(column.name, said, quantity, weak)
    if edge is not None:
        return Named(column, edge)
    if quantity.odd in _MAY_COUNT and said & COUNT and are_whole(column.values):
        quantity = replace(quantity, odd="")
    if quantity.odd:
        return Named(column, Kind.ODD, quantity)
    return Named(column, _kind(column, said, quantity), quantity)


def _edge(name: str, said: set[str], quantity: Quantity, weak: frozenset[str]) -> Kind | None:
    """Low or high edges; None for neither, and for the edges of a band around values.

    Args:
        name: Of the column.
        said: Its words.
        quantity: What it says of values.
        weak: Words that mean edges where no other word does.
    """
    rest = said - FILLER
    if len(rest & weak) == 1 and rest <= MASS | weak:
        return Kind.LOW if rest & WEAK_LOW else Kind.HIGH
    low, high = bool(said & LOW), bool(said & HIGH)
    if low == high:
        return None
    limit = quantity.odd == "a limit" and (said & (MASS | {"bin", "bins"}) or mass_unit(name))
    if said & _VALUES - {"number"} or not (quantity.is_events or quantity.odd or _is_mass(said)):
        return None
    if quantity.odd and not limit:
        return None
    return Kind.LOW if low else Kind.HIGH


def _kind(column: Column, said: set[str], quantity: Quantity) -> Kind:
    sides = said & (LOW | HIGH | {"up", "down", "dn", "plus", "minus"})
    if said & BAND or _SIGMAS.search(plain(column.name)) or (sides and said & _VALUES):
        return Kind.BAND
    expected = said & EXPECTED - (TOTAL if said & (DATA | COUNT) else frozenset())
    if "region" in said:  # the data of a signal region are no signal
        expected -= {"signal", "background", "sig", "bkg"}
    if expected:
        return Kind.EXPECTED
    rest = {word for word in said - FILLER if not word.isdigit()}
    if said & (DATA | COUNT) or not (quantity.is_events or _is_mass(said)):
        return Kind.EVENTS
    if said & NUMBER and rest <= NUMBER | INDEX:
        numbers = rest & INDEX or said & {"bin", "bins"} or _counts_rows(column)
        return Kind.INDEX if numbers else Kind.EVENTS
    if said & WIDTH:
        return Kind.WIDTH
    if rest & NEUTRAL and rest <= NEUTRAL:
        return Kind.NEUTRAL
    if said & CENTRE or (rest and rest <= MASS) or mass_unit(column.name) is not None:
        return Kind.CENTRE
    if rest <= INDEX and (said & INDEX or _counts_rows(column)):
        return Kind.INDEX
    return Kind.UNKNOWN if np.isfinite(column.values).any() else Kind.EMPTY


def _is_mass(said: set[str]) -> bool:
    """Whether words are of a mass and nothing else, as in "m / GeV"."""
    rest = {word for word in said - FILLER if not word.isdigit()}
    return bool(rest & (MASS | LOW | HIGH)) and rest <= MASS | CENTRE | LOW | HIGH


def _counts_rows(column: Column) -> bool:
    """Whether a column numbers the rows from 0 or 1."""
    values = column.values
    if len(values) < 2 or values[0] not in (0, 1) or not np.isfinite(values).all():
        return False
    return bool(np.all(np.diff(values) == 1))
