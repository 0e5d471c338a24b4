"""Limits by injection: laws with a score of one's own, whose efficiency no signal changes."""

import numpy as np
import pytest
from parcels import Parcels

import anomalon
from anomalon import Sample
from anomalon.core.errors import BadLayout, BadValue, ColumnMissing, TooFewEvents
from anomalon.core.seed import Seed
from anomalon.run import Store
from anomalon.search import InjectionLimits, Search, Signal, Window
from anomalon.search.events.injected_run import InjectedRun, told_apart
from anomalon.search.events.injection_plan import numbers
from anomalon.stats import upper_limits

WINDOW = Window(3200, 3800, 2600, 4400)
OTHER = Window(3400, 4000, 2800, 4600)
SEARCH = Search(windows=(WINDOW,), score="score", efficiencies=(0.1,), decorrelate=None)
STRENGTHS = (10.0, 100.0, 400.0)
SETTINGS = InjectionLimits(SEARCH, STRENGTHS, injections=3)


def background(n=20_000, seed=1):
    rng = np.random.default_rng(seed)
    mass = 2000 * np.exp(rng.exponential(0.18, 2 * n))
    return Sample(rng.normal(size=(n, 1)), ("score",), mass[mass < 7000][:n])


def signal(n=3000, seed=2, mass=3500.0, width=60.0, **changes):
    rng = np.random.default_rng(seed)
    return Sample(rng.normal(2, 1, (n, 1)), ("score",), rng.normal(mass, width, n), **changes)


DATA, SIGNAL = background(), Signal("narrow", signal(), 3500.0)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return Store(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def found(store):
    return SETTINGS.run(DATA, [SIGNAL], seed=3, store=store)


def plain(cut, level=0.95):
    """CLs of the counts alone."""
    method = "exact" if min(cut.n, cut.expected) < 25 else "asymptotic"
    return upper_limits(cut.n, cut.expected, cut.sigma, level=level, before_data=True,
                        method=method)  # fmt: skip


def test_without_training_it_is_the_limit_of_the_counts_over_the_efficiency(found):
    (one,) = found.signals
    assert [c.cut for c in one.cuts] == [1.0, 0.1]
    for cut in one.cuts:
        # but for an event at the threshold, which is shared out, and what of the efficiency the
        # number of injected events leaves open
        limit = plain(cut)
        assert cut.events == pytest.approx(float(limit.observed), rel=1e-2)
        assert cut.events_band == pytest.approx(limit.expected, rel=1e-2)
        # of all draws together, as nothing depends on the strength
        share = cut.retained * cut.passed.sum() / cut.injected.sum()
        if np.isfinite(cut.observed) and cut.observed > STRENGTHS[0]:
            assert cut.observed == pytest.approx(float(limit.observed) / share, rel=0.05)
    assert one.best == 1
    assert one.chosen.median == min(c.median for c in one.cuts)


def test_the_efficiency_is_that_of_the_signal_sample(found):
    score = SIGNAL.events.column("score")
    inside = WINDOW.in_signal_region(SIGNAL.events.mass)
    side = WINDOW.in_sidebands(DATA.mass)
    threshold = np.quantile(DATA.column("score")[side], 0.9)
    truth = float((inside & (score > threshold)).mean())
    cut = found.signals[0].chosen
    n = cut.injected.sum(axis=1)
    error = np.sqrt(truth * (1 - truth) / n)
    assert np.all(np.abs(cut.efficiency - truth) < 4 * error + 0.01)
    assert 0 < cut.unknown < 0.1


def test_significance_grows_as_expected_of_the_counts(found):
    cut = found.signals[0].chosen
    expected = cut.expected_z(found.signals[0].strengths)
    assert np.all(np.abs(cut.z.mean(axis=1) - expected) < 3 / np.sqrt(3) + 0.1 * expected)
    where, before, after = found.signals[0].gain(cut)
    uncut = found.signals[0].uncut
    assert float(uncut.expected_z(np.array([where]))[0]) == pytest.approx(3, abs=0.25)
    assert before == 3
    assert after > 6  # a tenth of the background, three quarters of the signal


def test_strengths_may_be_significances(store):
    sigmas = (1.0, 3.0)
    settings = InjectionLimits(SEARCH, sigmas, unit="sigma", injections=1)
    (one,) = settings.run(DATA, [SIGNAL], seed=3, store=store).signals
    assert one.uncut.expected_z(one.strengths) == pytest.approx(sigmas, rel=0.05)


def test_another_level_and_luminosity_do_nothing_again(found, store, monkeypatch):
    def never(piece, shared):
        raise AssertionError("done again")

    monkeypatch.setattr(InjectedRun, "__call__", never)
    more = InjectionLimits(
        SEARCH, STRENGTHS, injections=3, level=0.9, luminosity=20, acceptance=0.5
    )
    again = more.run(DATA, [SIGNAL], seed=3, store=store)
    old, new = found.signals[0].chosen, again.signals[0].chosen
    assert new.passed.tolist() == old.passed.tolist()
    assert new.observed < old.observed
    assert again.per_event == pytest.approx(0.1)
    fb = InjectionLimits(SEARCH, (1.0, 10.0, 40.0), unit="fb", injections=3, luminosity=20,
                         acceptance=0.5)  # fmt: skip
    same = fb.run(DATA, [SIGNAL], seed=3, store=store)
    assert same.signals[0].strengths == pytest.approx(STRENGTHS)
    assert same.signals[0].chosen.observed == pytest.approx(old.observed)


def test_more_signals_and_strengths_change_nothing_of_the_others(found, store):
    settings = InjectionLimits(SEARCH, (*STRENGTHS, 800.0), injections=1)
    wide = Signal("wide", signal(seed=5, width=200.0), 3500.0)
    more = settings.run(DATA, [wide, SIGNAL], seed=3, store=store)
    first = found.signals[0].chosen.passed[:, :1]
    assert more.signals[1].chosen.passed[:3].tolist() == first.tolist()
    # what is beside the signal region lifts the fit
    retained = [s.cuts[0].retained for s in (more.signals[1], more.signals[0])]
    assert retained[0] > 0.995
    assert 0.7 < retained[1] < 0.99


def test_executors_give_the_same(found, store):
    once = InjectionLimits(SEARCH, STRENGTHS, injections=1)
    there = once.run(DATA, [SIGNAL], seed=3, executor=Parcels())
    assert there.exports() == once.run(DATA, [SIGNAL], seed=3, store=store).exports()


def test_a_signal_in_the_data_teaches_pseudo_data_nothing():
    label = np.zeros(len(DATA), dtype=np.int8)
    hidden = Sample.concatenate(
        [Sample(DATA.x, DATA.names, DATA.mass, label=label), told_apart(signal(400, 8), DATA)]
    )
    z = {}
    for into in ("pseudo-data", "data"):
        settings = InjectionLimits(SEARCH, (1.0, 2.0), injections=2, into=into)
        (one,) = settings.run(hidden, [SIGNAL], seed=3).signals
        z[into] = float(np.median(one.cuts[1].z))
        # the labels of the data are not those of the signal
        assert np.all(one.cuts[1].passed <= one.cuts[1].injected)
    assert z["data"] > 10
    assert abs(z["pseudo-data"]) < 4


def test_where_no_strength_is_excluded_there_is_no_limit_and_advice():
    settings = InjectionLimits(SEARCH, (1.0, 2.0), injections=1, poisson=False)
    found = settings.run(DATA, [SIGNAL], seed=3)
    summary = found.summary()
    assert not summary.ok
    assert summary.status == "no answer"
    cut = found.signals[0].cuts[1]
    assert np.isnan(cut.observed)
    assert cut.why == "the largest strength, 2 events, is not excluded: inject more"
    assert "inject more" in summary.problems[0]
    assert "no limit" in found.exports()["limits.csv"]


def test_where_every_strength_is_excluded_the_limit_is_the_smallest():
    settings = InjectionLimits(SEARCH, (800.0, 1000.0), injections=1)
    cut = settings.run(DATA, [SIGNAL], seed=3).signals[0].cuts[1]
    assert cut.observed == 800
    assert "smallest strength" in cut.why


def test_all_windows_that_hold_the_mass_are_searched_if_asked_for():
    search = Search(windows=(OTHER, WINDOW), score="score", efficiencies=(0.1,), decorrelate=None)
    settings = InjectionLimits(search, (100.0, 400.0), injections=1, windows="all")
    (one,) = settings.run(DATA, [SIGNAL], seed=3).signals
    assert {c.window for c in one.cuts} == {WINDOW, OTHER}
    (nearest,) = InjectionLimits(search, (100.0, 400.0), injections=1).run(
        DATA, [SIGNAL], seed=3).signals  # fmt: skip
    assert {c.window for c in nearest.cuts} == {WINDOW}


def test_training_shows_in_the_efficiency():
    """A classifier finds more of a strong signal than of a weak one."""
    search = Search(
        windows=(WINDOW,), features=(("score",),), efficiencies=(0.05,), n_members=2, n_folds=2,
        classifier=anomalon.learn.BoostedTrees(n_trees=10),
    )  # fmt: skip
    settings = InjectionLimits(search, (20.0, 1000.0), injections=1)
    (one,) = settings.run(background(6000), [SIGNAL], seed=3).signals
    cut = one.cuts[1]
    assert cut.efficiency[1] > 2 * cut.efficiency[0]
    assert cut.effective >= 1
    # a signal fluctuates as its own events do, not as the effective ones of the background
    assert cut.events >= float(plain(cut).observed) * 0.8


def test_identities_of_the_signal_are_its_own():
    copies = Sample(np.zeros((4, 1)), ("score",), np.full(4, 3e3), event=[7, 7, 9, 2**62])
    data = Sample(np.zeros((3, 1)), ("score",), np.full(3, 3e3), event=[0, 1, -5])
    event = told_apart(copies, data).event
    assert event[0] == event[1]
    assert len(set(event)) == 3
    assert not set(event) & set(data.event)


def test_numbers_of_events_fluctuate_as_poisson_or_not_at_all():
    drawn = numbers(50.0, 400, events=SIGNAL.events, name="a", seed=Seed(1), poisson=True)
    assert np.mean(drawn) == pytest.approx(50, abs=4 * np.sqrt(50 / 400))
    assert np.var(drawn) == pytest.approx(50, rel=0.3)
    fixed = numbers(50.2, 3, events=SIGNAL.events, name="a", seed=Seed(1), poisson=False)
    assert fixed == [50, 50, 50]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"strengths": (5.0,)}, "limits.strengths: expected at least two numbers that increase"),
        ({"strengths": (5.0, 4.0)}, "numbers that increase, got 5, 4"),
        ({"strengths": (0.0, 4.0)}, "limits.strengths"),
        ({"luminosity": 0.0}, "limits.luminosity"),
        ({"acceptance": 1.5}, "limits.acceptance"),
        ({"level": 1.0}, "limits.level"),
        ({"injections": 0}, "limits.injections"),
        ({"unit": "fb"}, "expected one in fb\\^-1 for strengths in fb, got none"),
        ({"unit": "pb"}, "limits.unit"),
        ({"windows": "some"}, "limits.windows"),
        ({"into": "toys"}, "limits.into"),
    ],
)
def test_settings_are_checked(changes, message):
    with pytest.raises(BadValue, match=message):
        InjectionLimits(**{"search": SEARCH, "strengths": STRENGTHS} | changes)


@pytest.mark.parametrize(
    ("signals", "error", "message"),
    [
        ([], BadValue, "signals: expected at least one"),
        ([SIGNAL, SIGNAL], BadValue, "signals: names"),
        ([Signal("far", signal(), 6000.0)], BadValue, "signal far: expected a mass in the signal"),
        (
            [Signal("off", signal(mass=4600.0), 3500.0)],
            TooFewEvents,
            "signal off: expected events in the signal region 3200-3800 GeV, got none of 3000",
        ),
        ([Signal("few", signal(200), 3500.0)], TooFewEvents, "a strength of 400 events asks for"),
        ([Signal("none", signal(3)[:0], 3500.0)], TooFewEvents, "signal none: .* has no events"),
        (
            [Signal("x", Sample(np.zeros((9, 1)), ("other",), np.full(9, 3500.0)), 3500.0)],
            ColumnMissing,
            "no feature 'score'",
        ),
    ],
)
def test_signals_are_checked(signals, error, message, store):
    with pytest.raises(error, match=message):
        SETTINGS.run(DATA, signals, seed=3, store=store)


def test_a_signal_is_checked_when_made():
    with pytest.raises(BadValue, match="expected events of one weight"):
        Signal("a", signal(weight=np.arange(3000.0)), 3500.0)
    with pytest.raises(BadValue, match=r"signal\.mass"):
        Signal("a", signal(), -1.0)
    with pytest.raises(BadLayout, match="expected a Sample"):
        Signal("a", "file.csv", 3500.0)
