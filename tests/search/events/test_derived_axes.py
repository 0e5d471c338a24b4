"""Derived axes in whole searches, whatever made the template."""

from dataclasses import replace

import numpy as np
import pytest
from toy_backgrounds import TOYS
from toy_search import search

from anomalon import Sample
from anomalon.core import Seed
from anomalon.core.config import to_plain
from anomalon.core.errors import BadValue
from anomalon.core.window import Window
from anomalon.features.axes import AUTOMATIC
from anomalon.features.decorrelate import ConditionalQuantiles
from anomalon.learn import BoostedTrees
from anomalon.search import Search
from anomalon.search.events.selection import score_members

NAMES = ("mJ1", "dmJ")
WINDOW = Window(3000, 3600, 2400, 4200)


def background(n=20_000, seed=0):
    """Two masses that are broad and grow with the mass of the pair."""
    rng = np.random.default_rng(seed)
    mass = 2400 * (1 - rng.random(2 * n)) ** (-1 / 5)
    mass = mass[mass < 6000][:n]
    x = rng.uniform(0, 1, (n, 2)) * (mass / 3000)[:, None]
    return Sample(x, NAMES, mass, label=np.zeros(n), event=np.arange(n) + 10**8 * seed)


def signal(n=250, seed=1):
    """Along a diagonal: narrow in the sum, and in nothing else."""
    rng = np.random.default_rng(seed)
    first = rng.uniform(0.1, 0.9, n)
    x = np.stack([first, rng.normal(1.0, 0.015, n) - first], axis=1)
    return Sample(x, NAMES, rng.normal(3300, 60, n), label=np.ones(n), event=10**12 + np.arange(n))


def settings(**changes):
    return {"features": (NAMES,), "classifier": BoostedTrees(n_trees=20)} | changes


def test_a_resonance_that_is_narrow_in_a_sum_is_found_by_it():
    data = Sample.concatenate([background(), signal()])
    without, with_axes = (
        search(**settings(axes=axes)).run(data, seed=1).windows[0].cuts[-1]
        for axes in ((), AUTOMATIC)
    )
    assert with_axes.ok, with_axes.why
    assert with_axes.truth.efficiency > 1.5 * without.truth.efficiency


@pytest.mark.parametrize("kind", sorted(TOYS))
def test_every_template_goes_with_axes(kind):
    own = kind in ("latent", "ratio")
    how = settings(
        background=TOYS[kind](), decorrelate=None if own else ConditionalQuantiles(), n_members=4
    )
    wide, narrow = (
        score_members(
            background(6000), WINDOW, None, replace(search(**how), axes=axes).methods[0], Seed(3)
        )
        for axes in (AUTOMATIC, ())
    )
    assert np.isfinite(wide.score).all()
    differs = bool((wide.score != narrow.score).any())
    # a latent space and a method that is a score by itself have no use for them
    assert differs != own


@pytest.mark.parametrize("decorrelate", [None, ConditionalQuantiles()])
def test_axes_of_no_feature_change_no_bit(decorrelate):
    data = background(6000)
    named = data.with_x(data.x, ("a", "b"))
    one, other = (
        score_members(
            named,
            WINDOW,
            None,
            search(features=(("a", "b"),), axes=axes, decorrelate=decorrelate).methods[0],
            Seed(3),
        )
        for axes in (AUTOMATIC, ())
    )
    np.testing.assert_array_equal(one.score, other.score)
    assert one.mass_leak == other.mass_leak


def test_events_of_a_fold_are_not_seen_by_its_axes():
    data = background(6000).blind()
    how = search(**settings(axes=AUTOMATIC)).methods[0]
    scores = score_members(data, WINDOW, None, how, Seed(3))
    first = np.flatnonzero(scores.fold == 0)
    x = data.x.copy()
    x[first[::2]] *= 3
    again = score_members(data.with_x(x), WINDOW, None, how, Seed(3))
    np.testing.assert_array_equal(again.score[:, first[1::2]], scores.score[:, first[1::2]])
    assert (again.score[:, first[::2]] != scores.score[:, first[::2]]).any()


def test_the_page_says_which_axes_classifiers_see():
    data = background(6000)
    told = "Classifiers of features see beside them: mJ1 + dmJ, mJ1 / max(mJ1 + dmJ, 1e-9)."
    for axes, text in ((AUTOMATIC, told), ((), "")):
        summary = search(**settings(axes=axes)).run(data, seed=1).summary()
        assert [part.text for part in summary.parts if part.title == "Windows"] == [text]
    assert search(**settings()).axes == AUTOMATIC


def test_settings_of_axes():
    made = search(**settings(axes=["mJ1 + dmJ"]))
    assert made.axes == ("mJ1 + dmJ",)
    assert to_plain(made)["axes"] == ["mJ1 + dmJ"]
    assert isinstance(made, Search)
    with pytest.raises(BadValue, match=r"search.axes\[0\].*mJ2"):
        search(**settings(axes=["mJ2 / 2"]))
    with pytest.raises(BadValue, match="automatic"):
        search(**settings(axes="auto"))
