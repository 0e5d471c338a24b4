"""`mixed`: several samples as one background, each with an emphasis of its own.

Detectors learn by `Events.weight`. A trigger learns from enhanced-bias events, whose weights span
many orders, and from slices of simulated dijets, of which the softest would outweigh all others by
their cross section: what counts how much is a choice, and is said here in numbers.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadLayout, BadNumbers, BadValue, UnknownKey, suggest
from anomalon.core.events import Events
from anomalon.core.seen import SPLIT

__all__ = ["mixed"]


def mixed(
    samples: Mapping[str, Events],
    *,
    emphasis: Mapping[str, float] | None = None,
    power: float = 1.0,
) -> Events:
    """All events of some samples, with weights that sum to the emphasis of each sample.

    Args:
        samples: Events with the same objects and features, by a name for each. Columns that all
            of them have are kept, and labels if all have them.
        emphasis: What the weights of each sample sum to; one for each if None.
        power: Of the weights within a sample, from 0 (all that have a weight count the same) to 1
            (as they are). Weights that span many orders make a training that follows few events.

    Example:
        >>> jets = Events(np.ones((4, 1, 1)), ("jet",), ("pt",))
        >>> bias = replace(jets, weight=np.array([1.0, 100.0, 0.0, 10_000.0]))
        >>> both = mixed({"jets": jets, "bias": bias}, emphasis={"jets": 1, "bias": 111}, power=0.5)
        >>> both.weight.round(9).tolist()
        [0.25, 0.25, 0.25, 0.25, 1.0, 10.0, 0.0, 100.0]

    Raises:
        BadValue: If there is no sample, or an emphasis is not above zero.
        UnknownKey: If there is an emphasis of no sample, or a sample without one.
        BadNumbers: If a weight is negative or not finite, or a sample has no event with one.
        BadLayout: If samples differ in their objects, or one says which events are kept for the
            test and another one does not.
    """
    if not isinstance(samples, Mapping) or not samples:
        raise BadValue(f"mixed: expected samples by name, got {check.shown(samples)}.")
    power = check.number(power, "mixed: power", "[0, 1]")
    wanted = _emphasis(samples, emphasis)
    for name, events in samples.items():
        check.of_kind(events, f"mixed: sample '{name}'", Events)
    common = set.intersection(*(set(events.columns) for events in samples.values()))
    split = [name for name, events in samples.items() if SPLIT in events.columns]
    if split and SPLIT not in common:
        without = [name for name in samples if name not in split]
        raise BadLayout(
            f"mixed: expected a column '{SPLIT}' in all samples or in none, got it in {split}, not "
            f"in {without}. Give it to all (anomalon.core.seen.with_split)."
        )
    parts = []
    for name, events in samples.items():
        weight = wanted[name] * _shares(events.weight, power, f"sample '{name}'")
        kept = events.with_columns({n: v for n, v in events.columns.items() if n in common})
        parts.append(replace(kept, weight=weight))
    return Events.concatenate(parts)


def _emphasis(
    samples: Mapping[str, Events], emphasis: Mapping[str, float] | None
) -> dict[str, float]:
    """One number for each sample."""
    given = dict.fromkeys(samples, 1.0) if emphasis is None else dict(emphasis)
    for name in given:
        if name not in samples:
            raise UnknownKey(f"mixed: emphasis of an unknown sample '{name}'; "
                             f"{suggest(name, samples)}")  # fmt: skip
    for name in samples:
        if name not in given:
            raise UnknownKey(f"mixed: expected an emphasis of each sample, got none of '{name}'.")
    return {
        name: check.number(value, f"mixed: emphasis of '{name}'", "(0, inf)")
        for name, value in given.items()
    }


def _shares(weight: NDArray[np.floating], power: float, where: str) -> NDArray[np.float64]:
    """weight^power, of sum one; what has no weight gets none."""
    check.finite(weight, f"{where}: weight")
    check.non_negative(weight, f"{where}: weight")
    most = weight.max(initial=0.0)
    if most == 0:
        raise BadNumbers(
            f"{where}: expected events with a weight, got {len(weight)} whose weights are all zero."
        )
    raised = np.where(weight > 0, (weight / most) ** power, 0.0)
    return np.asarray(raised / raised.sum())
