"""The dijet study, with a search that takes a second; in full it takes minutes."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import ks_2samp

from anomalon.background import Cwola, Morph
from anomalon.cli import main
from anomalon.core.errors import BadValue
from anomalon.core.window import Window
from anomalon.data import sample
from anomalon.learn import BoostedTrees
from anomalon.run import Store
from anomalon.run.job import Workplace
from anomalon.search import InjectionLimitResult, Scan
from anomalon.simulate.recipe import TALK_POINTS
from anomalon.studies import STUDIES, DijetStudy
from anomalon.studies.signals import simulated


class Quick(DijetStudy):
    """Two methods in one window; mock data, for which a flow learns, have tests of their own."""

    windows = (Window(3200, 3800, 2600, 4400),)
    methods = (Cwola(), Morph())

    @property
    def search(self):
        trees = BoostedTrees(n_trees=5)
        return replace(super().search, classifier=trees, n_members=2, n_folds=2)

    def _validated(self, data, place):
        return iter(())


@pytest.fixture(scope="module")
def found():
    return Quick(events=10_000, significance=4.0).run()


def test_its_parts_are_those_of_the_talk(found):
    without, with_signal, limits = (s.result for s in found.sections)
    assert isinstance(without, Scan)
    assert [w.method for w in without.windows] == ["cwola", "morph"]
    assert without.data.injected_signal is None
    assert with_signal.data.injected_signal > 100
    assert with_signal.best.z_local > without.best.z_local
    assert isinstance(limits, InjectionLimitResult)
    share = limits.signals[0].cuts[0].efficiency
    # 0.916 of all signal events are in the window; 800 were injected in all, more at each strength
    assert np.average(share, weights=[1, 2, 3, 4]) == pytest.approx(0.916, abs=0.03)


def test_the_signal_has_the_significance_that_was_asked_for():
    study = DijetStudy(significance=2.0)
    data, signal = sample("qcd_data"), sample("signal_wprime_3500_500_100")
    window = study.nearest
    inside = study.n_signal(data, signal) * window.in_signal_region(signal.mass).mean()
    b = window.in_signal_region(data.mass).sum()
    assert inside / np.sqrt(b) == pytest.approx(2.0, abs=0.02)


def test_in_full_there_are_four_methods_and_three_feature_sets():
    search = DijetStudy(full=True).search
    assert [m.name for m in search.methods] == ["cwola", "salad", "curtains", "cathode"]
    assert [len(features) for features in search.features] == [2, 4, 6]
    assert search.n_members == 10


def test_in_full_signals_of_two_processes_and_many_masses_are_simulated(tmp_path):
    assert len(TALK_POINTS) == 20
    features = ("mJ1", "dmJ", "tau21_J1", "tau21_J2")
    points = ("wprime_3500_500_100", "a0_5000_400_400")
    place = Workplace(store=Store(tmp_path))
    w, a = simulated(points, features, 60, seed=1, place=place)
    assert [signal.name for signal in (w, a)] == list(points)
    shipped = sample("signal_wprime_3500_500_100").select(features)
    for j in range(4):
        assert ks_2samp(w.events.x[:, j], shipped.x[:, j]).pvalue > 1e-4
    assert np.median(a.events.mass) == pytest.approx(5000, rel=0.03)
    heavier = a.events.x[:, 0]  # jet masses are those of the daughters, both 400 GeV
    assert np.median(heavier) == pytest.approx(400, rel=0.15)
    again = simulated(points, features, 60, seed=1, place=replace(place, executor=Nobody()))
    assert again[1].events.digest() == a.events.digest()


class Nobody:
    """An executor that has nothing to do: all comes from the store."""

    at_once = 1

    def map_unordered(self, function, items, shared=None):
        assert not list(items)
        return iter(())


def test_studies_are_listed_and_others_refused(capsys):
    assert main(["study", "list"]) == 0
    assert STUDIES["dijet"][1] in capsys.readouterr().out
    assert main(["study", "run", "digets"]) == 2
    assert "dijet" in capsys.readouterr().err
    with pytest.raises(BadValue, match="events"):
        DijetStudy(events=5)
