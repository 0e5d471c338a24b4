"""`Quantity`: what the values of a column are, by its name: events, events per GeV, pb, a ratio."""

import re
from dataclasses import dataclass

from anomalon.core.units import mass_unit_named
from anomalon.data.spectrum.names import plain, words
from anomalon.data.spectrum.vocabulary import ODD

__all__ = ["EVENTS", "IN_FB", "MULTIPLES", "Quantity"]

MULTIPLES = "in multiples of events"
"""What is odd about "10^3 events"."""

IN_FB = {"ab": 1e-3, "fb": 1.0, "pb": 1e3, "nb": 1e6, "ub": 1e9, "mb": 1e12}
"""Units of cross sections in fb."""

_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")  # in camelCase
_UNIT = re.compile(r"[kMGT]eV")
_ENERGY = r"(?P<unit>[kmgt]?ev)(?![a-z])"
_SLASH = r"(?:/|\bper\b)\s*[\[(]?\s*"
_PER_UNIT = re.compile(rf"{_SLASH}(?P<number>\d+(?:[.,]\d+)?(?:e[+-]?\d+)?)?\s*{_ENERGY}")
_INVERSE = re.compile(rf"(?<![a-z]){_ENERGY}\s*(?:\^|\*\*)?\s*\(?-\s*1")
_PER_NUMBER = re.compile(rf"{_SLASH}(?P<number>\d+(?:\.\d+)?)\s*[\])]?(?:$| \|)")
_DERIVATIVE = re.compile(
    r"(?<![a-z])(?:d|delta)\s*[(]?\s*(?:n|nev|nevt|nevents|events?|sig|sigma|xs|counts?)\w*\s*[)]?"
    r"\s*(?:/\s*(?:d|delta)\s*[(]?\s*[a-z]|\sd\s?[mxe])|(?<![a-z])d(?:n|sigma)d[mxe]"
)
_DOUBLE = re.compile(r"(?<![a-z])d\s*(?:\^|\*\*)?\s*[23]\s*[(]?\s*(?:n|sig)")
_WIDTH = re.compile(r"(?:/|\bper\b|\bby\b|\bover\b)\s*(?:the\s+)?[\[(]?\s*(?:bin\s*)?width")
_BIN = re.compile(r"(?:/|\bper\b)\s*[\[(]?\s*(?:mass\s+)?bin(?!\s*width|[a-z])")
_DENSITY = re.compile(
    r"\bdensity\b|\bwidth[\s-]normali[sz]ed\b|normali[sz]ed (?:to|by) (?:the )?(?:bin )?width"
)
_ARBITRARY = re.compile(
    r"(?<![a-z])a\.\s?u\.?(?![a-z])|[\[(]\s*au\s*[\])]|\barb(?:\.|itrary)?(?![a-z])"
    r"|normali[sz]ed(?!\s+(?:to|by)\s+(?:the )?(?:integrated )?(?:lumi|data|bin|width|\d))"
    r"|\bnormali[sz]ation\b|\bunit area\b|(?<![a-z\d.])1\s*/\s*(?:n|sig|sigma|sum)(?![a-z])"
    r"|(?<![a-z\d.])1\s*/\s*(?![kmgt]?ev\b)[^\W\d]\w*\s*[)]?\s*[*·]?\s*d\s*[^\W\d]"
    r"|\bunity\b|\bshape\b"
)
_MULTIPLES = re.compile(
    r"[×x*·]\s*(?:10+|1e\d+)\b|\b10\s*(?:\^|\*\*)\s*[({]?\s*[-+]?\d|\bthousands?\b|\bmillions?\b"
    r"|\bk?kilo|\bhundreds?\b|\bdozens?\b|\bscaled by\b"
    r"|(?<![a-z\d.])[km](?:events?|evts?|entries)\b"
    r"|[\[(]\s*(?:in\s+)?10+\s*[\])]|(?:events?|evts?|entries|counts?)\s*[\[(]\s*[km]\s*[\])]"
    r"|\b10+\s*[×x*·]\s*[a-z]|\bin 10+s?\b"
    r"|\b10+s?\s+(?:of\s+)?(?:events?|evts?|entries|counts?|candidates)\b|/\s*\d+\s*bins\b"
    r"|(?<![a-z\d.])\d+(?:\.\d*)?e[-+]?\d+(?![\d.]|\s*[kmgt]?ev)"
)
_PER_LUMINOSITY = re.compile(  # events per fb^-1 are fb
    r"(?:/|\bper\b)\s*[\[(]?\s*(?:i([fpna])b(?![a-z])|([fpna]b)\s*(?:\^|\*\*)?\s*[({]?\s*-\s*1"
    r"|inverse\s+(femto|pico|nano|atto)-?barns?)"
)
_PREFIXES = {"femto": "fb", "pico": "pb", "nano": "nb", "atto": "ab"}
_TIMES = re.compile(
    r"\bevents?\s*[x×*·]\s*[kmgt]?ev\b(?!\s*(?:\^|\*\*)?\s*[({]?-)"
    r"|(?:^|[^a-z])(?:m|x|e|p[_ ]?t|m[_ ]?[a-z]{1,4})\s*"
    r"(?:(?:\^|\*\*)\s*\d+\s*)?[*·×x]?\s*d\s*[(]?\s*(?:n|sig|sigma)\w*\s*/\s*d"
)
_LOGARITHMIC = re.compile(r"/\s*d\s*[(]?\s*(?:ln|log)")
_PER_TIME = re.compile(r"(?:/|\bper\b)\s*(?:s|sec|seconds?|min|minutes?|h|hours?|days?|years?)\b")
_COMPARED = re.compile(
    r"\b(?:data|obs\w*|events|s)\s*[)]?\s*[/-]\s*[(]?\s*"
    r"(?:mc|bkgs?|backgrounds?|fit|exp\w*|pred\w*|sim\w*|theory|model|b|sqrt)(?![a-z])"
)
_CLS = re.compile(r"\bcl_?\s?s(?:\+?b)?\b")
_N_SIGMA = re.compile(r"\bn[\s_-]*sigmas?\b|\bin units of sigma\b|[\[(]\s*sigma\s*[\])]")
_BEAMS = re.compile(r"\bsqrt\s*[(]?\s*s\b")
# Case tells picobarn from lead; 139 fb^-1 and 139/fb are luminosities.
_SECTION = re.compile(
    r"(?<![A-Za-z])(?<!\d/)(?<!\d /)(fb|FB|pb|PB|nb|NB)(?![A-Za-z])"
    r"(?!\s*(?:\^|\*\*)?\s*[({]?\s*-\s*1)"
)
_SECTION_IN_BRACKETS = re.compile(r"[\[(]\s*(ab|mb|ub|µb|mu b|mub)\s*[/\])]", re.IGNORECASE)
_SECTION_NAMES = frozenset({"xsec", "xs", "xsection", "crosssection"})


@dataclass(frozen=True)
class Quantity:
    """What the values of a column are, by its name.

    Args:
        is_density: Whether they are per some range of mass.
        per: The range in GeV; None if the name does not say its unit.
        number: The range in the unit of the masses, where a number stands without a unit.
        section: The unit of a cross section, "pb"; "" if it is one without a unit, None if none.
        per_bin: Whether the name says that it is per bin, whatever the width.
        odd: What it is instead of events, or "".
    """

    is_density: bool = False
    per: float | None = None
    number: float = 1.0
    section: str | None = None
    per_bin: bool = False
    odd: str = ""

    @classmethod
    def of(cls, name: str) -> "Quantity":
        """The quantity that a name says.

        Example:
            >>> Quantity.of("Events / 20 GeV").per, Quantity.of("fb/TeV").section
            (20.0, 'fb')
            >>> Quantity.of("signal efficiency").odd
            'an efficiency'
        """
        text = plain(name).replace("_", " ")
        low = f"{text.lower()} | {_HUMP.sub(' ', _UNIT.sub(_lower, text)).lower()}"
        if odd := _odd(text.lower(), name):
            return cls(odd=odd, section=_section(text) if odd == MULTIPLES else None)
        section = _section(text)
        if found := _PER_LUMINOSITY.search(low):
            one = _PREFIXES.get(found[3] or "", found[2] or f"{found[1]}b")
            return cls(section=one)
        if found := _PER_UNIT.search(low) or _INVERSE.search(low):
            number = float((found.groupdict().get("number") or "1").replace(",", "."))
            return cls(
                is_density=True, per=number * mass_unit_named(found["unit"]).gev, section=section
            )
        if found := _PER_NUMBER.search(low):
            return cls(is_density=True, number=float(found["number"]), section=section)
        if any(p.search(low) for p in (_DERIVATIVE, _WIDTH, _DENSITY)):
            return cls(is_density=True, section=section)
        return cls(section=section, per_bin=_BIN.search(low) is not None)

    @property
    def is_events(self) -> bool:
        """Whether nothing in the name says that it is anything but a number of events."""
        return not self.is_density and self.section is None and not self.odd


EVENTS = Quantity()
"""Numbers of events, as far as a name says."""


def _lower(found: re.Match[str]) -> str:
    return f" {found[0].lower()}"


def _section(text: str) -> str | None:
    if found := _SECTION.search(text):
        return found[1].lower()
    if found := _SECTION_IN_BRACKETS.search(text):
        return found[1].lower().replace("µ", "u").replace("mu b", "ub").replace("mub", "ub")
    low = text.lower()
    named = _SECTION_NAMES & set(words(text)) or re.search(r"cross[\s-]*section", low)
    derivative = _DERIVATIVE.search(low)
    return "" if named or (derivative and "sig" in derivative[0]) else None


def _odd(low: str, name: str) -> str:
    """What a name says that is no number of events in any unit."""
    if _ARBITRARY.search(low):
        return "in arbitrary units"
    if _DOUBLE.search(low):
        return "a double-differential distribution"
    if _MULTIPLES.search(low):
        return MULTIPLES
    if "%" in low:
        return "a percentage"
    if _LOGARITHMIC.search(low):
        return "a density in the logarithm of the mass"
    if _TIMES.search(low):
        return "multiplied by a mass"
    if _PER_TIME.search(low):
        return "a rate"
    if _CLS.search(low):
        return "a limit"
    if _N_SIGMA.search(low):
        return "a significance"
    if _COMPARED.search(low):
        return "a comparison"
    said = {word for word in words(name) if not word.isdigit()}
    if _BEAMS.search(low):
        said -= {"sqrt"}
    if "p" in said and not said <= {"p", "value", "values", "local", "global", "obs", "observed"}:
        said -= {"p"}  # of something else than a p-value
    for what, names in ODD.items():
        if said & names:
            return what
    return ""
