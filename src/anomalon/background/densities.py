"""Densities outside a signal region, for the methods that draw from one or look at one."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.background.task import BackgroundTask
from anomalon.core.errors import BadNumbers
from anomalon.core.sample import Sample
from anomalon.core.seed import Seed
from anomalon.learn.density import DensityTask

__all__ = ["conditions", "density_task", "everywhere", "outside", "with_log_mass"]

Floats = NDArray[np.floating[Any]]


def conditions(mass: Floats) -> Floats:
    """What a density is given: the logarithm of the mass, shape (event, 1)."""
    return np.log(mass)[:, None]


def with_log_mass(events: Sample) -> Sample:
    """The same events, with the logarithm of the mass as a feature more."""
    x = np.concatenate([events.x, conditions(events.mass)], axis=1)
    return events.with_x(x, (*events.names, "log_mass"))


def everywhere(task: BackgroundTask) -> Sample:
    """The events that may be seen.

    Raises:
        BadNumbers: If a mass is not positive.
    """
    data = task.data
    if (data.mass <= 0).any():
        raise BadNumbers(
            f"a density at given mass: expected positive masses, got {data.mass.min():g} GeV in "
            f"{data.source}."
        )
    return data


def outside(task: BackgroundTask) -> Sample:
    """The events that may be seen, but for those of the signal region.

    Raises:
        BadNumbers: If a mass is not positive.
    """
    data = everywhere(task)
    return data[~task.window.in_signal_region(data.mass)]


def density_task(events: Sample, seed: Seed) -> DensityTask:
    """The density of events at given mass, that is wanted."""
    x = events.x.astype(np.float64)
    return DensityTask(x, conditions(events.mass), events.weight, events.event, seed)
