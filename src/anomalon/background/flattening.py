"""Features that are made independent of the mass before a density is learned, and made so no more.

A density of features at given mass spends most of its training on how each feature moves with the
mass. Quantiles at given mass (`features.decorrelate`) know that better, from the same events, in a
second; what they leave to the density is how features hang together. Fitted to the events that the
density learns from, as a rule those outside the signal region, and interpolated into it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from anomalon.background.densities import outside
from anomalon.background.task import BackgroundTask
from anomalon.background.template import Template
from anomalon.background.transform import Transform
from anomalon.core.sample import Sample
from anomalon.features.decorrelate import ConditionalQuantiles, Decorrelation

__all__ = ["InFlatFeatures", "in_flat_features"]

Tasks = Sequence[BackgroundTask]


def in_flat_features(
    fit: Callable[[Tasks], list[Template]],
    tasks: Tasks,
    quantiles: ConditionalQuantiles | None,
    learned_from: Callable[[BackgroundTask], Sample] = outside,
) -> list[Template]:
    """Templates that are fitted in flat features, in the features of the events.

    Args:
        fit: A template for each task.
        tasks: What is wanted.
        quantiles: What makes features flat; None if they stay as they are. They do as well if the
            task says that they are flat.
        learned_from: The events of a task to which quantiles are fitted.

    Raises:
        BadNumbers: If a mass is not positive.
        TooFewEvents: If there are too few events for quantiles in slices of mass.
    """
    flat = [_FlatTask.of(task, quantiles, learned_from) for task in tasks]
    templates = fit([one.task for one in flat])
    return [one.back(template) for one, template in zip(flat, templates, strict=True)]


@final
@dataclass(frozen=True, eq=False)
class _FlatTask:
    """A task in flat features, and the way back from its template.

    Args:
        task: The task, with other features.
        flatten: What made them flat; None if they are as they were.
    """

    task: BackgroundTask
    flatten: Decorrelation | None

    @classmethod
    def of(
        cls,
        task: BackgroundTask,
        quantiles: ConditionalQuantiles | None,
        learned_from: Callable[[BackgroundTask], Sample],
    ) -> "_FlatTask":
        """Fitted on those of the events that the task shows."""
        if quantiles is None or task.flat:
            return cls(task, None)
        flatten = quantiles.fit(learned_from(task))
        return cls(replace(task, events=flatten(task.data), shown=None), flatten)

    def back(self, template: Template) -> Template:
        """In the features of the events."""
        if self.flatten is None:
            return template
        if template.transform is None:
            return replace(template, sample=self.flatten.inverse(template.sample))
        return replace(template, transform=InFlatFeatures.of(self.flatten, template.transform))


@final
@dataclass(frozen=True, eq=False)
class InFlatFeatures(Transform):
    """A transform of flat features, for events as they are.

    Args:
        names, becomes, fitted_on: As every `Transform`.
        flatten: What makes them flat.
        transform: What follows.
    """

    names: tuple[str, ...]
    becomes: tuple[str, ...]
    fitted_on: str
    flatten: Decorrelation
    transform: Transform

    @classmethod
    def of(cls, flatten: Decorrelation, transform: Transform) -> "InFlatFeatures":
        """One after the other."""
        return cls(transform.names, transform.becomes, flatten.fitted_on, flatten, transform)

    def _transform(self, events: Sample) -> NDArray[np.floating[Any]]:
        return self.transform(self.flatten(events)).x
