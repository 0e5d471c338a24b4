"""`detect`: detectors are trained, score what they have not seen, and are compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.bibliography import cited
from anomalon.core.config import digest, lookup
from anomalon.core.errors import BadLayout, BadValue, Leak, TooFewEvents
from anomalon.core.events import Events
from anomalon.core.provenance import code_version
from anomalon.core.rounding import plain
from anomalon.core.seed import Seed
from anomalon.detection.anomalous import most_anomalous
from anomalon.detection.assembling import Scored, beside_baselines, found_of
from anomalon.detection.batches import (
    Batches,
    Parts,
    Split,
    Survey,
    kinds_of,
    of_events,
    surveyed,
)
from anomalon.detection.checking import alike, checks_of, filled
from anomalon.detection.describing import rank_correlations
from anomalon.detection.named import Named, baselines, named
from anomalon.detection.results.detection import DetectionResult, File
from anomalon.detection.training import TEST, Trained, Training, TrialData, do_trainings
from anomalon.detectors import Detector
from anomalon.run.job import HERE, Workplace

__all__ = ["Choices", "detect", "parts"]

Floats = NDArray[np.float64]

DATA = "data"
BACKGROUND = "background"
_FEWEST = 25  # test events
_FEWEST_SIGNAL = 2
_LEAST_WORTH = 3.0  # events of equal weight: one of them alone decides below


@dataclass(frozen=True)
class Choices:
    """What is compared how.

    Args:
        trainings: Times that each detector is trained, with other seeds; baselines once.
        split: Parts of the background, where its file does not say them.
        chosen: Name of the detector whose most anomalous events are shown; the first if "".
        most_anomalous: How many of them.
        name: Title.

    Raises:
        BadValue: If a number is out of range.
    """

    trainings: int = 3
    split: Split = field(default_factory=Split)
    chosen: str = ""
    most_anomalous: int = 12
    name: str = "Anomaly detection"

    def __post_init__(self) -> None:
        check.fields(self, "detect", trainings=(1, 1000), most_anomalous=(0, 1000))


def detect(
    background: Events | Batches,
    detectors: Sequence[Detector | Named],
    signals: Mapping[str, Events | Batches] | None = None,
    *,
    data: Events | Batches | None = None,
    choices: Choices | None = None,
    seed: Seed | int = 0,
    place: Workplace = HERE,
) -> DetectionResult:
    """Train detectors on background alone, score its test part, and compare them.

    The trivial detectors (`anomalon.detectors.baselines_of`) are always compared with.

    Args:
        background: Events, or pieces of them that can be gone through again; with a column `split`,
            or divided as the choices say.
        detectors: What is compared, perhaps with names.
        signals: Events of signals by name, for the evaluation alone; none: no AUC.
        data: Events without truth, which are scored and looked for anomalies as well.
        choices: How.
        seed: Root of all random numbers.
        place: Who does the trainings, and where they are kept.

    Raises:
        Leak: If the background has true signal in it.
        BadNumbers: If a weight is negative.
        TooFewEvents: If there are fewer than 25 test events, or ten to learn from.
        BadValue: If there is no detector, or no chosen one.
    """
    choices, seed = choices or Choices(), Seed.of(seed)
    files = _files(background, signals or {}, data)
    every = named(detectors)
    every += baselines(every, kinds_of(files[BACKGROUND]))
    chosen = choices.chosen or every[0].name
    lookup({one.name: one for one in every}, chosen, "chosen")
    surveys = {name: surveyed(batches) for name, batches in files.items()}
    _check_truth(surveys)
    fitted_on, test = parts(files[BACKGROUND], choices.split, seed)
    tried = TrialData(fitted_on, {TEST: test} | _others(files), seed)
    pieces = _pieces(every, surveys, choices, seed)
    values = do_trainings(pieces, tried, place)
    return _assembled(
        every, pieces, values, Scored.of(tried.scored), surveys, choices, chosen, seed
    )


def parts(background: Batches, split: Split, seed: Seed) -> tuple[Batches, Batches]:
    """What may be learned from, and what is kept for the test.

    Raises:
        TooFewEvents: If there are fewer than 25 of the latter, or (in memory) none of the former.
    """
    fitted_on = Parts(background, ("train", "validation"), split, seed)
    test = Parts(background, ("test",), split, seed)
    if isinstance(background, tuple):  # in memory: divided once
        fitted_on, test = tuple(fitted_on), tuple(test)  # type: ignore[assignment]
    n = sum(map(len, test))
    if n < _FEWEST:
        raise TooFewEvents(
            f"background: expected at least {_FEWEST} events that are kept for the test, got {n}. "
            "Give a larger share in [split], or a file whose column `split` has the value 2."
        )
    if isinstance(fitted_on, tuple) and not any(map(len, fitted_on)):
        raise TooFewEvents(
            f"background: expected events to learn from, but all {n} are kept for the test. Events "
            "that are the same go to the same part; else give a smaller `test` in [split], or a "
            "file whose column `split` has the values 0 and 1 as well."
        )
    return fitted_on, test


def _check_truth(surveys: Mapping[str, Survey]) -> None:
    """Refuse files that are not what they are given as.

    Raises:
        Leak: If there is true signal in the background.
        BadLayout: If there is background among a signal, or fewer than two events.
        BadNumbers: If a weight is negative.
        TooFewEvents: If all weights of a file are zero, or all but a few next to nothing.
        BadValue: If data without truth are the background itself.
    """
    background = surveys[BACKGROUND]
    if background.n_signal:
        raise Leak(
            f"background: expected no true signal, got {background.n_signal} of "
            f"{background.n_events} events of {background.source}. Leave them out, or give the "
            "file as `data` if it is looked for anomalies."
        )
    for name, survey in surveys.items():
        survey.refuse_negative_weights(name if name in (BACKGROUND, DATA) else f"signals.{name}")
        if survey.n_events and not survey.weight > 0:
            raise TooFewEvents(
                f"{name or BACKGROUND}: expected events with weights above zero, got none among "
                f"{survey.n_events} of {survey.source}."
            )
        if survey.n_events >= _FEWEST and survey.n_effective < _LEAST_WORTH:
            raise TooFewEvents(
                f"{name or BACKGROUND}: the weights of {survey.source} make its {survey.n_events} "
                f"events worth {plain(survey.n_effective, 3)} of equal weight: a few of them are "
                "heavier than all others together. Check the weights, or leave those events out."
            )
    if DATA in surveys and surveys[DATA].digest == background.digest:
        raise BadValue(
            "data: expected other events than those of the background, got the same. Leave `data` "
            "out: the test part of the background is scored."
        )
    for name, survey in surveys.items():
        if name in (BACKGROUND, DATA):
            continue
        wrong = survey.n_labelled - survey.n_signal
        if wrong or survey.n_events < _FEWEST_SIGNAL:
            raise BadLayout(
                f"signals.{name}: expected at least {_FEWEST_SIGNAL} events of signal, got "
                f"{survey.n_events} events of {survey.source}, {wrong} of them with the label 0."
            )


def _files(
    background: Events | Batches,
    signals: Mapping[str, Events | Batches],
    data: Events | Batches | None,
) -> dict[str, Batches]:
    given = {BACKGROUND: background} | ({} if data is None else {DATA: data})
    for name in signals:
        if not check.text(name, "signals: name").strip() or name in (BACKGROUND, DATA):
            raise BadValue(
                f"signals: expected names other than '', '{BACKGROUND}' and '{DATA}', got '{name}'."
            )
    check.once([*given, *signals], "signals: names")
    return {
        name: of_events(one) if isinstance(one, Events) else one
        for name, one in {**given, **signals}.items()
    }


def _others(files: Mapping[str, Batches]) -> dict[str, Batches]:
    return {name: batches for name, batches in files.items() if name != BACKGROUND}


def _pieces(
    every: Sequence[Named], surveys: Mapping[str, Survey], choices: Choices, seed: Seed
) -> list[Training]:
    digests = {name: survey.digest for name, survey in surveys.items()}
    of = digest(code_version(), digests, choices.split, str(seed))
    return [
        Training(of, one, training)
        for one in every
        for training in range(1 if one.baseline else choices.trainings)
    ]


def _assembled(
    every: Sequence[Named],
    pieces: Sequence[Training],
    values: Sequence[Mapping[str, Any]],
    scored: Scored,
    surveys: Mapping[str, Survey],
    choices: Choices,
    chosen: str,
    seed: Seed,
) -> DetectionResult:
    """The result, from what the trainings gave."""
    trained: dict[str, list[Trained]] = {one.name: [] for one in every}
    for piece, value in zip(pieces, values, strict=True):
        trained[piece.named.name].append(Trained.of(value))
    signals = [name for name in surveys if name not in (BACKGROUND, DATA)]
    found = [found_of(one, trained[one.name], scored, signals) for one in every]
    first = {one.name: trained[one.name][0].scores for one in every}
    looked_at = {name: scored.batches[name] for name in (TEST, DATA) if name in scored.batches}
    called = {TEST: BACKGROUND, DATA: DATA}
    files = tuple(
        File(name, survey.source, survey.n_events, scored.n(TEST if name == BACKGROUND else name),
             survey.digest)
        for name, survey in surveys.items()
    )  # fmt: skip
    result = DetectionResult(
        choices.name,
        str(seed),
        files,
        beside_baselines(found, trained, scored, signals),
        rank_correlations([first[one.name][TEST] for one in every], scored.weight(TEST)),
        chosen,
        most_anomalous(
            looked_at,
            first[chosen],
            (first[chosen][TEST], scored.weight(TEST)),
            choices.most_anomalous,
            called,
        ),
        (),
        cited(*(one.detector for one in every)),
        scored.table(every, trained),
        {
            one.column(i): fit.model
            for one in every
            for i, fit in enumerate(trained[one.name])
            if fit.model
        },
    )
    checks = checks_of(result, first, scored, seed)
    return replace(result, checks=(*filled(surveys), *alike(surveys, BACKGROUND), *checks))
