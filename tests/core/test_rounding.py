import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalon.core import rounding


@pytest.mark.parametrize(
    ("value", "sigma", "text"),
    [
        # The three examples of the Review of Particle Physics, introduction, sec. 5.3.
        (0.827, 0.119, "0.83 ± 0.12"),
        (0.827, 0.367, "0.8 ± 0.4"),
        (14.674, 0.964, "14.7 ± 1.0"),
        (1234567.0, 45678.0, "1 230 000 ± 50 000"),
        (-3.0, 0.1, "−3.00 ± 0.10"),
    ],
)
def test_measured_follows_the_particle_data_group(value, sigma, text):
    assert rounding.measured(value, sigma).replace("\xa0", " ").replace("\u202f", " ") == text


@settings(deadline=None, max_examples=200)
@given(st.floats(1e-8, 1e8))
def test_one_or_two_digits_of_an_uncertainty_are_kept(sigma):
    places = rounding.decimals(sigma)
    kept = round(sigma, places) * 10.0**places
    assert kept + 1e-6 >= 3.5
    assert kept - 1e-6 <= 36
    assert abs(round(sigma, places) - sigma) <= 0.15 * sigma


def test_what_is_not_known_is_said():
    assert rounding.measured(None, 1.0) == "none"
    assert rounding.measured(math.nan, 1.0) == "none"
    assert rounding.sigmas(math.nan) == "none"
    assert rounding.p_value(None) == "none"


def test_an_uncertainty_of_zero_is_shown_as_such():
    assert rounding.measured(3.0, 0.0) == "3\xa0± 0"


def test_minus_is_a_minus_sign():
    assert rounding.sigmas(-1.5).startswith("−1.50")
    assert rounding.plain(-2e-7) == "−2.00\u202f×\u202f10⁻⁷"
