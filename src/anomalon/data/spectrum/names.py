r"""Column names as text and as words: without LaTeX, in one case, taken apart.

`$m_{jj}$ [GeV] LOW`, `mjjLow`, `xlow` and `m_lo_GeV` all say low; `errminus`, `count_err` and
`dN` all say error.
"""

import re
import unicodedata
from functools import lru_cache

from anomalon.data.spectrum.vocabulary import VOCABULARY

__all__ = ["plain", "words"]

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_ASCII = str.maketrans("−–—‐⁄∕", "----//")
_GREEK = {
    "σ": "sigma",
    "Σ": "sum",
    "Δ": "delta",
    "δ": "delta",
    "χ": "chi",
    "ε": "epsilon",
    "μ": "mu",
}
# ROOT writes the macros of LaTeX with a # for the \.
_FONT = re.compile(
    r"[\\#](?:mathrm|mathit|mathsf|mathbf|text|textrm|textbf|textit|operatorname|it|bf|font)\s*"
    r"(?:\[[^\]]*\])?\s*\{([^{}]*)\}"
)
_FRACTION = re.compile(r"[\\#]d?frac\s*\{((?:[^{}]|\{[^{}]*\})*)\}\s*\{((?:[^{}]|\{[^{}]*\})*)\}")
_SPACE = re.compile(r"\\[,;:! ]|~|\\q?quad(?![A-Za-z])")
_SYMBOLS = (
    (re.compile(r"[\\#]pm(?![A-Za-z])"), "±"),
    (re.compile(r"[\\#]times(?![A-Za-z])"), "×"),
    (re.compile(r"[\\#](?:left|right|rm|it|bf|displaystyle)(?![A-Za-z])"), ""),
    (re.compile(r"[\\#]([A-Za-z]+)\s?"), r" \1 "),
)
_UNITS = re.compile(r"(?<![A-Za-z])[kmgt]?ev(?![a-z])", re.IGNORECASE)
_UNITS_IN_A_WORD = re.compile(r"[kMGT]eV(?![a-z])")
_PARTS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+\d*|[A-Z]+\d*|\d+")
_ONE_LETTER = frozenset("xmynedwp")  # that may stand before another word in one piece: "xlow", "dn"
_MASS_AND_EDGE = re.compile(r"((?:m|e|x|pt|ht|et|q)[a-z0-9]{0,7})(low|high|lower|upper|min|max)")
_TRANSVERSE = re.compile(r"(?<![A-Za-z])([pEHm])_?T(?=$|[^a-z]|min|max|low|high)")
_WHOLE = frozenset({"below", "flow", "overflow", "underflow"})


@lru_cache(maxsize=4096)
def plain(name: str) -> str:
    r"""A name without LaTeX and without unusual characters.

    Example:
        >>> plain(r"$\frac{\mathrm{d}\sigma}{\mathrm{d}m_{jj}}$ [pb/GeV]")
        'd sigma /dm_jj [pb/GeV]'
    """
    text = re.sub(
        r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺]+", lambda m: "^" + m[0].translate(_SUPERSCRIPTS), name.strip(" '\"\t")
    )
    text = unicodedata.normalize("NFKC", text).translate(_ASCII)
    for greek, word in _GREEK.items():
        text = text.replace(greek, f" {word} ")
    for _ in range(3):  # fonts inside of fractions inside of fonts
        text = _FRACTION.sub(r"\1/\2", _FONT.sub(r"\1", text))
    text = _SPACE.sub(" ", text)
    for pattern, symbol in _SYMBOLS:
        text = pattern.sub(symbol, text)
    return " ".join(re.sub(r"[${}\\]", "", text).split())


@lru_cache(maxsize=4096)
def words(name: str) -> tuple[str, ...]:
    """The words of a name, in lower case and in order; numbers are words too.

    Example:
        >>> words("m_lo_GeV"), words("BinHigh"), words("errminus"), words("pT min")
        (('m', 'lo', 'gev'), ('bin', 'high'), ('err', 'minus'), ('pt', 'min'))
    """
    text = _TRANSVERSE.sub(lambda m: f"{m[1].lower()}t ", plain(name))
    text = _UNITS.sub(lambda m: f" {m[0].lower()} ", text)
    text = _UNITS_IN_A_WORD.sub(lambda m: f" {m[0].lower()} ", text)
    found: list[str] = []
    for part in _PARTS.findall(text):
        found += _apart(part.lower())
    return tuple(found)


def _apart(token: str) -> tuple[str, ...]:
    """A token as the words of the vocabulary that it is made of, or as it is."""
    if token == "dy":
        return ("d", "y")
    if token in VOCABULARY or token in _WHOLE:
        return (token,)
    bare = token.rstrip("0123456789")
    if bare != token and bare in VOCABULARY:
        return (bare, token[len(bare) :])
    for k in range(1, len(token)):
        one, two = token[:k], token[k:]
        known = one in _ONE_LETTER if k == 1 else one in VOCABULARY
        if known and two in VOCABULARY and len(two) > 1:
            return (one, two)
    for k in range(2, len(token) - 3):
        rest = _apart(token[k:])
        if token[:k] in VOCABULARY and len(rest) == 2 and all(len(word) > 1 for word in rest):
            return (token[:k], *rest)
    if found := _MASS_AND_EDGE.fullmatch(token):
        return (found[1], found[2])
    return (token,)
