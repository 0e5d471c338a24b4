"""A peak fitted together with the background, beside likelihoods that are written out here."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize
from scipy.stats import norm, poisson

from anomalon.core import Sample
from anomalon.core.errors import BadValue
from anomalon.core.window import Window
from anomalon.search import FitSettings, Search
from anomalon.search.events.background_fits import fit_backgrounds
from anomalon.search.events.measure import measure
from anomalon.search.events.selection import Selection
from anomalon.search.events.sketch import correlation, sketch
from anomalon.search.results.comparison import Comparison, Learned
from anomalon.search.results.window_summary import window_part
from anomalon.stats import Spectrum, observed_significance, scaled_significance

WINDOW = Window(3300, 3700, 2900, 4100)
EDGES = np.arange(2500.0, 5600.0, 100.0)
MIDDLE = (EDGES[:-1] + EDGES[1:]) / 2
OUTSIDE = ~WINDOW.in_signal_region(MIDDLE)
RESOLUTION, SIGMA = 0.04, 140.0
EXPONENTIAL = FitSettings(
    shape="exponential", choice="test", test="likelihood_ratio", n_min=2, n_max=2, relative=False
)
WITH_PEAK = replace(EXPONENTIAL, resolution=RESOLUTION)
# anywhere between 3400 and 3600 GeV
SHARES = np.diff(
    [quad(lambda at, edge=edge: norm.cdf(edge, at, SIGMA), 3400, 3600)[0] / 200 for edge in EDGES]
)


def falling(total):
    shape = np.exp(-EDGES[:-1] / 500) - np.exp(-EDGES[1:] / 500)
    return total * shape / shape.sum()


def fitted(counts, settings=WITH_PEAK, base=None, weight=None):
    variance = None if weight is None else counts * weight
    return fit_backgrounds(Spectrum(counts, EDGES, variance), settings, WINDOW, OUTSIDE, base)


def deviance(counts, expected):
    return -2 * (poisson.logpmf(np.rint(counts), expected)).sum()


def likelihood_ratio(counts):
    """The signed root, and the strength, with a minimiser that knows nothing of ours."""

    def background(p):
        edge = -np.exp(p[0] - (EDGES - 2500) / p[1])
        return np.diff(edge)

    def without(p):
        return deviance(counts, background(p))

    def with_signal(p):
        return deviance(counts, np.maximum(background(p[:2]) + p[2] * SHARES, 1e-9))

    start = np.array([np.log(counts.sum()), 500.0])
    how = {"method": "Nelder-Mead", "options": {"xatol": 1e-6, "fatol": 1e-8, "maxiter": 20_000}}
    first = minimize(without, start, **how)
    both = minimize(with_signal, [*first.x, 10.0], **how)
    both = minimize(with_signal, both.x, **how)
    return np.sign(both.x[2]) * np.sqrt(max(first.fun - both.fun, 0)), both.x[2]


@pytest.mark.parametrize("n_signal", [-150, 0, 60, 400])
def test_the_significance_is_that_of_the_likelihood_ratio(n_signal):
    rng = np.random.default_rng(5)
    counts = rng.poisson(falling(20_000) + n_signal * SHARES).astype(float)
    fits = fitted(counts)
    z, strength = likelihood_ratio(counts)
    assert fits.peaks.z[0] == pytest.approx(z, abs=2e-3)
    assert fits.peaks.shown.events == pytest.approx(strength, abs=0.3)


def test_signal_beside_the_window_is_not_taken_for_background():
    counts = falling(20_000)
    signal = 1000 * SHARES
    truth = counts[~OUTSIDE].sum()
    without, with_peak = fitted(counts + signal, EXPONENTIAL), fitted(counts + signal)
    assert without.expected[0] > truth + 20
    assert with_peak.expected[0] == pytest.approx(truth, abs=1)
    assert with_peak.peaks.shown.events == pytest.approx(1000, rel=1e-3)
    np.testing.assert_allclose(with_peak.peaks.shown.expected, signal, rtol=2e-3, atol=1e-3)


def test_a_signal_is_no_reason_for_one_more_parameter():
    base = fitted(falling(1e6), replace(WITH_PEAK, relative=True)).envelope
    settings = FitSettings(resolution=RESOLUTION, n_max=4)
    counts = falling(2_000) + 500 * SHARES
    assert fitted(counts, settings, base).best.n_parameters == 1
    assert fitted(counts, replace(settings, resolution=None), base).best.n_parameters > 1


def test_the_excess_scatters_as_it_says():
    """Over Poisson spectra; the expectation follows the count, which its uncertainty must know."""
    rng = np.random.default_rng(7)
    pulls, z = [], []
    for counts in rng.poisson(falling(4_000), (400, len(MIDDLE))).astype(float):
        fits = fitted(counts)
        excess = counts[~OUTSIDE].sum() - fits.expected[0]
        pulls.append(excess / np.hypot(np.sqrt(fits.expected[0]), fits.sigma[0]))
        z.append(fits.peaks.z[0])
    error = 1 / np.sqrt(800)
    assert np.std(pulls) == pytest.approx(1, abs=3 * error)
    assert np.std(z) == pytest.approx(1, abs=3 * error)
    assert np.mean(z) == pytest.approx(0, abs=3 / np.sqrt(400))


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_behind_a_cut_the_uncertainty_of_the_base_is_in_it(share):
    """Found by a user: 18 % of p-values below 5 % while the base was taken as exact."""
    rng = np.random.default_rng(11)
    four = FitSettings(choice="test", test="likelihood_ratio", n_min=4, n_max=4)
    flat = replace(four, n_min=1, n_max=1, resolution=0.06)
    z, events, pulls = [], [], []
    for counts in rng.poisson(falling(20_000), (250, len(MIDDLE))):
        selected = rng.binomial(counts, share).astype(float)
        base = fitted(counts.astype(float), four).envelope
        fits = fitted(selected, flat, base)
        peak = fits.peaks.shown
        z.append(fits.peaks.z[0])
        events.append(peak.events / peak.uncertainty)
        excess = selected[~OUTSIDE].sum() - fits.expected[0]
        pulls.append(excess / np.hypot(np.sqrt(fits.expected[0]), fits.sigma[0]))
    # base and selection share events, which is not told: a little too narrow if anything
    for values in (z, events, pulls):
        assert 0.85 < np.std(values) < 1 + 3 / np.sqrt(500)
        assert np.mean(values) == pytest.approx(0, abs=4 / np.sqrt(250))


def test_the_strength_follows_the_counts_as_it_says():
    counts = falling(20_000) + 300 * SHARES
    fits = fitted(counts)
    follows = fits.peaks.shown.influence
    for i in (2, 9, 10, 14, 25):
        step = np.zeros_like(counts)
        step[i] = 0.1 * np.sqrt(counts[i])
        more, less = (fitted(counts + sign * step).peaks.shown.events for sign in (1, -1))
        change = (more - less) / (2 * step[i])
        assert follows[i] == pytest.approx(change, rel=0.03, abs=0.01)


def test_trials_with_peaks_are_correlated_as_their_strengths():
    """Overlapping windows in Poisson spectra, and the sketches of their excesses."""
    rng = np.random.default_rng(12)
    windows = [Window(low, low + 400, low - 400, low + 800) for low in (3200, 3400)]
    settings = replace(WITH_PEAK, resolution=0.06)
    z, told = [], []
    for _ in range(150):
        m = 2500 + rng.exponential(500, 6000)
        events = Sample(np.zeros((6000, 1)), ("u",), m)[m < 5500]
        everything = Selection(1.0, np.ones((1, len(events))))
        cuts = [measure(events, w, everything, EDGES, settings) for w in windows]
        z.append([cut.z_local for cut in cuts])
        pairs = zip(windows, cuts, strict=True)
        told.append(correlation([sketch(events, w, everything, cut) for w, cut in pairs])[0, 1])
    measured = np.corrcoef(np.transpose(z))[0, 1]
    assert measured > 0.4
    assert np.mean(told) == pytest.approx(measured, abs=4 * (1 - measured**2) / np.sqrt(150))


def test_weights_are_no_matter():
    counts = np.random.default_rng(3).poisson(falling(5_000) + 100 * SHARES).astype(float)
    plain, weighted = fitted(counts), fitted(1e-3 * counts, weight=1e-3)
    assert weighted.peaks.z[0] == pytest.approx(plain.peaks.z[0], rel=1e-6)
    assert weighted.peaks.shown.events == pytest.approx(1e-3 * plain.peaks.shown.events, rel=1e-5)
    assert weighted.sigma[0] == pytest.approx(1e-3 * plain.sigma[0], rel=1e-5)


def test_a_dip_beside_empty_bins_has_an_answer():
    counts = falling(300)
    counts[6:14] = 0
    assert fitted(counts).peaks.z[0] < -3


def comparison(peak, apart=0.0):
    b, fit = np.array([100.0]), np.array([5.0])
    return Comparison(140.0, b, fit, np.array([apart]), np.zeros(1), 1.0, peak=peak)


def test_a_peak_all_of_it_in_the_window_is_the_count():
    nothing = Learned()
    same = np.atleast_1d(observed_significance(140.0, 100.0, 5.0))
    assert comparison(same).z(nothing) == pytest.approx(comparison(None).z(nothing))


@pytest.mark.parametrize("n", [140.0, 100.0, 100.0 + 1e-9, 60.0])
def test_what_learning_takes_of_a_count_it_takes_of_a_peak(n):
    learned = Learned(folds=1.0)
    alone, less = (np.sqrt(25.0 + more) for more in (0.0, 125.0))
    asymptotic = [float(observed_significance(n, 100.0, s)) for s in (alone, less)]
    share = asymptotic[1] / asymptotic[0] if abs(n - 100) > 1e-6 else np.sqrt(1 / 2)
    exact = float(scaled_significance(n, 100.0, 1.0, less))
    one = replace(comparison(np.array([4.5])), n=n)
    assert one.z(learned) == pytest.approx(exact + 4.5 * share - asymptotic[1], abs=1e-6)
    assert share < 0.8


@pytest.fixture(scope="module")
def scans():
    rng = np.random.default_rng(2)
    m = 2500 + rng.exponential(500, 40_000)
    m = np.append(m, rng.normal(3500, SIGMA, 200))
    u = np.append(rng.random(40_000), np.full(200, 0.01))
    inside = (m > 2500) & (m < 5500)
    data = Sample(u[inside, None], ("u",), m[inside])
    settings = FitSettings(shape="exponential", range=(2500, 5500))
    return [
        Search(
            (WINDOW,), cuts=("u < 0.1",), efficiencies=(0.1,), fit=replace(settings, resolution=r)
        ).run(data)
        for r in (None, RESOLUTION)
    ]


def test_a_search_finds_more_with_a_peak_and_says_where_it_comes_from(scans):
    without, with_peak = (scan.windows[0].cuts[-1] for scan in scans)
    assert with_peak.z_local > without.z_local + 0.3
    assert with_peak.expected < without.expected
    peak = with_peak.fit.peak
    assert peak.events == pytest.approx(200, abs=3 * peak.uncertainty)
    assert without.fit.peak is None
    assert "Cowan:2010js" in scans[1].citations
    assert "Cowan:2010js" not in scans[0].citations


def test_its_page_has_the_events_of_the_peak(scans):
    def table(scan):
        return window_part(scan.windows[0], "window", best=True).tables[0]

    without, with_peak = map(table, scans)
    names = [c.name for c in with_peak.columns]
    column = names.index("events of the peak")
    assert all("±" in row[column] for row in with_peak.rows)
    assert "a standard deviation of 140 GeV" in with_peak.note
    assert [c.name for c in without.columns] == names[:column] + names[column + 1 :]


@pytest.mark.parametrize("value", [0, 1, -0.1, float("nan"), "narrow", True])
def test_a_resolution_that_is_none_is_refused(value):
    with pytest.raises(BadValue, match=r"search\.fit\.resolution"):
        FitSettings(resolution=value)


@pytest.mark.parametrize("off", [-100, 0, 100])
def test_a_resonance_that_is_not_in_the_middle_is_found_as_well(off):
    narrow = replace(WITH_PEAK, resolution=0.03)
    counts = falling(20_000) + 300 * np.diff(norm.cdf(EDGES, 3500 + off, 105))
    without = fitted(counts, EXPONENTIAL)
    count = observed_significance(counts[~OUTSIDE].sum(), without.expected[0], without.sigma[0])
    gain = fitted(counts, narrow).peaks.z[0] / count
    assert gain > (1.1 if off == 0 else 0.9)


def test_a_resonance_of_another_form_asks_for_no_parameter():
    """Off the middle, it did: half of the significance was lost in an LHC Olympics search."""
    base = fitted(falling(1e6), FitSettings()).envelope
    settings = FitSettings(resolution=0.03)
    counts = falling(2_000) + 150 * np.diff(norm.cdf(EDGES, 3400, 105))
    assert fitted(counts, settings, base).best.n_parameters <= 2


def test_the_functions_that_were_tried_are_all_told():
    m = 2500 + np.random.default_rng(4).exponential(500, 20_000)
    events = Sample(np.zeros((20_000, 1)), ("u",), m)[m < 5500]
    everything = Selection(1.0, np.ones((1, len(events))))
    settings = FitSettings(shape="exponential", resolution=RESOLUTION)
    tried = measure(events, WINDOW, everything, EDGES, settings).fit.tried
    assert len(tried) > 2
    assert all(row.cost is not None for row in tried)


def test_a_window_that_does_not_hold_its_peak_is_refused_before_any_work():
    with pytest.raises(BadValue, match=r"window 3300-3700 GeV holds 22% of a peak near 3500 GeV"):
        Search((WINDOW,), cuts=("u < 0.1",), fit=FitSettings(resolution=0.2))
