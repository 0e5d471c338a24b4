"""Random numbers of events are a pure function of the event and the seed, and look random."""

import numpy as np
import pytest
from scipy.stats import kstest

from anomalon.core import Seed
from anomalon.core.event_random import bits, uniform

IDS = {
    "counted": np.arange(100_000),
    "strided": np.arange(100_000) * 4096,
    "negative": -np.arange(100_000),
    "high bits": np.arange(100_000) << 40,
}


def test_the_finaliser_is_that_of_splitmix64():
    # Reference outputs of splitmix64 for the states 1, 2 and 3 times the golden gamma, i.e. for
    # the seed 0 (as printed in the documentation of the xoshiro generators).
    gamma = np.uint64(0x9E3779B97F4A7C15)
    states = (np.arange(1, 4, dtype=np.uint64) * gamma).view(np.int64)

    class Zero:
        def integer(self, below):
            return 0

    assert [hex(z) for z in bits(states, Zero())] == [
        "0xe220a8397b1dcdaf",
        "0x6e789e6aa1b965f4",
        "0x6c45d188009454f",
    ]


@pytest.mark.parametrize("ids", IDS.values(), ids=IDS)
def test_uniform_between_events_and_between_seeds(ids):
    one, other = uniform(ids, Seed(1)), uniform(ids, Seed(2))
    assert kstest(one, "uniform").pvalue > 1e-4
    assert abs(np.corrcoef(one, other)[0, 1]) < 4 / np.sqrt(len(ids))
    assert abs(np.corrcoef(one[1:], one[:-1])[0, 1]) < 4 / np.sqrt(len(ids))
    assert one.min() >= 0
    assert one.max() < 1
