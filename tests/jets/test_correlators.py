"""Energy correlation functions beside sums written out, and jets that can be worked out by hand."""

import itertools

import numpy as np
import pytest

from anomalon.core import Particles
from anomalon.core.errors import BadLayout, BadValue
from anomalon.jets import energy_correlators, leading_jets


def jet(pt, eta, phi):
    return Particles.polar(pt, eta, phi, [0, len(pt)])


def written_out(pt, eta, phi, beta):
    """arXiv:1305.0007, eq. 1, as it stands there."""
    z = pt / pt.sum()

    def r(i, j):
        dphi = (phi[i] - phi[j] + np.pi) % (2 * np.pi) - np.pi
        return np.hypot(eta[i] - eta[j], dphi) ** beta

    n = range(len(pt))
    e2 = sum(z[i] * z[j] * r(i, j) for i, j in itertools.combinations(n, 2))
    e3 = sum(
        z[i] * z[j] * z[k] * r(i, j) * r(i, k) * r(j, k) for i, j, k in itertools.combinations(n, 3)
    )
    return e2, e3


@pytest.mark.parametrize("beta", [0.5, 1.0, 2.0])
def test_they_are_the_sums_over_pairs_and_threes(beta):
    rng = np.random.default_rng(3)
    sizes = [1, 2, 3, 12, 25]
    pt, eta = rng.exponential(30, sum(sizes)) + 1, rng.normal(0, 0.4, sum(sizes))
    phi = np.pi + rng.normal(0, 0.4, sum(sizes))  # across the seam
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    got = energy_correlators(Particles.polar(pt, eta, phi, offsets), beta=beta)
    for row, a, b in zip(got, offsets, offsets[1:], strict=False):
        expected = written_out(pt[a:b], eta[a:b], phi[a:b], beta)
        np.testing.assert_allclose(row, expected, rtol=1e-9, atol=1e-12)


def test_two_prongs_have_a_pair_and_no_three():
    ((e2, e3),) = energy_correlators(jet([75.0, 25.0], [0.0, 0.3], [0.0, 0.4]), beta=2.0)
    assert e2 == pytest.approx(0.75 * 0.25 * 0.5**2)
    assert e3 == 0


def test_three_prongs_at_the_corners_of_a_triangle():
    """e2 = 3 (1/9) R, e3 = (1/27) R^3: so C2 = R/3 and D2 = 1, whatever the size."""
    for side in (0.1, 0.6):
        height = side * np.sqrt(3) / 2
        triangle = jet([5.0] * 3, [0.0, side, side / 2], [0.0, 0.0, height])
        ((e2, e3),) = energy_correlators(triangle)
        assert e2 == pytest.approx(side / 3)
        assert e3 / e2**2 == pytest.approx(side / 3)
        assert e3 / e2**3 == pytest.approx(1)


def test_d2_is_small_for_two_prongs_with_soft_radiation_and_not_for_three():
    """arXiv:1409.6298: with little around them e3 << e2^3 for two prongs only."""
    soft = ([1.0] * 4, [0.02, -0.02, 0.02, -0.02], [0.0, 0.0, 0.6, 0.6])
    two = jet([300.0, 300.0, *soft[0]], [0.0, 0.0, *soft[1]], [0.0, 0.6, *soft[2]])
    three = jet([200.0] * 3, [0.0, 0.6, 0.3], [0.0, 0.0, 0.52])
    d2 = [e3 / e2**3 for ((e2, e3),) in (energy_correlators(two), energy_correlators(three))]
    assert d2[0] < 0.02
    assert d2[1] == pytest.approx(1, abs=0.01)


def test_scale_and_boost_do_not_matter(toy_dijets):
    parts = leading_jets(toy_dijets).constituents
    px, py, pz, e = (parts.column(name) for name in ("px", "py", "pz", "energy"))
    c, s = np.cosh(0.7), np.sinh(0.7)  # along the beam: rapidities are shifted
    boosted = Particles.cartesian(3 * px, 3 * py, 3 * (c * pz + s * e), 3 * (c * e + s * pz),
                                  parts.offsets)  # fmt: skip
    np.testing.assert_allclose(energy_correlators(boosted), energy_correlators(parts), rtol=1e-6)


def test_nothing_has_no_correlation():
    empty = Particles.polar([], [], [], [0, 0])
    np.testing.assert_array_equal(energy_correlators(empty), [[0.0, 0.0]])
    zero = jet([0.0, 0.0], [0.0, 1.0], [0.0, 1.0])
    np.testing.assert_array_equal(energy_correlators(zero), [[0.0, 0.0]])


def test_what_makes_no_sense_is_refused():
    with pytest.raises(BadValue, match="beta"):
        energy_correlators(jet([1.0], [0.0], [0.0]), beta=0.0)
    with pytest.raises(BadLayout, match="energy_correlators"):
        energy_correlators(np.ones((3, 3)))
