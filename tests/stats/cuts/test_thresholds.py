import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from anomalon.core import Seed
from anomalon.core.errors import BadLayout, BadNumbers, BadValue, TooFewEvents
from anomalon.stats.cuts import selection_weights

N = 500
TOYS = 1500


def counts_over_expectation(draw, k, *, weight=None, name):
    """Weight selected among new events and among the reference, over k/n; and the error of it."""
    rng = Seed(5).child(name, k=k).generator()
    new, own = np.empty(TOYS), np.empty(TOYS)
    for i in range(TOYS):
        reference, events = draw(rng, N), draw(rng, N)
        w = np.ones(N) if weight is None else weight(rng, N)
        selected = selection_weights(
            reference,
            w,
            np.concatenate([reference, events]),
            k / N,
            is_reference=np.arange(2 * N) < N,
        )
        own[i] = (selected[:N] * w).sum() / w.sum() * N / k
        new[i] = selected[N:].sum() / k
    return new.mean(), own, new.std() / np.sqrt(TOYS)


def continuous(rng, n):
    return rng.normal(size=n)


def tied(rng, n):
    return rng.integers(0, 150, n) / 7


@pytest.mark.parametrize("draw", [continuous, tied])
@pytest.mark.parametrize("k", [0.5, 2, 5.7, 50])
def test_new_events_are_selected_at_the_efficiency(draw, k):
    ratio, own, error = counts_over_expectation(draw, k, name=draw.__name__)
    assert abs(ratio - N / (N + 1)) < 4 * error
    assert own == pytest.approx(np.ones(TOYS), abs=1e-9)
    assert error < 0.06


@pytest.mark.parametrize("k", [5.7, 50])
def test_with_weights(k):
    ratio, own, error = counts_over_expectation(
        continuous, k, weight=lambda rng, n: rng.choice([0.4, 1.0], n), name="weights"
    )
    assert abs(ratio - 1) < 4 * error + 0.005
    assert own == pytest.approx(np.ones(TOYS), abs=1e-9)


@settings(max_examples=50, deadline=None)
@given(
    reference=st.lists(st.integers(-3, 3), min_size=1, max_size=20),
    scores=st.lists(st.integers(-4, 4), max_size=20),
)
def test_several_efficiencies_at_once_are_the_same_one_by_one(reference, scores):
    efficiencies = (0.013, 0.4, 1.0)
    together = selection_weights(reference, None, scores, efficiencies)
    alone = [selection_weights(reference, None, scores, e) for e in efficiencies]
    assert np.array_equal(together, np.reshape(alone, (3, len(scores))))
    above = np.sum(np.greater.outer(reference, scores), axis=0)
    equal = np.sum(np.equal.outer(reference, scores), axis=0)
    share = equal + (equal == 0)
    expected = np.clip(np.multiply.outer(efficiencies, [len(reference)]) - above, 0, share) / share
    assert together == pytest.approx(expected)


@pytest.mark.parametrize("heaviest", [1.0, 30.0, 1e4])
def test_events_of_one_weight_are_selected_alike_whatever_the_others_weigh(heaviest):
    """Two heavy events in the reference: its light ones and new light ones pass equally often."""
    rng = np.random.default_rng(int(heaviest))
    passed = []
    for _ in range(400):
        scores = rng.random(600)
        weight = np.where(np.arange(600) < 2, heaviest, 1.0)
        known = np.arange(600) < 300
        q = selection_weights(
            scores[known], weight[known], scores, 0.1, is_reference=known, weight=weight
        )
        assert (q * weight)[known].sum() == pytest.approx(0.1 * weight[known].sum())
        light = weight == 1
        passed.append([q[known & light].mean(), q[~known].mean()])
    difference = np.diff(passed, axis=1)
    assert difference.mean() == pytest.approx(0, abs=4 * difference.std() / 20)


def test_weights_of_one_size_are_none():
    rng = np.random.default_rng(3)
    reference, scores = rng.random(200), rng.random(300)
    plain = selection_weights(reference, None, scores, 0.13)
    for size in (1.0, 0.25):
        known, new = np.full(200, size), np.full(300, size)
        found = selection_weights(reference, known, scores, 0.13, weight=new)
        np.testing.assert_allclose(found, plain, atol=1e-12)


def test_the_usual_quantile_is_biased():
    """What this function is for: new events above the quantile are (k + 1)/k times too many."""
    rng = Seed(6).generator()
    thresholds = np.quantile(rng.normal(size=(3000, N)), 1 - 5.7 / N, axis=1)
    assert norm.sf(thresholds).mean() * N / 5.7 == pytest.approx(6.7 / 5.7, abs=0.04)


def test_by_hand():
    reference = [1.0, 2.0, 3.0, 4.0]
    scores = [5.0, 4.0, 3.5, 3.0, 2.5]
    assert selection_weights(reference, None, scores, 0.5).tolist() == [1, 1, 1, 1, 0]
    assert selection_weights(reference, None, scores, 0.375).tolist() == [1, 1, 0.5, 0.5, 0]
    assert selection_weights(reference, None, scores, 0.125).tolist() == [0.5, 0.5, 0, 0, 0]
    assert selection_weights(reference, None, scores, 1.0).tolist() == [1] * 5
    # three tied reference events and room for two: two thirds each, or 2/4 for a fourth event
    same = [2.0, 2.0, 2.0, 1.0]
    assert selection_weights(same, None, [2.0], 0.5) == pytest.approx([2 / 3])
    new = selection_weights(same, None, [2.0], 0.5, is_reference=[False])
    assert new == pytest.approx([0.5])


@settings(max_examples=50, deadline=None)
@given(
    scores=st.lists(st.integers(0, 9), min_size=1, max_size=30),
    efficiency=st.floats(0.01, 1.0),
    seed=st.integers(0, 99),
)
def test_laws(scores, efficiency, seed):
    scores = np.array(scores, dtype=float)
    weight = np.random.default_rng(seed).uniform(0.1, 1.0, len(scores))
    own = np.ones(len(scores), dtype=bool)
    selected = selection_weights(scores, weight, scores, efficiency, is_reference=own)
    assert selected @ weight == pytest.approx(efficiency * weight.sum())
    assert np.all((selected >= 0) & (selected <= 1))
    grid = np.linspace(-1, 10, 45)
    for mine in (None, np.zeros(45, dtype=bool)):
        steps = selection_weights(scores, weight, grid, efficiency, is_reference=mine)
        between = ~np.isin(grid, scores)
        assert np.all(np.diff(steps[between]) >= -1e-12)


def test_reference_without_weight_does_not_count():
    with_zeros = selection_weights([1, 2, 3, 9], [1, 1, 1, 0], [2.5, 5], 0.34)
    assert with_zeros == pytest.approx(selection_weights([1, 2, 3], None, [2.5, 5], 0.34))


def test_refusals():
    with pytest.raises(BadNumbers, match="weight: expected no negative"):
        selection_weights([1, 2], None, [1.5], 0.3, weight=[-1.0])
    with pytest.raises(BadLayout, match="weight"):
        selection_weights([1, 2], None, [1.5], 0.3, weight=[1.0, 1.0])
    for efficiency in (0.0, 1.1, np.nan):
        with pytest.raises(BadValue, match=r"\(0, 1\]"):
            selection_weights([1.0], None, [1.0], efficiency)
        with pytest.raises(BadValue, match="efficiency"):
            selection_weights([1.0], None, [1.0], [0.1, efficiency])
    with pytest.raises(TooFewEvents, match="none"):
        selection_weights([], None, [1.0], 0.1)
    with pytest.raises(TooFewEvents, match="none"):
        selection_weights([1.0], [0.0], [1.0], 0.1)
    with pytest.raises(BadNumbers, match="NaN"):
        selection_weights([1.0, np.nan], None, [1.0], 0.1)
    with pytest.raises(BadNumbers, match="negative"):
        selection_weights([1.0], [-1.0], [1.0], 0.1)
    with pytest.raises(BadLayout):
        selection_weights([1.0, 2.0], [1.0], [1.0], 0.1)
    assert selection_weights([1.0], None, [], 0.1).tolist() == []
