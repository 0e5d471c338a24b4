"""`operate`: models are trained on mixes of background, and compared at a fixed rate."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.bibliography import cited
from anomalon.core.config import digest, lookup
from anomalon.core.errors import BadValue, TooFewEvents
from anomalon.core.events import Events
from anomalon.core.provenance import code_version
from anomalon.core.seed import Seed
from anomalon.detection.batches import Batches, Survey, surveyed
from anomalon.detection.named import baselines, named
from anomalon.detection.results.detection import File
from anomalon.detection.training import TEST, Trained, do_trainings
from anomalon.run.job import HERE, Workplace
from anomalon.trigger.checking import checks_of
from anomalon.trigger.dividing import decided, divided, item_names, whole_files
from anomalon.trigger.exporting import exported, refuse_without_onnx
from anomalon.trigger.operating import Judged, numbers_of, operated
from anomalon.trigger.operation import Operation
from anomalon.trigger.rates.controller import Control, decaying_pile_up, follow
from anomalon.trigger.rates.rate import rate_of
from anomalon.trigger.results.operated import Item, Operated
from anomalon.trigger.results.trigger import TriggerResult
from anomalon.trigger.training import BACKGROUND, Model, ModelTraining, TriggerData

__all__ = ["operate"]

Floats = NDArray[np.float64]

_BLOCKS, _FALLS = 120, 0.7  # of a simulated fill, and how far its pile-up falls


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
    given = whole_files(background, samples or {}, signals or {})
    every = _models(models, given[BACKGROUND], [BACKGROUND, *(samples or {})])
    chosen = operation.chosen or [one.named.name for one in every if not one.named.baseline][-1]
    lookup({one.named.name: one for one in every}, chosen, "chosen")
    learn, judged, working = divided(given, list(signals or {}), operation, seed)
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
    items, always, beside = _items(result, trained, judged, operation.items)
    result = replace(result, items=items, always=always, beside_items_hz=beside)
    result = replace(result, checks=checks_of(result, operation.constant_in))
    return _with_graph(result, trained, judged) if operation.onnx else result


def _with_graph(
    result: TriggerResult, trained: Mapping[str, Sequence[Trained]], judged: Judged
) -> TriggerResult:
    """With the chosen model as ONNX, if it has a threshold."""
    model = result.model(result.chosen)
    if model.point.why:
        return result
    middle = trained[model.name][model.median_training]
    same, graph = exported(model.name, middle, model.point.threshold, judged.events[TEST])
    return replace(result, checks=(*result.checks, same), graph=graph)


def _trained(
    of: str, every: Sequence[Model], trainings: int, shared: TriggerData, place: Workplace
) -> dict[str, list[Trained]]:
    """All trainings of all models, by their names; baselines need one."""
    pieces = [
        ModelTraining(of, one, training)
        for one in every
        for training in range(1 if one.named.baseline else trainings)
    ]
    found: dict[str, list[Trained]] = {one.named.name: [] for one in every}
    for piece, value in zip(pieces, do_trainings(pieces, shared, place), strict=True):
        found[piece.model.named.name].append(Trained.of(value))
    return found


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
    n_pv = numbers_of(events, "n_pv")
    if one.point.why or not one.point.hz > 0 or n_pv is None:
        return None
    mean = float(np.average(n_pv, weights=judged.hz))
    if not (mean > 0 and n_pv.std() > 0 and n_pv.min() >= 0):  # -1 may stand for unknown
        return None
    scores = trained[chosen][one.median_training].scores[TEST]
    falling = decaying_pile_up(mean, _FALLS * mean, _BLOCKS)
    try:
        return follow(scores, judged.counted, n_pv, judged.rate, falling, seed=seed.child("fill"))
    except (TooFewEvents, BadValue):  # with the pile-up of its beginning the rate is not known
        return None


def _items(
    result: TriggerResult,
    trained: Mapping[str, Sequence[Trained]],
    judged: Judged,
    patterns: Sequence[str],
) -> tuple[tuple[Item, ...], tuple[str, ...], float]:
    """Items beside the chosen model, those that fire always, and its rate that none of them has."""
    events, chosen = judged.events[TEST], result.model(result.chosen)
    names = item_names(events, patterns)
    if not names or chosen.point.why:
        return (), (), float("nan")
    scores = trained[result.chosen][chosen.median_training].scores[TEST]
    fired = scores >= chosen.point.threshold
    items, others = [], np.zeros(len(events), bool)
    always = []
    for name in names:
        has = decided(events, name, "")
        if has[judged.hz > 0].all():
            always.append(name)
            continue
        others |= has
        rate, shared = (rate_of(some, judged.hz, ratio=False) for some in (has, has & fired))
        items.append(Item(name, rate.hz, rate.sigma, shared.hz, shared.sigma))
    if not items:
        return (), tuple(always), float("nan")
    items.sort(key=lambda item: -item.shared_hz)
    return tuple(items), tuple(always), float(judged.hz[fired & ~others].sum())


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
