"""How windows and feature sets are called, so that two of them never have one name.

A window is called by its signal region in GeV, to six digits. Edges that agree so far get all their
digits, and windows around the same signal region tell their side bands.
"""

from collections import Counter
from collections.abc import Callable, Sequence

from anomalon.core.window import Window
from anomalon.features.feature_sets import name_of_set

__all__ = ["feature_names", "window_names"]

_MOST_LISTED = 8


def window_names(windows: Sequence[Window]) -> tuple[str, ...]:
    """A name for each window; the same one for equal windows only.

    Example:
        >>> sr = 3000, 3400
        >>> window_names([Window(*sr, 2600, 3800), Window(*sr, 2900, 3500)])
        ('3000-3400 within 2600-3800', '3000-3400 within 2900-3500')
        >>> window_names([Window(*sr, 2600, 3800), Window(3000.0001, 3400, 2600, 3800)])
        ('3000-3400', '3000.0001-3400')
    """
    names = {window: str(window) for window in windows}
    for finer in (_all_digits, _with_sidebands, _with_all_digits_of_sidebands):
        names = _told_apart(names, finer)
    return tuple(names[window] for window in windows)


def feature_names(features: Sequence[str]) -> str:
    """The feature set in one text; names that hold a comma or quotes are in quotes.

    A long set of the literature is called by its name: fifty-six features fill no table's cell.

    Example:
        >>> feature_names(["a", "b"]), feature_names(["a, b"])
        ('a, b', '"a, b"')
        >>> from anomalon.features import FEATURE_SETS
        >>> feature_names(FEATURE_SETS["ext3"])
        'ext3 (56 features)'
    """
    name = name_of_set(features)
    if name is not None and len(features) > _MOST_LISTED:
        return f"{name} ({len(features)} features)"
    return ", ".join(_quoted(name) if {",", '"'} & set(name) else name for name in features)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _told_apart(names: dict[Window, str], finer: Callable[[Window], str]) -> dict[Window, str]:
    known = Counter(names.values())
    return {w: finer(w) if known[name] > 1 else name for w, name in names.items()}


def _all_digits(window: Window) -> str:
    return f"{_exact(window.low)}-{_exact(window.high)}"


def _with_sidebands(window: Window) -> str:
    return f"{_all_digits(window)} within {window.sideband_low:g}-{window.sideband_high:g}"


def _with_all_digits_of_sidebands(window: Window) -> str:
    ends = f"{_exact(window.sideband_low)}-{_exact(window.sideband_high)}"
    return f"{_all_digits(window)} within {ends}"


def _exact(mass: float) -> str:
    short = f"{mass:g}"
    return short if float(short) == mass else repr(mass)
