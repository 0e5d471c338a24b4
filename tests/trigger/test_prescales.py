import numpy as np
import pytest

from anomalon.core.errors import BadLayout, BadRows, BadValue
from anomalon.trigger import enhanced_bias_weights


def test_the_formula_written_out():
    """CDS 2223498: w = 1/(1 - prod(1 - 1/PS)) over the fired seeds."""
    prescales = [1000.0, 50.0, 7.0]
    fired = [[1, 0, 0], [0, 1, 1], [1, 1, 1]]
    by_hand = [1000.0, 1 / (1 - (49 / 50) * (6 / 7)), 1 / (1 - 0.999 * (49 / 50) * (6 / 7))]
    assert enhanced_bias_weights(fired, prescales) == pytest.approx(by_hand, rel=1e-12)


def test_of_huge_prescales_nothing_is_lost_to_rounding():
    assert enhanced_bias_weights([[True, True]], [1e16, np.inf]) == pytest.approx([1e16], rel=1e-12)
    assert enhanced_bias_weights([[True, True]], [2e12, 2e12]) == pytest.approx([1e12], rel=1e-9)


def test_an_unprescaled_seed_makes_it_one():
    assert enhanced_bias_weights([[True, True]], [1.0, 1e9]).tolist() == [1.0]


def test_recorded_events_stand_for_all():
    """Seeds with thresholds, prescales thrown for each of them: counts come back within errors."""
    rng = np.random.default_rng(5)
    pt = rng.exponential(20.0, 400_000)
    thresholds, prescales = np.array([0.0, 40.0, 100.0]), np.array([500.0, 20.0, 1.0])
    fired = pt[:, None] > thresholds
    recorded = (fired & (rng.random(fired.shape) < 1 / prescales)).any(axis=1)
    weights = enhanced_bias_weights(fired[recorded], prescales)
    for cut in (0.0, 30.0, 60.0, 120.0):
        above = pt[recorded] > cut
        estimate, sigma = weights[above].sum(), np.sqrt((weights[above] ** 2).sum())
        assert abs(estimate - (pt > cut).sum()) < 4 * max(sigma, 1.0)


@pytest.mark.parametrize("prescale", [0.5, 0.0, -1.0, float("nan")])
def test_prescales_below_one(prescale):
    with pytest.raises(BadValue, match=r"at least 1, got .* for seed 1"):
        enhanced_bias_weights([[True, True]], [2.0, prescale])


def test_events_that_nothing_recorded():
    with pytest.raises(BadRows, match=r"in 2 of 3 rows \(first: 1, 2\)"):
        enhanced_bias_weights([[1, 0], [0, 0], [0, 1]], [5.0, np.inf])


def test_what_is_no_decision():
    with pytest.raises(BadLayout, match=r"one column of `fired` for each prescale"):
        enhanced_bias_weights([[True, True]], [2.0])
    with pytest.raises(BadLayout, match="unpackbits"):
        enhanced_bias_weights([[3, 1]], [2.0, 2.0])
    with pytest.raises(BadLayout, match=r"\(event, seed\)"):
        enhanced_bias_weights([True, False], [2.0, 2.0])
