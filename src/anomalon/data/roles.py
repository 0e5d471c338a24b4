"""`event_roles`: what `load` takes every column of a file of events for, and what it leaves out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anomalon.core.units import mass_unit
from anomalon.data.columns import Columns
from anomalon.data.recognise import recognise
from anomalon.data.source import Source
from anomalon.data.table import TableSource

__all__ = ["EventRoles", "event_roles", "roles_of"]

_WEIGHT = re.compile(r"weight(?!ed)|wgt|(?:^|[^a-z])(?:w|wt|wts)(?:\d+)?$|^(?:w|wt)_")
_NO_WEIGHT = re.compile(r"unweight|weightless|weight_?(?:vector|loss)")
_SHOWN = 12  # columns that a sentence names


@dataclass(frozen=True)
class EventRoles:
    """Which column of a file of events is what.

    Args:
        layout: What the file was recognised as.
        mass: Column of the resonant mass; None if the columns were not said, or the layout has
            none (particles, jets).
        features: Pairs (name in the sample, column in the file).
        weight: Column of event weights; None if all events count as one.
        label: Column of the truth, which no method sees.
        event: Column of event identities; None for the numbers of rows.
        scale: Factor on the mass.
        left_out: Columns that are not used.
        doubts: What may be wrong, a sentence each: a column left out that is named like a weight.
    """

    layout: str
    mass: str | None = None
    features: tuple[tuple[str, str], ...] = ()
    weight: str | None = None
    label: str | None = None
    event: str | None = None
    scale: float = 1.0
    left_out: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

    @property
    def used(self) -> tuple[str, ...]:
        """What is read, a sentence each."""
        if self.mass is None:
            return (self.layout,)
        factor = "" if self.scale == 1.0 else f", times {self.scale:g}"
        columns = [f"`{column}`" + (f" as {name}" if name != column else "")
                   for name, column in self.features]  # fmt: skip
        weight = f"weights from `{self.weight}`" if self.weight else "no weights: each counts one"
        said = [f"mass in GeV from `{self.mass}`{factor}", f"features {_listed(columns)}", weight]
        if self.label is not None:
            said.append(f"truth from `{self.label}`, kept from the methods")
        said.append(f"identities of events from `{self.event}`" if self.event else
                    "identities of events: the numbers of rows")  # fmt: skip
        return tuple(said)

    @property
    def said(self) -> tuple[str, ...]:
        """All of it, a sentence each, with what is left out and what may be wrong."""
        names = [f"`{name}`" for name in self.left_out]
        left_out = (f"left out: {_listed(names)}",) if names else ()
        return (*self.used, *left_out, *self.doubts)


def event_roles(path: str | Path, **options: Any) -> EventRoles:
    """What `load(path, **options)` takes every column for. Reads names and types, no events.

    Args:
        path: The file.
        **options: As for `load`.

    Raises:
        DataError: If the file is unknown or broken, or a column is not there.
        ConfigError: If an option is unknown or impossible.
    """
    return roles_of(recognise(path, options))


def roles_of(source: Source) -> EventRoles:
    """The roles of the columns of a recognised file."""
    if not isinstance(source, TableSource):
        return EventRoles(source.layout, left_out=source.unread)
    columns, table = source.columns, source.table
    if columns is None:
        return EventRoles(source.layout, left_out=tuple(table.unread))
    used = set(columns.names())
    left_out = tuple(name for name in [*table.dtypes, *table.unread] if name not in used)
    return EventRoles(
        layout=source.layout,
        mass=columns.mass,
        features=columns.features,
        weight=columns.weight,
        label=columns.label,
        event=columns.event,
        scale=columns.scale,
        left_out=left_out,
        doubts=(*_weights(columns, left_out), *_unit(columns)),
    )


def _weights(columns: Columns, left_out: Sequence[str]) -> list[str]:
    """Columns that are named like a weight of events, and are not used."""
    found = [name for name in left_out if _is_weight(name)]
    if not found:
        return []
    names = _listed([f"`{name}`" for name in found])
    if columns.weight is not None:
        return [f"left out beside the weight `{columns.weight}`, named like weights: {names}"]
    text = f"left out, although named like weights of events: {names}. If they are, say `weight`; "
    return [text + "without it every event counts as one"]


def _is_weight(name: str) -> bool:
    low = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    return _WEIGHT.search(low) is not None and _NO_WEIGHT.search(low) is None


def _unit(columns: Columns) -> list[str]:
    """A unit in the name of the mass that the scale does not agree with."""
    unit = None if columns.mass is None else mass_unit(columns.mass)
    if unit is None or abs(unit.gev / columns.scale - 1) < 1e-9:
        return []
    text = f"`{columns.mass}` says {unit.name}, but is taken times {columns.scale:g} as GeV"
    return [f"{text}: `scale` = {unit.gev:g}?"]


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
