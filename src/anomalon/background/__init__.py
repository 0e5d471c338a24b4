"""Background templates in a signal region; one paper, one file."""

from anomalon.background.base import BackgroundEstimator, Backgrounds
from anomalon.background.cathode import Cathode
from anomalon.background.curtains import Curtains
from anomalon.background.cwola import Cwola
from anomalon.background.ideal import Ideal
from anomalon.background.lacathode import LaCathode
from anomalon.background.morph import Morph
from anomalon.background.ranode import Ranode
from anomalon.background.salad import Salad
from anomalon.background.sigma import Sigma
from anomalon.background.task import BackgroundTask, same_data
from anomalon.background.template import Template, own_identities
from anomalon.background.transform import Transform, remembered

__all__ = [
    "ESTIMATORS",
    "BackgroundEstimator",
    "BackgroundTask",
    "Backgrounds",
    "Cathode",
    "Curtains",
    "Cwola",
    "Ideal",
    "LaCathode",
    "Morph",
    "Ranode",
    "Salad",
    "Sigma",
    "Template",
    "Transform",
    "own_identities",
    "remembered",
    "same_data",
]

ESTIMATORS: dict[str, type[BackgroundEstimator]] = BackgroundEstimator.registry
ESTIMATORS.update(
    (c.kind, c) for c in (Cathode, Curtains, Cwola, Ideal, LaCathode, Morph, Ranode, Salad, Sigma)
)
