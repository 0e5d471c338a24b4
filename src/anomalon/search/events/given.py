"""What users give to a search, checked entry by entry."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from anomalon.background import BackgroundEstimator, Backgrounds
from anomalon.core import check
from anomalon.core.errors import BadValue
from anomalon.core.window import Window
from anomalon.features.expression import Expression

__all__ = [
    "backgrounds_of",
    "condition_of",
    "efficiency_of",
    "feature_set_of",
    "method_names",
    "window_of",
]


def backgrounds_of(given: Any) -> Backgrounds:
    """One method, or a tuple of several."""
    several = tuple(given) if isinstance(given, list | tuple) else (given,)
    for i, one in enumerate(several):
        if not isinstance(one, BackgroundEstimator):
            where = f"search.background[{i}]" if len(several) > 1 else "search.background"
            raise BadValue(f"{where}: expected a BackgroundEstimator, got {check.shown(one)}.")
    if not several:
        raise BadValue("search.background: expected at least one method, got none.")
    check.once(several, "search.background")
    return several if len(several) > 1 else several[0]


def method_names(given: Sequence[BackgroundEstimator]) -> tuple[str, ...]:
    """What readers call the methods: by their kind, numbered if there are two of one."""
    if len(given) == 1:
        return ("",)
    kinds = [getattr(one, "kind", type(one).__name__) for one in given]
    several, seen = Counter(kinds), Counter[str]()
    names = []
    for kind in kinds:
        seen[kind] += 1
        names.append(f"{kind} {seen[kind]}" if several[kind] > 1 else kind)
    return tuple(names)


def window_of(given: Any, where: str) -> Window:
    """A window, as it is."""
    if not isinstance(given, Window):
        raise BadValue(f"{where}: expected a Window, got {check.shown(given)}.")
    return given


def feature_set_of(given: Any, where: str) -> tuple[str, ...]:
    """Names of features as a tuple; at least one."""
    if isinstance(given, str):
        raise BadValue(f"{where}: expected a list of lists of names, got the name {given!r}.")
    names = check.several(given, where)
    if not names:
        raise BadValue(f"{where}: expected at least one name, got none.")
    return tuple(check.text(name, where) for name in names)


def condition_of(given: Any, where: str) -> str:
    """The text of a cut that is one."""
    condition = Expression(given, where)
    if condition.kind == "condition":
        return condition.text
    raise BadValue(
        f"{where}: '{condition.text}': expected a condition such as `{condition.columns[0]} < 1`, "
        "got a number."
    )


def efficiency_of(given: Any, where: str) -> float:
    """A background efficiency, in (0, 1)."""
    return check.number(given, where, "(0, 1)")
