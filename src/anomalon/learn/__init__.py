"""Neural and tree engines without physics: classifiers, their ensembles and folds."""

from anomalon.learn.base import Classifier, Classifiers, Scorer, Task
from anomalon.learn.boosted_trees import TREES_OF_TWO_KINDS, BoostedTrees
from anomalon.learn.ensemble import Ensemble
from anomalon.learn.k_fold import KFold
from anomalon.learn.network import Network
from anomalon.learn.storage import load_scorer, save_scorer

__all__ = [
    "CLASSIFIERS",
    "TREES_OF_TWO_KINDS",
    "BoostedTrees",
    "Classifier",
    "Classifiers",
    "Ensemble",
    "KFold",
    "Network",
    "Scorer",
    "Task",
    "load_scorer",
    "save_scorer",
]

CLASSIFIERS: dict[str, type[Classifier]] = Classifier.registry
CLASSIFIERS.update((c.kind, c) for c in (BoostedTrees, Network, Ensemble, KFold))
