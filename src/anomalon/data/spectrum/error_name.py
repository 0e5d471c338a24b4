"""`ErrorName`: what the name of a column says of the errors in it."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from anomalon.data.spectrum import error_scale
from anomalon.data.spectrum.names import plain, words
from anomalon.data.spectrum.quantity import EVENTS, MULTIPLES, Quantity
from anomalon.data.spectrum.sides import beside_its_opposite, has_sign, is_for_both, side_of
from anomalon.data.spectrum.vocabulary import (
    BAND,
    COUNT,
    DATA,
    DOWN,
    ERROR,
    FILLER,
    MASS,
    MERE,
    NEUTRAL,
    NUMBER,
    PERCENT,
    RELATIVE,
    SOURCE,
    SQUARE,
    STAT,
    SYS,
    TOTAL,
    UP,
    VARIANCE,
)  # fmt: skip

__all__ = ["ErrorName"]

_BAND = re.compile(r"[+-]\s*\d\s*(?:sigma|s\.?d)")
_STANDARD = re.compile(r"\b(?:standard|std)[\s.-]*dev")
_STAT_AND_SYS = re.compile(  # "stat+sys", "stat ⊕ sys", "statsys": all of them
    r"stat[a-z]*[.,]?\s*(?:err[a-z]*|unc[a-z]*)?\s*(?:\+|\(\+\)|⊕|&|\band\b|\bplus\b|[,/x×*-])?\s*"
    r"sys|sys[a-z]*[.]?\s*(?:err[a-z]*|unc[a-z]*)?\s*(?:\+|\(\+\)|⊕|&|\band\b|\bplus\b)\s*stat"
)
_NUMBERED = re.compile(r"(.*[a-z])[\s.-]*(\d)")
_ALONE = frozenset({"+", "-", "dn", "plus", "minus"})
_SIDES = UP | DOWN
_OF_EVENTS = DATA | COUNT | NUMBER | NEUTRAL
_OF_WEIGHTS = frozenset({
    *("2", "sum", "w", "wt", "wts", "wgt", "wgts", "weight", "weights", "weights2", "weight2"),
})  # fmt: skip
_OF_SCALE = frozenset({
    *("mille", "mill", "permille", "permil", "permill", "promille", "cent", "cents", "ppm"),
    *("parts", "million", "ratio", "fraction", "share", "over", "by"),
})  # fmt: skip


@dataclass(frozen=True)
class ErrorName:
    """What the name of a column of errors says.

    Args:
        side: "up", "down" or "both".
        squared: Whether they are variances.
        scale: "absolute", "percent", "per mille", "per million", or "relative": shares, or percent
            without saying so.
        source: "stat", "sys", "total" or "".
        subject: The words that say whose errors they are, or where they come from.
        stem: The same for the columns that belong together.
        unlike: What they are that is not one standard deviation each, for people; "" if they are.
        unit: Of their own, if the name says one.
    """

    side: str
    squared: bool
    scale: str
    source: str
    subject: frozenset[str]
    stem: str = ""
    unlike: str = ""
    unit: Quantity = EVENTS

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
        low, said = _low(name), list(words(name))
        side, by = side_of(plain(name).lower(), said, others)
        if _BAND.search(low) or BAND & set(said) or not _is_error(name, low, said, side, others):
            return None
        numbered = _is_numbered(low, others)
        squared = error_scale.is_squared(low, said) and not numbered
        scale = error_scale.scale(low, said, percent=percent)
        unlike = error_scale.multiple(low) if not numbered else ""
        if Quantity.of(name).odd == MULTIPLES:
            unlike = unlike or MULTIPLES
        if squared and scale not in ("absolute", "relative"):
            unlike = unlike or f"variances in {scale}"
        return cls(
            side="both" if low == "dn" else side or "both",
            squared=squared,
            scale=scale,
            source=_source(low, said),
            subject=_subject(low, said, by, squared=squared),
            stem=" ".join(w for w in said if w not in _SIDES | by) + ("2" if squared else ""),
            unlike=unlike,
            unit=_unit(name),
        )

    @property
    def is_of_mass(self) -> bool:
        """Whether they are errors of the mass, as `xerr` is."""
        return bool(self.subject) and self.subject <= MASS


_NO_ERRORS = frozenset({"a comparison", "a pull", "a significance", "a p-value", "a chi-squared"})
_SAID = ERROR | VARIANCE | STAT | SYS | _SIDES | RELATIVE | MERE | SQUARE | {"ex", "exl", "exh"}


def _low(name: str) -> str:
    return plain(name).lower().replace("_", " ")


def _is_numbered(low: str, others: Collection[str]) -> bool:
    """Whether a number in a name is one of several: "err2" beside "err1" is no variance."""
    found = _NUMBERED.fullmatch(low)
    return found is not None and any(
        one is not None and one[1] == found[1] and one[2] != found[2]
        for one in (_NUMBERED.fullmatch(_low(other)) for other in others)
    )


def _subject(low: str, said: list[str], sides: frozenset[str], *, squared: bool) -> frozenset[str]:
    """The words that say whose errors they are, or where they come from."""
    if low == "dn":
        return frozenset({"n"})
    named = set(said) - _SAID - FILLER - sides - {"d", "delta"}
    if said[:1] in (["e"], ["u"], ["s"]):
        named -= {said[0]}
    if _STANDARD.search(low):
        named -= {"standard", "std", "dev", "deviation", "deviations"}
    if squared or error_scale.is_sum_of_squares(low):
        named -= {"2"} | (_OF_WEIGHTS if error_scale.is_sum_of_squares(low) else set())
    if error_scale.scale(low, said, percent=False) != "absolute":
        named -= _OF_SCALE
    if level := error_scale.level(low):
        named -= {*level.split("."), "c", "l"}
    if all(word.isdigit() for word in named):  # "err1" and "err2"
        named = set()
    return frozenset(named - (TOTAL if named <= TOTAL else frozenset()))


def _source(low: str, said: list[str]) -> str:
    """Where errors come from: "stat", "sys", "total" for all of it, or ""."""
    found = set(said)
    if _STAT_AND_SYS.search(low):
        return "total"
    if found & SYS or (found & SOURCE and not found & STAT):
        return "sys"
    return "stat" if found & STAT else "total" if found & TOTAL else ""


def _unit(name: str) -> Quantity:
    """The unit that a name says: "stat [fb]", "err [1/TeV]"."""
    unit = Quantity.of(name)
    return Quantity(unit.is_density, unit.per, unit.number, unit.section or None)


def _is_error(name: str, low: str, said: list[str], side: str, others: Collection[str]) -> bool:
    found = set(said)
    named = found & (ERROR | VARIANCE | STAT | SYS)
    quantity = Quantity.of(name)
    if quantity.odd in _NO_ERRORS and not (named and error_scale.is_ratio(low)):
        return error_scale.is_ratio(low)
    if named:
        section = quantity.section is not None or quantity.is_density
        return not (section and named <= {"sigma", "sigmas"})
    if found & {"ex", "exl", "exh"} or low in _ALONE:
        return True
    if error_scale.is_sum_of_squares(low) or _STANDARD.search(low) or is_for_both(low):
        return True
    if said[:1] in (["d"], ["delta"]):
        rest = found - {"d", "delta"} - FILLER - PERCENT
        of_events = rest <= _OF_EVENTS and not quantity.is_density
        return of_events and (bool(rest) or said[0] == "delta")
    if said[:1] in (["e"], ["u"], ["s"]):  # "e_count" beside "count"
        return any(words(other) == tuple(said[1:]) for other in others)
    if has_sign(plain(name).lower()):
        return beside_its_opposite(plain(name).lower(), others)
    return bool(side) and found - FILLER <= _SIDES and found & {"plus", "minus"} != set()
