"""What a template must keep: checked once, where it comes in."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.background.task import BackgroundTask
from anomalon.background.template import Template
from anomalon.background.transform import Transform
from anomalon.core import check
from anomalon.core.errors import BrokenPromise, TooFewEvents
from anomalon.core.sample import Sample
from anomalon.core.scorer import Scorer

__all__ = ["check_template"]


def check_template(given: Any, task: BackgroundTask, who: str) -> Template:
    """The same template, if it is one.

    Args:
        given: What the implementation gave.
        task: What it was asked for.
        who: What messages call the implementation.

    Raises:
        BrokenPromise: If it is no template, its features are not those of the data as it shows
            them, a weight is negative, an event has the identity of none that it may be made of,
            its transform was fitted on something else, or its scorer takes other features.
        BadNumbers: If weights are negative because those of the data or the simulation are.
        TooFewEvents: If it has no event with any weight.
    """
    names = task.events.names
    if not isinstance(given, Template) or not isinstance(given.sample, Sample):
        raise BrokenPromise(
            f"{who}: expected a Template with the features {list(names)}, got {check.shown(given)}."
        )
    data = task.data
    if given.transform is not None:
        names = _check_transform(given.transform, task, data, who)
    if given.sample.names != names:
        raise BrokenPromise(
            f"{who}: expected a Template with the features {list(names)}, got {given.sample!r}."
        )
    scorer: Any = given.scorer
    if scorer is not None and not (isinstance(scorer, Scorer) and scorer.names == names):
        raise BrokenPromise(
            f"{who}: expected a template whose `scorer` is a Scorer of the features {list(names)}, "
            f"got {check.shown(scorer)}."
        )
    _check_weights(given.sample, task, who)
    _check_identities(given.sample, task, data, who)
    return given


def _check_transform(given: Any, task: BackgroundTask, data: Sample, who: str) -> tuple[str, ...]:
    """The features that the transform gives."""
    if not isinstance(given, Transform) or given.names != data.names:
        raise BrokenPromise(
            f"{who}: expected a `transform` that is a Transform of the features "
            f"{list(data.names)}, got {check.shown(given)}."
        )
    outside = ~task.window.in_signal_region(data.mass)
    allowed = (data, data[outside], data[task.window.in_sidebands(data.mass)], task.simulation)
    if all(one is None or one.digest() != given.fitted_on for one in allowed):
        raise BrokenPromise(
            f"{who}: expected a transform that was fitted on the data of the task, those outside "
            "the signal region, those in the side bands, or the simulation, and remembers which "
            f"(`remembered(events)`); got one fitted on {check.shown(given.fitted_on)}."
        )
    return given.becomes


def _check_weights(sample: Sample, task: BackgroundTask, who: str) -> None:
    if (sample.weight < 0).any():
        for source in (task.events, task.simulation):
            if source is not None:
                check.non_negative(source.weight, f"{who}: weight of {source.source}")
        raise BrokenPromise(
            f"{who}: expected weights that are not negative, got {sample.weight.min():.6g} and "
            f"{int((sample.weight < 0).sum())} such of {len(sample)}."
        )
    if not sample.weight.any():
        raise TooFewEvents(
            f"{who}: no event of the template for the signal region {task.window} GeV has any "
            f"weight; it has {len(sample)}. Use a wider window or fewer folds."
        )


def _check_identities(sample: Sample, task: BackgroundTask, data: Sample, who: str) -> None:
    """Refuse identities of nothing, and those of the signal region, which learns *from* it."""
    inside = task.window.in_signal_region(data.mass)
    known = np.isin(sample.event, data.event[~inside])
    if task.simulation is not None and not known.all():
        known |= np.isin(sample.event, task.simulation.event)
    if known.all():
        return
    unknown: NDArray[np.int64] = sample.event[~known]
    of_signal_region = np.isin(unknown, data.event[inside])
    if of_signal_region.any():
        raise BrokenPromise(
            f"{who}: {int(of_signal_region.sum())} of {len(sample)} events of the template have "
            "the identity of an event of the signal region, which a classifier is to tell from "
            "the template. Make them of others, or give them `own_identities(n, seed)`."
        )
    if (unknown >= 0).any():
        raise BrokenPromise(
            f"{who}: {int((unknown >= 0).sum())} of {len(sample)} events of the template have an "
            f"identity (e.g. {unknown[unknown >= 0][0]}) of no event that the task shows. Keep "
            "`event` of those that they were made of, as `sample.with_x` does, or give them "
            "`own_identities(n, seed)`."
        )
