"""One variance for each count, from all uncertainties that a file gives of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.errors import BadLayout, BadNumbers
from anomalon.data.spectrum.consistency import are_whole
from anomalon.data.spectrum.errors import Errors

__all__ = ["Variances", "variances_of"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Variances:
    """The variances of counts.

    Args:
        values: Shape (bin,); None for plain events.
        role: Where they come from, a sentence.
    """

    values: Floats | None
    role: str


def variances_of(
    counts: Floats, errors: Sequence[Errors], where: str, *, are_chosen: bool
) -> Variances:
    """The variances of counts from their errors.

    Statistical and systematic errors are added in quadrature. Statistical errors of plain events
    are left to the counts; without any, those of whole numbers are.

    Args:
        counts: Events, shape (bin,).
        errors: Of them.
        where: The file, for messages.
        are_chosen: Whether the caller chose these errors, and no others.

    Raises:
        BadLayout: If two errors contradict each other.
        BadNumbers: If there are only systematic errors, and the counts are not whole.
    """
    used = _consistent(list(errors), where, are_chosen=are_chosen)
    stat, sys = _parted(used)
    names = _listed(used)
    plain = all(e.is_of_count(counts) for e in stat)
    if not stat and not are_whole(counts):
        if not are_chosen:
            raise BadNumbers(
                f"{where}: expected statistical errors beside {names}, for the counts are not "
                "whole numbers. Add a column `variance`, or say `errors` (--errors) if these are "
                "all errors."
            )
        plain = False
    if plain and not sys:
        return Variances(None, f"errors from {names}: those of plain events")
    squares = sum((e.variances for e in [*sys, *([] if plain else stat)]), np.zeros(len(counts)))
    if plain:
        squares = squares + counts
        source = "the counts" if not stat else f"{_listed(stat)} (those of plain events)"
        text = f"errors from {source} and {_listed(sys)}, added in quadrature"
        return Variances(squares, f"{text} (--errors chooses; none: plain events)")
    text = f"errors from {names}"
    if len(used) > 1:
        text += ", added in quadrature (--errors chooses among them)"
    return Variances(squares, text)


def _parted(errors: Sequence[Errors]) -> tuple[list[Errors], list[Errors]]:
    """Errors that count events, and errors that do not."""
    sys = [e for e in errors if e.what.source == "sys"]
    return [e for e in errors if e.what.source != "sys"], sys


def _listed(errors: Sequence[Errors]) -> str:
    return ", ".join(f"`{e.name}`" + (f" ({e.note})" if e.note else "") for e in errors)


def _consistent(errors: list[Errors], where: str, *, are_chosen: bool) -> list[Errors]:
    """Errors that say different things: a total stands for its parts, and no square for itself."""
    once: list[Errors] = []
    for error in errors:
        same = [e for e in once if e.equal(error.variances) and not _are_parts(e, error)]
        if same:
            once[once.index(same[0])] = replace(same[0], note=f"as `{error.name}`")
        else:
            once.append(error)
    if are_chosen:
        return once
    whole = [e for e in once if e.what.source == "total"]
    bare = [e for e in once if not e.what.source]
    if len(whole) == 1 and len(once) > 1:
        return [replace(whole[0], note="the total of all")]
    parts = [e for e in once if e.what.source in ("stat", "sys")]
    if len(bare) == 1 and len(parts) > 1 and bare[0].equal(_sum(parts)):
        return [replace(bare[0], note="the sum of the others in quadrature")]
    stats = [e for e in parts if e.what.source == "stat"]
    if len(whole) > 1 or len([*bare, *stats]) > 1:
        doubt = whole if len(whole) > 1 else [*bare, *stats]
        raise BadLayout(
            f"{where}: expected one set of errors, got {_listed(doubt)}, which differ. Choose "
            f"with `errors` (--errors '{doubt[0].columns[0]}'); several are added in quadrature."
        )
    return once


def _are_parts(one: Errors, other: Errors) -> bool:
    """Whether two uncertainties of the same size come from different sources."""
    sources = {one.what.source, other.what.source}
    numbers = [{word for word in e.what.stem.split() if word.isdigit()} for e in (one, other)]
    differ = one.what.subject != other.what.subject or numbers[0] != numbers[1]
    return sources == {"stat", "sys"} or (sources == {"sys"} and differ)


def _sum(errors: Sequence[Errors]) -> Floats:
    return np.asarray(np.sum([e.variances for e in errors], axis=0))
