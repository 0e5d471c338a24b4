"""`Named`: a detector with the name that its results go by."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields

from anomalon.core import check
from anomalon.core.errors import BadValue
from anomalon.detectors import BASELINES, JET_BASELINES, Baseline, Detector, baselines_of

__all__ = ["Named", "baselines", "named"]

_TRIVIAL = (*BASELINES, *JET_BASELINES)
_NAME = re.compile(r"\w[\w .,+()-]{0,59}")


@dataclass(frozen=True)
class Named:
    """A detector and its name.

    Args:
        detector: The settings.
        name: Letters, digits, spaces and `_ . , + ( ) -`: it is part of names of files.
        baseline: Whether it is a trivial one that was added for comparison.

    Raises:
        BadValue: If the name has other characters.
    """

    detector: Detector
    name: str
    baseline: bool = False

    def __post_init__(self) -> None:
        check.of_kind(self.detector, "detectors", Detector)
        if not _NAME.fullmatch(check.text(self.name, "detectors: name")):
            raise BadValue(
                "detectors: expected a name of at most 60 letters, digits, spaces and "
                f"_ . , + ( ) -, a letter or digit first, got {self.name!r}."
            )

    def column(self, training: int) -> str:
        """What its score is called in tables, and the file of its model."""
        return f"{self.name}-{training + 1}".replace(" ", "-")


def named(detectors: Iterable[Detector | Named]) -> tuple[Named, ...]:
    """Detectors with names, each once; those without one are called by their settings.

    Raises:
        BadValue: If there is none, or two have been given the same name.
    """
    given = tuple(detectors)
    if not given:
        raise BadValue("detectors: expected at least one [[detectors]] table, got none.")
    called = [d for d in given if isinstance(d, Named)]
    check.once([d.name for d in called], "detectors: names")
    check.once([d.column(0) for d in called], "detectors: names, as columns and files have them")
    for one in called:
        if one.name in _TRIVIAL and one.detector != Baseline(one.name):  # type: ignore[arg-type]
            raise BadValue(
                f"detectors: expected a name that is not that of a trivial baseline, got "
                f"'{one.name}'. Those are always compared with."
            )
    taken = {d.name for d in given if isinstance(d, Named)} | set(_TRIVIAL)
    found = []
    for some in given:
        if not isinstance(some, Named):
            some = Named(some, _free(_readable(some), taken))
            taken.add(some.name)
        found.append(some)
    return tuple(found)


def baselines(beside: Iterable[Named], kinds: Iterable[str]) -> tuple[Named, ...]:
    """All trivial detectors for events of such objects that are not among these already."""
    there = {d.detector for d in beside if isinstance(d.detector, Baseline)}
    every = (Named(Baseline(q), q, baseline=True) for q in baselines_of(kinds))  # type: ignore[arg-type]
    return tuple(one for one in every if one.detector not in there)


def _readable(detector: Detector) -> str:
    """Its kind, with that of its network and the size of its middle where it has these."""
    if isinstance(detector, Baseline):
        return f"baseline {detector.quantity}"
    words = [detector.kind.replace("_", " ")]
    values = {f.name: getattr(detector, f.name) for f in fields(detector)}  # type: ignore[arg-type]
    if "network" in values:
        words.append(values["network"].kind.replace("_", " "))
    if "n_latent" in values:
        words.append(str(values["n_latent"]))
    return " ".join(words)


def _free(name: str, taken: set[str]) -> str:
    n, free = 1, name
    while free in taken:
        n += 1
        free = f"{name} ({n})"
    return free
