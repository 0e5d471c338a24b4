"""Upwards or downwards: what the name of a column of errors says of its side."""

import re
from collections.abc import Collection, Sequence

from anomalon.data.spectrum.names import plain, words
from anomalon.data.spectrum.vocabulary import DOWN, OPPOSITES, UP

__all__ = ["beside_its_opposite", "has_sign", "is_for_both", "side_of"]

_BOTH = re.compile(r"±|\+\s*/\s*-|\+-|-\+")
_SIGN = re.compile(r"^([+-])\s*(?=[A-Za-z])|([+-])\s*%?\s*(?:[\[(][^\])]*[\])])?$")
_OPPOSITE = OPPOSITES | {down: up for up, down in OPPOSITES.items()}


def is_for_both(low: str) -> bool:
    """Whether a name says both sides, as "±" does."""
    return _BOTH.search(low) is not None


def has_sign(low: str) -> bool:
    """Whether a name begins or ends with a plus or a minus."""
    return _SIGN.search(low) is not None


def side_of(low: str, said: Sequence[str], others: Collection[str]) -> tuple[str, frozenset[str]]:
    """Which side, "up", "down", "both" or "", and the words that say so.

    Args:
        low: The name, plain and in lower case.
        said: Its words.
        others: The names of all columns: "err_p" is upwards beside "err_m".
    """
    if is_for_both(low):
        return "both", frozenset()
    if found := _SIGN.search(low):
        return ("up" if "+" in found[0] else "down"), frozenset()
    up, down = (bool(side & set(said)) for side in (UP, DOWN))
    if up != down:
        return ("up" if up else "down"), (UP | DOWN) & frozenset(said)
    names = {words(other) for other in others}
    for place, word in enumerate(said[1:], 1):
        opposite = _OPPOSITE.get(word)
        if opposite and (*said[:place], opposite, *said[place + 1 :]) in names:
            return ("up" if word in OPPOSITES else "down"), frozenset({word})
    return "", frozenset()


def beside_its_opposite(low: str, others: Collection[str]) -> bool:
    """Whether another column has the same name with another sign, as "JES -" beside "JES +"."""
    bare = _SIGN.sub("", low).strip()
    lows = [plain(other).lower() for other in others]
    return any(has_sign(o) and o != low and _SIGN.sub("", o).strip() == bare for o in lows)
