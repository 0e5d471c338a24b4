"""What has to hold if a trigger is to be believed."""

import numpy as np

from anomalon.core.result import Check, Verdict
from anomalon.core.rounding import measured, percent, plain
from anomalon.trigger.results.operated import Operated
from anomalon.trigger.results.trigger import TriggerResult

__all__ = ["checks_of"]

_CLOSES = (0.55, 0.85)  # of halvings, within one standard deviation: 0.68 is right
_FEWEST_HALVINGS = 50
_IMPROBABLE = 1e-3
_RANDOM = 4.0  # standard deviations


def checks_of(result: TriggerResult, constant_in: tuple[str, ...] = ()) -> tuple[Check, ...]:
    """All checks of all models; those of the chosen one decide.

    Args:
        result: All but the checks.
        constant_in: Columns in which the rate has to be constant; it is told of others.
    """
    drawn = _drawn(result)
    return drawn + tuple(
        check
        for model in result.models
        for check in (
            *_of(model, result.working.rate, decides=model.name == result.chosen),
            *_scaled(model, result.working.scale_error, decides=model.name == result.chosen),
            *_constant(model, constant_in, decides=model.name == result.chosen),
        )
    )


def _drawn(result: TriggerResult) -> tuple[Check, ...]:
    """Whether the test part may be a random part of the background."""
    pull = result.working.test_pull
    return (
        Check(
            "the test part is a random part of the background",
            f"its share of the weights is {plain(pull, 2)} standard deviations from that of events",
            "passed" if abs(pull) < _RANDOM else "failed",
            "background",
        ),
    )


def _of(model: Operated, asked: float, *, decides: bool) -> list[Check]:
    def judged(*, holds: bool) -> Verdict:
        if holds:
            return "passed"
        return "failed" if decides else "for information"

    where, point = model.name, model.point
    checks = []
    if model.seen or not model.baseline:
        what = "nothing that is judged was learned from"
        found = f"{percent(model.seen)} of the test background"
        checks.append(Check(what, found, "passed" if model.seen == 0 else "failed", where))
    without = [one.why for one in model.points if one.why]
    if without:
        what, found = "the events support the rate", f"{len(without)} trainings: {without[0]}"
        return [*checks, Check(what, found, judged(holds=False), where)]
    checks.append(
        Check(
            "the rate is the asked one",
            f"{measured(point.hz, point.sigma)} Hz, {plain(point.n_effective)} effective "
            f"events; asked for {plain(asked)}",
            judged(holds=point.reached),
            where,
        )
    )
    checks.append(
        Check(
            "no heavy events close below the threshold",
            f"they may add {plain(point.unseen)} Hz to {measured(point.hz, point.sigma)}",
            judged(holds=point.supported),
            where,
        )
    )
    low, high = _CLOSES
    enough = point.n_halvings >= _FEWEST_HALVINGS
    checks.append(
        Check(
            "a threshold of one half has its rate on the other",
            f"within one statistical error in {percent(point.closed)} of {point.n_halvings} "
            "halvings"
            if enough
            else f"only {point.n_halvings} halvings have enough events",
            judged(holds=low < point.closed < high) if enough else "not made",
            where,
        )
    )
    return checks


def _scaled(model: Operated, error: float, *, decides: bool) -> list[Check]:
    """Whether the sum of weights, which stands for what comes in, is known well enough."""
    point = model.point
    if point.why or not error:
        return []
    known = error * point.hz <= point.sigma / 2  # in all 12 % more than is quoted
    return [
        Check(
            "the sum of weights is known",
            f"to {percent(error)}, which is {plain(error * point.hz)} Hz beside an error of "
            f"{plain(point.sigma)} Hz",
            "passed" if known else "failed" if decides else "for information",
            model.name,
        )
    ]


def _constant(model: Operated, columns: tuple[str, ...], *, decides: bool) -> list[Check]:
    """Whether the rate is the same in all bins of a column."""
    checks = []
    for held in model.held:
        p = held.found.p_constant
        what, bins = f"the rate does not depend on {held.column}", f"{held.found.n_bins} bins"
        asked = held.column in columns
        if (held.column == "n_pv" and not asked) or not np.isfinite(p):
            continue
        verdict: Verdict = "for information"
        if asked:
            verdict = "passed" if p > _IMPROBABLE else "failed" if decides else "for information"
        checks.append(Check(what, bins, verdict, model.name, p_value=p))
    made = {held.column for held in model.held if np.isfinite(held.found.p_constant)}
    if not model.point.why:
        checks += [
            Check(f"the rate does not depend on {column}", "not two bins have enough events",
                  "not made", model.name)
            for column in columns if column not in made
        ]  # fmt: skip
    return checks
