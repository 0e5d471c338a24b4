"""What features tell of the mass: an analytic value, a null, a signal that is none, and Z."""

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import norm

from anomalon import Sample
from anomalon.background import Cwola, Ideal
from anomalon.core import Seed
from anomalon.core.window import Window
from anomalon.learn import BoostedTrees, Classifier, Scorer
from anomalon.learn.classify.split import folds
from anomalon.search import FitSettings, Search
from anomalon.search.events.mass_leak import FoldLeak, Halves, combined, fold_leak
from anomalon.search.results.checks import checks_of
from anomalon.search.results.claim import claim, result_of
from anomalon.search.results.window import MassLeak

WINDOW = Window(3300, 3700, 2900, 4100)
TREES = BoostedTrees(n_trees=20, n_leaves=8)
MIDDLE = Halves(WINDOW, 3100, 3900)


def masses(rng, n):
    m = 2700 + rng.exponential(500, 2 * n)
    return m[m < 5500][:n]


def events(make, seed, n=20_000):
    rng = np.random.default_rng(seed)
    m = masses(rng, n)
    columns = make(rng, len(m), (m - 3500) / 400)
    names = tuple(f"x{i}" for i in range(len(columns)))
    return Sample(np.stack(columns, axis=1), names, m)


def independent(rng, n, s):
    return rng.normal(size=(2, n))


def drifting_correlation(rng, n, s):
    a, b = rng.normal(size=(2, n))
    rho = np.clip(0.45 * s**2, -0.9, 0.9)
    return a, rho * a + np.sqrt(1 - rho**2) * b


def measured(sample, seed=0, k=3):
    fold = folds(sample.event, k, Seed(seed))
    halves = Halves.of(sample, WINDOW)
    return combined(
        [
            fold_leak(sample[fold != i], sample[fold == i], halves, TREES, Seed(seed).child(f=i))
            for i in range(k)
        ]
    )


def test_the_halves_are_halves_and_never_the_signal_region():
    sample = events(independent, seed=0)
    halves = Halves.of(sample, WINDOW)
    assert (halves.lower, halves.upper) == (3100, 3900)
    inner, outer = halves.split(sample)
    m = np.concatenate([inner.mass, outer.mass])
    assert not WINDOW.in_signal_region(m).any()
    assert WINDOW.in_sidebands(m).all()
    assert len(m) == WINDOW.in_sidebands(sample.mass).sum()
    assert inner.mass.min() >= 3100
    assert inner.mass.max() < 3900
    for half in (inner, outer):
        low = half.weight[half.mass < 3500].sum()
        assert low == pytest.approx(half.weight.sum() / 2)


def test_a_drift_with_the_square_of_the_mass_has_the_contrast_of_the_search():
    """The mean of (m - c)^2, for a flat spectrum and bands as wide as the signal region."""
    m = np.linspace(2900, 4100, 120_000, endpoint=False)
    flat = Sample(np.zeros((len(m), 1)), ("x",), m)
    template = Cwola().fit(flat, WINDOW).sample

    def mean(sample):
        return np.average((sample.mass - 3500) ** 2, weights=sample.weight)

    inner, outer = Halves.of(flat, WINDOW).split(flat)
    search = mean(template) - mean(flat[WINDOW.in_signal_region(m)])
    assert mean(outer) - mean(inner) == pytest.approx(search, rel=1e-3)
    assert search == pytest.approx(400**2, rel=1e-3)


def test_a_known_shift_is_its_distance():
    """Outer events shifted by one standard deviation against the inner ones: d = 1."""

    def shifted(rng, n, s):
        return [rng.normal(np.where(np.abs(s) > 1, -1.0, 0.0), 1)]

    leak = measured(events(shifted, seed=1, n=60_000))
    assert leak.distance == pytest.approx(1, abs=0.06)
    assert leak.d == pytest.approx(1, abs=0.06)
    assert leak.p_value < 1e-50
    # of inner events a threshold at the outer 1 % keeps Phi(Phi^-1(0.01) + 1)
    assert MassLeak(0.5, 0.01, 0.5, 1.0).non_closure(0.01) == pytest.approx(
        norm.sf(norm.isf(0.01) - 1) / 0.01 - 1
    )


def test_the_mass_itself_is_told_without_doubt():
    leak = measured(events(lambda rng, n, s: [s, rng.normal(size=n)], seed=2))
    assert leak.p_value < 1e-100
    assert leak.non_closure(0.01) > 90


def test_without_a_leak_p_values_are_not_too_small():
    p = np.array([measured(events(independent, s, n=6000), s).p_value for s in range(100)])
    for level in (0.1, 0.3, 0.5):
        error = np.sqrt(level * (1 - level) / len(p))
        assert abs(np.mean(p < level) - level) < 3.5 * error, level
    assert p.min() > 1e-3


def test_what_may_be_chance_costs_nothing():
    error = np.sqrt(2e-3 / 5)  # five folds, twice the variance
    chance = combined([FoldLeak(1.2 * error, 1e-3, 1000)] * 5)
    assert chance.uncertainty == pytest.approx(error)
    assert chance.p_value == pytest.approx(norm.sf(1.2))
    assert chance.d == 0
    assert chance.non_closure(0.01) == 0
    clear = combined([FoldLeak(5 * error, 1e-3, 1000)] * 5)
    assert clear.d == pytest.approx(np.sqrt(24) * error)
    assert combined([FoldLeak(-5 * error, 1e-3, 1000)] * 5).d == 0
    assert combined([FoldLeak(40.0, 1e-3, 1000)] * 2).non_closure(0.1) == pytest.approx(9)


def test_a_fold_without_an_answer_is_left_out():
    one = FoldLeak(0.2, 1e-3, 1000)
    assert combined([one, None, one]) == combined([one, one])
    sample = events(independent, seed=0, n=3000)
    no_outer_half = sample[(sample.mass > 3150)]
    assert fold_leak(no_outer_half, no_outer_half, MIDDLE, TREES, Seed(0)) is None


def test_without_any_answer_nothing_is_known_and_nothing_passes():
    unknown = combined([None, None])
    assert not unknown.known
    assert np.isnan(unknown.p_value)
    assert unknown.non_closure(0.1) == 0
    assert unknown.may_hide(0.1, WINDOW) == np.inf
    assert combined([FoldLeak(0.0, 1e-3, 1000)]).may_hide(0.1, WINDOW) == pytest.approx(
        norm.sf(norm.isf(0.1) - 2 * np.sqrt(2e-3)) / 0.1 - 1
    )


def test_narrow_bands_have_a_short_lever():
    """Of a drift with the square of the mass they see a small part of what the search sees."""
    m = np.linspace(2900, 4100, 120_000, endpoint=False)
    flat = Sample(np.zeros((len(m), 1)), ("x",), m)
    leak = MassLeak(0.0, 0.01, 0.5, 0.0)

    def mean(sample):
        return np.average((sample.mass - 3500) ** 2, weights=sample.weight)

    for width in (20, 100, 400):
        window = Window(3300, 3700, 3300 - width, 3700 + width)
        inner, outer = Halves.of(flat, window).split(flat)
        search = mean(Cwola().fit(flat, window).sample) - mean(flat[window.in_signal_region(m)])
        lever = search / (mean(outer) - mean(inner))
        expected = MassLeak(0.0, 0.01, 0.0, 0.02 * lever).non_closure(0.1)
        assert leak.may_hide(0.1, window) == pytest.approx(expected, rel=1e-2)
    wide = Window(3300, 3700, 2300, 4700)
    assert leak.may_hide(0.1, wide) == leak.may_hide(0.1, WINDOW)


def test_bands_that_the_data_do_not_fill_are_halved_where_their_events_are():
    sample = events(independent, seed=0)
    for begin, lower in ((2900, 3100), (3000, 3100), (3099, None), (3105, None)):
        halves = Halves.of(sample[sample.mass > begin], WINDOW)
        assert halves.upper == 3900
        if lower is not None:
            assert halves.lower == lower
            continue
        band = sample.mass[(sample.mass > begin) & WINDOW.in_low_sideband(sample.mass)]
        assert np.mean(band < halves.lower) == pytest.approx(0.5, abs=2 / len(band))
    ends = sample[sample.mass < 3905]
    band = ends.mass[ends.mass >= 3700]
    assert np.mean(band < Halves.of(ends, WINDOW).upper) == pytest.approx(0.5, abs=1 / len(band))
    # a median of weights, and never an empty half if there are two masses
    heavy = ends.with_weight(np.where(ends.mass == band.max(), 1e6, 1.0))
    assert Halves.of(heavy, WINDOW).upper == band.max()
    heavy = ends.with_weight(np.where(ends.mass == band.min(), 1e6, 1.0))
    inner, outer = Halves.of(heavy, WINDOW).split(heavy)
    assert inner.weight.sum() == pytest.approx(outer.weight.sum())


def test_too_few_events_for_a_single_split_tell_nothing():
    few = events(independent, seed=0, n=400)
    leak = fold_leak(few, few, MIDDLE, TREES, Seed(0))
    assert leak.distance == 0
    assert leak.variance > 0


def search(**changes):
    settings = {
        "windows": (WINDOW,),
        "features": (("x0", "x1"),),
        "classifier": TREES,
        "n_members": 4,
        "n_folds": 3,
        "efficiencies": (0.1, 0.02),
        "fit": FitSettings(range=(2700, 5000), shape="exponential"),
    } | changes
    return Search(**settings)


def test_a_drifting_correlation_is_in_the_uncertainty_and_makes_no_excess():
    window = search().run(events(drifting_correlation, seed=5, n=40_000), seed=1).windows[0]
    assert window.mass_leak.p_value < 1e-10
    for cut in window.cuts[1:]:
        assert cut.sigma.closure == pytest.approx(
            cut.expected * window.mass_leak.non_closure(cut.efficiency)
        )
        assert cut.sigma.closure > cut.sigma.poisson
        assert abs(cut.z_local) < 2
    assert window.cuts[0].sigma.closure == 0


def test_data_that_begin_inside_a_side_band_hide_no_drift():
    """The outer half of the lower band is empty; the drift makes thousands of events."""
    sample = events(drifting_correlation, seed=5, n=40_000)
    sample = sample[sample.mass > 3110]
    fit = FitSettings(range=(3110, 5000), shape="exponential", bin_width=50)
    window = search(fit=fit).run(sample, seed=1).windows[0]
    assert window.mass_leak.p_value < 1e-10
    for cut in window.cuts[1:]:
        assert cut.sigma.closure > cut.sigma.poisson
        assert abs(cut.z_local) < 3


def test_a_resonance_that_leaks_into_the_side_bands_stays_one():
    """A fifth of it is there; what is found of it is far too small to have made the excess."""
    rng = np.random.default_rng(3)
    background = events(independent, seed=3)
    mass = rng.normal(3500, 150, 400)
    signal = Sample(
        rng.normal(2.2, 0.3, (400, 2)), background.names, mass, event=10**9 + np.arange(400)
    )
    scan = search().run(Sample.concatenate([background, signal]), seed=1)
    assert np.mean(WINDOW.in_sidebands(mass)) > 0.15
    window, cut = result_of(scan, scan.best)
    assert claim(scan).status == "excess"
    assert scan.best.z_local > 5
    assert cut.n - cut.expected > 10 * cut.sigma.closure
    assert all(check.passed for check in checks_of(window, cut))


def test_features_that_know_nothing_pay_nothing():
    window = search().run(events(independent, seed=5), seed=1).windows[0]
    assert window.mass_leak.p_value > 0.1
    assert all(cut.sigma.closure == 0 for cut in window.cuts)


def test_a_template_from_the_signal_region_needs_no_flat_features():
    sample = events(drifting_correlation, seed=6)
    simulation = events(drifting_correlation, seed=7)
    assert Cwola.needs_flat_features
    assert not Ideal.needs_flat_features
    window = search(background=Ideal()).run(sample, simulation, seed=1).windows[0]
    assert window.mass_leak is None
    assert all(cut.sigma.closure == 0 for cut in window.cuts)


@dataclass(frozen=True)
class Told(Classifier, Scorer):
    """Says what its first feature says, with no need of a training."""

    kind = "told"
    names: tuple[str, ...] = ()

    def _fit_many(self, tasks, names):
        return [Told(names) for _ in tasks]

    def _score(self, sample):
        return expit(sample.x[:, 0])


def test_classifiers_that_are_no_trees_are_asked_as_well():
    few = events(drifting_correlation, seed=8, n=400)
    outer = np.abs(few.mass - 3500) > 400
    few = few.with_x(np.c_[np.where(outer, -3.0, 3.0), few.x[:, 1]])
    assert fold_leak(few, few, MIDDLE, TREES, Seed(1)).distance == 0
    assert fold_leak(few, few, MIDDLE, (TREES, Told()), Seed(1)).distance == 10
