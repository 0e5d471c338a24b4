"""What nobody may leave out in silence: columns that say that counts are weighted."""

import re
from collections.abc import Sequence

import numpy as np

from anomalon.core.errors import BadLayout
from anomalon.data.spectrum.choices import SpectrumChoices
from anomalon.data.spectrum.kinds import Kind, Named
from anomalon.data.spectrum.names import plain, words
from anomalon.data.spectrum.unnamed import squares_go_like
from anomalon.data.spectrum.vocabulary import BAND, EXPECTED, MASS, ODD

__all__ = ["check_nothing_weighted"]

_WEIGHTED = re.compile(  # names of weights, of effective events, and of errors in other words
    r"(?<![a-z])(?:w|wt|wts|wgt|weight|weights|un-?weighted|n\s*eff(?:ective)?|effective|ess|cv|rms"
    r"|cov[a-z]*|(?:abs|rel|bin|stat|sum)?(?:err|unc)[a-z]*|delta[a-z]*|spread|precision|accuracy"
    r"|tolerance|fehler|unsicherheit|erreur|errore|incert[a-z]*|ci|sqrt[a-z]?|rsd|ww"
    r"|sum\s*(?:sq|ww)|squares?|quadratic|quadrature|^[eus](?:\s+|\s*\()(?:n|counts?|events?|y)\)?$"
    r"|ey|dev|deviation|half-?width|pm)\d?(?![a-z])"
)
_OF_OTHERS = EXPECTED | MASS | ODD["an efficiency"]
_COUNTED = {Kind.EXPECTED, Kind.EVENTS, Kind.NEUTRAL}
_PLACES = {Kind.LOW, Kind.HIGH, Kind.CENTRE, Kind.WIDTH, Kind.INDEX, Kind.EMPTY}


def check_nothing_weighted(
    rest: Sequence[Named], value: Named, choices: SpectrumChoices, where: str
) -> None:
    """Raise `BadLayout` if counts without errors stand beside something like their errors.

    Args:
        rest: The columns that were not used.
        value: The counts.
        choices: What the caller says.
        where: The file, for messages.
    """
    if choices.error_columns is not None or choices.exact:
        return
    for column in rest:
        if column.kind not in _PLACES and column is not value and (why := _doubt(column, value)):
            raise BadLayout(
                f"{where}: expected plain events or their errors, got `{value.name}` and "
                f"`{column.name}`, {why}. If it is the error or the variance of `{value.name}`, "
                "name it 'error' or 'variance'; if not, say `errors='none'` (--errors none), and "
                "the counts are plain events."
            )


def _doubt(column: Named, value: Named) -> str:
    """Why a column may be the errors of the counts; "" if it is not."""
    numbers, counts = column.column.values, value.column.values
    filled = counts > 0
    if np.array_equal(numbers[filled], counts[filled]):
        return ""  # variances of plain events
    said = set(words(column.name))
    is_squared = column.error is not None and column.error.squared
    if not is_squared and squares_go_like(column.column, value.column):
        plain_errors = np.allclose(numbers[filled] ** 2, counts[filled], rtol=0.02)
        return "" if plain_errors else "whose squares go like the counts"
    if column.kind is Kind.ERROR and column.error is not None:
        subject = column.error.subject
        of_others = bool(subject & _OF_OTHERS) and column.error.source != "stat"
        return "" if of_others or not subject else "errors of what is not there"
    name = plain(column.name).lower().replace("_", " ")
    elsewhere = column.kind in _COUNTED or bool(said & (BAND | _OF_OTHERS))
    if elsewhere and not re.search(r"\bn\s*eff", name):
        return ""
    found = _WEIGHTED.search(name)
    if found is None or np.all(numbers[filled] == 1) or np.any(numbers < 0):
        return ""
    return f"whose name may mean errors or weights ('{found[0]}')"
