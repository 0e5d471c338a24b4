"""The distance beside two independent solvers: POT's network simplex, and linear programming."""

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.spatial.distance import cdist
from toy_points import toy_image, toy_points

from anomalon.transport import emd, emd_matrix, emd_pairs, transport_plan

BETAS = (0.5, 1.0, 2.0, 5.0)
SIZES = (
    (1, 1), (1, 9), (7, 1), (2, 2), (3, 17), (20, 30), (40, 40), (63, 64), (64, 64), (64, 65),
    (65, 64), (65, 65), (9, 200), (30, 450), (100, 130), (200, 200),
)  # fmt: skip


def event(rng, n):
    return np.column_stack([rng.exponential(1.0, n), rng.normal(0, 0.3, (n, 2))])


def costs(a, b, beta, R=1.0):
    return (cdist(a[:, 1:], b[:, 1:]) / R) ** beta


def by_pot(a, b, cost):
    ot = pytest.importorskip("ot")
    a, b = a / a.sum(), b / b.sum()
    return ot.emd2(a, b, cost, numItermax=10**7)


def unbalanced_by_pot(a, b, cost):
    """With a point of cost zero for what one event has more, which is then paid for."""
    more = b[:, 0].sum() - a[:, 0].sum()
    wa, wb = a[:, 0], b[:, 0]
    if more > 0:
        wa, cost = np.append(wa, more), np.vstack([cost, np.zeros(len(b))])
    else:
        wb, cost = np.append(wb, -more), np.hstack([cost, np.zeros((len(a), 1))])
    return by_pot(wa, wb, cost) * max(wa.sum(), wb.sum()) + abs(more)


def by_linear_programming(a, b, cost):
    n, m = cost.shape
    rows = np.kron(np.eye(n), np.ones(m))
    columns = np.kron(np.ones(n), np.eye(m))
    masses = np.concatenate([a / a.sum(), b / b.sum()])
    found = linprog(cost.ravel(), A_eq=np.vstack([rows, columns])[:-1], b_eq=masses[:-1],
                    method="highs", options={"primal_feasibility_tolerance": 1e-10,
                                             "dual_feasibility_tolerance": 1e-10})  # fmt: skip
    return found.fun


@pytest.mark.parametrize("beta", BETAS)
def test_every_size_and_power_agrees_with_a_network_simplex(beta):
    rng = np.random.default_rng(1)
    for n, m in SIZES:
        a, b = event(rng, n), event(rng, m)
        expected = by_pot(a[:, 0], b[:, 0], costs(a, b, beta, R=0.8))
        assert emd(a, b, beta, 0.8) == pytest.approx(expected, rel=1e-9), (n, m)


@pytest.mark.parametrize("beta", BETAS)
def test_linear_programming_agrees(beta):
    jets = toy_points(10, seed=4, low=10, high=20)
    for a, b in zip(jets[::2], jets[1::2], strict=True):
        expected = by_linear_programming(a[:, 0], b[:, 0], costs(a, b, beta))
        assert emd(a, b, beta) == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("beta", [0.25, 0.75, 1.3, 1.5, 3.0, 4.25])
def test_other_powers_agree_too(beta):
    a, b = toy_points(2, seed=5)
    expected = by_pot(a[:, 0], b[:, 0], costs(a, b, beta))
    assert emd(a, b, beta) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("beta", BETAS)
def test_unbalanced_agrees(beta):
    rng = np.random.default_rng(2)
    for n, m in SIZES:
        a, b = event(rng, n), event(rng, m)
        expected = unbalanced_by_pot(a, b, costs(a, b, beta, R=0.7))
        assert emd(a, b, beta, 0.7, unbalanced=True) == pytest.approx(expected, rel=1e-9), (n, m)


def test_masses_that_are_equal_or_tiny_or_at_one_place():
    """Where a simplex without care goes round in circles, or divides by nothing."""
    rng = np.random.default_rng(3)
    grid = np.stack(np.meshgrid(np.arange(6.0), np.arange(6.0)), axis=-1).reshape(-1, 2) / 10
    equal = np.column_stack([np.ones(36), grid])
    shifted = equal + np.array([0, 0.05, 0.05])
    tiny = np.column_stack([10.0 ** -rng.uniform(0, 14, 50), rng.normal(0, 0.3, (50, 2))])
    coincident = np.column_stack([rng.exponential(1, 20), np.full((20, 2), 0.1)])
    repeated = np.repeat(toy_points(1, seed=6)[0], 3, axis=0)
    jet = toy_points(1, seed=7)[0]
    events = [equal, shifted, tiny, coincident, repeated, jet]
    for a in events:
        for b in events:
            for beta in (0.5, 1.0, 2.0):
                cost = costs(a, b, beta)
                expected = by_pot(a[:, 0], b[:, 0], cost)
                assert emd(a, b, beta) == pytest.approx(expected, rel=1e-9, abs=1e-14)


@pytest.mark.parametrize("beta", [0.5, 1.0, 2.0])
def test_a_jet_and_a_dense_image(beta):
    image = toy_image()
    assert len(image) > 500
    for jet in toy_points(2, seed=8):
        expected = by_pot(jet[:, 0], image[:, 0], costs(jet, image, beta))
        assert emd(jet, image, beta) == pytest.approx(expected, rel=1e-9)
        assert emd(image, jet, beta) == pytest.approx(expected, rel=1e-9)


def test_a_dense_image_of_other_weight():
    image, jet = toy_image(), toy_points(1, seed=9)[0]
    for scale in (0.1, 10.0):
        one = jet * [scale * image[:, 0].sum() / jet[:, 0].sum(), 1, 1]
        expected = unbalanced_by_pot(one, image, costs(one, image, 1.0))
        assert emd(one, image, unbalanced=True) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("scale", [2.0**-60, 1e-3, 1e9, 2.0**100])
@pytest.mark.parametrize("beta", [0.5, 2.0, 5.0])
def test_lengths_and_weights_of_any_size(scale, beta):
    for a, b in (toy_points(2, seed=10), (toy_points(1, seed=10)[0], toy_image())):
        expected = emd(a, b, beta, periodic=False)
        longer = [event * [1 / scale, scale, scale] for event in (a, b)]
        assert emd(*longer, beta, periodic=False) == pytest.approx(expected * scale**beta, rel=1e-9)
        assert emd(*longer, beta, scale, periodic=False) == pytest.approx(expected, rel=1e-9)


def test_a_high_power_is_that_of_the_longest_way():
    a, b = [[1.0, 0, 0], [1.0, 1, 0]], [[1.0, 2, 0], [1.0, 5, 0]]
    assert emd(a, b, 50.0) == pytest.approx(0.5 * (4.0**50 + 2.0**50), rel=1e-12)


@pytest.mark.parametrize("unbalanced", [False, True])
@pytest.mark.parametrize(("n", "m"), [(12, 30), (30, 12), (70, 90), (20, 500)])
def test_the_plan_is_one_and_costs_as_much(n, m, unbalanced):
    rng = np.random.default_rng(n + m)
    a, b = event(rng, n), event(rng, m)
    a[3, 0] = 0
    plan = transport_plan(a, b, unbalanced=unbalanced)
    wa, wb = a[:, 0], b[:, 0]
    if not unbalanced:
        wa, wb = wa / wa.sum(), wb / wb.sum()
    assert plan.shape == (n, m)
    assert plan.min() >= 0
    assert (plan.sum(axis=1) <= wa + 1e-12).all()
    assert (plan.sum(axis=0) <= wb + 1e-12).all()
    assert plan.sum() == pytest.approx(min(wa.sum(), wb.sum()), rel=1e-12)
    cost = (plan * costs(a, b, 1.0)).sum() + abs(wa.sum() - wb.sum())
    assert cost == pytest.approx(emd(a, b, unbalanced=unbalanced), rel=1e-12)


def test_matrices_and_pairs_are_made_of_single_distances():
    jets = toy_points(7, seed=12) + toy_points(3, seed=13, low=70, high=90)
    others = toy_points(4, seed=14, low=1, high=80)
    matrix = emd_matrix(jets, others, 0.5, 0.6)
    assert matrix.tolist() == [[emd(a, b, 0.5, 0.6) for b in others] for a in jets]
    square = emd_matrix(jets)
    assert (square == square.T).all()
    assert (np.diag(square) == 0).all()
    np.testing.assert_allclose(square, emd_matrix(jets, jets), rtol=1e-12, atol=1e-15)
    assert emd_pairs(jets[:4], others, 0.5, 0.6).tolist() == np.diag(matrix[:4]).tolist()


def test_threads_change_no_byte():
    jets = toy_points(60, seed=15, low=1, high=80)
    one = emd_matrix(jets, threads=1)
    for threads in (2, 3):
        assert emd_matrix(jets, threads=threads).tobytes() == one.tobytes()
