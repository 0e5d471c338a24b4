"""Where errors come from if their names do not say it: their numbers, or the question.

Errors are those of the counts, unless a name says that they are systematic. A word that is not
understood may mean either: then the squares of the errors have to go like the counts.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from anomalon.core.errors import BadLayout
from anomalon.data.spectrum.errors import Errors
from anomalon.data.spectrum.kinds import Named
from anomalon.data.spectrum.names import words
from anomalon.data.spectrum.vocabulary import COUNT, DATA, EXPECTED, NEUTRAL, NUMBER

__all__ = ["with_sources"]


def with_sources(
    groups: Sequence[Errors], value: Named, where: str, *, told: bool, in_order: bool
) -> list[Errors]:
    """The errors of a column of values, in its unit, with what they are.

    Args:
        groups: The errors.
        value: The column.
        where: The file, for messages.
        told: Whether the caller says that these are the errors.
        in_order: Whether the file is one of HEPData, whose signed errors have the names of sources.

    Raises:
        BadLayout: If a name has words that are not understood, and the numbers do not help; or if
            these are no errors of one standard deviation.
    """
    usable = [group for group in groups if not group.what.unlike]
    counts = any(group.what.source != "sys" for group in usable)
    for group in groups:
        if group.what.unlike and (told or not counts):
            raise BadLayout(
                f"{where}: expected errors of one standard deviation each, got `{group.name}`, "
                f"which by its name are {group.what.unlike}. Write a column `error` with those, or "
                "say `errors` (--errors): another column, or none for plain events."
            )
    values = value.column.values
    scaled = [g.in_unit_of(value.quantity, where).of(values, where) for g in usable]
    if told:
        return scaled
    known = [group for group in scaled if not _not_understood(group, value)]
    found: list[Errors] = []
    for group in scaled:
        strange = _not_understood(group, value)
        found.append(_of_unknown_source(group, strange, value, known, where, in_order=in_order)
                     if strange else group)  # fmt: skip
    return found


def _not_understood(group: Errors, value: Named) -> list[str]:
    """Words of the name of errors of unknown source that say nothing."""
    if group.what.source:
        return []
    understood = set(words(value.name)) | DATA | COUNT | NUMBER | NEUTRAL | EXPECTED
    return sorted(word for word in group.what.subject - understood if not word.isdigit())


def _of_unknown_source(
    group: Errors, strange: list[str], value: Named, known: Sequence[Errors], where: str, *,
    in_order: bool,
) -> Errors:  # fmt: skip
    values = value.column.values
    if group.is_of_count(values) or group.is_of_one_weight(values):
        return group
    if len(known) > 1 and group.equal(np.sum([e.variances for e in known], axis=0)):
        return replace(group, what=replace(group.what, source="total"))
    counted = any(error.what.source != "sys" for error in known)
    if in_order and counted and len(group.columns) > 1:
        return replace(group, what=replace(group.what, source="sys"))
    raise BadLayout(
        f"{where}: expected errors by a name that says what they are, got `{group.name}`: "
        f"'{' '.join(strange)}' is not understood, and their squares do not go like "
        f"`{value.name}`. If these are all errors of `{value.name}`, say `errors` (--errors "
        f"'{group.columns[0]}'); name the column 'sys {' '.join(strange)}' if they are systematic; "
        "--errors none takes the counts as plain events."
    )
