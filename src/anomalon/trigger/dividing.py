"""What models may learn from, what is judged, and what reaches the trigger of that."""

import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadLayout, BadValue, Leak, TooFewEvents
from anomalon.core.events import Events
from anomalon.core.kinds import refuse_other_kinds
from anomalon.core.rounding import plain
from anomalon.core.seed import Seed
from anomalon.detection.batches import Batches, Parts, of_events
from anomalon.detection.training import TEST
from anomalon.trigger.operating import Judged
from anomalon.trigger.operation import Operation
from anomalon.trigger.rates.rate import Rate, in_hz, measured_rate, more_than, rate_of
from anomalon.trigger.results.trigger import Working
from anomalon.trigger.training import BACKGROUND

__all__ = ["decided", "divided", "item_names", "whole_files"]

Floats = NDArray[np.float64]

_FEWEST = 25  # test events


def whole_files(
    background: Events | Batches,
    samples: Mapping[str, Events | Batches],
    signals: Mapping[str, Events | Batches],
) -> dict[str, Events]:
    """All events in memory, by the names of their files.

    Raises:
        BadValue: If a name occurs twice, or is that of the background.
    """
    check.once([BACKGROUND, *samples, *signals], "samples and signals: names")
    if TEST in (*samples, *signals):
        raise BadValue("samples and signals: expected names, got ''.")
    every = {BACKGROUND: background} | dict(samples) | dict(signals)
    return {name: _whole(events, name) for name, events in every.items()}


def _whole(events: Events | Batches, name: str) -> Events:
    pieces = list(of_events(events) if isinstance(events, Events) else events)
    if not sum(map(len, pieces)):
        raise TooFewEvents(f"{name}: expected events, got none.")
    return Events.concatenate(pieces)


def divided(
    given: Mapping[str, Events], signals: Sequence[str], operation: Operation, seed: Seed
) -> tuple[dict[str, Events], Judged, Working]:
    """What may be learned from, what is judged, and where the trigger works."""
    learn, judged = {}, {}
    _refuse_odd_columns(given[BACKGROUND], operation)
    for name, events in given.items():
        check.non_negative(events.weight, f"{name}: weight")
        _refuse_other_kinds(name, events, given[BACKGROUND])
        truth = events.label
        if name in signals:
            if truth is not None and (truth == 0).any():
                raise BadLayout(
                    f"signals.{name}: expected signal alone, got {int((truth == 0).sum())} events "
                    "with the label 0."
                )
            judged[name] = events
            continue
        if truth is not None and (truth == 1).any():
            raise Leak(
                f"{name}: expected no true signal, got {int((truth == 1).sum())} of "
                f"{len(events)} events. Leave them out, or give the file as a signal."
            )
        learn[name] = _part(events, ("train", "validation"), operation, seed)
        judged[TEST if name == BACKGROUND else name] = _part(events, ("test",), operation, seed)
    test = judged[TEST]
    if len(test) < _FEWEST:
        raise TooFewEvents(
            f"background: expected at least {_FEWEST} events that are kept for the test, got "
            f"{len(test)}. Give a larger share in [split], or a file whose column `split` has the "
            "value 2."
        )
    hz, comes_in = _in_hz(given[BACKGROUND], test, operation.incoming)
    reached = {name: _reaching(events, operation.after, name) for name, events in judged.items()}
    menus = {
        name: decided(events, operation.menu, name)[reached[name]]
        for name, events in judged.items()
        if operation.menu
    }
    working = _working(operation, comes_in, hz, reached[TEST], menus.get(TEST))
    hz = hz[reached[TEST]]
    for name, rows in reached.items():
        if not judged[name].weight[rows].sum() > 0:
            raise TooFewEvents(
                f"{name or BACKGROUND}: expected events with a weight that reach this trigger"
                f"{f' (column {operation.after!r})' if operation.after else ''}, got none among "
                f"{len(rows)} to be judged."
            )
    if operation.counting == "total" and more_than(operation.rate, float(hz.sum())):
        raise BadValue(
            f"rate: expected at most {plain(float(hz.sum()))} Hz, which is what reaches this "
            f"trigger, got {operation.rate:g} Hz."
        )
    reaching = {name: events[reached[name]] for name, events in judged.items()}
    return learn, Judged(
        reaching, hz, menus, operation.counting == "pure", operation.rate, operation.halvings,
        seed, operation.constant_in,
    ), working  # fmt: skip


@dataclass(frozen=True)
class _ComesIn:
    """What the background stands for, in Hz, with the statistical uncertainty of its weights.

    `test_pull` is how far the weights of the test part are from its share of the events, in
    standard deviations of a part that is drawn at random.
    """

    hz: float
    sigma: float
    given: bool
    n_events: int
    test_pull: float

    def rate(self, passed: NDArray[np.bool_], hz: Floats) -> Rate:
        """Of what passes; if what comes in was given, the ratio of sums times that."""
        if self.given:
            return measured_rate(passed, hz, incoming=self.hz)
        return rate_of(passed, hz, ratio=False)


def _in_hz(every: Events, test: Events, incoming: float | None) -> tuple[Floats, _ComesIn]:
    """The rate that each test event stands for, and that of all.

    The test part stands for the whole by its share of the events. Its share of the weights would
    follow the few heaviest events, wherever they happen to be, and no error of a rate has that.
    """
    of_file = in_hz(every.weight, len(every), incoming, "background")
    own = in_hz(test.weight, len(test), None, "background: test part")
    hz, sigma = float(of_file.sum()), float(np.sqrt((of_file**2).sum()))
    share = len(test) / len(every)
    own = own * (hz / float(every.weight.sum()) / share)
    drawn = sigma * np.sqrt((1 - share) / share)
    pull = 0.0 if share == 1 else float((own.sum() - hz) / drawn)
    return own, _ComesIn(hz, sigma, incoming is not None, len(every), pull)


def _refuse_odd_columns(background: Events, operation: Operation) -> None:
    """Columns that are named for what they are not, before hours of training."""
    for column in operation.constant_in:
        _refuse_no_numbers(background.column(column), column)
    for name in item_names(background, operation.items):
        decided(background, name, "")


def _refuse_no_numbers(values: NDArray[Any], column: str) -> None:
    """A column that has no bins."""
    if values.dtype.kind not in "biuf" or not np.isfinite(values).all():
        raise BadLayout(
            f"constant_in: expected columns of finite numbers, got '{column}', which is none."
        )


def _refuse_other_kinds(name: str, events: Events, background: Events) -> None:
    """Events of another layout, before hours of training."""
    remedy = (
        ". Files of a trigger all have to be of the same level, 'hlt' or 'l1', and of the same "
        "layout."
    )
    known = background.object_kinds
    refuse_other_kinds(events.object_kinds, known, name, "the background has", remedy)


def _part(events: Events, names: tuple[str, ...], operation: Operation, seed: Seed) -> Events:
    return Events.concatenate(list(Parts((events,), names, operation.split, seed)))


def _reaching(events: Events, column: str, name: str) -> NDArray[np.bool_]:
    return decided(events, column, name) if column else np.ones(len(events), bool)


def item_names(events: Events, patterns: Sequence[str]) -> tuple[str, ...]:
    """The columns of items, by names or patterns of them.

    Raises:
        ColumnMissing: If there is none of a pattern.
    """
    found: dict[str, None] = {}
    for pattern in patterns:
        names = fnmatch.filter(events.columns, pattern)
        if not names:
            events.column(pattern)  # says what there is
        found |= dict.fromkeys(names)
    return tuple(found)


def decided(events: Events, column: str, name: str) -> NDArray[np.bool_]:
    """A column of decisions, true or false; `name` is what messages call the events."""
    remedy = f"Name another column than '{column}'."
    return check.decisions(events.column(column), name or BACKGROUND, remedy)


def _working(
    operation: Operation,
    comes_in: _ComesIn,
    hz: Floats,
    reached: NDArray[np.bool_],
    menu: NDArray[np.bool_] | None,
) -> Working:
    incoming_sigma = 0.0 if comes_in.given else comes_in.sigma
    reaching = comes_in.rate(reached, hz)
    if not operation.after:  # all that comes in, of which all events of the file tell
        reaching = replace(reaching, hz=comes_in.hz, sigma=incoming_sigma)
    present = None
    if menu is not None:
        kept = reached.copy()
        kept[reached] = menu
        present = comes_in.rate(kept, hz)
    counted = bool(np.ptp(hz) == 0 and comes_in.hz == comes_in.n_events)
    return Working(
        operation.rate, operation.counting, comes_in.hz, reaching.hz, reaching.sigma,
        operation.after, operation.menu,
        *((float("nan"),) * 2 if present is None else (present.hz, present.sigma)),
        unweighted=counted and not comes_in.given,
        incoming_sigma=incoming_sigma,
        scale_error=comes_in.sigma / comes_in.hz if comes_in.given else 0.0,
        test_pull=comes_in.test_pull,
    )  # fmt: skip
