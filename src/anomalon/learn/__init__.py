"""Learning without physics: the training loop, models, classifiers.

`engine` trains anything; `models` are architectures for it; `classify` tells two samples apart, in
ensembles and folds.
"""

from anomalon.core.scorer import Scorer
from anomalon.learn.classify import (
    CLASSIFIERS,
    TREES_OF_TWO_KINDS,
    BoostedTrees,
    Classifier,
    Classifiers,
    Ensemble,
    Excess,
    KFold,
    Network,
    Task,
)
from anomalon.learn.engine.storage import load_scorer, register, save_scorer

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
    "Scorer",
    "Task",
    "load_scorer",
    "register",
    "save_scorer",
]
