"""`Transform`: a fitted map of events to other features, which remembers what it was fitted on.

A latent method (LaCATHODE, arXiv:2210.14924) compares data and template where the background looks
the same at every mass. Its `Template` comes with the map to that place, and all events take it
before they are shown to a classifier or scored.
"""

from abc import ABC, abstractmethod

import numpy as np
from jaxtyping import Float

from anomalon.core.errors import BadLayout, BadNumbers, BrokenPromise
from anomalon.core.promise import name_of, promised
from anomalon.core.sample import Sample

__all__ = ["Transform", "remembered"]


class Transform(ABC):
    """A map of each event, at its own mass, to as many features as it likes.

    Writing your own: a frozen dataclass with these three fields, what has been fitted, and
    `_transform`. Identities, masses and weights of the events stay as they are.

    Args:
        names: The features that it takes.
        becomes: Names of those that it gives.
        fitted_on: What it was fitted on, as `remembered` by its maker.
    """

    names: tuple[str, ...]
    becomes: tuple[str, ...]
    fitted_on: str

    def __call__(self, events: Sample) -> Sample:
        """The same events with other features.

        Raises:
            BadLayout: If the features are not those that it was fitted on.
            MassRequired: If the events have no mass.
            BrokenPromise: If the implementation fails, or does not give finite features of shape
                (event, feature).
        """
        if events.names != self.names:
            raise BadLayout(
                f"{name_of(self)}: expected features {list(self.names)}, got {list(events.names)} "
                f"from {events.source}."
            )
        events.required_mass(name_of(self))
        with promised(self, "the transform"):
            x = self._transform(events)
        try:
            return events.with_x(x, self.becomes)
        except (BadLayout, BadNumbers) as error:
            raise BrokenPromise(f"{name_of(self)}: `_transform`: {error}") from error

    @abstractmethod
    def _transform(self, events: Sample) -> Float[np.ndarray, "event feature"]:
        """New features; those of an event depend on that event alone."""


def remembered(events: Sample) -> str:
    """What a transform keeps of the events that it is fitted on: their digest.

    Raises:
        BrokenPromise: If they carry truth labels, which nothing may be fitted on.
    """
    if events.label is not None:
        raise BrokenPromise(
            f"a transform: expected to be fitted on events without truth labels, got "
            f"{int(events.label.sum())} signal events among {len(events)} from {events.source}. "
            "Fit it on what the task gives."
        )
    return events.digest()
