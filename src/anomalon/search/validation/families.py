"""Which generator is no relative of the template under test.

A generator and a template that are built alike err alike: what the one cannot describe is not in
the mock data, and the other does not need it. Then the test flatters. So data are drawn by another
family than any that the background method has inside.
"""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from anomalon.core.errors import BadValue
from anomalon.learn.density import DensityEstimator, FlowMatching, Mixture, SplineFlow
from anomalon.search.events.scan import Search

__all__ = ["families", "generator_for"]

_BY_DEFAULT: tuple[DensityEstimator, ...] = (SplineFlow(), FlowMatching())


def families(setting: Any) -> set[str]:
    """Kinds of the density estimators inside of a setting; of a mixture, those that it mixes."""
    return set(_kinds(setting))


def generator_for(search: Search, asked: DensityEstimator | None) -> DensityEstimator:
    """The generator that was asked for; or splines, unless the background method uses them.

    Args:
        search: What is validated.
        asked: A generator, or None.

    Raises:
        BadValue: If the background method has one of its family, or of all that there are.
    """
    (method,) = search.methods
    used = families(method.background) if search.trains else set()
    kind = method.background.kind
    if asked is not None:
        if families(asked) & used:
            others = ", ".join(g.kind for g in _BY_DEFAULT if g.kind not in used) or "none"
            raise BadValue(
                f"samples.generator: expected a generator of another family than the background "
                f"method '{kind}' has inside, got {asked.kind}: the two would err alike, and the "
                f"test would flatter. Others are: {others}. Leave it out to have one chosen."
            )
        return asked
    for generator in _BY_DEFAULT:
        if generator.kind not in used:
            return generator
    raise BadValue(
        f"samples.generator: the background method '{kind}' has densities of all families inside "
        f"({', '.join(sorted(used))}). Register another DensityEstimator, or validate with other "
        "samples."
    )


def _kinds(setting: Any) -> Iterator[str]:
    if isinstance(setting, DensityEstimator) and not isinstance(setting, Mixture):
        yield setting.kind
    if isinstance(setting, list | tuple):
        for entry in setting:
            yield from _kinds(entry)
    elif is_dataclass(setting) and not isinstance(setting, type):
        for field in fields(setting):
            yield from _kinds(getattr(setting, field.name))
