"""Convolutions against SciPy, and images that do not fit."""

import numpy as np
import pytest
from scipy.signal import correlate2d

from anomalon.core import Seed
from anomalon.core.errors import BadValue
from anomalon.learn.models.conv import ConvAutoencoder, ConvEncoder, Doubled, Halved

RNG = np.random.default_rng(0)


def test_a_stage_is_a_convolution_of_every_second_pixel():
    stage = Halved(2, 3, seed=Seed(1))
    x = RNG.normal(size=(6, 8, 2)).astype(np.float32)
    for out in range(3):
        whole = sum(correlate2d(x[:, :, c], stage.kernel[:, :, c, out], "same") for c in range(2))
        # "SAME" with stride 2 on an even length pads at the far end only.
        np.testing.assert_allclose(
            stage(x)[:, :, out], np.maximum(whole[1::2, 1::2], 0), rtol=1e-4, atol=1e-5
        )


def test_doubling_is_the_transposed_convolution():
    stage = Doubled(3, 2, seed=Seed(1), rectified=False)
    x = RNG.normal(size=(4, 5, 3)).astype(np.float32)
    # Each pixel is spread over four, and kernels do not overlap: a plain loop.
    expected = np.zeros((8, 10, 2))
    for i in range(4):
        for j in range(5):
            expected[2 * i : 2 * i + 2, 2 * j : 2 * j + 2] += np.tensordot(x[i, j], stage.kernel, 1)
    np.testing.assert_allclose(stage(x), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("model", [ConvEncoder, ConvAutoencoder])
def test_an_image_that_cannot_be_halved_is_refused(model):
    with pytest.raises(BadValue, match="multiples of 8, got 12 and 16"):
        model((12, 16, 1), (2, 2, 2), 3, seed=Seed(1))
