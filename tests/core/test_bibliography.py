"""Papers are cited by what was used, not by what it is called."""

import re
from dataclasses import dataclass

import pytest

from anomalon.background import ESTIMATORS
from anomalon.core.bibliography import BIBLIOGRAPHY, cited, in_order
from anomalon.detectors import DETECTORS
from anomalon.features.inputs import Inputs
from anomalon.learn import CLASSIFIERS, BoostedTrees, Network
from anomalon.stats import SHAPES

METHODS = [
    *ESTIMATORS.values(),
    *CLASSIFIERS.values(),
    *SHAPES.values(),
    *DETECTORS.values(),
    *Inputs.registry.values(),
]


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.kind)
def test_every_method_cites_what_the_bibliography_has(method):
    assert set(method.cites) <= set(BIBLIOGRAPHY)


def test_numbers_have_their_form():
    for key, entry in BIBLIOGRAPHY.items():
        assert entry.key == key
        assert re.fullmatch(r"(\d{4}\.\d{4,5}|[a-z-]+/\d{7})?", entry.arxiv), key
        assert re.fullmatch(r"(10\.\d{4,}/\S+)?", entry.doi), key


def test_settings_inside_of_settings_are_found_each_once_in_order():
    @dataclass(frozen=True)
    class Outer:
        members: tuple
        note: str = "network, trees, cwola"

    keys = cited(Outer((Network(), BoostedTrees(), Network())), {"more": BoostedTrees()})
    assert keys == ("Ke:2017lightgbm", "jax2018github", "Kidger:2021equinox")
    assert cited(Outer(())) == ()


def test_an_unknown_key_is_a_mistake_of_the_program():
    with pytest.raises(KeyError, match="Nobody:1900"):
        in_order("Nobody:1900")
