"""Boosted trees that stand for a detector, as firmware."""

from importlib.util import find_spec

import numpy as np
import pytest
from toy_objects import quick_autoencoder, toy_objects

from anomalon.core.errors import BadValue, Leak, TooFewEvents
from anomalon.core.seen import part, to_learn_from, with_split
from anomalon.export import agreement
from anomalon.export.firmware.trees import distilled_trees


def test_trees_follow_the_detector_and_firmware_follows_the_trees(tmp_path):
    for package in ("xgboost", "conifer", "pandas", "hls4ml"):
        if find_spec(package) is None:
            pytest.skip(f"{package}, of the extra `trigger`, is not installed")
    events = with_split(toy_objects(4000), test=0.5)
    learn, test = to_learn_from(events), part(events, "test")
    fitted = quick_autoencoder().fit(learn, seed=1)
    trees = distilled_trees(fitted, learn, n_trees=8, depth=3, seed=1)
    x = trees.inputs(test)
    scores = trees.scores_of(x)
    assert np.corrcoef(scores, np.log(fitted.score(test)))[0, 1] > 0.6
    found = agreement(scores, trees.emulated(x, tmp_path / "trees"), np.quantile(scores, 0.95))
    assert found.largest_difference < 1e-3  # eight numbers rounded to 2^-16
    assert found.n_differ < 0.002 * found.n_events


def test_what_trees_may_not_learn_from():
    events = with_split(toy_objects(300))
    fitted = quick_autoencoder().fit(to_learn_from(events))
    with pytest.raises(Leak, match="trees"):
        distilled_trees(fitted, events)
    with pytest.raises(TooFewEvents, match="trees"):
        distilled_trees(fitted, events[:0])
    with pytest.raises(BadValue, match="depth"):
        distilled_trees(fitted, events, depth=0)
