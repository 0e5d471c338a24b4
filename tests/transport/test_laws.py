"""What a distance of events has to satisfy, whatever the events."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from anomalon.transport import emd

LIMIT = 40  # examples


@st.composite
def events(draw, most=12):
    """Events with coincident points, equal weights and weights of zero now and then."""
    n = draw(st.integers(1, most))
    weight = draw(arrays(float, n, elements=st.sampled_from([0.0, 1.0, 1.0, 2.5, 1e-9, 40.0])))
    weight[draw(st.integers(0, n - 1))] = 1.0
    fine = st.floats(-1, 1, allow_subnormal=False)
    at = draw(arrays(float, (n, 2), elements=st.one_of(st.sampled_from([-0.5, 0.0, 0.5]), fine)))
    return np.column_stack([weight, at])


betas = st.sampled_from([0.25, 0.5, 0.8, 1.0])
kinds = st.booleans()
REACH = 2 * np.sqrt(2)  # the largest distance


def close(value):
    return pytest.approx(value, rel=1e-9, abs=1e-12)


@settings(max_examples=LIMIT, deadline=None)
@given(events(), st.sampled_from([0.5, 1.0, 2.0, 5.0]), kinds)
def test_an_event_is_at_zero_of_itself(a, beta, unbalanced):
    assert emd(a, a, beta, unbalanced=unbalanced) == 0


@settings(max_examples=LIMIT, deadline=None)
@given(events(), events(), st.sampled_from([0.5, 1.0, 2.0, 5.0]), kinds)
def test_there_is_as_here(a, b, beta, unbalanced):
    there = emd(a, b, beta, unbalanced=unbalanced)
    assert there >= 0
    assert emd(b, a, beta, unbalanced=unbalanced) == close(there)


@settings(max_examples=LIMIT, deadline=None)
@given(events(), events(), events(), betas, kinds)
def test_no_detour_is_shorter(a, b, c, beta, unbalanced):
    R = REACH / 2
    ab, bc, ac = (emd(*p, beta, R, unbalanced=unbalanced) for p in ((a, b), (b, c), (a, c)))
    assert ac <= (ab + bc) * (1 + 1e-9) + 1e-12


@settings(max_examples=LIMIT, deadline=None)
@given(events(), events(), events(), st.sampled_from([2.0, 5.0]))
def test_roots_of_higher_powers_know_no_shorter_detour_either(a, b, c, beta):
    ab, bc, ac = (emd(*p, beta) ** (1 / beta) for p in ((a, b), (b, c), (a, c)))
    assert ac <= (ab + bc) * (1 + 1e-9) + 1e-6


@settings(max_examples=LIMIT, deadline=None)
@given(events(), events(), st.floats(0.1, 10), st.sampled_from([0.5, 1.0, 2.0]))
def test_shifts_turns_and_scales(a, b, R, beta):
    expected = emd(a, b, beta, periodic=False)
    shifted = [e + np.array([0, 3.7, -1.2]) for e in (a, b)]
    assert emd(*shifted, beta, periodic=False) == pytest.approx(expected, rel=1e-7, abs=1e-7)
    cos, sin = np.cos(0.7), np.sin(0.7)
    turned = [np.column_stack([e[:, 0], e[:, 1:] @ [[cos, sin], [-sin, cos]]]) for e in (a, b)]
    assert emd(*turned, beta, periodic=False) == pytest.approx(expected, rel=1e-7, abs=1e-7)
    assert emd(a, b, beta, R, periodic=False) == close(expected / R**beta)
    heavier = [e * [R, 1, 1] for e in (a, b)]
    assert emd(heavier[0], b, beta, periodic=False) == close(expected)
    both = emd(a, b, beta, periodic=False, unbalanced=True)
    assert emd(*heavier, beta, periodic=False, unbalanced=True) == close(both * R)


@settings(max_examples=LIMIT, deadline=None)
@given(
    events(), events(), st.randoms(use_true_random=False), st.sampled_from([0.5, 1.0, 2.0]), kinds
)
def test_order_empty_particles_and_collinear_halves_do_not_matter(a, b, random, beta, unbalanced):
    expected = emd(a, b, beta, unbalanced=unbalanced)
    order = random.sample(range(len(a)), len(a))
    padded = np.concatenate([a[order], np.zeros((3, 3))])
    assert emd(padded, b, beta, unbalanced=unbalanced) == close(expected)
    halves = np.concatenate([a * [0.25, 1, 1], a * [0.75, 1, 1]])
    assert emd(halves, b, beta, unbalanced=unbalanced) == close(expected)


@settings(max_examples=LIMIT, deadline=None)
@given(events(), events(), st.sampled_from([0.5, 1.0, 2.0]))
def test_bounds(a, b, beta):
    """Of independent particles above; of the centroids below, where a power of means is less."""
    found = emd(a, b, beta)
    p, q = (e[:, 0] / e[:, 0].sum() for e in (a, b))
    distance = np.sqrt(((a[:, None, 1:] - b[None, :, 1:]) ** 2).sum(axis=-1))
    assert found <= (p @ distance**beta @ q) * (1 + 1e-9) + 1e-12
    if beta >= 1:
        apart = np.linalg.norm(p @ a[:, 1:] - q @ b[:, 1:])
        assert found >= apart**beta * (1 - 1e-9) - 1e-12


@settings(max_examples=LIMIT, deadline=None)
@given(events(), events(), st.floats(-10, 10), kinds)
def test_azimuth_comes_round(a, b, turn, unbalanced):
    expected = emd(a, b, unbalanced=unbalanced)
    turned = [e + np.array([0, 0, turn]) for e in (a, b)]
    turned[0] = turned[0] + [0, 0, 2 * np.pi]
    assert emd(*turned, unbalanced=unbalanced) == pytest.approx(expected, rel=1e-6, abs=1e-7)


def test_azimuth_is_wrapped_only_if_asked_for():
    a, b = [[1.0, 0.0, 3.1]], [[1.0, 0.0, -3.1]]
    assert emd(a, b) == pytest.approx(2 * np.pi - 6.2)
    assert emd(a, b, periodic=False) == pytest.approx(6.2)
    assert emd(a, b, 2.0) == pytest.approx((2 * np.pi - 6.2) ** 2)


def test_one_particle_each_by_hand():
    a, b = [[2.0, 0.0, 0.0]], [[5.0, 0.3, 0.4]]
    assert emd(a, b) == pytest.approx(0.5, rel=1e-15)
    assert emd(a, b, 2.0, 0.5) == pytest.approx(1.0, rel=1e-15)
    assert emd(a, b, 0.5) == pytest.approx(0.5**0.5, rel=1e-15)
    # Two of five are moved, and three come from nowhere.
    assert emd(a, b, unbalanced=True) == pytest.approx(2 * 0.5 + 3, rel=1e-15)
