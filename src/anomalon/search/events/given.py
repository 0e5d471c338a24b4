"""What users give to a search, checked entry by entry."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from anomalon.background import BackgroundEstimator, Backgrounds
from anomalon.core import check
from anomalon.core.errors import BadLayout, BadValue, ColumnMissing
from anomalon.core.sample import Sample
from anomalon.core.window import Window
from anomalon.features.axes import axes_among, checked_axes
from anomalon.features.expression import Expression
from anomalon.features.feature_sets import feature_set, how_to_make

__all__ = [
    "axes_of",
    "backgrounds_of",
    "check_has",
    "check_sample",
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
    """Names of features as a tuple, at least one; or of a set of the literature, as its own."""
    if isinstance(given, str):
        return feature_set(given, where)
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


def axes_of(given: Any, features: Sequence[str | tuple[str, ...]]) -> tuple[str, ...] | str:
    """Formulas of axes, each of which some feature set can make."""
    axes = checked_axes(given, "search.axes")
    for i, text in enumerate(() if isinstance(axes, str) else axes):
        if features and not any(axes_among((text,), names) for names in features):
            needed = Expression(text, "search.axes").columns
            raise BadValue(
                f"search.axes[{i}]: '{text}': expected a feature set with {list(needed)}, got "
                f"{[list(names) for names in features]}."
            )
    return axes


def check_has(sample: Sample, features: tuple[str, ...]) -> None:
    """Refuse a sample without these features, and say how they are made."""
    try:
        sample.select(features)
    except ColumnMissing as error:
        raise ColumnMissing(f"{error}{how_to_make(features)}") from error


def check_sample(given: Any, where: str) -> None:
    """Refuse what is no sample with a mass, and say how one is made."""
    if not isinstance(given, Sample):
        raise BadLayout(
            f"{where}: expected a Sample, got {given!r}. Make one with "
            "anomalon.features.dijet(events), or of the columns of a table with "
            "anomalon.load(path, mass=..., features=[...])."
        )
    given.required_mass(where)
