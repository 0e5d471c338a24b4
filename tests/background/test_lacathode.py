"""LaCATHODE: what a signal region is compared with in the latent space."""

from dataclasses import replace

import numpy as np
import pytest
from quick_flows import FLOW

from anomalon import Sample, evaluate
from anomalon.background import LaCathode
from anomalon.core.errors import BadValue
from anomalon.core.window import Window
from anomalon.features.decorrelate import ConditionalQuantiles
from anomalon.learn import BoostedTrees, KFold
from anomalon.learn.density import Mixture

WINDOW = Window(3000, 3600, 2400, 4200)
# next to nothing is learned: wrong at all masses, in the same way
WRONG = LaCathode(replace(FLOW, epochs=1, learning_rate=1e-6))


def background(seed, n):
    """Correlated features that do not know the mass."""
    rng = np.random.default_rng(seed)
    mass = 2400 * (1 - rng.random(n)) ** (-1 / 6)
    x = rng.normal(size=(n, 2))
    x[:, 1] = 0.8 * x[:, 0] + 0.6 * x[:, 1]
    return Sample(x, ("a", "b"), mass, event=seed * 1_000_000 + np.arange(n))


DATA, TRUTH = background(1, 20_000), background(2, 20_000)


def told_apart(method):
    template = method.fit(DATA, WINDOW, seed=1)
    truth = template.view(TRUTH[WINDOW.in_signal_region(TRUTH.mass)])
    judge = KFold(BoostedTrees(), 5).fit(truth, template.sample, seed=1)
    scores = judge.score(template.sample), judge.score(truth)
    return evaluate(*scores, template.sample.weight).auc.value


def test_what_a_density_gets_wrong_everywhere_is_no_difference_to_side_bands():
    assert told_apart(WRONG) > 0.6
    assert told_apart(replace(WRONG, reference="sidebands")) < 0.53


def test_side_bands_have_the_same_weight_and_keep_their_identities():
    sample = replace(WRONG, reference="sidebands").fit(DATA, WINDOW, seed=1).sample
    sides = DATA[WINDOW.in_sidebands(DATA.mass)]
    np.testing.assert_array_equal(np.sort(sample.event), np.sort(sides.event))
    low = WINDOW.in_low_sideband(sample.mass)
    assert sample.weight[low].sum() == pytest.approx(sample.weight[~low].sum())
    assert sample.names == ("latent_1", "latent_2")


def test_other_references_are_refused():
    with pytest.raises(BadValue, match=r"lacathode\.reference: expected one of noise, sidebands"):
        LaCathode(reference="side")


def test_other_places_to_learn_from_are_refused():
    with pytest.raises(BadValue, match=r"lacathode\.learned_from: expected one of everywhere, out"):
        LaCathode(learned_from="inside")


@pytest.mark.parametrize("quantiles", [ConditionalQuantiles(), None])
@pytest.mark.parametrize("where", ["everywhere", "outside"])
def test_the_density_learns_from_the_signal_region_or_not(where, quantiles):
    method = LaCathode(replace(FLOW, epochs=1), learned_from=where, quantiles=quantiles)
    inside = WINDOW.in_signal_region(DATA.mass)
    moved = DATA.with_x(np.where(inside[:, None], DATA.x[::-1] + 0.5, DATA.x))
    first, second = (method.fit(d, WINDOW, seed=1).view(TRUTH).x for d in (DATA, moved))
    assert np.array_equal(first, second) == (where == "outside")


def test_a_mixture_has_no_latent_space():
    with pytest.raises(BadValue, match=r"lacathode\.density: expected .* latent space, .* mixture"):
        LaCathode(Mixture())
