"""`Named`: a detector with the name that its results go by."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields

from anomalon.core import check
from anomalon.core.errors import BadValue
from anomalon.detectors import BASELINES, Baseline, Detector

__all__ = ["Named", "baselines", "named"]

_NAME = re.compile(r"[\w .,+()-]{1,60}")


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
                f"_ . , + ( ) -, got {self.name!r}."
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
    check.once([d.name for d in given if isinstance(d, Named)], "detectors: names")
    taken = {d.name for d in given if isinstance(d, Named)} | set(BASELINES)
    found = []
    for one in given:
        if not isinstance(one, Named):
            one = Named(one, _free(_readable(one), taken))
            taken.add(one.name)
        found.append(one)
    return tuple(found)


def baselines(beside: Iterable[Named]) -> tuple[Named, ...]:
    """All trivial detectors that are not among these already."""
    there = {d.detector for d in beside if isinstance(d.detector, Baseline)}
    every = (Named(Baseline(q), q, baseline=True) for q in BASELINES)  # type: ignore[arg-type]
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
