"""A bump hunt and limits in the same falling spectrum without a signal, each made once.

Not a test: what is behind the fixtures `bump` and `limit` of tests/report and tests/search.
"""

from functools import cache

import numpy as np

from anomalon.search import HuntSettings, LimitSettings, SmoothBackground, hunt_bump, scan_limits
from anomalon.search.results.bump import BumpResult
from anomalon.search.results.limit import LimitResult
from anomalon.stats import Exponential, Spectrum

EDGES = np.linspace(1000.0, 5000.0, 41)
COUNTS = np.random.default_rng(1).poisson(Exponential(2).integrate([5.0, -1.2], EDGES))
SMOOTH = SmoothBackground("exponential", 2, 3)


@cache
def found_bump() -> BumpResult:
    """With a scan for a narrow resonance and all closure tests."""
    return hunt_bump(
        Spectrum(COUNTS, EDGES), SMOOTH, HuntSettings(resolution=0.03, n_toys=100, n_closure=20)
    )


@cache
def found_limit() -> LimitResult:
    """With all closure tests."""
    return scan_limits(
        Spectrum(COUNTS, EDGES), SMOOTH, LimitSettings(resolution=0.03, n_closure=20)
    )
