"""A bump hunt claims no excess that a failed check could have made; a strong one it does."""

from dataclasses import replace

import numpy as np
import pytest

from anomalon.core.result import Check
from anomalon.search import HuntSettings, SmoothBackground, hunt_bump
from anomalon.search.results.bump_claim import SPURIOUS, TOYS_FITTED, weighed
from anomalon.search.results.spectrum_checks import FIT
from anomalon.stats import Exponential, Spectrum

EDGES = np.linspace(1000.0, 5000.0, 41)
MIDDLE = (EDGES[1:] + EDGES[:-1]) / 2
FALLING = Exponential(2).integrate([5.0, -1.2], EDGES)
SMOOTH = SmoothBackground("exponential", 2, 2)


def hunt(expected):
    counts = np.random.default_rng(1).poisson(expected)
    return hunt_bump(
        Spectrum(counts, EDGES),
        SMOOTH,
        HuntSettings(resolution=0.05, n_toys=2000, n_closure=0),
        seed=1,
    )


@pytest.fixture(scope="module")
def strong():
    """A thousand events of a resonance in 37 thousand: the fit sees them, and is poor."""
    shape = np.exp(-0.5 * ((MIDDLE - 2000) / 100) ** 2)
    return hunt(FALLING + 1000 * shape / shape.sum())


@pytest.fixture(scope="module")
def wrong():
    """No resonance, but a spectrum that the family does not describe."""
    return hunt(FALLING * (1 + 0.12 * np.sin(MIDDLE / 300)))


def row(result, what):
    (found,) = (check for check in result.summary().checks if check.what == what)
    return found


def test_a_strong_resonance_is_an_excess_though_the_fit_to_all_is_poor(strong):
    assert strong.fit.p_value < 1e-10
    summary = strong.summary()
    assert summary.status == "excess"
    assert summary.verdict == "Significant excess"
    assert summary.headline.startswith("Excess in 1900-2100 GeV")
    assert "too small to matter" in row(strong, FIT).found


def test_a_family_that_describes_nothing_makes_no_excess(wrong):
    assert wrong.significance.z > 3
    summary = wrong.summary()
    assert summary.status == "checks failed"
    assert summary.verdict == "Checks failed"
    assert summary.headline.startswith("Largest excess")
    assert f"Not to be believed, for checks failed: {FIT}" in summary.headline
    assert row(wrong, FIT).passed is False


def test_any_other_failed_check_undoes_the_claim(strong):
    size = len(strong.narrow.masses)
    spurious = np.full(size, 0.6 * strong.window.z_local)
    narrow = replace(strong.narrow, spurious=spurious, spurious_error=np.full(size, 0.01))
    large = replace(strong, narrow=narrow)
    assert large.summary().status == "checks failed"
    assert row(large, SPURIOUS).passed is False
    small = replace(large, narrow=replace(narrow, spurious=np.full(size, 0.6)))
    assert small.summary().status == "excess"
    assert "too small to matter" in row(small, SPURIOUS).found


def test_pseudo_experiments_without_a_fit_count_as_more_significant(strong):
    few, many = (
        replace(strong, significance=replace(strong.significance, n_failed=n, n=10_000, p=1e-4))
        for n in (3, 300)
    )
    assert "too few to matter" in row(few, TOYS_FITTED).found
    assert row(many, TOYS_FITTED).passed is False
    assert many.summary().status == "checks failed"


def test_without_an_excess_checks_are_as_they_are(strong):
    quiet = replace(strong, significance=replace(strong.significance, z=1.0))
    checks = [Check(FIT, "p = 0.001", "failed")]
    assert weighed(quiet, checks) == checks
    assert quiet.summary().status == "nothing"


def test_a_deficit_is_claimed_as_an_excess_is(strong):
    window = strong.window
    deficit = replace(
        strong, deficit=True, window=replace(window, n=2 * window.expected - window.n)
    )
    assert deficit.summary().status == "excess"
    assert deficit.summary().verdict == "Significant deficit"
