"""Text for terminals and files that cannot show all characters: a readable one in place of each."""

import codecs
import unicodedata

__all__ = ["printable"]

_INSTEAD = {
    "\N{MINUS SIGN}": "-",
    "\N{PLUS-MINUS SIGN}": "+-",
    "\N{MULTIPLICATION SIGN}": "x",
    "\N{MIDDLE DOT}": ".",
    "\N{HORIZONTAL ELLIPSIS}": "...",
    "\N{EN DASH}": "-",
    "\N{EM DASH}": "-",
    "\N{LEFT SINGLE QUOTATION MARK}": "'",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{LEFT DOUBLE QUOTATION MARK}": '"',
    "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
    "\N{RIGHTWARDS ARROW}": "->",
    "\N{LEFTWARDS ARROW}": "<-",
    "\N{LESS-THAN OR EQUAL TO}": "<=",
    "\N{GREATER-THAN OR EQUAL TO}": ">=",
    "\N{ALMOST EQUAL TO}": "~",
    "\N{SQUARE ROOT}": "sqrt",
    "\N{INFINITY}": "inf",
    "\N{SUPERSCRIPT MINUS}": "-",
    "\N{CHECK MARK}": "yes",
    "\N{BALLOT X}": "no",
    "\N{BOX DRAWINGS LIGHT HORIZONTAL}": "-",
    "\N{BOX DRAWINGS LIGHT VERTICAL}": "|",
    "\N{BOX DRAWINGS HEAVY HORIZONTAL}": "-",
    "\N{BOX DRAWINGS HEAVY LEFT}": "-",
    "\N{BOX DRAWINGS HEAVY RIGHT}": "-",
}
_SUPERSCRIPTS = set("⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_NAME = "anomalon-printable"


def printable(text: str, encoding: str | None) -> str:
    """The text in characters that the encoding has; "a ± 10⁻³" is "a +- 10^-3" in ASCII.

    Example:
        >>> printable("Z = −2.1 ± 0.3, χ² = 7 ≥ 5, Šárka", "ascii")
        'Z = -2.1 +- 0.3, chi^2 = 7 >= 5, Sarka'
    """
    encoding = encoding or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.encode(encoding, _NAME).decode(encoding)
    return text


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object
    parts = []
    for i in range(error.start, error.end):
        raised = text[i] in _SUPERSCRIPTS and (i == 0 or text[i - 1] not in _SUPERSCRIPTS)
        parts.append(("^" if raised else "") + _one(text[i]))
    return "".join(parts), error.end


def _one(character: str) -> str:
    if character in _INSTEAD:
        return _INSTEAD[character]
    if "\udc80" <= character <= "\udcff":  # a byte of a file's name that is no text
        return f"\\x{ord(character) - 0xDC00:02x}"
    letters = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    if letters:
        return letters
    words = unicodedata.name(character, "").split()
    if words[:1] == ["GREEK"] and "LETTER" in words:
        name = words[words.index("LETTER") + 1]
        return name.lower() if "SMALL" in words else name.capitalize()
    return "?"


codecs.register_error(_NAME, _replace)
