"""Decisions of two forms of a detector, counted."""

import numpy as np
import pytest

from anomalon.core.errors import BadLayout, BadNumbers, BadValue, MissingExtra, TooFewEvents
from anomalon.export import agreement
from anomalon.export.packages import needed


def test_decisions_are_counted_at_the_threshold_and_reaching_it_is_enough():
    found = agreement(np.array([0, 1, 2, 3]), np.array([0, 2, 2, 1.5]), 2.0, names=("a", "b"))
    assert (found.n_events, found.n_accepted, found.n_other_accepted, found.n_differ) == (
        4,
        2,
        2,
        2,
    )
    assert found.largest_difference == 1.5
    assert found.relative == pytest.approx(1 / 2.5)  # of the second event: 1 over 1 + median 1.5
    assert not found.same
    assert "n_differ" in repr(found) or "n differ" in repr(found)


def test_each_form_may_have_a_threshold_of_its_own():
    score = np.arange(10.0)
    assert not agreement(score, 3 * score, 5).same
    found = agreement(score, 3 * score, 5, other_threshold=15)
    assert found.same
    assert found.n_accepted == 5


def test_equal_scores_of_zero_agree_and_a_lost_one_does_not():
    assert agreement(np.zeros(3), np.zeros(3), 1.0).relative == 0
    assert agreement(np.zeros(3), np.array([0, 0, 1e-9]), 1.0).relative == np.inf


@pytest.mark.parametrize(
    ("a", "b", "threshold", "error"),
    [
        (np.ones(3), np.ones(4), 1.0, BadLayout),
        (np.ones((3, 1)), np.ones((3, 1)), 1.0, BadLayout),
        (np.ones(0), np.ones(0), 1.0, TooFewEvents),
        (np.array([1, np.nan]), np.ones(2), 1.0, BadNumbers),
        (np.ones(2), np.array([1, np.inf]), 1.0, BadNumbers),
        (np.ones(2), np.ones(2), np.nan, BadValue),
        (np.ones(2), np.ones(2), True, BadValue),
    ],
)
def test_what_cannot_be_compared_is_refused(a, b, threshold, error):
    with pytest.raises(error, match="agreement"):
        agreement(a, b, threshold)


def test_a_missing_package_names_the_extra():
    with pytest.raises(MissingExtra, match=r"anomalon\[trigger\]"):
        needed("anomalon_has_no_such_package", "this test")
