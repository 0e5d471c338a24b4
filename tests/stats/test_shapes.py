from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad

from anomalon.core.config import to_plain
from anomalon.core.errors import BadValue
from anomalon.stats import SHAPES, UA2, Dijet, Exponential

EDGES = np.array([2000.0, 2200.0, 2900.0, 4000.0])
SETTINGS = [(kind, n) for kind, cls in SHAPES.items() for n in range(1, cls.n_most + 1)]
VALUES = np.array([0.3, 5.0, 2.0, 0.1, 0.02])


@pytest.mark.parametrize(("kind", "n"), SETTINGS)
def test_bins_hold_the_integral_of_the_density(kind, n):
    shape = SHAPES[kind](n)
    parameters = VALUES[:n] * (0.1 if kind == "exponential" else 1)
    ours = shape.integrate(parameters, EDGES)
    expected = [
        quad(lambda m: float(shape.density(parameters, [m])[0]), low, high, epsabs=0)[0]
        for low, high in pairwise(EDGES)
    ]
    assert ours == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize(("kind", "n"), SETTINGS)
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
    shape = SHAPES[kind](n)
    if n == shape.n_most:
        return
    mass = np.linspace(2000, 4000, 50)
    richer = SHAPES[kind](n + 1).columns(mass)
    solution = np.linalg.lstsq(richer, shape.columns(mass), rcond=None)[0]
    assert richer @ solution == pytest.approx(shape.columns(mass), abs=1e-8)


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
    assert Dijet(2).density([0.5, 5], m)[0] == pytest.approx(np.exp(0.5) * x**-5)


def test_toys_at_once():
    toys = np.array([[0.0, 1.0], [1.0, 2.0], [3.0, 4.0]])
    together = Dijet(2).integrate(toys, EDGES)
    assert together.shape == (3, 3)
    assert together[2] == pytest.approx(Dijet(2).integrate(toys[2], EDGES), rel=1e-14)


def test_settings_are_plain_and_checked():
    assert to_plain(Dijet(3)) == {"kind": "dijet", "n": 3, "sqrt_s": 13000.0}
    for n in (0, 6, 2.5, True):
        with pytest.raises(BadValue, match="1 to 5 parameters"):
            Dijet(n)
    with pytest.raises(BadValue, match="sqrt"):
        Dijet(3).integrate([0, 0, 0], [12000.0, 14000.0])
    with pytest.raises(BadValue, match="above 0"):
        Exponential(2).integrate([0, 0], [-1.0, 1.0])
