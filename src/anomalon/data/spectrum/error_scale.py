"""What the name of errors says of their size: percent, per mille, squares, two standard deviations.

A number in such a name is most often a confidence level ("68% CL") or a multiple ("2 sigma"), and
no part of the unit.
"""

import re
from collections.abc import Collection

from anomalon.data.spectrum.vocabulary import PERCENT, RELATIVE, SQUARE, VARIANCE

__all__ = ["is_ratio", "is_squared", "is_sum_of_squares", "level", "multiple", "scale"]

_ERRORS = r"(?:err(?:ors?|s)?|sigmas?|unc(?:ert(?:ainty|ainties|s)?|s)?|stat(?:istical)?|sys(?:t)?)"
_SQUARED = re.compile(
    rf"(?:{_ERRORS}|sd|std|stdev)(?:\s*[)]?\s*(?:\^|\*\*)\s*|\s*[)]\s*|)2"
    r"(?!\d|\s*(?:sigma|s\.?d))"
    r"|\b(?:square|squared)\b"
)
_WEIGHTS = r"(?<![a-z])(?:sum\s*)?(?:of\s+)?(?:the\s+)?[(]?\s*w(?:eights?|gts?|ts?)?\s*[)]?\s*"
_SUM_OF_SQUARES = re.compile(
    rf"{_WEIGHTS}(?:(?:\^|\*\*)\s*2|2(?!\d)|sq(?:uared?|r)?(?![a-z]))"
    r"|\bsum of (?:the )?squares\b|\bsquared weights|\bsquares of (?:the )?weights"
)
_RATIO = re.compile(  # "dN/N", "err / count", "error fraction": relative, whatever else is said
    r"(?:(?<![a-z])(?:d|delta)\s*([a-z]\w*)\s*/\s*\1"
    rf"|{_ERRORS}[\s)]*(?:/|\bover\b|\bby\b)\s*[(]?\s*"
    r"(?:n|counts?|events|values?|data|yield|y)(?![a-z])"
    rf"|{_ERRORS}\s*(?:fraction|ratio|share)\b)"
)
_PER_MILLE = re.compile(r"‰|\bper[\s-]?mill?e?\b|\bpermil\b|\bpromille\b")
_PER_MILLION = re.compile(r"\bppm\b|\bparts per million\b")
_PER_CENT = re.compile(r"\bper[\s-]?cents?\b")
_LEVEL = re.compile(
    r"(?<![a-z\d.])(?P<one>\d+(?:\.\d+)?)\s*%"
    r"|(?<![\d.])(?P<two>[689]\d(?:\.\d+)?)\s*(?:ci|cl|c\.l\.)(?![a-z])"
    rf"|(?:{_ERRORS}|ci|cl)\s*[(\[]?\s*(?P<three>68|90|95|99)(?:\.\d+)?(?!\d)\s*%?"
    r"|(?<![\d.])(?P<four>68|90|95|99)(?:\.\d+)?\s*" + _ERRORS
)
_SIGMAS = re.compile(
    r"(?<![\d.])(\d+(?:\.\d+)?|two|three|four|five)\s*-?\s*(?:sigmas?|s\.?d\.?|std)(?![a-z])"
)
_MULTIPLE = re.compile(
    rf"{_ERRORS}\s*[)]?\s*[/*×]\s*\d|\d\s*[*×x]\s*[(]?\s*{_ERRORS}|\b(?:half|twice|double[d]?)\b"
)
_INVERSE = re.compile(
    rf"(?<![\d.])1\.?\s*/\s*[(]?\s*(?:{_ERRORS}|var|sd|std|w)|\binv\w*\s*(?:of\s+)?(?:the\s+)?"
    rf"(?:{_ERRORS}|var)|\breciprocal\b|\bivar\b|\bprecision\b|{_ERRORS}\s*(?:\^|\*\*)\s*[({{]?\s*-"
)
_MEAN_WEIGHT = re.compile(
    r"(?:w\s*(?:\^|\*\*)?\s*2|variance|var)[\s)]*(?:/|\bover\b)\s*[(]?\s*"
    r"(?:sum|n(?![a-z])|counts?|mean|events|w(?![a-z])|err)"
)
_ONE = re.compile(r"68(?:\.\d+)?|0?\.68\d*")


def is_squared(low: str, said: Collection[str]) -> bool:
    """Whether a name says variance."""
    squared = (
        bool(VARIANCE & set(said))
        or any(p.search(low) for p in (_SQUARED, _SUM_OF_SQUARES))
        or bool(SQUARE & set(said))
    )
    return squared and not {"sqrt", "root"} & set(said)


def is_ratio(low: str) -> bool:
    """Whether a name says that errors are divided by their values."""
    return _RATIO.search(low) is not None


def is_sum_of_squares(low: str) -> bool:
    """Whether a name says the sum of the squares of weights."""
    return _SUM_OF_SQUARES.search(low) is not None


def scale(low: str, said: Collection[str], *, percent: bool) -> str:
    """Of "absolute", "percent", "per mille", "per million" and "relative" the one that is said.

    Args:
        low: The name, plain and in lower case.
        said: Its words.
        percent: Whether the cells are written in percent.
    """
    bare = _LEVEL.sub("", low)
    if _PER_MILLE.search(low):
        return "per mille"
    if _PER_MILLION.search(low):
        return "per million"
    if percent or "%" in bare or PERCENT & set(said) or _PER_CENT.search(low):
        return "percent"
    return "relative" if RELATIVE & set(said) or is_ratio(low) else "absolute"


def level(low: str) -> str:
    """The confidence level in a name, "68"; "" for none."""
    found = _LEVEL.search(low)
    return "" if found is None else next(filter(None, found.groupdict().values()))


def multiple(low: str) -> str:
    """What errors are that are not one standard deviation each, for people; "" for nothing."""
    if (found := level(low)) and not _ONE.fullmatch(found):
        return f"those of another confidence level, {found} %"
    if (sigmas := _SIGMAS.search(low)) and sigmas[1] not in ("1", "1.0"):
        return f"{sigmas[1]} standard deviations"
    if _INVERSE.search(low):
        return "an inverse"
    if _MEAN_WEIGHT.search(low):
        return "divided by something"
    return "a multiple" if _MULTIPLE.search(low) else ""
