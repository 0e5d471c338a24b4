from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.integrate import quad

from anomalon.core.config import to_plain
from anomalon.core.errors import BadLayout, BadNumbers, BadValue
from anomalon.stats.spectra.signals import SIGNALS, DoubleSidedCrystalBall, Gaussian

EXAMPLES = [
    Gaussian(1000.0, 30.0),
    DoubleSidedCrystalBall(1000.0, 30.0, 1.2, 3.0, 2.0, 8.0),
    DoubleSidedCrystalBall(1000.0, 30.0, 0.5, 1.1, 4.0, 50.0),
]
EDGES = np.array([100.0, 700.0, 900.0, 960.0, 985.0, 1000.0, 1020.0, 1100.0, 1500.0, 4000.0])


@pytest.mark.parametrize("signal", EXAMPLES, ids=repr)
def test_bins_hold_the_integral_of_the_density(signal):
    breaks = (964.0, 1060.0, 985.0, 1120.0)
    expected = []
    for low, high in pairwise(EDGES):
        points = [low, *sorted(b for b in breaks if low < b < high), high]
        expected.append(
            sum(
                quad(lambda m: float(signal.density(m)), a, b, epsabs=0, epsrel=1e-12)[0]
                for a, b in pairwise(points)
            )
        )
    assert signal.integrate(EDGES) == pytest.approx(expected, rel=1e-8, abs=1e-300)


@pytest.mark.parametrize("signal", EXAMPLES, ids=repr)
def test_the_area_is_one(signal):
    everything = signal.integrate([-1e30, 0.0, 1000.0, 2000.0, 1e30])
    assert everything.sum() == pytest.approx(1.0, abs=2e-3 if signal.kind != "gaussian" else 1e-12)
    assert np.all(everything >= 0)


def test_against_scipy():
    """scipy.stats.crystalball has the lower tail; a mirrored one the upper."""
    low = DoubleSidedCrystalBall(0.0, 1.0, 1.3, 4.0, 37.0, 4.0)
    high = DoubleSidedCrystalBall(0.0, 1.0, 37.0, 4.0, 1.3, 4.0)
    edges = np.linspace(-20.0, 5.0, 101)
    truth = np.diff(stats.crystalball(1.3, 4.0).cdf(edges))
    assert low.integrate(edges) == pytest.approx(truth, abs=1e-14)
    assert high.integrate(-edges[::-1])[::-1] == pytest.approx(truth, abs=1e-14)
    assert low.density(edges) == pytest.approx(stats.crystalball(1.3, 4.0).pdf(edges), rel=1e-12)
    assert Gaussian(1.0, 2.0).density(edges) == pytest.approx(stats.norm(1.0, 2.0).pdf(edges))


def test_far_tails_keep_their_digits():
    """The fraction beyond 30 sigma is not the difference of two numbers near one."""
    ours = Gaussian(0.0, 1.0).integrate([30.0, 31.0])[0]
    assert ours == pytest.approx(stats.norm.sf(30.0), rel=1e-10)
    assert Gaussian(0.0, 1.0).integrate([-31.0, -30.0])[0] == pytest.approx(ours, rel=1e-12)
    tail = DoubleSidedCrystalBall(0.0, 1.0, 1.0, 5.0, 1.0, 9.0).integrate([1e4, 1.1e4])[0]
    density = DoubleSidedCrystalBall(0.0, 1.0, 1.0, 5.0, 1.0, 9.0).density
    assert tail == pytest.approx(quad(density, 1e4, 1.1e4, epsabs=0)[0], rel=1e-9)


@given(st.sampled_from(EXAMPLES), st.lists(st.floats(0.0, 5000.0), min_size=2, unique=True))
def test_bins_add(signal, edges):
    edges = sorted(edges)
    if min(np.diff(edges)) == 0:
        return
    whole = signal.integrate([edges[0], edges[-1]])[0]
    assert signal.integrate(edges).sum() == pytest.approx(whole, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("signal", EXAMPLES, ids=repr)
def test_templates_are_moved_signals(signal):
    masses = np.array([500.0, 1000.0, 2000.0])
    ours = signal.templates(masses, EDGES, lambda m: 0.03 * m)
    assert ours.shape == (3, len(EDGES) - 1)
    for row, mass in zip(ours, masses, strict=True):
        moved = type(signal)(**{**vars(signal), "mean": mass, "sigma": 0.03 * mass})
        assert np.array_equal(row, moved.integrate(EDGES))
    assert np.array_equal(signal.templates([1000.0], EDGES)[0], signal.integrate(EDGES))
    assert np.array_equal(signal.templates(masses, EDGES, 30.0), signal.templates(masses, EDGES))


def test_settings_are_plain_and_checked():
    assert to_plain(Gaussian(1000.0, 30.0)) == {
        "kind": "gaussian",
        "mean": 1000.0,
        "sigma": 30.0,
    }
    assert {kind: cls.kind for kind, cls in SIGNALS.items()} == {kind: kind for kind in SIGNALS}
    with pytest.raises(BadValue, match="sigma: expected a finite number above 0"):
        Gaussian(1000.0, 0.0)
    with pytest.raises(BadValue, match=r"gaussian\.mean"):
        Gaussian(np.nan, 1.0)
    with pytest.raises(BadValue, match="`n_low` should be above 1"):
        DoubleSidedCrystalBall(1000.0, 30.0, 1.0, 1.0, 1.0, 2.0)
    with pytest.raises(BadLayout, match="increasing"):
        Gaussian(1000.0, 30.0).integrate([2.0, 1.0])
    with pytest.raises(BadNumbers):
        Gaussian(1000.0, 30.0).templates([np.inf], EDGES)
    with pytest.raises(BadValue, match="widths"):
        Gaussian(1000.0, 30.0).templates([1.0, 2.0], EDGES, lambda m: m - 1)
