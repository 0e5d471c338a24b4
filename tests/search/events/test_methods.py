"""Several background methods in one search: each as if it were alone, all of them in the ledger."""

import json

import pytest
from toy_search import background, search, signal

from anomalon.background import Cwola, Morph
from anomalon.core.errors import BadValue
from anomalon.core.plain import to_plain
from anomalon.features.decorrelate import ConditionalQuantiles
from anomalon.run import Store
from anomalon.search import inject

B, S = background(4000), signal()
QUICK = {"n_members": 2, "efficiencies": (0.1,)}
BOTH = (Cwola(), Morph())


@pytest.fixture(scope="module")
def data():
    return inject(B, S, 120, seed=3)


@pytest.fixture(scope="module")
def both(data):
    return search(**QUICK, background=BOTH).run(data, seed=5)


def test_each_method_finds_what_it_finds_alone(data, both):
    assert [w.method for w in both.windows] == ["cwola", "morph"]
    for result, method in zip(both.windows, BOTH, strict=True):
        (alone,) = search(**QUICK, background=method).run(data, seed=5).windows
        assert alone.method == ""
        assert [c.z_local for c in result.cuts] == [c.z_local for c in alone.cuts]


def test_every_method_is_a_trial_but_the_spectrum_without_a_cut_is_one(both):
    assert [trial.features for trial in both.ledger] == ["none", "a, b (cwola)", "a, b (morph)"]
    assert both.correlated.n_trials == 3
    # the same signal events are found by both
    assert both.best.p_local <= both.p_global <= 3.001 * both.best.p_local
    assert {row[-1] for row in both.summary().table.rows} == {"a, b (cwola)", "a, b (morph)"}


def test_a_second_method_does_nothing_again(data, tmp_path):
    store, done = Store(tmp_path), []
    search(**QUICK).run(data, seed=5, store=store)
    search(**QUICK, background=BOTH).run(
        data, seed=5, store=store, progress=lambda *_, **__: done.append(1)
    )
    assert len(list(tmp_path.iterdir())) == 2


def test_pseudo_experiments_repeat_the_choice_among_methods(data):
    found = search(**QUICK, background=BOTH, n_toys=3).run(data, seed=5)
    assert found.toys.p_local.shape == (3, 3)


def test_settings_survive_toml_and_two_of_one_kind_have_names(data):
    two = search(**QUICK, background=[Morph(), Morph(ConditionalQuantiles(n_slices=6))])
    assert [m.name for m in two.methods] == ["morph 1", "morph 2"]
    assert json.loads(json.dumps(to_plain(two)))["background"][0]["kind"] == "morph"
    assert search(background=[Cwola()]).background == Cwola()


@pytest.mark.parametrize("wrong", [[], [Cwola(), Cwola()], [Cwola(), 3], 3])
def test_what_is_no_method_is_refused(wrong):
    with pytest.raises(BadValue, match=r"search\.background"):
        search(background=wrong)
