"""`ErrorName`: what the name of a column says of the errors in it."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from anomalon.data.spectrum.names import plain, words
from anomalon.data.spectrum.quantity import Quantity
from anomalon.data.spectrum.vocabulary import (
    BAND,
    COUNT,
    DATA,
    DOWN,
    ERROR,
    FILLER,
    MASS,
    NEUTRAL,
    NUMBER,
    PERCENT,
    RELATIVE,
    STAT,
    SYS,
    TOTAL,
    UP,
    VARIANCE,
)  # fmt: skip

__all__ = ["ErrorName"]

_BOTH = re.compile(r"±|\+\s*/\s*-|\+-|-\+")
_SIGN = re.compile(r"^([+-])\s*(?=[A-Za-z])|([+-])\s*(?:[\[(][^\])]*[\])])?$")
_BAND = re.compile(r"[+-]\s*\d\s*(?:sigma|s\.?d)")
_SQUARED = re.compile(
    r"(?:err|error|errors|sigma|unc|uncertainty|stat|sys|syst)\s*[)]?\s*(?:\^|\*\*)?\s*2(?!\d)"
    r"|squared|(?:err|error|sigma|uncertainty)\s+sq\b"
)
_SUM_OF_SQUARES = re.compile(
    r"\bsum\s*(?:of\s+)?[(]?\s*w(?:eights?)?\s*[)]?\s*(?:\^|\*\*)\s*2"
    r"|\bsum of (?:the )?(?:squared weights|weights squared|squares of (?:the )?weights)"
)
_STANDARD = re.compile(r"\b(?:standard|std)[\s._-]*dev")
_RATIO = re.compile(  # "dN/N", "err / count": relative, whatever else is said
    r"(?:(?<![a-z])(?:d|delta)\s*([a-z]\w*)\s*/\s*\1"
    r"|(?:err|errors?|sigma|unc|uncertainty|stat|sys|syst)[\s)]*/\s*[(]?"
    r"(?:n|counts?|events|values?|data|yield|y)(?![a-z]))"
)
_PER_MILLE = re.compile(r"‰|per\s?mille?\b|\bpermil\b")
_NUMBERED = re.compile(r"(.*[a-z])(\d)")
_ALONE = frozenset({"+", "-", "dn", "plus", "minus"})
_SIDES = UP | DOWN
_OF_EVENTS = DATA | COUNT | NUMBER | NEUTRAL


@dataclass(frozen=True)
class ErrorName:
    """What the name of a column of errors says.

    Args:
        side: "up", "down" or "both".
        squared: Whether they are variances.
        scale: "absolute", "percent", "per mille", or "relative": shares, or percent without
            saying so.
        source: "stat", "sys", "total" or "".
        subject: The words that say whose errors they are, or where they come from.
        stem: The same for the columns that belong together.
    """

    side: str
    squared: bool
    scale: str
    source: str
    subject: frozenset[str]
    stem: str = ""

    @classmethod
    def of(
        cls, name: str, others: Collection[str] = (), *, percent: bool = False
    ) -> "ErrorName | None":
        """What a name says, or None if it is not one of errors.

        Args:
            name: Of the column.
            others: The names of all columns: "JES +" is an error beside "JES -".
            percent: Whether the cells are written in percent.
        """
        text = plain(name)
        low, said = text.lower(), list(words(name))
        side = _side(low, said)
        if _BAND.search(low) or BAND & set(said) or not _is_error(name, low, said, side, others):
            return None
        squared = _squared(low, set(said), others)
        named = set(said) - _SAID - FILLER - {"d", "delta"}
        if said[:1] in (["e"], ["u"], ["s"]):
            named -= {said[0]}
        if _STANDARD.search(low):
            named -= {"standard", "std", "dev", "deviation", "deviations"}
        if squared:
            named -= {"2", "sum", "of", "sq", "squared", "squares", "w", "weights"}
        if low == "dn":
            side, named = "both", {"n"}
        if all(word.isdigit() for word in named):  # "err1" and "err2"
            named = set()
        return cls(
            side=side or "both",
            squared=squared,
            scale=_scale(low, said, percent=percent),
            source=next((s for s, names in _SOURCES.items() if names & set(said)), ""),
            subject=frozenset(named - (TOTAL if len(named) == 1 else frozenset())),
            stem=" ".join(word for word in said if word not in _SIDES) + ("2" if squared else ""),
        )

    @property
    def is_of_mass(self) -> bool:
        """Whether they are errors of the mass, as `xerr` is."""
        return bool(self.subject) and self.subject <= MASS


_SOURCES = {"stat": STAT, "sys": SYS, "total": TOTAL}
_NO_ERRORS = frozenset({"a comparison", "a pull", "a significance", "a p-value", "a chi-squared"})
_SAID = ERROR | VARIANCE | STAT | SYS | _SIDES | RELATIVE | {"ex", "exl", "exh"}


def _squared(low: str, said: set[str], others: Collection[str]) -> bool:
    """Whether a name says variance; "err2" does not beside "err1"."""
    if (found := _NUMBERED.fullmatch(low)) and any(
        one is not None and one[1] == found[1] and one[2] != found[2]
        for one in (_NUMBERED.fullmatch(plain(o).lower()) for o in others)
    ):
        return False
    return bool(VARIANCE & said) or any(p.search(low) for p in (_SQUARED, _SUM_OF_SQUARES))


def _side(low: str, said: list[str]) -> str:
    if _BOTH.search(low):
        return "both"
    if found := _SIGN.search(low):
        return "up" if "+" in found[0] else "down"
    up, down = (bool(side & set(said)) for side in (UP, DOWN))
    return "" if up == down else "up" if up else "down"


def _is_error(name: str, low: str, said: list[str], side: str, others: Collection[str]) -> bool:
    found = set(said)
    named = found & (ERROR | VARIANCE | STAT | SYS)
    quantity = Quantity.of(name)
    if quantity.odd in _NO_ERRORS and not _RATIO.search(low):
        return False
    if named:
        section = quantity.section is not None or quantity.is_density
        return not (section and named <= {"sigma", "sigmas"})
    if found & {"ex", "exl", "exh"} or low in _ALONE:
        return True
    if any(pattern.search(low) for pattern in (_SUM_OF_SQUARES, _STANDARD, _BOTH)):
        return True
    if said[:1] in (["d"], ["delta"]):
        rest = found - {"d", "delta"} - FILLER - PERCENT
        of_events = rest <= _OF_EVENTS and not quantity.is_density
        return of_events and (bool(rest) or said[0] == "delta")
    if said[:1] in (["e"], ["u"], ["s"]):  # "e_count" beside "count"
        return any(words(other) == tuple(said[1:]) for other in others)
    if _SIGN.search(low):  # "JES +" beside "JES -"
        bare = _SIGN.sub("", low).strip()
        return any(
            _SIGN.sub("", plain(o).lower()).strip() == bare and plain(o).lower() != low
            for o in others
            if _SIGN.search(plain(o).lower())
        )
    return bool(side) and found - FILLER <= _SIDES and found & {"plus", "minus"} != set()


def _scale(low: str, said: list[str], *, percent: bool) -> str:
    if percent or "%" in low or PERCENT & set(said):
        return "percent"
    if _PER_MILLE.search(low):
        return "per mille"
    return "relative" if RELATIVE & set(said) or _RATIO.search(low) else "absolute"
