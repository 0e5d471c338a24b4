"""A search cites its methods, its features and its data, and nothing that only sounds like them."""

from dataclasses import replace

from toy_search import background, search

from anomalon.background import Ideal
from anomalon.learn import Network
from anomalon.search.events.citing import citations

DATA = background(10)
ALWAYS = {"ATLAS:2025obc", "Cousins:2008zz", "Bohm:2013gla", "Sidak:1967"}


def cites(source="events.parquet", **changes):
    return set(citations(search(**changes), replace(DATA, source=source)))


def test_methods_are_cited_by_what_they_are():
    trees, network = cites(), cites(classifier=Network())
    assert trees >= {*ALWAYS, "Ke:2017lightgbm", "Metodiev:2017vrx", "Wager:2014jackknife"}
    assert trees - network == {"Ke:2017lightgbm"}
    assert network - trees == {"jax2018github", "Kidger:2021equinox"}
    assert "Collins:2018epr" not in cites(background=Ideal())
    assert "Wager:2014jackknife" not in cites(subsample=1)


def test_a_score_cites_no_classifier():
    own = cites(features=(), score="-loss / tau21_J1", cuts=("a < 1",))
    assert own >= {*ALWAYS, "Thaler:2010tr"}
    trained = {"Ke:2017lightgbm", "Metodiev:2017vrx", "Collins:2018epr", "Wager:2014jackknife"}
    assert not own & trained
    assert "Ke:2017lightgbm" in cites(cuts=("a < 1",))


def test_the_functions_of_the_fit_are_cited():
    fit = search().fit
    assert {"Dauncey:2014xga", "ATLAS:2019fgd"} <= cites()
    alone = cites(fit=replace(fit, shape="exponential", choice="test"))
    assert not {"Dauncey:2014xga", "ATLAS:2019fgd"} & alone


def test_a_path_calls_for_no_method():
    words = "data/network/jax/mlp/cwola/trees/fastjet/cls/simulation.h5"
    assert cites(words) == cites()
    assert cites(words, name="network with xgboost") == cites()


def test_features_and_data_call_for_their_papers():
    assert "Thaler:2010tr" not in cites()
    assert "Thaler:2010tr" in cites(features=(("a", "tau21_J1"),))
    assert cites("x/lhco/events.h5") - cites() == {"Kasieczka:2021xcg", "LHCOlympics:data"}
    simulated = cites("mine.h5 + anomalon simulation: qcd_dijet, data")
    assert {"Bierlich:2022pfr", "Cacciari:2008gp"} <= simulated
    assert "Bierlich:2022pfr" not in cites("simulation.h5")
