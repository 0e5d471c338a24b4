"""One density for all windows: what lies between the side bands, and how often it is learned."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest
from quick_flows import FLOW

from anomalon import Sample, Search
from anomalon.background import BackgroundTask, Sigma, sigma
from anomalon.core import Seed
from anomalon.core.errors import BadValue
from anomalon.core.window import Window
from anomalon.learn.density import Density, DensityEstimator
from anomalon.search import FitSettings

WINDOW = Window(3000, 3600, 2400, 4200)
FEW = replace(FLOW, epochs=4, n_average=2)


class Conditions(Density):
    """Each event is what was given, and the same noise whatever that is."""

    def draw(self, given, *, seed):
        return np.column_stack([given[:, 0], seed.generator().normal(size=len(given))])

    def log_density(self, x, given, event):
        raise NotImplementedError

    to_normal = from_normal = log_density


@dataclass(frozen=True)
class Given(DensityEstimator):
    """Learns nothing, and counts how often it was asked to."""

    kind: ClassVar[str] = "given"
    asked: ClassVar[list[int]] = []

    def fit_many(self, tasks):
        self.asked.append(len(tasks))
        return [Conditions() for _ in tasks]


@pytest.fixture(autouse=True)
def nothing_learned(monkeypatch):
    monkeypatch.setattr(sigma, "_LEARNED", {})
    Given.asked.clear()


def background(n=12_000, seed=1):
    rng = np.random.default_rng(seed)
    mass = 2400 * (1 - rng.random(n)) ** (-1 / 6)
    return Sample(rng.normal(size=(n, 2)), ("a", "b"), mass, event=np.arange(n))


@pytest.mark.parametrize("distance", [0.0, 0.5, 1.0])
def test_what_grows_with_the_logarithm_of_the_mass_is_exact_between_the_side_bands(distance):
    method = Sigma(Given(), quantiles=None, distance=distance)
    drawn = method.fit(background(), WINDOW, seed=1).sample
    np.testing.assert_allclose(drawn.x[:, 0], np.log(drawn.mass), rtol=1e-12)
    assert WINDOW.in_signal_region(drawn.mass).all()
    assert drawn.x[:, 1].std() == pytest.approx(1, abs=0.05)  # the noise is that of one event


def test_windows_share_what_was_learned_and_do_not_change_each_other():
    data = background()
    windows = (WINDOW, Window(3300, 3900, 2700, 4500), Window(2700, 3300, 2500, 3900))
    tasks = [BackgroundTask(data, w, seed=Seed(2)) for w in windows]
    method = Sigma(FEW)
    together = method.fit_many(tasks)
    sigma._LEARNED.clear()
    for task, template in zip(tasks, together, strict=True):
        alone = method.fit_many([task])[0]
        assert alone.sample.digest() == template.sample.digest()


def test_learned_once_in_a_search(monkeypatch):
    data = background(6000)
    windows = tuple(Window(m, m + 300, m - 300, m + 600) for m in (2700.0, 3000.0, 3300.0))
    fit = FitSettings(range=(2400, 6000), bin_width=100)
    search = Search(
        windows=windows, features=(data.names,), background=Sigma(Given(), n_templates=2),
        n_members=4, n_folds=3, efficiencies=(0.1,), fit=fit,
    )  # fmt: skip
    scan = search.run(data, seed=1)
    assert Given.asked == [2, 2, 2]  # two trainings in each fold, whatever the number of windows
    alone = replace(search, windows=windows[1:2]).run(data, seed=1)
    before, after = (s.windows[i].cuts[1].n for s, i in ((scan, 1), (alone, 0)))
    assert before == after
    assert Given.asked == [2, 2, 2]


def test_a_narrow_signal_is_little_of_the_template():
    """A density that is smooth in mass follows it a little, in the side bands less than inside."""
    window = Window(3300, 3700, 2900, 4100)
    data = background(60_000)
    inside = np.flatnonzero(window.in_signal_region(data.mass))
    x, rng = data.x.copy(), np.random.default_rng(0)
    signal = inside[::50]
    x[signal] = rng.normal(2.5, 0.2, (len(signal), 2))

    def there(x):
        return float((np.abs(x - 2.5) < 0.5).all(axis=1).mean())

    method = Sigma(replace(FLOW, epochs=8, n_average=3), oversampling=20)
    template = there(method.fit(data.with_x(x), window, seed=1).sample.x)
    assert there(x[inside]) > 40 * there(data.x)
    assert template < 0.35 * there(x[inside])


@pytest.mark.parametrize("distance", [-0.1, 1.1, "far", True, np.nan])
def test_a_distance_beyond_the_side_bands_is_refused(distance):
    with pytest.raises(BadValue, match="distance"):
        Sigma(distance=distance)


@pytest.mark.parametrize("low", [0.0, -3000.0, 1.0])
def test_side_bands_beyond_the_data_end_where_these_do(low):
    data, window = background(), Window(3000, 3600, low, 100_000)
    drawn = Sigma(Given(), quantiles=None, distance=1).fit(data, window, seed=1)
    np.testing.assert_allclose(drawn.sample.x[:, 0], np.log(drawn.sample.mass), rtol=1e-12)
    assert f"between {data.mass.min():.4g} and {data.mass.max():.4g} GeV" in drawn.why


def test_values_that_many_events_share_stay_what_they_are_without_quantiles():
    data = background(3000)
    x = np.column_stack([np.round(data.x[:, 0]), data.x[:, 1] > 0.5, np.full(3000, 7.1)])
    discrete = Sample(x, ("n", "tag", "same"), data.mass, event=data.event)
    drawn = Sigma(FEW, quantiles=None).fit(discrete, WINDOW, seed=1).sample.x
    for made, known in zip(drawn.T, x.T, strict=True):
        assert np.isin(made, np.unique(known)).all()


def test_seeds_have_trainings_of_their_own():
    data, method = background(3000), Sigma(FEW)
    tasks = [BackgroundTask(data, WINDOW, seed=Seed(k)) for k in (11, 12)]
    first, second = method.fit_many(tasks)
    assert first.sample.digest() != second.sample.digest()
    sigma._LEARNED.clear()
    assert method.fit(data, WINDOW, seed=12).sample.digest() == second.sample.digest()
