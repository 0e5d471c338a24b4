import json

import numpy as np
import pytest

from anomalon.core.errors import BadLayout, TooFewEvents
from anomalon.stats import Dijet, Exponential, Gaussian, Spectrum
from anomalon.stats.coverage import spurious_signal

EDGES = np.linspace(2000.0, 6000.0, 61)
MASSES = np.linspace(2600.0, 5000.0, 9)
SIGNALS = Gaussian(3000.0, 100.0).templates(MASSES, EDGES, lambda m: 0.05 * m)


def background(events=50_000):
    expected = Dijet(3).integrate([0.0, 9.0, 5.2], EDGES)
    return expected / expected.sum() * events


def test_the_right_shape_finds_nothing():
    result = spurious_signal((background(), EDGES), Dijet(3), SIGNALS, MASSES)
    assert np.abs(result.ratio).max() < 1e-3
    assert result.strength_error.tolist() == [0.0] * 9
    assert result.ok
    assert result.mass.tolist() == MASSES.tolist()


def test_the_wrong_shape_finds_a_signal_that_grows_with_the_data():
    few, many = (
        spurious_signal((background(n), EDGES), Exponential(2), SIGNALS) for n in (5e4, 2e5)
    )
    assert not few.ok
    assert many.largest == pytest.approx(4 * few.largest, rel=1e-3)
    assert np.abs(many.ratio) == pytest.approx(2 * np.abs(few.ratio), rel=1e-2)
    assert few.largest == np.abs(few.strength).max()
    # more parameters describe it better
    assert spurious_signal((background(), EDGES), Exponential(4), SIGNALS).largest < few.largest / 5


def test_toys_agree_with_the_expectation_within_their_error():
    counts = np.random.default_rng(8).poisson(background(), (300, 60))
    toys = spurious_signal((counts, EDGES), Exponential(2), SIGNALS, MASSES)
    exact = spurious_signal((background(), EDGES), Exponential(2), SIGNALS, MASSES)
    off = (toys.strength - exact.strength) / toys.strength_error
    assert np.abs(off).max() < 4
    assert toys.sigma == pytest.approx(exact.sigma, rel=0.05)
    assert toys.strength_error == pytest.approx(exact.sigma / np.sqrt(300), rel=0.3)


def test_a_template_of_finite_size_says_how_well_it_knows():
    """A simulation of ten times the data: its own fluctuations are a third of the data's."""
    simulated = np.random.default_rng(9).poisson(10 * background()) / 10
    spectrum = Spectrum(simulated, EDGES, simulated / 10)
    result = spurious_signal(spectrum, Dijet(3), SIGNALS, MASSES)
    exact = spurious_signal((background(), EDGES), Dijet(3), SIGNALS, MASSES)
    assert result.sigma == pytest.approx(exact.sigma, rel=0.05)
    assert result.strength_error == pytest.approx(result.sigma / np.sqrt(10), rel=0.02)
    assert result.ok


def test_plain_and_checked():
    one = spurious_signal((background(), EDGES), Exponential(2), SIGNALS[0])
    plain = json.loads(json.dumps(one.to_dict(), allow_nan=False))
    assert plain["ratio"] == one.ratio.tolist()
    assert plain["largest"] == one.largest
    with pytest.raises(BadLayout, match="expected 9 masses"):
        spurious_signal((background(), EDGES), Dijet(3), SIGNALS, MASSES[:3])
    with pytest.raises(TooFewEvents, match="filled bins"):
        spurious_signal((0 * background(), EDGES), Dijet(3), SIGNALS, MASSES)
