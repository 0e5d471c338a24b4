"""Arguments that became fields of a value still work by themselves, and warn the caller."""

import numpy as np
import pytest

from anomalon.core import Events
from anomalon.data import SpectrumChoices, read_spectrum
from anomalon.features import Subjettiness, dijet
from anomalon.run import Serial
from anomalon.run.job import Workplace
from anomalon.search import (
    About,
    HuntSettings,
    LimitSettings,
    SmoothBackground,
    hunt_bump,
    scan_limits,
)
from anomalon.search.histogram.bump import BumpHunt
from anomalon.search.histogram.limit import LimitScan
from anomalon.stats import (
    Exponential,
    Gaussian,
    Spectrum,
    bump_hunt,
    choose_order,
    cls_upper_limit,
    expected_upper_limits,
    upper_limits,
)
from anomalon.stats.coverage import closure_test
from anomalon.stats.cuts import RandomGrid, random_grid_search
from anomalon.stats.exchange import Quantity, limit_table
from anomalon.stats.fits import NestedTest, choose_orders
from anomalon.stats.limits import ClsMethod, Interpolation, cls, limit_by_rerun
from anomalon.stats.scans import Widths

EDGES = np.linspace(1000.0, 3000.0, 21)
EXPECTED = Exponential(2).integrate([4.0, -2.0], EDGES)
SPECTRUM = (np.random.default_rng(3).poisson(EXPECTED), EDGES)
SMOOTH = SmoothBackground("exponential", 2, 2)
POINTS = np.random.default_rng(4).normal(size=(200, 2))
SIGNAL = Gaussian(2000.0, 100.0)


def chain(strength, seed):
    return seed.generator().binomial(500, 0.4 * strength / (strength + 50)), 500


def bumps(**options):
    return bump_hunt(SPECTRUM, EXPECTED, n_toys=30, **options).t_toys.tolist()


def order(**options):
    return choose_order(SPECTRUM, "exponential", 1, 4, **options).tried


def orders(**options):
    toys = SPECTRUM[0][None], EDGES
    return choose_orders(toys, "exponential", **options).n_parameters.tolist()


def table(**options):
    return limit_table([1.0], [2.0], np.ones((5, 1)), **options).to_dict()


def rerun(**options):
    found = limit_by_rerun(chain, [20, 100, 400], upper_limits(50, 50, 7), seed=1, **options)
    return found.to_dict()


def grid(**options):
    found = random_grid_search(POINTS + 1, POINTS, seed=1, **options)
    return found.low.tolist(), found.b.tolist()


def closure(*arguments, **options):
    found = closure_test(*arguments, n_toys=20, seed=1, **options)
    return found.pulls.mean.tolist()


def hunted(function, *arguments, **options):
    found = function(*arguments, **options)
    return found.name, found.roles, found.significance.p, found.windows.n


def limited(function, *arguments, **options):
    found = function(*arguments, **options)
    return found.name, found.level, found.observed.tolist(), found.band.tolist()


def features(**options):
    jet = np.array([[[100.0, 0.5, 3.0, 20.0, 0.5, 0.2], [90.0, -1.0, -3.0, 10.0, 0.4, 0.3]]])
    names = ("pt", "eta", "phi", "mass", "tau1", "tau2")
    sample = dijet(Events(jet, ("jet1", "jet2"), names), **options)
    return sample.names, sample.x.tolist()


WEIGHTED = Spectrum(EXPECTED, EDGES, event_weight=np.full(20, 2.0))
HUNT = {"n_toys": 30, "n_closure": 0}
LIMIT = {"resolution": 0.05, "masses": [1800.0], "n_closure": 0}
SHORT = BumpHunt("exponential", (2, 2), toys=30, closure=0)
NEAR = LimitScan("exponential", (2, 2), masses=(1800, 1900), closure=0)
PAIRS = {
    "dijet": (
        lambda: features(n_tau=2),
        lambda: features(subjettiness=Subjettiness(n_tau=2)),
    ),
    "bump_hunt": (
        lambda: bumps(widths=[2, 4], step="full"),
        lambda: bumps(widths=Widths([2, 4], "full")),
    ),
    "choose_order": (
        lambda: order(test="likelihood_ratio", alpha=0.9),
        lambda: order(test=NestedTest("likelihood_ratio", 0.9)),
    ),
    "choose_orders": (
        lambda: orders(alpha=0.9),
        lambda: orders(test=NestedTest(alpha=0.9)),
    ),
    "cls_upper_limit": (
        lambda: cls_upper_limit(50, 50, 7, constraint="log_normal", method="asymptotic"),
        lambda: cls_upper_limit(50, 50, 7, method=ClsMethod(constraint="log_normal")),
    ),
    "expected_upper_limits": (
        lambda: expected_upper_limits(50, 7, constraint="gaussian").tolist(),
        lambda: expected_upper_limits(50, 7, method=ClsMethod(constraint="gaussian")).tolist(),
    ),
    "cls": (
        lambda: cls(9.0, 50, 50, 7, statistic="q"),
        lambda: cls(9.0, 50, 50, 7, method=ClsMethod(statistic="q")),
    ),
    "upper_limits": (
        lambda: upper_limits(40, 50, 7, constraint="gaussian", statistic="q").to_dict(),
        lambda: upper_limits(40, 50, 7, method=ClsMethod("asymptotic", "gaussian", "q")).to_dict(),
    ),
    "random_grid_search": (
        lambda: grid(steps=2, n_points=7, directions="<"),
        lambda: grid(grid=RandomGrid(7, "<", steps=2)),
    ),
    "limit_table": (
        lambda: table(units="FB", quantity="Rate"),
        lambda: table(quantity=Quantity("Rate", "FB")),
    ),
    "limit_by_rerun": (
        lambda: rerun(n_toys=50, band=0.9, monotone=False),
        lambda: rerun(interpolation=Interpolation(monotone=False, n_toys=50, band=0.9)),
    ),
    "closure_test": (
        lambda: closure(EXPECTED, EDGES, Exponential(2), SIGNAL, [0, 50]),
        lambda: closure((EXPECTED, EDGES), Exponential(2), SIGNAL, [0, 50]),
    ),
    "closure_test, by name and weighted": (
        lambda: closure(
            EXPECTED, shape=Exponential(2), signal=SIGNAL, strengths=50, edges=EDGES,
            event_weight=np.full(20, 2.0),
        ),
        lambda: closure(WEIGHTED, Exponential(2), signal=SIGNAL, strengths=50),
    ),
    "hunt_bump": (
        lambda: hunted(
            hunt_bump, SPECTRUM, SMOOTH, **HUNT, executor=None, roles=("a",), name="Mine"
        ),
        lambda: hunted(
            hunt_bump, SPECTRUM, SMOOTH, HuntSettings(**HUNT), about=About("Mine", roles=("a",)),
            place=Workplace(Serial()),
        ),
    ),
    "scan_limits": (
        lambda: limited(scan_limits, SPECTRUM, SMOOTH, **LIMIT, level=0.9, executor=Serial()),
        lambda: limited(scan_limits, SPECTRUM, SMOOTH, LimitSettings(**LIMIT, level=0.9)),
    ),
    "BumpHunt.run": (
        lambda: hunted(SHORT.run, SPECTRUM, name="Mine"),
        lambda: hunted(SHORT.run, SPECTRUM, about=About("Mine")),
    ),
    "LimitScan.run": (
        lambda: limited(NEAR.run, SPECTRUM, name="Mine"),
        lambda: limited(NEAR.run, SPECTRUM, about=About("Mine")),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PAIRS)
def test_both_forms_give_the_same(name):
    former, present = PAIRS[name]
    with pytest.warns(DeprecationWarning, match="now belongs? to|as one Spectrum") as told:
        before = former()
    assert {one.filename for one in told} == {__file__}  # who called, not who wraps
    assert before == present()


def test_options_of_spectra_in_files(tmp_path):
    path = tmp_path / "spectrum.csv"
    path.write_text("low,high,data,fit\n1000,1100,30,31.5\n1100,1300,12,11\n")
    with pytest.warns(DeprecationWarning, match="column, exact now belong to choices=SpectrumCh"):
        before = read_spectrum(path, column="fit", exact=True)
    now = read_spectrum(path, SpectrumChoices(column="fit", exact=True))
    assert before.counts.tolist() == now.counts.tolist() == [31.5, 11.0]
    assert before.roles == now.roles
