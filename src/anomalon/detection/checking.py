"""What has to hold of scores if a comparison is to be believed."""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from anomalon.core.event_random import uniform
from anomalon.core.kinds import are_constituents
from anomalon.core.result import Check, Verdict
from anomalon.core.rounding import count, measured, percent, plain
from anomalon.core.seed import Seed
from anomalon.detection.assembling import Scored
from anomalon.detection.batches import Survey
from anomalon.detection.results.detection import DetectionResult
from anomalon.detection.training import TEST
from anomalon.stats.cuts.merit import evaluate

__all__ = ["MOST_SIGMAS", "alike", "checks_of", "filled", "halves", "same_distribution"]

Floats = NDArray[np.float64]

MOST_SIGMAS = 4.0
"""By which an AUC that has to be 1/2 may be off: one in 16 000 is further by chance."""

_THOUSAND = (300.0, 3000.0)
"""Between these a ratio of momenta is that of MeV and GeV, until somebody shows otherwise."""

_TOO_SMALL = 1e-3
"""Share of events that may be wrong: by chance the same numbers in coarse data, or empty."""


def checks_of(
    result: DetectionResult,
    scores: Mapping[str, Mapping[str, Floats]],
    scored: Scored,
    seed: Seed,
) -> tuple[Check, ...]:
    """All of them.

    Args:
        result: What was found.
        scores: Of the first training of each detector, by file.
        scored: The events.
        seed: Of the halves.
    """
    worst = max(result.detectors, key=lambda d: d.seen)
    checks = [
        Check(
            "no event is learned from and scored",
            "none shared"
            if worst.seen == 0
            else f"{percent(worst.seen)} of the events that {worst.name} has scored are among "
            "those that it has learned from",
            _none_or_few(worst.seen),
            size=worst.seen or None,
        )
    ]
    half = halves(scored.columns[TEST]["event"], seed)
    weight = scored.weight(TEST)
    for one in result.learned:
        of = scores[one.name][TEST]
        what = "two random halves of the test background look the same"
        checks.append(
            same_distribution(what, one.name, of[half], of[~half], weight[half], weight[~half])
        )
    return tuple(checks)


def filled(surveys: Mapping[str, Survey]) -> Iterator[Check]:
    """That jets have constituents: without any they look like jets of a single one.

    Args:
        surveys: Of all files by name. Events of other objects may have none.
    """
    for name, survey in surveys.items():
        if survey.n_events and are_constituents(survey.kinds):
            share = survey.n_empty / survey.n_events
            found = f"{count(survey.n_empty)} of {count(survey.n_events)} have none"
            yield Check(
                "jets have constituents", found, _none_or_few(share), name, size=share or None
            )


def _none_or_few(share: float) -> Verdict:
    """Of events that are wrong."""
    if share == 0:
        return "passed"
    return "too small to matter" if share < _TOO_SMALL else "failed"


def alike(surveys: Mapping[str, Survey], background: str) -> Iterator[Check]:
    """That files go together: the same kinds of objects, and momenta in one unit.

    Args:
        surveys: Of all files by name.
        background: The name of that which the others are compared with.
    """
    known = surveys[background]
    for name, survey in surveys.items():
        if name == background:
            continue
        lacks = [kind for kind in known.kinds if kind not in survey.kinds]
        found = f"no slots for {', '.join(lacks)}, which the background has"
        yield Check(
            "files have slots for the same kinds of objects",
            found if lacks else "the same",
            "failed" if lacks else "passed",
            name,
        )
        ratio = float(np.exp(abs(survey.log_pt - known.log_pt)))
        if not np.isfinite(ratio):
            continue
        more = "larger" if survey.log_pt > known.log_pt else "smaller"
        yield Check(
            "momenta of files are in one unit",
            f"the leading pT is {plain(ratio, 2)} times {more} than in the background",
            "failed" if _THOUSAND[0] < ratio < _THOUSAND[1] else "passed",
            name,
            size=ratio,
        )


def halves(event: NDArray[np.int64], seed: Seed, share: float = 0.5) -> NDArray[np.bool_]:
    """Which events are in the first of two random parts, by their identity."""
    u = uniform(np.asarray(event, np.int64), seed.child("halves"))
    return np.asarray(u < share)


def same_distribution(
    what: str,
    where: str,
    first: Floats,
    second: Floats,
    first_weight: Floats | None = None,
    second_weight: Floats | None = None,
) -> Check:
    """That the AUC between two samples of one distribution is 1/2.

    Args:
        what: That is checked.
        where: Of which detector.
        first: Scores.
        second: Scores.
        first_weight: Ones if None.
        second_weight: Ones if None.
    """
    if min(len(first), len(second)) < 2:
        return Check(what, f"only {count(len(first))} and {count(len(second))} events", "not made",
                     where)  # fmt: skip
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        return Check(what, "some scores are not finite", "failed", where)
    auc = evaluate(first, second, first_weight, second_weight).auc
    off = abs(auc.value - 0.5)
    sigmas = off / auc.uncertainty if auc.uncertainty > 0 else (0.0 if off == 0 else np.inf)
    return Check(
        what,
        f"AUC {measured(auc.value, auc.uncertainty)}, {plain(float(sigmas), 2)} standard "
        "deviations from 1/2",
        "passed" if sigmas <= MOST_SIGMAS else "failed",
        where,
        p_value=None,
        size=off,
    )
