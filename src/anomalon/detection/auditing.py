"""A leak audit: does a procedure that scores files know anything but the events themselves?

An event's score has to be a function of that event alone. A scaler that is fitted on the file that
it scales, a score that is divided by the number of events of its file, or a ROC curve of objects in
the place of events break that, and make AUCs of up to 1 from nothing. None of it can be seen in a
ROC curve; all of it can be found by scoring the same events again, as they could have come: in
files of other sizes, in another order, with empty slots beside the filled ones.

Writing your own procedure: a callable that gets files (events, one `Events` for each file) and
returns the scores of each, shape (event,).

    anomalon.detection.audit(procedure, background).passed
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import Leak, TooFewEvents
from anomalon.core.events import Events
from anomalon.core.result import Check, Verdict
from anomalon.core.rounding import count, percent
from anomalon.core.seed import Seed
from anomalon.core.seen import PARTS, SPLIT
from anomalon.detection.checking import halves, same_distribution
from anomalon.detection.results.audit import AuditResult
from anomalon.detection.scoring import scores_of
from anomalon.detectors import Detector

__all__ = ["Procedure", "Train", "audit", "audit_detector", "checks_of_procedure"]

Procedure = Callable[[Sequence[Events]], Sequence[NDArray[Any]]]
"""Files in; for each of them the scores of its events, shape (event,), higher is more anomalous."""

Train = Callable[[Events], Procedure]
"""Background in, a procedure out."""

_SMALL = 0.1  # share of the events in the smaller of two files
_FEWEST = 100
_PIECES = 7
_PADDING = "empty slots change no score"


def audit(
    procedure: Procedure,
    background: Events,
    *,
    train: Train | None = None,
    fitted_on: Events | None = None,
    seed: Seed | int = 0,
    name: str = "procedure",
    measured: Sequence[str] = (),
) -> AuditResult:
    """Audit a procedure that scores files of events.

    Args:
        procedure: What is audited; it may have been fitted already, or fit as it scores.
        background: Events of one kind that it may score, not those that it was fitted on.
        train: Makes the procedure anew, for the checks of what it learns from; None: not made.
        fitted_on: Background for `train`; needed with it.
        seed: Of the parts that events are divided into.
        name: What it is called.
        measured: Columns of the events that are measured, and that a score may know; others, such
            as the process that was simulated, may change no score.

    Raises:
        TooFewEvents: If there are fewer than 100 events.
        BadValue: If there is no such column.
    """
    for column in (measured := check.several(measured, "audit: measured")):
        check.one_of(column, "audit: measured", background.columns)
    checks = [*checks_of_procedure(procedure, background, seed=seed, name=name, measured=measured)]
    if train is not None and fitted_on is not None:
        checks += checks_of_training(train, fitted_on, background, name=name)
    return AuditResult(f"Audit of {name}", background.source, len(background), (name,),
                       tuple(checks))  # fmt: skip


def audit_detector(
    detector: Detector, fitted_on: Events, test: Events, *, seed: Seed | int = 0, name: str = ""
) -> AuditResult:
    """Audit a detector: fit it, and score through the same lines of code as `anomalon detect`.

    Args:
        detector: The settings.
        fitted_on: Background to learn from.
        test: Background that it has not seen.
        seed: Of the fit, and of the parts that events are divided into.
        name: What it is called; its kind if "".

    Raises:
        TooFewEvents: If there are fewer than 100 events to score.
        Leak: If there is signal among what it is fitted on.
    """
    train = trained_by(detector, Seed.of(seed))
    return audit(train(fitted_on), test, train=train, fitted_on=fitted_on, seed=seed,
                 name=name or detector.kind)  # fmt: skip


def trained_by(detector: Detector, seed: Seed) -> Train:
    """The training of a detector as the audit wants it."""

    def train(events: Events) -> Procedure:
        scorer = detector.fit(events, seed=seed)
        return lambda files: [scores_of(scorer, [one]) for one in files]

    return train


def checks_of_procedure(
    procedure: Procedure,
    events: Events,
    *,
    seed: Seed | int,
    name: str,
    measured: Sequence[str] = (),
) -> Iterator[Check]:
    """That a score is a function of its event alone, one check after the other.

    Args:
        procedure: What is audited.
        events: To score.
        seed: Of the parts that they are divided into.
        name: Of the procedure.
        measured: Columns that are measured, and that a score may know.

    Raises:
        TooFewEvents: If there are fewer than 100 events.
    """
    if len(events) < _FEWEST:
        raise TooFewEvents(
            f"audit: expected at least {_FEWEST} events to score, got {len(events)}."
        )
    seed = Seed.of(seed)
    once = _Scores(procedure, name)
    whole = once([events])[0]
    yield once.one_each([events])
    small = halves(np.arange(len(events)), seed, _SMALL)
    first, second = once([events[small], events[~small]])
    what = "events of one distribution, in files of different size, have an AUC of 1/2"
    yield same_distribution(what, name, first, second)
    for what, files, back in _arrangements(events, small, seed, measured):
        yield once.same(what, whole, files, back)


@dataclass(frozen=True)
class _Scores:
    """A procedure, and what its scores are compared with."""

    procedure: Procedure
    name: str

    def __call__(self, files: Sequence[Events]) -> list[NDArray[np.float64]]:
        """Scores of each file as flat numbers, however many a procedure gives."""
        return [_numbers(one).ravel() for one in self.procedure(files)]

    def one_each(self, files: Sequence[Events]) -> Check:
        """Whether each event has one score."""
        given = list(self.procedure(files))
        scores = [_numbers(one) for one in given]
        kinds = sorted({str(np.asarray(one).dtype) for one in given if not _is_real(one)})
        n = sum(map(len, files))
        found, good = "one score per event", True
        if [one.shape for one in scores] != [(len(file),) for file in files]:
            found, good = f"shape {scores[0].shape} for {count(n)} events", False
        elif kinds:
            found, good = f"values of dtype {', '.join(kinds)}, no real numbers", False
        elif any(np.ma.is_masked(one) for one in given):
            found, good = "some are masked", False
        elif not all(np.isfinite(one).all() for one in scores):
            found, good = "some are not finite", False
        verdict: Verdict = "passed" if good else "failed"
        return Check("each event has one score, a finite number", found, verdict, self.name)

    def same(
        self, what: str, whole: NDArray[np.float64], files: Sequence[Events], back: NDArray[np.intp]
    ) -> Check:
        """Whether the events have the same scores, bit by bit, in these files.

        Args:
            what: That is checked.
            whole: Scores of the events in one file.
            files: The same events, as they could have come.
            back: Where in them each event of the one file is.
        """
        try:
            again = np.concatenate(self(files))
        except Exception as error:  # whatever a foreign procedure raises is what was found
            refused: Verdict = "not made" if what == _PADDING else "failed"
            text = " ".join(str(error).split())[:120]
            found = f"it does not take such files ({type(error).__name__}: {text})"
            return Check(what, found, refused, self.name)
        n = sum(map(len, files))
        if len(whole) != len(back) or len(again) != n:
            found = f"{count(len(again))} scores for {count(n)} events"
            return Check(what, found, "failed", self.name)
        changed = int(np.sum(again[back] != whole))
        share = changed / len(whole)
        found = "bit by bit" if changed == 0 else f"{percent(share)} of the scores are others"
        verdict: Verdict = "passed" if changed == 0 else "failed"
        return Check(what, found, verdict, self.name, size=share or None)


def _is_real(scores: Any) -> bool:
    return np.asarray(scores).dtype.kind in "biuf"


def _numbers(scores: Any) -> NDArray[np.float64]:
    """Whatever a procedure gives as float64 of that shape; NaN for what is no real number."""
    given = np.asarray(scores)
    if not _is_real(given):
        return np.full(given.shape, np.nan)
    return np.where(np.ma.getmaskarray(scores), np.nan, given.astype(np.float64))


def _arrangements(
    events: Events, small: NDArray[np.bool_], seed: Seed, measured: Sequence[str]
) -> Iterator[tuple[str, list[Events], NDArray[np.intp]]]:
    """(what is checked, the same events in files, where each event is in them)."""
    n = len(events)
    rows = np.arange(n)
    parts = np.concatenate([rows[small], rows[~small]])
    two = [events[small], events[~small]]
    yield "splitting a file changes no score", two, np.argsort(parts)
    swapped = np.concatenate([rows[~small], rows[small]])
    yield "the order of files changes no score", two[::-1], np.argsort(swapped)
    mixed = seed.child("order").generator().permutation(n)
    yield "the order of events changes no score", [events[mixed]], np.argsort(mixed)
    pieces = [events[part] for part in np.array_split(rows, _PIECES)]
    yield "the size of pieces changes no score", pieces, rows
    yield "a file with others beside it has the same scores", [events, two[0]], rows[:n]
    yield _PADDING, [padded(events)], rows
    yield "events without truth and weights have the same scores", [bare(events)], rows
    rng = seed.child("planted").generator()
    what = "truth, weights, numbers of events and names of files change no score"
    yield what, [planted(events, rng)], rows
    if columns := _beside(events, measured):
        what = f"columns beside the objects change no score ({', '.join(columns)})"
        yield what, [replace(events, columns=_others(events, columns))], rows


def planted(events: Events, rng: np.random.Generator) -> Events:
    """The same objects with another truth, other weights and numbers, in another file."""
    blank, n = bare(events), len(events)
    return replace(
        blank,
        label=rng.integers(0, 2, n).astype(np.int8),
        weight=rng.uniform(0.5, 2.0, n),
        source=f"another file than {events.source}",
    )


def _beside(events: Events, measured: Sequence[str]) -> list[str]:
    """Columns that are no numbers of events and not measured."""
    return [name for name in events.columns if name not in ("event", SPLIT, *measured)]


def _others(events: Events, names: Sequence[str]) -> dict[str, NDArray[Any]]:
    """The columns, those of these names with values of other events, and none that it had."""
    columns = dict(events.columns)
    for name in names:
        values = columns[name][::-1]
        if values.dtype == bool:
            values = ~columns[name]
        elif np.issubdtype(values.dtype, np.number):
            values = (values + 1).astype(values.dtype)
        columns[name] = values
    return columns


def bare(events: Events) -> Events:
    """The same objects without truth, weights, or anything that tells events apart."""
    columns = dict(events.columns)
    if "event" in columns:
        columns["event"] = np.arange(len(events))[::-1].astype(columns["event"].dtype)
    if SPLIT in columns:
        columns[SPLIT] = np.full_like(columns[SPLIT], PARTS["train"])
    return Events(
        events.objects,
        events.object_names,
        events.feature_names,
        events.mask,
        columns=columns,
        source=events.source,
        object_kinds=events.object_kinds,
    )


def padded(events: Events) -> Events:
    """The same events with two more slots of each kind, empty in all of them."""
    kinds = [k for k in dict.fromkeys(events.object_kinds) for _ in range(2)]
    n, n_features = len(events), len(events.feature_names)
    empty = np.zeros((n, len(kinds), n_features), events.objects.dtype)
    return Events(
        np.concatenate([events.objects, empty], axis=1),
        (*events.object_names, *(f"empty{i + 1}" for i in range(len(kinds)))),
        events.feature_names,
        np.concatenate([events.mask, np.zeros((n, len(kinds)), bool)], axis=1),
        events.weight,
        events.label,
        events.columns,
        events.source,
        (*events.object_kinds, *kinds),
    )


def checks_of_training(
    train: Train, fitted_on: Events, test: Events, *, name: str
) -> Iterator[Check]:
    """That labels change nothing, and that signal and test events are refused.

    Args:
        train: Fits.
        fitted_on: Background.
        test: What is scored.
        name: Of the procedure.
    """
    blind = fitted_on.blind()
    labelled = _with(blind, label=np.zeros(len(blind), np.int8))
    first, second = (np.asarray(train(e)([test])[0]) for e in (blind, labelled))
    same = first.shape == second.shape and bool(np.array_equal(first, second))
    yield Check(
        "labels change nothing in the training",
        "bit by bit" if same else "scores differ with and without labels",
        "passed" if same else "failed",
        name,
    )
    few = np.arange(len(blind)) % 50 == 0
    yield _refuses("it refuses to learn from signal", train, name,
                   _with(blind, label=few.astype(np.int8)))  # fmt: skip
    split = np.where(few, PARTS["test"], PARTS["train"]).astype(np.int8)
    kept = blind.with_columns({**blind.columns, SPLIT: split})
    yield _refuses("it refuses to learn from test events", train, name, kept)


def _refuses(what: str, train: Train, name: str, events: Events) -> Check:
    try:
        train(events)
    except Leak as error:
        return Check(what, f"Leak: {str(error).split('.')[0]}", "passed", name)
    return Check(what, "it learned from them", "failed", name)


def _with(events: Events, *, label: NDArray[np.int8]) -> Events:
    return Events(
        events.objects, events.object_names, events.feature_names, events.mask, events.weight,
        label, events.columns, events.source, events.object_kinds,
    )  # fmt: skip
