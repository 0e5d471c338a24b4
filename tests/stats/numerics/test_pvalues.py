import numpy as np
import pytest
from scipy import stats as reference

from anomalon.core.errors import BadValue
from anomalon.stats import p_from_z, z_from_p
from anomalon.stats.numerics import log_p_from_z, z_from_log_p


def test_against_scipy_in_the_far_tails():
    z = np.array([-30.0, -8.0, 0.0, 1.0, 5.0, 20.0, 37.0])
    assert p_from_z(z) == pytest.approx(reference.norm.sf(z), rel=1e-13)
    assert z_from_p(reference.norm.sf(z[2:])) == pytest.approx(z[2:], abs=1e-12)


def test_logarithms_where_p_underflows():
    z = np.array([-50.0, 0.0, 40.0, 1e3, 1e6])
    # ln p = -z^2/2 - ln(z sqrt(2 pi)) - 1/z^2 + O(1/z^4)
    far = z[2:]
    asymptotic = -(far**2) / 2 - np.log(far * np.sqrt(2 * np.pi)) - far**-2.0
    assert log_p_from_z(far) == pytest.approx(asymptotic, rel=1e-8)
    assert z_from_log_p(log_p_from_z(z[1:])) == pytest.approx(z[1:], rel=1e-12)


def test_the_ends_are_infinite_and_nan_stays():
    assert z_from_p([0.0, 1.0]).tolist() == [np.inf, -np.inf]
    assert np.isnan(z_from_p(np.nan))


@pytest.mark.parametrize("p", [-0.1, 1.5])
def test_no_probability(p):
    with pytest.raises(BadValue, match=r"\[0, 1\]"):
        z_from_p([0.5, p])
    with pytest.raises(BadValue):
        z_from_log_p(0.1)
