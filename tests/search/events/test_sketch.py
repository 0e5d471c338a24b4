"""What cuts have in common, and what the best of them is worth without pseudo-experiments."""

from dataclasses import replace

import numpy as np
from scipy.stats import kstest
from toy_search import THREE, background, search

from anomalon import Sample
from anomalon.core.window import Window
from anomalon.search import FitSettings
from anomalon.search.events.selection import Selection
from anomalon.search.events.sketch import correlation, sketch
from anomalon.search.results.cut import Uncertainties
from anomalon.search.results.failed import failed_cut

WINDOW = Window(3000, 3600, 2400, 4200)
N = 20_000


def world(seed=0):
    rng = np.random.default_rng(seed)
    return Sample(rng.normal(size=(N, 1)), ("x",), rng.uniform(2400, 4200, N))


def cut(fit):
    sigma = Uncertainties(1.0, fit, 0.0, 0.0, 0.0)
    return replace(failed_cut(0.1, "dijet", ""), ok=True, sigma=sigma)


def selected(passed):
    return Selection(0.1, passed[None, :].astype(float))


def follows(events, window, passed, fit):
    """The vector itself."""
    side = window.in_sidebands(events.mass) & passed
    scale = fit / np.sqrt(side.sum())
    return passed * np.where(window.in_signal_region(events.mass), 1.0, -scale * side)


def test_scalar_products_are_those_of_the_events():
    events, rng = world(), np.random.default_rng(1)
    loose = rng.random(N) < 0.3
    other = Window(3300, 3900, 2700, 4200)
    made = [
        (WINDOW, loose, 30.0),
        (WINDOW, loose & (rng.random(N) < 0.4), 20.0),
        (other, loose, 40.0),
        (other, ~loose, 40.0),
    ]
    found = correlation([sketch(events, w, selected(p), cut(fit)) for w, p, fit in made])
    exact = np.corrcoef([follows(events, *one) for one in made])
    vectors = np.array([follows(events, *one) for one in made])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    np.testing.assert_allclose(found, vectors @ vectors.T, atol=5 / np.sqrt(1024))
    assert found[0, 1] > 0.5
    assert exact.shape == found.shape


def test_the_order_of_the_events_does_not_matter():
    events = world()
    passed = events.column("x") > 1
    order = np.random.default_rng(2).permutation(N)
    here = sketch(events, WINDOW, selected(passed), cut(9.0))
    there = sketch(events[order], WINDOW, selected(passed[order]), cut(9.0))
    np.testing.assert_allclose(here, there, atol=1)


def test_a_cut_without_an_answer_or_without_events_has_none():
    events = world()
    assert sketch(events, WINDOW, selected(np.ones(N)), failed_cut(0.1, "dijet", "")).size == 0
    assert sketch(events, WINDOW, selected(np.zeros(N)), cut(1.0)).size == 0


def test_without_signal_global_p_values_are_uniform():
    """Overlapping windows and nested cuts of a score that knows nothing."""
    fit = FitSettings(range=(2400, 5000), choice="test", n_max=2)
    settings = search(
        features=(), score="s", windows=THREE, efficiencies=(0.2, 0.1), fit=fit, decorrelate=None
    )
    p = []
    for seed in range(24):
        data = background(6000, seed=seed)
        noise = np.random.default_rng([seed, 1]).normal(size=len(data))
        scored = data.with_x(np.column_stack([data.x, noise]), (*data.names, "s"))
        found = settings.run(scored, seed=seed)
        assert found.p_global_source == "correlated trials"
        assert found.correlated.n_trials == 9
        assert found.best.p_local < found.p_global < 9 * found.best.p_local
        p.append(found.p_global)
    assert kstest(p, "uniform").pvalue > 1e-3
    assert np.mean(np.array(p) < 0.1) < 0.25
