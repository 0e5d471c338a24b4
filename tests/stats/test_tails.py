import numpy as np
import pytest
from scipy import special
from scipy.integrate import quad

from anomalon.stats.tails import log_beta_tail, log_gamma_tail, log_upper_gamma_tail


def test_where_the_usual_functions_still_work():
    a, b, x = np.array([[50, 100, 0.2], [300, 100, 0.5], [1e4, 1e5, 0.08], [5, 0.5, 0.1]]).T
    assert log_beta_tail(a, b, x) == pytest.approx(np.log(special.betainc(a, b, x)), rel=1e-12)
    a, x = np.array([[50, 20], [300, 200], [1e4, 9e3], [0.5, 0.1]]).T
    assert log_gamma_tail(a, x) == pytest.approx(np.log(special.gammainc(a, x)), rel=1e-12)
    a, x = np.array([[50, 90], [300, 400], [1e4, 1.03e4], [0.5, 3]]).T
    assert log_upper_gamma_tail(a, x) == pytest.approx(np.log(special.gammaincc(a, x)), rel=1e-12)


def log_integral(log_integrand, at, towards):
    """ln of an integral that underflows, scaled by its largest value, at the end `at`."""
    value, _ = quad(lambda t: np.exp(log_integrand(t) - log_integrand(at)), *sorted((at, towards)))
    return log_integrand(at) + np.log(value)


def test_where_they_underflow_against_quadrature():
    a, b, x = 2000.0, 1000.0, 0.3
    expected = log_integral(
        lambda t: (a - 1) * np.log(t) + (b - 1) * np.log1p(-t), x, 0.9 * x
    ) - special.betaln(a, b)
    assert expected < -700
    assert log_beta_tail(*np.array([[a], [b], [x]]))[0] == pytest.approx(expected, rel=1e-9)
    a, x = 3000.0, 1000.0
    expected = log_integral(lambda t: (a - 1) * np.log(t) - t, x, 0.9 * x) - special.gammaln(a)
    assert expected < -700
    assert log_gamma_tail(*np.array([[a], [x]]))[0] == pytest.approx(expected, rel=1e-9)
    a, x = 1000.0, 4000.0
    expected = log_integral(lambda t: (a - 1) * np.log(t) - t, x, 1.1 * x) - special.gammaln(a)
    assert expected < -700
    assert log_upper_gamma_tail(*np.array([[a], [x]]))[0] == pytest.approx(expected, rel=1e-9)
