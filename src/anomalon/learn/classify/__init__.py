"""Telling two samples apart: classifiers, their ensembles and folds."""

from anomalon.learn.classify.base import Classifier, Classifiers, Task
from anomalon.learn.classify.boosted_trees import (
    TREES_OF_TWO_KINDS,
    BoostedTrees,
    BoostedTreesScorer,
)
from anomalon.learn.classify.ensemble import Ensemble, EnsembleScorer
from anomalon.learn.classify.excess import Excess, ExcessScorer
from anomalon.learn.classify.k_fold import KFold, KFoldScorer
from anomalon.learn.classify.network import Network, NetworkScorer
from anomalon.learn.engine.storage import register

__all__ = [
    "CLASSIFIERS",
    "TREES_OF_TWO_KINDS",
    "BoostedTrees",
    "Classifier",
    "Classifiers",
    "Ensemble",
    "Excess",
    "KFold",
    "Network",
    "Task",
]

CLASSIFIERS: dict[str, type[Classifier]] = Classifier.registry
CLASSIFIERS.update((c.kind, c) for c in (BoostedTrees, Network, Excess, Ensemble, KFold))

register("boosted_trees", BoostedTreesScorer)
register("network", NetworkScorer)
register("excess", ExcessScorer)
register("ensemble", EnsembleScorer)
register("k_fold", KFoldScorer)
