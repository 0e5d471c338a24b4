from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad

from anomalon.core.config import to_plain
from anomalon.core.errors import BadValue
from anomalon.stats import SHAPES, UA2, Dijet, Diphoton, Exponential, Polynomial, fit_spectrum
from anomalon.stats.spectra import LogLinear, NonNegative

EDGES = np.array([2000.0, 2200.0, 2900.0, 4000.0])
SETTINGS = [(kind, n) for kind, cls in SHAPES.items() for n in range(1, cls.n_most + 1)]
VALUES = np.array([0.3, 5.0, 2.0, 0.1, 0.02, 1.0, -1.0, 0.5])
LOG_LINEAR = [(kind, n) for kind, n in SETTINGS if issubclass(SHAPES[kind], LogLinear)]


def family(kind, n):
    """A shape for `EDGES`, and parameters that it may have."""
    shape = SHAPES[kind](n).over(EDGES)
    values = np.abs(VALUES) if isinstance(shape, NonNegative) else VALUES
    return shape, values[:n] * (0.1 if kind == "exponential" else 1)


@pytest.mark.parametrize(("kind", "n"), SETTINGS)
def test_bins_hold_the_integral_of_the_density(kind, n):
    shape, parameters = family(kind, n)
    ours = shape.integrate(parameters, EDGES)
    expected = [
        quad(lambda m: float(shape.density(parameters, [m])[0]), low, high, epsabs=0)[0]
        for low, high in pairwise(EDGES)
    ]
    assert ours == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize(("kind", "n"), LOG_LINEAR)
def test_the_logarithm_is_linear_and_the_first_parameter_the_norm(kind, n):
    shape = SHAPES[kind](n)
    mass = np.linspace(2000, 4000, 7)
    parameters = VALUES[:n]
    log = np.log(shape.density(parameters, mass))
    assert log == pytest.approx(shape.columns(mass) @ parameters)
    more = parameters + np.eye(n)[0] * np.log(2)
    assert shape.integrate(more, EDGES) == pytest.approx(2 * shape.integrate(parameters, EDGES))


@pytest.mark.parametrize(("kind", "n"), SETTINGS)
def test_orders_are_nested(kind, n):
    """A fit with one more parameter, to the expectation of one with fewer, is the same."""
    shape, parameters = family(kind, n)
    if n == shape.n_most:
        return
    edges = np.linspace(2000, 4000, 51)
    expected = shape.integrate(parameters, edges)
    fit = fit_spectrum((expected * 1e5 / expected.sum(), edges), SHAPES[kind](n + 1))
    assert fit.deviance == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(("kind", "n"), SETTINGS)
def test_toys_have_a_leading_axis(kind, n):
    shape, parameters = family(kind, n)
    toys = parameters * 0.1 * np.array([[1.0], [2.0], [3.0]])
    density, events = shape.density(toys, [2500.0, 3000.0]), shape.integrate(toys, EDGES)
    assert density.shape == (3, 2)
    assert density[1] == pytest.approx(shape.density(toys[1], [2500.0, 3000.0]), rel=1e-12)
    assert np.array_equal(events[2], shape.integrate(toys[2], EDGES))


@pytest.mark.parametrize(("kind", "n"), SETTINGS)
def test_slopes_are_derivatives(kind, n):
    shape, parameters = family(kind, n)
    slope = shape.slope(parameters, EDGES)
    assert slope.shape == (3, n)
    for j, unit in enumerate(1e-5 * np.eye(n)):
        ends = [shape.integrate(parameters + sign * unit, EDGES) for sign in (1, -1)]
        assert slope[:, j] == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-5, abs=1e-7)
    toys = shape.slope([parameters, np.full(n, np.nan)], EDGES)
    assert np.array_equal(toys[0], slope)
    assert np.isnan(toys[1]).all()


def test_published_forms():
    m, x = np.array([3000.0]), 3000 / 13000
    dijet = Dijet(5).density([0.5, 8, 5, 0.2, 0.01], m)[0]
    assert dijet == pytest.approx(
        np.exp(0.5) * (1 - x) ** 8 * x ** -(5 + 0.2 * np.log(x) + 0.01 * np.log(x) ** 2)
    )
    assert UA2(4).density([0.5, 5, 8, 6], m)[0] == pytest.approx(
        np.exp(0.5) * x**-5 * np.exp(-8 * x - 6 * x**2)
    )
    assert Exponential(3).density([0.5, -2, 0.1], m)[0] == pytest.approx(
        np.exp(0.5 - 2 * 3 + 0.1 * 9)
    )
    diphoton = Diphoton(5).density([0.5, 8, -3, 0.2, 0.01], m)[0]
    assert diphoton == pytest.approx(
        np.exp(0.5) * (1 - x ** (1 / 3)) ** 8 * x ** (-3 + 0.2 * np.log(x) + 0.01 * np.log(x) ** 2)
    )
    assert Dijet(2).density([0.5, 5], m)[0] == pytest.approx(np.exp(0.5) * x**-5)
    t = 0.25
    assert Polynomial(3, 2750, 3750).density([0.5, 8, 3], m)[0] == pytest.approx(
        0.5 * (1 - t) ** 2 + 8 * 2 * t * (1 - t) + 3 * t**2
    )


def test_settings_are_plain_and_checked():
    assert to_plain(Dijet(3)) == {"kind": "dijet", "n": 3, "sqrt_s": 13000.0}
    for n in (0, 6, 2.5, True):
        with pytest.raises(BadValue, match="whole number from 1 to 5"):
            Dijet(n)
    with pytest.raises(BadValue, match="sqrt"):
        Dijet(3).integrate([0, 0, 0], [12000.0, 14000.0])
    with pytest.raises(BadValue, match="above 0"):
        Exponential(2).integrate([0, 0], [-1.0, 1.0])
    with pytest.raises(BadValue, match="sqrt"):
        Diphoton(3).integrate([0, 0, 0], [12000.0, 14000.0])


def test_polynomials_have_a_range():
    polynomial = Polynomial(3)
    with pytest.raises(BadValue, match="range is not known yet"):
        polynomial.density([1, 1, 1], [2500.0])
    assert polynomial.over(EDGES) == Polynomial(3, 2000.0, 4000.0)
    assert Polynomial(3, 1000.0, 5000.0).over(EDGES) == Polynomial(3, 1000.0, 5000.0)
    with pytest.raises(BadValue, match="bins between 2100"):
        Polynomial(3, 2100.0, 5000.0).integrate([1, 1, 1], EDGES)
    with pytest.raises(BadValue, match="both ends"):
        Polynomial(3, low=2000.0)
    with pytest.raises(BadValue, match="low < high"):
        Polynomial(3, 2000.0, 2000.0)
