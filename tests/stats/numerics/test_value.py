import numpy as np
import pytest

from anomalon.stats import Value


@pytest.mark.parametrize(
    ("value", "uncertainty", "shown"),
    [
        # the examples of the Review of Particle Physics, introduction, section 5.3
        (0.827, 0.119, "0.83 ± 0.12"),
        (0.827, 0.367, "0.8 ± 0.4"),
        (14.674, 0.964, "14.7 ± 1.0"),
        (1520.3, 37.2, "1520 ± 40"),
        (1520.3, 25.2, "1520 ± 25"),
        (0.0, 1e-7, "0.00000000 ± 0.00000010"),
        (3.0, 0.0, "3 ± 0"),
        (3.0, np.nan, "3 ± nan"),
    ],
)
def test_rounding(value, uncertainty, shown):
    assert repr(Value(value, uncertainty)) == shown
    assert str(Value(value, uncertainty)) == shown
    assert f"{Value(value, uncertainty)}" == shown


def test_behaves_like_a_number():
    a = Value(2.5, 0.1)
    assert float(a) == 2.5
    assert a > 2
    assert 3 > a >= 2.5
    assert a < Value(3, 5)
    assert not a <= 2
    assert round(a) == 2
    assert tuple(a) == (2.5, 0.1)
    assert f"{a:.1f}" == "2.5 ± 0.1"
    assert a == Value(2.5, 0.1)
    assert a != Value(2.5, 0.2)
