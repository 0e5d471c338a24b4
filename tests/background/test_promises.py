"""Templates, transforms and tasks: what they keep, and what is refused at the door."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pytest
from toy_backgrounds import Direction, Latent, Standardised

from anomalon import Sample
from anomalon.background import (
    BackgroundEstimator,
    BackgroundTask,
    Cwola,
    Template,
    own_identities,
    remembered,
    same_data,
)
from anomalon.core import Seed
from anomalon.core.errors import BadLayout, BadNumbers, BrokenPromise, MassRequired, TooFewEvents
from anomalon.core.window import Window

WINDOW = Window(3000, 3600, 2400, 4200)
LATER = Window(3300, 3900, 2700, 4500)


def events(seed=0, n=3000):
    rng = np.random.default_rng(seed)
    mass = rng.uniform(2400, 4500, n)
    return Sample(rng.normal(size=(n, 2)), ("a", "b"), mass, event=10_000 * seed + np.arange(n))


DATA = events()
SIDE = DATA[WINDOW.in_sidebands(DATA.mass)]
INSIDE = DATA[WINDOW.in_signal_region(DATA.mass)]
GOOD = Template(SIDE, "given", "side bands")


@dataclass(frozen=True)
class Given(BackgroundEstimator):
    """Gives what it was made with."""

    kind: ClassVar[str] = "given"

    what: Any

    def _fit(self, data, window, simulation, seed):
        return self.what


def fitted(template, data=DATA, **more):
    return Given(template).fit(data, WINDOW, **more)


def test_effective_events_of_weights():
    weights = SIDE.with_weight(np.where(np.arange(len(SIDE)) < 100, 2.0, 0.0))
    assert Template(weights, "m", "").n_effective == pytest.approx(100)
    assert Template(SIDE, "m", "").n_effective == pytest.approx(len(SIDE))
    assert Template(SIDE[:0], "m", "").n_effective == 0


def test_own_identities_are_no_others():
    one, other = own_identities(10_000, Seed(1)), own_identities(10_000, Seed(2))
    assert (one < 0).all()
    assert len(np.unique(np.concatenate([one, other]))) == 20_000
    np.testing.assert_array_equal(one[:5], own_identities(5, Seed(1)))


def test_copies_and_own_identities_are_welcome():
    twice = Sample.concatenate([SIDE, SIDE.with_x(SIDE.x + 0.1)])
    drawn = replace(
        GOOD, sample=Sample(SIDE.x, SIDE.names, event=own_identities(len(SIDE), Seed(0)))
    )
    for template in (GOOD, replace(GOOD, sample=twice), drawn):
        assert fitted(template) is template
    simulated = events(seed=3)
    assert fitted(replace(GOOD, sample=simulated), simulation=simulated).sample is simulated


def negative(n=3):
    return SIDE.with_weight(np.where(np.arange(len(SIDE)) < n, -1.0, 1.0))


@pytest.mark.parametrize(
    ("sample", "message"),
    [
        (negative(), "expected weights that are not negative, got -1 and 3 such of"),
        (events(seed=3), r"3000 of 3000 events .* identity \(e.g. 30000\) of no event that the"),
        (INSIDE, "identity of an event of the signal region"),
        (SIDE.select(["b", "a"]), r"Template with the features \['a', 'b'\]"),
        (None, r"Template with the features \['a', 'b'\]"),
    ],
)
def test_broken_promises_of_a_sample_name_the_class(sample, message):
    with pytest.raises(BrokenPromise, match=f"^Given: .*{message}"):
        fitted(replace(GOOD, sample=sample))


def test_default_identities_of_a_new_sample_are_no_identities():
    """Row numbers, which a sample has if nobody thinks of it, would be those of other events."""
    high = Sample(DATA.x, DATA.names, DATA.mass, event=DATA.event + 10**6)
    with pytest.raises(BrokenPromise, match="Keep `event` of those that they were made of"):
        fitted(replace(GOOD, sample=Sample(SIDE.x, SIDE.names, SIDE.mass)), high)


def test_an_event_that_a_member_is_not_shown_is_none_to_make_others_of():
    shown = DATA.event % 2 == 0
    with pytest.raises(BrokenPromise, match="no event that the task shows"):
        Given(GOOD).fit_many([BackgroundTask(DATA, WINDOW, shown=shown)])


def test_negative_weights_of_the_data_are_the_fault_of_the_data():
    data = DATA.with_weight(np.where(DATA.event == SIDE.event[0], -1.0, 1.0))
    with pytest.raises(BadNumbers, match="Cwola: weight of memory: expected no negative"):
        Cwola().fit(data, WINDOW)


def test_a_template_without_weight_is_too_few_events():
    with pytest.raises(TooFewEvents, match=r"Given: no event .* 3000-3600 GeV has any weight"):
        fitted(replace(GOOD, sample=SIDE.with_weight(np.zeros(len(SIDE)))))
    with pytest.raises(TooFewEvents, match="it has 0"):
        fitted(replace(GOOD, sample=SIDE[:0]))


def latent(fitted_on):
    transform = Standardised.fit(fitted_on)
    return Template(transform(SIDE), "given", "mapped", transform=transform)


def test_a_transform_may_be_fitted_on_what_is_no_signal_region():
    for sample in (SIDE, DATA, DATA[~WINDOW.in_signal_region(DATA.mass)]):
        template = fitted(latent(sample))
        assert template.view(INSIDE).names == ("z_a", "z_b")
        np.testing.assert_array_equal(template.view(INSIDE).event, INSIDE.event)
    simulated = events(seed=3)
    fitted(latent(simulated), simulation=simulated)


@pytest.mark.parametrize("seen", [INSIDE, SIDE[:-1], events(seed=3)])
def test_a_transform_that_saw_something_else_is_refused(seen):
    with pytest.raises(BrokenPromise, match=r"^Given: .* transform that was fitted on the data of"):
        fitted(latent(seen))


def test_truth_is_not_remembered():
    labelled = Sample(SIDE.x, SIDE.names, SIDE.mass, label=np.ones(len(SIDE)))
    with pytest.raises(BrokenPromise, match="fitted on events without truth labels"):
        remembered(labelled)
    with pytest.raises(BrokenPromise, match="without truth"):
        Standardised.fit(labelled)


@dataclass(frozen=True, eq=False)
class Broken(Standardised):
    """A transform that gives something else."""

    what: Any = None

    def _transform(self, events):
        return self.what(events)


@pytest.mark.parametrize(
    ("what", "message"),
    [
        (lambda e: e.x[:, :1], r"shape \(event, 2\)"),
        (lambda e: e.x[1:], "expected features of"),
        (lambda e: np.full(e.x.shape, np.nan), "NaN"),
        (lambda e: 1 / 0, "the transform raised ZeroDivisionError"),
    ],
)
def test_what_a_transform_gives_is_checked(what, message):
    good = Standardised.fit(SIDE)
    broken = Broken(good.names, good.becomes, good.fitted_on, good.line, good.root, what)
    with pytest.raises(BrokenPromise, match=f"^Broken: .*{message}"):
        broken(DATA)


def test_a_transform_needs_its_features_and_a_mass():
    transform = Standardised.fit(SIDE)
    with pytest.raises(BadLayout, match="Standardised: expected features"):
        transform(DATA.select(["a"]))
    with pytest.raises(MassRequired, match="Standardised"):
        transform(Sample(DATA.x, DATA.names))


def test_features_of_template_and_scorer_are_those_of_the_view():
    template = latent(SIDE)
    with pytest.raises(BrokenPromise, match=r"Template with the features \['z_a', 'z_b'\]"):
        fitted(replace(template, sample=SIDE))
    with pytest.raises(BrokenPromise, match=r"`scorer` is a Scorer of the features \['z_a'"):
        fitted(replace(template, scorer=Direction(("a", "b"), np.ones(2))))
    with pytest.raises(BrokenPromise, match="`scorer` is a Scorer"):
        fitted(replace(GOOD, scorer=max))
    with pytest.raises(BrokenPromise, match="a `transform` that is a Transform"):
        fitted(replace(GOOD, transform=lambda events: events))


@dataclass(frozen=True)
class GivenMany(Given):
    def _fit_many(self, tasks):
        return self.what


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ([GOOD], "a Template for each of 2 tasks, got 1"),
        (GOOD, "a Template for each of 2 tasks, got Template"),
        ([GOOD, None], "expected a Template"),
        (
            [GOOD, replace(GOOD, scorer=Direction(("a", "b"), np.ones(2)))],
            "all templates have a `scorer` or none has, got 1 of 2",
        ),
    ],
)
def test_one_template_for_each_task(what, message):
    with pytest.raises(BrokenPromise, match=f"^GivenMany: .*{message}"):
        GivenMany(what).fit_many([BackgroundTask(DATA, WINDOW)] * 2)


def test_a_task_has_no_truth_and_shows_its_share():
    labelled = Sample(DATA.x, DATA.names, DATA.mass, label=np.ones(len(DATA)), event=DATA.event)
    shown = DATA.event % 2 == 0
    task = BackgroundTask(labelled, WINDOW, labelled, shown=shown)
    assert task.events.label is None
    assert task.simulation.label is None
    assert task.data.digest() == DATA[shown].digest()
    assert not task.shown.flags.writeable
    with pytest.raises(BadLayout, match=r"`shown` of shape \(3000,\), got \(7,\)"):
        BackgroundTask(DATA, WINDOW, shown=shown[:7])


def test_tasks_of_the_same_data_are_found_in_order_of_windows():
    shown = DATA.event % 2 == 0
    equal = DATA[np.arange(len(DATA))]  # not the same object
    tasks = [
        BackgroundTask(DATA, LATER, seed=Seed(1)),
        BackgroundTask(DATA, WINDOW, shown=shown),
        BackgroundTask(equal, WINDOW, seed=Seed(2)),
        BackgroundTask(events(seed=3), WINDOW),
        BackgroundTask(DATA, WINDOW, events(seed=3)),
        BackgroundTask(DATA, LATER, shown=shown),
    ]
    assert same_data(tasks) == [[2, 0], [1, 5], [3], [4]]


def test_the_members_of_a_latent_method_do_not_share_draws():
    a, b = (Latent().fit(DATA, WINDOW, seed=Seed(1).child(member=m)).sample for m in range(2))
    assert not np.isin(a.event, b.event).any()
