import re

from anomalon.report.citations import CITATIONS, bibtex, used


def test_keys_are_unique():
    keys = [c.key for c in CITATIONS]
    assert len(keys) == len(set(keys))


def test_only_what_was_used_is_cited():
    keys = {c.key for c in used({"classifier": {"kind": "boosted_trees"}, "features": ["mJ1"]})}
    assert "Ke:2017lightgbm" in keys
    assert "jax2018github" not in keys
    assert "Thaler:2010tr" not in keys
    assert "Metodiev:2017vrx" not in keys


def test_features_and_sources_call_for_their_papers():
    keys = {c.key for c in used({"features": [["tau21_J1"]]}, {"source": "x/lhco/events.h5"})}
    assert {"Thaler:2010tr", "Kasieczka:2021xcg", "LHCOlympics:data"} <= keys


def test_shipped_samples_call_for_their_generator():
    keys = {c.key for c in used({"source": "anomalon simulation: qcd_dijet, data"})}
    assert {"Bierlich:2022pfr", "Cacciari:2008gp"} <= keys
    assert "Bierlich:2022pfr" not in {c.key for c in used({"source": "simulation.h5"})}


def test_bibtex_balances_its_braces_and_holds_every_key():
    text = bibtex(CITATIONS)
    assert text.count("{") == text.count("}")
    assert re.findall(r"^@misc\{(.+),$", text, re.MULTILINE) == [c.key for c in CITATIONS]


def test_arxiv_numbers_have_their_form():
    for c in CITATIONS:
        assert re.fullmatch(r"(\d{4}\.\d{4,5}|[a-z-]+/\d{7})?", c.arxiv), c.key
        assert re.fullmatch(r"(10\.\d{4,}/\S+)?", c.doi), c.key
