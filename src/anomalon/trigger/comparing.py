"""`operate`: models are trained on mixes of background, and compared at a fixed rate."""

import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.bibliography import cited
from anomalon.core.config import digest, lookup
from anomalon.core.errors import BadLayout, BadValue, Leak, TooFewEvents
from anomalon.core.events import Events
from anomalon.core.provenance import code_version
from anomalon.core.seed import Seed
from anomalon.detection.batches import Batches, Parts, Split, Survey, of_events, surveyed
from anomalon.detection.named import baselines, named
from anomalon.detection.results.detection import File
from anomalon.detection.training import TEST, Trained
from anomalon.run.job import HERE, Workplace
from anomalon.run.work import do
from anomalon.trigger.checking import checks_of
from anomalon.trigger.exporting import exported, refuse_without_onnx
from anomalon.trigger.operating import Judged, operated
from anomalon.trigger.rates.controller import Control, decaying_pile_up, follow
from anomalon.trigger.rates.rate import in_hz, measured_rate, rate_of
from anomalon.trigger.results.operated import Item, Operated
from anomalon.trigger.results.trigger import TriggerResult, Working
from anomalon.trigger.training import BACKGROUND, Model, ModelTraining, TriggerData

__all__ = ["Counting", "Operation", "operate"]

Floats = NDArray[np.float64]
Counting = Literal["total", "pure"]

_FEWEST = 25  # test events
_BLOCKS, _FALLS = 120, 0.7  # of a simulated fill, and how far its pile-up falls


@dataclass(frozen=True)
class Operation:
    """How a trigger is operated.

    Args:
        rate: Asked for, in Hz.
        counting: "total": all that fires counts; "pure": only what the menu does not have.
        incoming: Rate in Hz of all that the background stands for; None: its weights are in Hz.
        after: Column that says what reaches this trigger, e.g. "passes_l1"; "": all does.
        menu: Column of what the present menu has; "": there is none.
        items: Columns of its items, or patterns of them ("fired_*"), whose overlap is told.
        constant_in: Columns in which the rate has to be constant, e.g. "run"; it is told of others.
        trainings: Times that each model is trained, with other seeds; baselines once.
        halvings: Times that the test background is halved, to see whether thresholds close.
        split: Parts of background and samples, where their files do not say them.
        onnx: Whether the chosen model is exported with its threshold (the extra `trigger`).
        chosen: Name of the model that the headline is about; the last one if "".
        name: Title.

    Raises:
        BadValue: If a number is out of range, or a pure rate has no menu.
    """

    rate: float
    counting: Counting = "total"
    incoming: float | None = None
    after: str = ""
    menu: str = ""
    items: tuple[str, ...] = ()
    constant_in: tuple[str, ...] = ()
    trainings: int = 5
    halvings: int = 200
    split: Split = field(default_factory=Split)
    onnx: bool = False
    chosen: str = ""
    name: str = "Anomaly trigger"

    def __post_init__(self) -> None:
        check.fields(
            self, "", rate="(0, inf)", counting=get_args(Counting), trainings=(1, 1000),
            halvings=(1, 100_000), onnx=bool, after=str, menu=str, chosen=str, name=str,
        )  # fmt: skip
        for key in ("items", "constant_in"):
            given = check.several(getattr(self, key), key)
            object.__setattr__(self, key, tuple(check.text(name, key) for name in given))
        check.of_kind(self.split, "split", Split)
        if self.incoming is not None:
            check.number(self.incoming, "incoming", "(0, inf)")
        if self.counting == "pure" and not self.menu:
            raise BadValue(
                "menu: expected the column of the present menu, because a pure rate is what that "
                "does not have, got none."
            )


def operate(
    background: Events | Batches,
    models: Sequence[Model],
    operation: Operation,
    *,
    signals: Mapping[str, Events | Batches] | None = None,
    samples: Mapping[str, Events | Batches] | None = None,
    seed: Seed | int = 0,
    place: Workplace = HERE,
) -> TriggerResult:
    """Train models, find their thresholds on the test background, and see what they keep.

    Args:
        background: What comes in, its weights saying what each event stands for; with a column
            `split`, or divided as the operation says.
        models: What is compared; trivial selections always are.
        operation: At which rate.
        signals: Events of signals by name, for the evaluation alone.
        samples: Other events without signal, to learn from and to be judged.
        seed: Root of all random numbers.
        place: Who does the trainings, and where they are kept.

    Raises:
        Leak: If there is true signal in what is learned from.
        TooFewEvents: If there are fewer than 25 test events, or all weights are zero.
        BadLayout: If files have other objects or columns than the background.
        BadValue: If names do not fit together.
    """
    seed = Seed.of(seed)
    if operation.onnx:
        refuse_without_onnx()
    given = _given(background, samples or {}, signals or {})
    every = _models(models, given[BACKGROUND], [BACKGROUND, *(samples or {})])
    chosen = operation.chosen or [one.named.name for one in every if not one.named.baseline][-1]
    lookup({one.named.name: one for one in every}, chosen, "chosen")
    learn, judged, working = _divided(given, list(signals or {}), operation, seed)
    surveys = {name: surveyed((events,)) for name, events in given.items()}
    of = digest(code_version(), {n: s.digest for n, s in surveys.items()}, operation.split,
                operation.after, str(seed))  # fmt: skip
    trained = _trained(
        of, every, operation.trainings, TriggerData(learn, judged.events, seed), place
    )
    found = tuple(
        operated(one, trained[one.named.name], judged, list(signals or {}), list(samples or {}))
        for one in every
    )
    result = TriggerResult(
        name=operation.name, seed=str(seed), working=working, files=_files(surveys, judged),
        models=found, chosen=chosen, checks=(),
        control=_control(found, trained, judged, chosen, seed),
        citations=cited(*(one.named.detector for one in every)),
        scores=_table(every, trained, judged), saved=_saved(every, trained),
    )  # fmt: skip
    items, beside = _items(result, trained, judged, operation.items)
    result = replace(result, items=items, beside_items_hz=beside)
    result = replace(result, checks=checks_of(result, operation.constant_in))
    point = result.model(chosen).point
    if not operation.onnx or point.why:
        return result
    middle = trained[chosen][result.model(chosen).median_training]
    check_of, graph = exported(chosen, middle, point.threshold, judged.events[TEST])
    return replace(result, checks=(*result.checks, check_of), graph=graph)


def _trained(
    of: str, every: Sequence[Model], trainings: int, shared: TriggerData, place: Workplace
) -> dict[str, list[Trained]]:
    """All trainings of all models, by their names; baselines need one."""
    pieces = [
        ModelTraining(of, one, training)
        for one in every
        for training in range(1 if one.named.baseline else trainings)
    ]
    values = do(
        pieces, shared=shared, executor=place.executor, store=place.store, progress=place.progress
    )
    trained: dict[str, list[Trained]] = {one.named.name: [] for one in every}
    for piece, value in zip(pieces, values, strict=True):
        trained[piece.model.named.name].append(Trained.of(value))
    return trained


def _files(surveys: Mapping[str, Survey], judged: Judged) -> tuple[File, ...]:
    return tuple(
        File(name, survey.source, survey.n_events,
             len(judged.events[TEST if name == BACKGROUND else name]), survey.digest)
        for name, survey in surveys.items()
    )  # fmt: skip


def _saved(every: Sequence[Model], trained: Mapping[str, Sequence[Trained]]) -> dict[str, bytes]:
    """Models as files hold them, by their names and trainings."""
    return {
        one.named.column(i): fit.model
        for one in every
        for i, fit in enumerate(trained[one.named.name])
        if fit.model
    }


def _given(
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


def _models(models: Sequence[Model], background: Events, known: Sequence[str]) -> list[Model]:
    """The models, and trivial selections beside them."""
    if not models:
        raise BadValue("models: expected at least one [[models]] table, got none.")
    own = named([check.of_kind(one, "models", Model).named for one in models])
    for one in models:
        for name in one.emphasis:
            lookup(dict.fromkeys(known), name, f"models: {one.named.name}: emphasis")
    trivial = [Model(one) for one in baselines(own, background.object_kinds)]
    return [*models, *trivial]


def _divided(
    given: Mapping[str, Events], signals: Sequence[str], operation: Operation, seed: Seed
) -> tuple[dict[str, Events], Judged, Working]:
    """What may be learned from, what is judged, and where the trigger works."""
    learn, judged = {}, {}
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
    # the test part stands for all that the background stands for
    every = given[BACKGROUND]
    incoming = float(in_hz(every.weight, len(every), operation.incoming, "background").sum())
    hz = in_hz(test.weight, len(test), incoming, "background: test part")
    reached = {name: _reaching(events, operation.after, name) for name, events in judged.items()}
    menus = {
        name: _decision(events, operation.menu, name)[reached[name]]
        for name, events in judged.items()
        if operation.menu
    }
    working = _working(operation, (incoming, len(every)), hz, reached[TEST], menus.get(TEST))
    hz = hz[reached[TEST]]
    for name, rows in reached.items():
        if not judged[name].weight[rows].sum() > 0:
            raise TooFewEvents(
                f"{name or BACKGROUND}: expected events with a weight that reach this trigger"
                f"{f' (column {operation.after!r})' if operation.after else ''}, got none among "
                f"{len(rows)} to be judged."
            )
    reaching = {name: events[reached[name]] for name, events in judged.items()}
    return learn, Judged(
        reaching, hz, menus, operation.counting == "pure", operation.rate, operation.halvings,
        seed,
    ), working  # fmt: skip


def _refuse_other_kinds(name: str, events: Events, background: Events) -> None:
    """Events of another layout, before hours of training."""
    kinds = [k for k in dict.fromkeys(events.object_kinds) if k not in background.object_kinds]
    strange = [kind for kind in kinds if events.of_kind(kind).mask.any()]
    if strange:
        raise BadLayout(
            f"{name}: expected objects of the kinds that the background has, "
            f"{list(dict.fromkeys(background.object_kinds))}, got {strange} as well. Files of a "
            "trigger all have to be of the same level, 'hlt' or 'l1'."
        )


def _part(events: Events, names: tuple[str, ...], operation: Operation, seed: Seed) -> Events:
    return Events.concatenate(list(Parts((events,), names, operation.split, seed)))


def _reaching(events: Events, column: str, name: str) -> NDArray[np.bool_]:
    return _decision(events, column, name) if column else np.ones(len(events), bool)


def _decision(events: Events, column: str, name: str) -> NDArray[np.bool_]:
    values = events.column(column)
    if values.dtype != np.bool_ and not np.isin(values, (0, 1)).all():
        raise BadLayout(
            f"{name or BACKGROUND}: expected decisions (true or false) in the column '{column}', "
            f"got {values[:3].tolist()}."
        )
    return values.astype(bool)


def _working(
    operation: Operation,
    background: tuple[float, int],  # its rate, and how many events it has
    hz: Floats,
    reached: NDArray[np.bool_],
    menu: NDArray[np.bool_] | None,
) -> Working:
    incoming, n_events = background
    reaching = measured_rate(reached, hz, incoming=incoming)
    present = None
    if menu is not None:
        kept = reached.copy()
        kept[reached] = menu
        present = measured_rate(kept, hz, incoming=incoming)
    return Working(
        operation.rate, operation.counting, incoming, reaching.hz, reaching.sigma,
        operation.after, operation.menu,
        *((float("nan"),) * 2 if present is None else (present.hz, present.sigma)),
        unweighted=operation.incoming is None and bool(np.ptp(hz) == 0 and incoming == n_events),
    )  # fmt: skip


def _control(
    found: Sequence[Operated],
    trained: Mapping[str, Sequence[Trained]],
    judged: Judged,
    chosen: str,
    seed: Seed,
) -> Control | None:
    """A fill with the chosen model, if the pile-up of the background is known."""
    one = next(model for model in found if model.name == chosen)
    events = judged.events[TEST]
    if one.point.why or not one.point.hz > 0 or "n_pv" not in events.columns:
        return None
    n_pv = np.asarray(events.column("n_pv"), np.float64)
    mean = float(np.average(n_pv, weights=judged.hz))
    counted = judged.hz if judged.others is None else np.where(judged.others, 0.0, judged.hz)
    if not (mean > 0 and n_pv.std() > 0):
        return None
    scores = trained[chosen][one.median_training].scores[TEST]
    falling = decaying_pile_up(mean, _FALLS * mean, _BLOCKS)
    return follow(scores, counted, n_pv, judged.rate, falling, seed=seed.child("fill"))


def _items(
    result: TriggerResult,
    trained: Mapping[str, Sequence[Trained]],
    judged: Judged,
    patterns: Sequence[str],
) -> tuple[tuple[Item, ...], float]:
    """Items of the menu beside the chosen model, and its rate that none of them has."""
    events, chosen = judged.events[TEST], result.model(result.chosen)
    names = []
    for pattern in patterns:
        found = fnmatch.filter(events.columns, pattern)
        if not found:
            events.column(pattern)  # says what there is
        names += [name for name in found if name not in names]
    if not names or chosen.point.why:
        return (), float("nan")
    scores = trained[result.chosen][chosen.median_training].scores[TEST]
    fired = scores >= chosen.point.threshold
    items, others = [], np.zeros(len(events), bool)
    for name in names:
        has = _decision(events, name, "")
        others |= has
        rate, shared = (rate_of(some, judged.hz, ratio=False) for some in (has, has & fired))
        items.append(Item(name, rate.hz, rate.sigma, shared.hz, shared.sigma))
    items.sort(key=lambda item: -item.shared_hz)
    return tuple(items), float(judged.hz[fired & ~others].sum())


def _table(
    every: Sequence[Model], trained: Mapping[str, Sequence[Trained]], judged: Judged
) -> dict[str, NDArray[Any]]:
    """Columns of `scores.parquet`: what the events are, then a score for each training."""
    names = list(judged.events)
    table: dict[str, NDArray[Any]] = {
        "file": np.concatenate([np.full(len(judged.events[n]), n or BACKGROUND) for n in names]),
        "event": np.concatenate([judged.events[n].column("event") for n in names]),
        "weight": np.concatenate(
            [judged.hz if n == TEST else judged.events[n].weight for n in names]
        ),
    }
    for one in every:
        for i, fit in enumerate(trained[one.named.name]):
            table[one.named.column(i)] = np.concatenate([fit.scores[n] for n in names])
    return table
