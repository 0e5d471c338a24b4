"""Closure of a template on events that it has not seen: can trees tell it from data?"""

from math import nan

from anomalon.background.template import Closure
from anomalon.core.sample import Sample
from anomalon.core.seed import Seed
from anomalon.learn import BoostedTrees
from anomalon.learn.classify.split import share
from anomalon.stats import evaluate

__all__ = ["told_apart"]

_FEWEST = 500
_TREES = BoostedTrees(n_trees=40, n_leaves=8, min_leaf=50, random_thresholds=False)


def told_apart(data: Sample, template: Sample, seed: Seed) -> Closure:
    """The area under the ROC curve of trees that try (Lopez-Paz, Oquab, arXiv:1610.06545).

    Halves are drawn along identities: one trains, the other judges. With folds that learn from each
    other the area would scatter more than it says.

    Args:
        data: Events that the template has not seen.
        template: What should look the same; weights honoured.
        seed: Random numbers of trees and halves.
    """
    seen = [s[s.weight > 0] for s in (data, template)]
    halves = [share(s.event, 0.5, seed.child("half")) for s in seen]
    fewest = int(min(min(half.sum(), (~half).sum()) for half in halves))
    if fewest < _FEWEST:
        return Closure(nan, nan, fewest)
    scorer = _TREES.fit(*(s[half] for s, half in zip(seen, halves, strict=True)), seed=seed)
    judged = [s[~half] for s, half in zip(seen, halves, strict=True)]
    scores = [scorer.score(s) for s in judged]
    area = evaluate(scores[1], scores[0], judged[1].weight, judged[0].weight).auc
    return Closure(float(area.value), float(area.uncertainty), fewest)
