"""Background templates in a signal region; one paper, one file."""

from anomalon.background.base import BackgroundEstimator
from anomalon.background.cwola import Cwola
from anomalon.background.ideal import Ideal
from anomalon.background.task import BackgroundTask, same_data
from anomalon.background.template import Template, own_identities
from anomalon.background.transform import Transform, remembered

__all__ = [
    "ESTIMATORS",
    "BackgroundEstimator",
    "BackgroundTask",
    "Cwola",
    "Ideal",
    "Template",
    "Transform",
    "own_identities",
    "remembered",
    "same_data",
]

ESTIMATORS: dict[str, type[BackgroundEstimator]] = BackgroundEstimator.registry
ESTIMATORS.update((c.kind, c) for c in (Cwola, Ideal))
