"""Histograms divided by the widths of their bins give themselves away."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from anomalon.core.widths import divided_by_widths

WIDTHS = np.array([50.0, 50.0, 100.0, 200.0, 400.0])
EVENTS = hnp.arrays(np.int64, 5, elements=st.integers(1, 10**6))


@given(EVENTS, st.floats(1e-3, 1e3))
def test_divided_or_not(events, weight):
    """Whatever the weight, in bins of several widths."""
    values, variances = events * weight, events * weight**2
    assert not divided_by_widths(values, variances, WIDTHS)
    assert divided_by_widths(values / WIDTHS, variances / WIDTHS**2, WIDTHS)


@given(EVENTS, st.floats(1e-3, 1e3))
def test_in_bins_of_one_width_plain_events_are_known(events, weight):
    assume(abs(weight / 0.01 - 1) > 0.05)
    widths = np.full(5, 100.0)
    assert divided_by_widths(events / widths, events / widths**2, widths)
    assert not divided_by_widths(events * weight, events * weight**2, widths)


def test_width_one_is_no_division():
    events = np.array([5.0, 4.0, 3.0])
    assert not divided_by_widths(events, events, np.ones(3))


def test_few_bins_and_other_weights_say_nothing():
    values = np.array([5.0, 2.0, 1.0])
    assert not divided_by_widths(values, values / 100, np.full(3, 100.0))
    rng = np.random.default_rng(1)
    mixed = rng.uniform(1, 9, 5)
    assert not divided_by_widths(mixed, mixed * rng.uniform(0.1, 0.9, 5), WIDTHS)


@pytest.mark.parametrize("slack", [0.0, np.full(5, 0.1)])
def test_what_was_rounded_is_allowed_for(slack):
    events = np.array([400.0, 300.0, 200.0, 100.0, 50.0])
    values = np.round(events / WIDTHS, 2)
    errors = np.round(np.sqrt(events) / WIDTHS, 3)
    assert divided_by_widths(values, errors**2, WIDTHS, slack) == (np.max(slack) > 0)
