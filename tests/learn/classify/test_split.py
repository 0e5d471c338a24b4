"""Folds are a pure function of the event and the seed, and look random."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from anomalon.core import Seed
from anomalon.learn.classify.split import folds, share

IDS = {
    "counted": np.arange(100_000),
    "strided": np.arange(100_000) * 4096,
    "negative": -np.arange(100_000),
    "high bits": np.arange(100_000) << 40,
}


def test_folds_are_balanced_and_independent_between_seeds():
    for ids in IDS.values():
        one, other = folds(ids, 5, Seed(1)), folds(ids, 5, Seed(2))
        table = np.histogram2d(one, other, bins=(np.arange(6), np.arange(6)))[0]
        expected = len(ids) / 25
        assert chi2.sf(((table - expected) ** 2 / expected).sum(), 24) > 1e-4


def test_a_split_within_a_fold_is_independent_of_the_fold():
    ids = IDS["counted"]
    held = share(ids, 0.2, Seed(1).child("validation"))
    counts = np.bincount(folds(ids, 5, Seed(1))[held], minlength=5)
    assert chi2.sf(((counts - 4000) ** 2 / 4000).sum(), 4) > 1e-4


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=20), st.integers(2, 9))
def test_fold_belongs_to_the_event(ids, k):
    event = np.array(ids, np.int64)
    fold = folds(event, k, Seed(3))
    assert ((fold >= 0) & (fold < k)).all()
    assert (folds(event[::-1], k, Seed(3)) == fold[::-1]).all()
    assert folds(event[:1], k, Seed(3))[0] == fold[0]


def test_share_is_a_share():
    ids = IDS["counted"]
    assert not share(ids, 0.0, Seed(0)).any()
    assert share(ids, 1.0, Seed(0)).all()
    n = share(ids, 0.3, Seed(0)).sum()
    assert abs(n - 30_000) < 4 * np.sqrt(100_000 * 0.3 * 0.7)
    assert (share(ids, 0.3, Seed(0)) <= share(ids, 0.4, Seed(0))).all()
