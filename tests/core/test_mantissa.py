import numpy as np

from anomalon.core.mantissa import round_mantissa


def test_rounding_is_to_the_nearest():
    x = np.linspace(0.1, 9.0, 1001).astype(np.float32)
    ulp = 2.0 ** (np.floor(np.log2(x)) - 5)
    assert (np.abs(round_mantissa(x, 5) - x) <= ulp / 2).all()
    assert round_mantissa(np.zeros(3, dtype=np.float32), 5).tolist() == [0.0] * 3
