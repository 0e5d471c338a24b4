"""Have two samples one distribution? A classifier is asked (Lopez-Paz, Oquab, arXiv:1610.06545)."""

from scipy.special import ndtr

from anomalon.core import Seed
from anomalon.learn import BoostedTrees
from anomalon.learn.classify.split import share
from anomalon.stats import evaluate

TREES = BoostedTrees(n_trees=40, n_leaves=8, min_leaf=50, random_thresholds=False)


def same_p_value(one, other, seed=0):
    """p-value of the area under the curve on events that the classifier has not seen.

    Halves are drawn along identities, so that copies of an event are on one side. One half trains,
    one judges: with folds that learn from each other the area would scatter more than it says.
    """
    half = Seed(seed).child("half")
    trains = [share(sample.event, 0.5, half) for sample in (one, other)]
    scorer = TREES.fit(one[trains[0]], other[trains[1]], seed=seed)
    judged = [one[~trains[0]], other[~trains[1]]]
    scores = [scorer.score(sample) for sample in judged]
    auc = evaluate(scores[1], scores[0], judged[1].weight, judged[0].weight).auc
    return float(ndtr(-(auc.value - 0.5) / auc.uncertainty))
