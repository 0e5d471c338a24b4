"""The fast scan against the slow one, and the bounds that it relies on."""

import numpy as np
import pytest
from scipy import special

from anomalon.core import Seed
from anomalon.stats.numerics.poisson import half_deviance_of
from anomalon.stats.numerics.tail_kernels import log_at_least, log_at_most
from anomalon.stats.scans import scan_kernel as kernel
from anomalon.stats.scans.windows import Windows

MEAN = np.exp(-np.arange(30) / 4.0)


@pytest.mark.parametrize("statistic", [kernel.KNOWN, kernel.DEFICIT, kernel.ON_OFF])
@pytest.mark.parametrize("events", [1e6, 1e3, 30, 1])
@pytest.mark.parametrize("step", [1, "half"])
@pytest.mark.parametrize("shares", ["one", "mixed", "each toy"])
def test_fast_is_slow_to_the_last_bit(statistic, events, step, shares):
    windows = Windows.of(30, step=step)
    rng = Seed(3).child("scan", events=events, statistic=statistic).generator()
    mean = MEAN * events / MEAN.sum()
    k = rng.poisson(mean, (200, 30)).astype(float)
    k[::7, 4:6] *= 3  # some with a signal
    m = rng.poisson(3 * mean, (200, 30)).astype(float) if statistic == kernel.ON_OFF else mean[None]
    q = np.full((1, 30), 0.25)
    if shares != "one":
        q = rng.uniform(0.01, 0.99, (1 if shares == "mixed" else 200, 30))
    rows = windows.widths, windows.strides
    log_p, best = kernel.smallest_log_p(statistic, k, m, q, *rows)
    for toy in range(200):
        every = kernel.every_window(statistic, k[toy], m[toy % len(m)], q[toy % len(q)], *rows)
        assert len(every) == len(windows)
        assert log_p[toy] == every.min()
        assert best[toy] == every.argmin()


@pytest.mark.parametrize("b", [0.01, 0.7, 5.0, 40.3, 900.0])
def test_significance_is_below_the_root_of_the_deviance(b):
    """The inequality of Zubkov and Serov, by which windows are left out."""
    for n in np.arange(1, int(2 * b + 30)):
        g = np.sqrt(2 * half_deviance_of(float(n), b, n - b))
        if n > b:
            assert log_at_least(float(n), b) >= special.log_ndtr(-g)
        if n < b:
            assert log_at_most(float(n), b) >= special.log_ndtr(-g)


def test_every_window_by_hand():
    windows = Windows.of(4, widths=[1, 3])
    k, m = np.array([3.0, 5, 2, 0]), np.array([4.0, 2, 1, 0.5])
    found = kernel.every_window(
        kernel.KNOWN, k, m, np.full(4, 0.5), windows.widths, windows.strides
    )
    n, b = np.array([3.0, 5, 2, 10, 7]), np.array([4.0, 2, 1, 7, 3.5])
    want = np.log(special.gammainc(n, b))
    assert found[[0, 1, 2, 4, 5]] == pytest.approx(want, rel=1e-12)
    assert found[3] == 0  # nothing seen: p = 1


def test_large_neighbours_do_not_matter():
    """Windows are summed, not taken as differences of sums over the whole spectrum."""
    m = np.array([1e14, 1e12, 0.01, 0.02])
    k = np.array([1e14, 1e12, 1.0, 1.0])
    rows = np.array([1, 2]), np.array([1, 1])
    log_p, best = kernel.smallest_log_p(kernel.KNOWN, k[None], m[None], np.full((1, 4), 0.5), *rows)
    assert best[0] == 6
    assert log_p[0] == pytest.approx(np.log(special.gammainc(2.0, 0.03)), rel=1e-12)


def test_failed_fits_give_nan_and_leave_the_others_alone():
    rows = np.array([1, 2]), np.array([1, 1])
    k = np.array([[5.0, 3.0], [5.0, 3.0]])
    m = np.array([[np.nan, np.nan], [4.0, 1.0]])
    log_p, best = kernel.smallest_log_p(kernel.KNOWN, k, m, np.full((1, 2), 0.5), *rows)
    assert np.isnan(log_p[0])
    assert best.tolist() == [-1, 1]
