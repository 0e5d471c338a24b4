"""Mock data: distributed as their parent, but for what is rare; generators of other families."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy.stats import ks_2samp
from toy_search import background, search, signal
from two_samples import same_p_value

from anomalon.background import Cathode, Curtains, Cwola, LaCathode, Morph
from anomalon.core import Sample, Seed
from anomalon.core.errors import BadValue, TooFewEvents
from anomalon.learn.density import FlowMatching, Mixture, SplineFlow
from anomalon.search import FitSettings, inject
from anomalon.search.validation.families import families, generator_for
from anomalon.search.validation.mocks import MockData

QUICK = FlowMatching(epochs=60, batch_size=128, hidden=(32, 32), n_steps=10)
TINY = replace(QUICK, epochs=2)  # the same program
FIT = FitSettings(range=(2400, 5000), choice="test", n_max=3)
PARENT = background(9000, seed=11)


@pytest.fixture(scope="module")
def mocks():
    """With a rare signal in the parent."""
    parent = inject(PARENT, signal(400), 90, seed=1)
    return MockData.like(parent.blind(), QUICK, 0.3, FIT, Seed(3))


def test_mock_data_follow_the_distribution_of_their_parent(mocks):
    """As far as fewer events than trained the generator can tell: those fluctuate themselves."""
    mock, fresh = mocks.draw(Seed(1)), background(9090, seed=12)
    assert len(mock) == 9090
    assert 0.27 * 9090 < mocks.n_trained < 0.33 * 9090
    inside = [s[(s.mass > 2400) & (s.mass < 5000)] for s in (mock, fresh)]
    assert ks_2samp(inside[0].mass, inside[1].mass).pvalue > 1e-3
    few = [s[:1500] for s in (mock, fresh)]
    both = [
        Sample(np.column_stack([s.x, np.log(s.mass)]), ("a", "b", "m"), s.mass, event=s.event)
        for s in few
    ]
    assert same_p_value(*both) > 1e-4
    rest = mock.x - np.log(mock.mass / 3000)[:, None]
    error = 4 / np.sqrt(mocks.n_trained)
    np.testing.assert_allclose(rest.mean(axis=0), 0, atol=error)
    np.testing.assert_allclose(rest.std(axis=0), 1, atol=error)
    assert abs(np.corrcoef(rest.T)[0, 1]) < error


def test_a_rare_signal_is_diluted(mocks):
    """The parent has a bump among its anomalous events; mock data have none."""
    parent = inject(PARENT, signal(400), 90, seed=1)

    def bump(sample):
        chosen = np.sort(sample.x.min(axis=1))[::-1][int(0.03 * len(sample))]
        mass = sample.mass[sample.x.min(axis=1) > chosen]
        n = ((mass > 3150) & (mass < 3450)).sum()
        beside = ((mass > 2850) & (mass < 3150)).sum(), ((mass > 3450) & (mass < 3750)).sum()
        expected = np.sqrt(beside[0] * beside[1])
        return (n - expected) / np.sqrt(expected + expected / 2)

    assert bump(parent) > 4
    drawn = [bump(mocks.draw(Seed(i))) for i in range(12)]
    assert abs(np.mean(drawn)) < 1.5
    assert max(drawn) < 4


def test_each_data_set_is_another_and_the_same_again(mocks):
    one, same, other = mocks.draw(Seed(1)), mocks.draw(Seed(1)), mocks.draw(Seed(2))
    assert one.digest() == same.digest() != other.digest()
    # all but the ends of the range, where draws are clipped
    assert np.isin(one.x[:, 0], PARENT.x[:, 0]).mean() < 0.01


def test_weighted_data_give_as_many_events_as_they_are_worth():
    weight = np.where(np.arange(len(PARENT)) % 2, 3.0, 1.0)
    mocks = MockData.like(PARENT.blind().with_weight(weight), TINY, 0.2, FIT, Seed(3))
    assert mocks.n == round(weight.sum() ** 2 / (weight**2).sum())
    assert mocks.weight * mocks.n == pytest.approx(weight.sum())
    masses = mocks.masses(Seed(1))
    assert ks_2samp(masses, background(9000, seed=13).mass).pvalue > 1e-4


def test_copies_of_an_event_are_chosen_together():
    twice = Sample.concatenate([PARENT, PARENT]).blind()
    found = MockData.like(twice, TINY, 0.1, FIT, Seed(3)).n_trained
    assert found % 2 == 0


def test_too_few_events_to_train_on():
    with pytest.raises(TooFewEvents):
        MockData.like(PARENT[:500].blind(), TINY, 0.05, FIT, Seed(3))


@pytest.mark.parametrize(
    ("background", "chosen"),
    [
        (Cwola(), SplineFlow()),
        (Morph(), SplineFlow()),
        (Cathode(), FlowMatching()),
        (LaCathode(), FlowMatching()),
        (Curtains(), FlowMatching()),
        (Cathode(density=FlowMatching()), SplineFlow()),
        (Cathode(density=Mixture(FlowMatching(), 2)), SplineFlow()),
    ],
    ids=lambda one: one.kind,
)
def test_the_generator_is_of_another_family_than_the_template(background, chosen):
    settings = search(background=background)
    assert generator_for(settings, None) == chosen
    assert chosen.kind not in families(background)
    for kind in families(background):
        same = SplineFlow() if kind == "spline_flow" else FlowMatching()
        for asked in (same, Mixture(same, 2)):
            refused = f"another family .*'{background.kind}'.*{asked.kind}"
            with pytest.raises(BadValue, match=refused):
                generator_for(settings, asked)


def test_a_score_has_no_family():
    own = search(features=(), score="a", background=Cathode())
    assert generator_for(own, SplineFlow(epochs=3)) == SplineFlow(epochs=3)


def test_a_method_of_all_families_says_so():
    @dataclass(frozen=True)
    class Both:
        one: SplineFlow
        other: tuple

    both = Both(SplineFlow(), (3, FlowMatching()))
    assert families(both) == {"spline_flow", "flow_matching"}
