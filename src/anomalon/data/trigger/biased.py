"""`BiasedSample`: how the events of a file were drawn, so that weights can be made again.

Enhanced bias takes an event by prescaled items of the first level: with independent prescales PS
with probability P = 1 - prod(1 - 1/PS) over the items that fired. Its weight is 1 / P (ATLAS,
ATL-DAQ-PUB-2016-002), here times the rate of crossings that each generated event of its stratum
stands for, in Hz: the sum of the weights of what a selection keeps is its rate.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Events, check
from anomalon.core.errors import BadLayout, TooFewEvents
from anomalon.core.prescales import enhanced_bias_weights
from anomalon.data.hdf5 import open_hdf5
from anomalon.data.per_event import ABOUT

__all__ = ["BiasedSample", "Closure", "Drawn", "biased_sample"]

_ROUNDING = 1e-5  # of weights in single precision, whose sum is compared
LEAST_EVENTS = 100
"""Of a stratum, below which its rate is not believed."""
LEAST_CHANCE = 1e-2
"""Mean probability that an event of a stratum is taken, below which weights are not believed."""


@dataclass(frozen=True)
class Drawn:
    """The events of one stratum.

    Args:
        name: Of the stratum.
        process: Its number in the column `process`.
        rate: Of its crossings, in Hz.
        n_generated: Crossings that the events in the file were drawn from.
        n_events: Events of it in the file.
    """

    name: str
    process: int
    rate: float
    n_generated: float
    n_events: int


@dataclass(frozen=True)
class Closure:
    """The rate of a stratum from the weights of its events, beside that which it has.

    Args:
        name: Of the stratum.
        rate: That it has, in Hz.
        found: The sum of weights, in Hz.
        error: Its standard deviation, in Hz.
        n_events: How many events give it.
        chance: Mean probability that an event of it was taken: n_events over n_generated.
    """

    name: str
    rate: float
    found: float
    error: float
    n_events: int
    chance: float

    @property
    def pull(self) -> float:
        """(found - rate) / error; 0 if both are the same without error."""
        apart = self.found - self.rate
        if self.error > 0:
            return apart / self.error
        return 0.0 if abs(apart) <= _ROUNDING * self.rate else np.inf


@dataclass(frozen=True)
class BiasedSample:
    """Strata and prescales of a file.

    Args:
        strata: What it is of.
        prescales: Of the items whose column is `fired_…`; empty if every event was taken.
    """

    strata: tuple[Drawn, ...]
    prescales: dict[str, float]

    @property
    def rate(self) -> float:
        """Of all crossings that the file stands for, in Hz."""
        return sum(stratum.rate for stratum in self.strata)

    def chance(self, events: Events) -> NDArray[np.float64]:
        """With what probability each event was taken, shape (event,).

        Raises:
            ColumnMissing: If the events lack `fired_…` of an item.
            BadValue: If a prescale is below one.
            BadNumbers: If no item fired of an event, which can then not have been taken.
        """
        if not self.prescales:
            return np.ones(len(events))
        fired = np.stack([events.column(f"fired_{name}") for name in self.prescales], axis=1)
        return 1.0 / enhanced_bias_weights(fired, list(self.prescales.values()))

    def weights(self, events: Events) -> NDArray[np.float64]:
        """Weights in Hz, shape (event,), from the columns `process` and `fired_…`.

        Raises:
            BadLayout: If an event is of no stratum.
            ColumnMissing, BadValue, BadNumbers: As `chance`.
        """
        process = events.column("process")
        per_event = np.zeros(len(events))
        for stratum in self.strata:
            per_event[process == stratum.process] = stratum.rate / stratum.n_generated
        if (per_event == 0).any():
            others = np.unique(process[per_event == 0]).tolist()
            raise BadLayout(
                f"{events.source}: expected events of the processes "
                f"{[s.process for s in self.strata]}, got {others}: these weights are of a file."
            )
        return per_event / self.chance(events)

    def closure(self, events: Events, weight: NDArray[np.float64] | None = None) -> list[Closure]:
        """Of each stratum, the rate that the weights give.

        Args:
            events: All events of the file.
            weight: In Hz; those of the events if not given.

        Raises:
            BadLayout, BadNumbers: If there is not one weight of at least zero for each event.
            TooFewEvents: If a stratum has less than 100 events, or less than one in a hundred of
                its events was taken: what it stands for is then in few events or in none.
        """
        weights = np.asarray(events.weight if weight is None else weight, np.float64)
        check.length(weights, len(events), "closure: weight")
        check.finite(weights, "closure: weight")
        check.non_negative(weights, "closure: weight")
        process = events.column("process")
        found = []
        for stratum in self.strata:
            w = weights[process == stratum.process]
            chance = len(w) / stratum.n_generated
            if len(w) < LEAST_EVENTS or chance < LEAST_CHANCE:
                raise TooFewEvents(
                    f"{events.source}: stratum {stratum.name} of {stratum.rate:.4g} Hz has "
                    f"{len(w)} events, {chance:.2g} of those generated; expected at least "
                    f"{LEAST_EVENTS} and {LEAST_CHANCE:g}. Generate more, or lower the prescales."
                )
            # A draw adds w with P = unit / w: variance w^2 (1 - P) of each that was taken.
            unit = stratum.rate / stratum.n_generated
            spread = float(np.sum(w**2 * np.maximum(1 - unit / np.where(w > 0, w, np.inf), 0)))
            total = float(w.sum())
            found.append(
                Closure(stratum.name, stratum.rate, total, np.sqrt(spread), len(w), chance)
            )
        return found


def biased_sample(path: str | Path) -> BiasedSample:
    """How the events of a file that anomalon has written were drawn.

    Raises:
        BadLayout: If the file does not say it.
        DataError: If it cannot be read.
    """
    path = Path(path)
    with open_hdf5(path) as file:
        said = file.attrs.get(ABOUT)
    try:
        about: dict[str, Any] = json.loads(said)
        strata = tuple(Drawn(**stratum) for stratum in about["strata"])
        prescales = {str(k): float(v) for k, v in (about["prescales"] or {}).items()}
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise BadLayout(
            f"{path}: expected a file of bunch crossings that says its strata and prescales, as "
            "`anomalon simulate trigger` writes it; got one that does not."
        ) from error
    if not strata:
        raise BadLayout(
            f"{path}: expected bunch crossings of some strata, which stand for a rate, got events "
            "of a signal, which do not."
        )
    return BiasedSample(strata, prescales)
