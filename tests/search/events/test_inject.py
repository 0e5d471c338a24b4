import numpy as np
import pytest

from anomalon import Sample
from anomalon.core.errors import BadValue, TooFewEvents
from anomalon.search.events.inject import inject

B = Sample(np.zeros((50, 1)), ("a",), np.full(50, 3000.0), label=np.zeros(50))
S = Sample(
    np.ones((20, 1)), ("a",), np.full(20, 3500.0), label=np.ones(20), event=100 + np.arange(20)
)


def test_adds_different_events_for_different_seeds():
    one, two = inject(B, S, 5, seed=1), inject(B, S, 5, seed=2)
    assert len(one) == 55
    assert one.label.sum() == 5
    assert len(set(one.event)) == 55
    assert set(one.event) != set(two.event)
    assert one.digest() == inject(B, S, 5, seed=1).digest()


def test_zero_and_too_many():
    assert len(inject(B, S, 0, seed=1)) == 50
    with pytest.raises(TooFewEvents, match="asked for 21"):
        inject(B, S, 21, seed=1)
    with pytest.raises(BadValue, match="expected 0 or more signal events, got -1"):
        inject(B, S, -1, seed=1)
