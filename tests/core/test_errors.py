"""Every error survives the way from one process to another."""

import copy
import inspect
import pickle
from typing import get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

import anomalon.cli.main
import anomalon.report
import anomalon.search.events.job  # noqa: F401  all rooms, so that all errors are defined
from anomalon.core.errors import AnomalonError, BadRows, MissingExtra

ARGUMENTS = {
    str: st.text(),
    int: st.integers(0),
    tuple[int, ...]: st.lists(st.integers(0)).map(tuple),
}


def descendants(cls):
    return {cls}.union(*map(descendants, cls.__subclasses__()))


def arguments(cls):
    """What a constructor takes, by its annotations; a message where it says nothing."""
    if cls.__init__ is Exception.__init__ or "args" in inspect.signature(cls.__init__).parameters:
        return st.tuples(st.text())
    hints = get_type_hints(cls.__init__)
    names = [name for name in inspect.signature(cls.__init__).parameters if name != "self"]
    return st.tuples(*(ARGUMENTS[hints[name]] for name in names))


@pytest.mark.parametrize(
    "cls", sorted(descendants(AnomalonError), key=str), ids=lambda c: c.__name__
)
@pytest.mark.parametrize("journey", [lambda e: pickle.loads(pickle.dumps(e)), copy.deepcopy])
@given(data=st.data())
def test_every_error_survives_the_way_to_another_process(cls, journey, data):
    error = cls(*data.draw(arguments(cls)))
    error.add_note("where it was")
    again = journey(error)
    assert type(again) is cls
    assert str(again) == str(error)
    assert again.args == error.args
    assert vars(again) == vars(error)


def test_the_constructors_that_take_more_than_a_message_are_under_test():
    more = {c for c in descendants(AnomalonError) if "__init__" in vars(c)}
    assert more == {BadRows, MissingExtra}


def test_a_missing_extra_says_what_to_do():
    error = MissingExtra("fastjet", "simulate", "jet clustering")
    assert str(error) == (
        "jet clustering needs the package 'fastjet', which is not installed: "
        "pip install 'anomalon[simulate]'"
    )
    assert (error.package, error.extra, error.purpose) == error.args
