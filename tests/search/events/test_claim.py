"""An excess whose checks failed is no claim; one elsewhere whose checks passed may be named."""

from dataclasses import replace

import numpy as np
import pytest
from fake_scans import fake_scan, with_toys

from anomalon.core.plain import from_plain, to_plain
from anomalon.core.window import Window
from anomalon.search.results.claim import claim, result_of
from anomalon.search.results.ledger import best_of, global_p, ledger
from anomalon.search.results.naming import window_names
from anomalon.search.results.scan import Scan
from anomalon.search.results.window import MassLeak

SETS = (("a", "b"), ("c",))


def rebuilt(scan, windows):
    trials = ledger(windows)
    found = global_p(trials, None)
    return replace(
        scan, windows=tuple(windows), ledger=trials, best=best_of(trials), p_global=found.p,
        z_global=found.z,
    )  # fmt: skip


def spoilt(scan, low, efficiency, features=None):
    """The fit of one cut does not describe its spectrum at all."""

    def cut_of(window, cut):
        here = window.window.low == low and features in (None, window.features)
        if not here or cut.efficiency != efficiency:
            return cut
        return replace(cut, fit=replace(cut.fit, deviance=1e5, p_value=0.0))

    return replace(
        scan,
        windows=tuple(
            replace(w, cuts=tuple(cut_of(w, cut) for cut in w.cuts)) for w in scan.windows
        ),
    )


@pytest.fixture(scope="module")
def scan():
    """An excess in the window 3300-3700, with both feature sets."""
    return fake_scan(failing=False, feature_sets=SETS)


def test_an_excess_whose_checks_pass_is_one(scan):
    found = claim(scan)
    assert found.status == "excess"
    assert found.failed == ()
    assert found.instead is None


def test_failed_checks_of_the_best_trial_undo_it(scan):
    best = scan.best
    found = claim(spoilt(scan, 3300, best.efficiency))
    assert found.status == "checks failed"
    assert [check.what for check in found.failed] == ["background fit"]


def test_where_nobody_knows_whether_features_tell_the_mass_nothing_is_claimed(scan):
    assert scan.best.efficiency < 1
    unknown = [replace(w, mass_leak=MassLeak.unknown()) for w in scan.windows]
    blind = replace(scan, windows=tuple(unknown))
    found = claim(blind)
    assert found.status == "checks failed"
    assert [check.verdict for check in found.failed] == ["not made"]
    summary = blind.summary()
    assert not summary.ok
    assert "not known whether the features tell the mass" in summary.headline
    # without an excess there is nothing to refuse
    calm = replace(blind, p_global=0.3).summary()
    assert (calm.status, calm.ok) == ("nothing", True)
    assert "not known" not in calm.headline
    assert "not made" in [check.verdict for check in calm.checks]


def test_failed_checks_of_others_do_not(scan):
    assert claim(spoilt(scan, 2800, 0.1)).status == "excess"
    assert claim(spoilt(scan, 3800, 1.0)).status == "excess"


def test_the_fit_before_the_cut_counts_with_relative_fits(scan):
    assert scan.best.efficiency < 1
    bad = spoilt(scan, 3300, 1.0)
    assert claim(bad).status == "checks failed"
    alone = replace(bad, settings=bad.settings | {"fit": {"relative": False}})
    assert claim(alone).status == "excess"


def test_without_an_excess_there_is_nothing_whatever_the_checks():
    scan = fake_scan(signal=0.0, failing=False)
    found = claim(spoilt(scan, float(scan.best.window.split("-")[0]), scan.best.efficiency))
    assert found.status == "nothing"
    assert len(found.failed) == 1


def test_no_trial_no_answer(scan):
    assert claim(replace(scan, best=None, p_global=None, z_global=None)).status == "no answer"


def test_an_excess_with_other_features_is_named_instead(scan):
    trials = [t for t in scan.ledger if t.window == "3300-3700" and t.efficiency < 1]
    strong = replace(scan.best, p_local=1e-12, z_local=7.0)
    other = next(t for t in trials if t.features != strong.features)
    second = replace(other, p_local=1e-9, z_local=5.9)
    kept = [t for t in scan.ledger if t not in (scan.best, other)]
    calm = [replace(t, p_local=0.5, z_local=0.0) for t in kept]
    scan = replace(scan, ledger=(strong, second, *calm), best=strong, p_global=1e-11)
    features = tuple(strong.features.split(", "))
    found = claim(spoilt(scan, 3300, strong.efficiency, features))
    assert found.status == "checks failed"
    assert found.instead == second
    # the same window and features are not asked again, however well the other cut looks
    same = replace(second, features=strong.features, result=strong.result, cut=3 - strong.cut)
    assert {same.cut, strong.cut} == {1, 2}
    scan = replace(scan, ledger=(strong, same, *calm))
    assert claim(spoilt(scan, 3300, strong.efficiency, features)).instead is None
    weak = replace(second, p_local=1e-3, z_local=3.1)
    scan = replace(scan, ledger=(strong, weak, *calm))
    assert claim(spoilt(scan, 3300, strong.efficiency, features)).instead is None


def test_every_trial_has_its_place(scan):
    for trial in scan.ledger:
        _, cut = result_of(scan, trial)
        assert cut.efficiency == trial.efficiency
        assert np.isclose(cut.p_local, trial.p_local, equal_nan=True)
    old = replace(scan.best, result=None, cut=None)  # from a file of before it knew its place
    assert result_of(scan, old) == result_of(scan, scan.best)
    assert result_of(scan, replace(old, window="1-2")) is None


def two_of(scan, change):
    """The window with the excess and the same one changed, in both orders."""
    window = next(w for w in scan.windows if w.window.low == 3300)
    other = change(window)
    names = window_names([window.window, other.window])
    both = [replace(w, label=name) for w, name in zip((window, other), names, strict=True)]
    return [rebuilt(scan, order) for order in (both, both[::-1])]


def weaker(window, /, **changes):
    """The same with other settings, and with less of an excess."""
    cuts = tuple(replace(c, p_local=c.p_local**0.9, z_local=0.9 * c.z_local) for c in window.cuts)
    return replace(window, cuts=cuts, **changes)


def misfitting(window, efficiency):
    poor = {"deviance": 1e5, "p_value": 0.0}
    cuts = (
        replace(c, fit=replace(c.fit, **poor)) if c.efficiency == efficiency else c
        for c in window.cuts
    )
    return replace(window, cuts=tuple(cuts))


SR = (3300, 3700)


@pytest.mark.parametrize(
    "changes",
    [
        {"window": Window(*SR, 3290, 3710)},  # other side bands
        {"window": Window(3300.0001, 3700, 2700, 4300)},  # edges that agree to six digits
    ],
)
def test_checks_are_those_of_the_trial_and_not_of_a_namesake(scan, changes):
    best = scan.best.efficiency
    for spoilt_one in (False, True):

        def change(window, spoilt_one=spoilt_one):
            return misfitting(weaker(window, **changes), best if spoilt_one else None)

        for twins in two_of(scan, change):
            window, cut = result_of(twins, twins.best)
            assert cut.p_local == twins.best.p_local
            # what fails is the other's
            assert claim(twins).status == "excess"
            strong = next(i for i, w in enumerate(twins.windows) if w is window)
            windows = list(twins.windows)
            windows[strong] = misfitting(window, best)
            doubted = claim(replace(twins, windows=tuple(windows)))
            assert doubted.status == "checks failed"
            # the same signal region again is no other place
            assert doubted.instead is None
            assert len({t.window for t in twins.ledger if t.efficiency < 1}) == 2


def test_features_that_tell_the_mass_do_so_whatever_the_side_bands(scan):
    """Narrow side bands do not see it, and make the larger excess; the wide ones see it."""
    assert scan.best.efficiency < 1
    told = MassLeak(distance=0.21, uncertainty=0.02, p_value=1e-20, d=0.21)

    def wide(window):
        window = weaker(window, window=Window(*SR, 2500, 4500), mass_leak=told)
        cuts = (
            replace(c, n=2 * c.expected, sigma=replace(c.sigma, closure=0.9 * c.expected))
            for c in window.cuts
        )
        return replace(window, cuts=tuple(cuts))

    for twins in two_of(scan, wide):
        window, _ = result_of(twins, twins.best)
        assert window.window.sideband_low > 2500
        assert claim(twins).status == "checks failed"
        assert ["mass" in check.what for check in claim(twins).failed] == [True]
        others = [replace(w, features=("c",)) if w is not window else w for w in twins.windows]
        assert claim(replace(twins, windows=tuple(others))).status == "excess"


@pytest.mark.parametrize("first", [("a, b",), ("none",)])
def test_features_may_have_any_names(first):
    scan = fake_scan(failing=False, feature_sets=(first, ("a", "b")))
    for best_set, other in ((0, 1), (1, 0)):
        sets = (first, ("a", "b"))
        windows = [
            weaker(w, features=w.features) if w.features == sets[other] else w for w in scan.windows
        ]
        here = rebuilt(scan, windows)
        window, cut = result_of(here, here.best)
        assert window.features == sets[best_set]
        assert cut.p_local == here.best.p_local
        assert claim(spoilt(here, 3300, here.best.efficiency, sets[other])).status == "excess"
        doubted = claim(spoilt(here, 3300, here.best.efficiency, sets[best_set]))
        assert doubted.status == "checks failed"
        assert doubted.instead is not None  # other features are another place
    names = [t.features for t in scan.ledger if t.efficiency < 1]
    assert len(set(names)) == 2


def test_ledgers_without_places_can_be_read(scan):
    plain = to_plain(scan)
    for trial in (*plain["ledger"], plain["best"]):
        del trial["result"], trial["cut"]
    read = from_plain(Scan, plain)
    assert claim(read).status == claim(scan).status
    assert [result_of(read, t)[1].p_local for t in read.ledger] == [t.p_local for t in scan.ledger]


def test_pseudo_experiments_decide_what_is_an_excess(scan):
    few = with_toys(scan, 20)
    found = claim(replace(few, p_global=1 / 21))
    assert found.status == "nothing"
