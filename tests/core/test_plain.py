"""Results as JSON and back: nothing is lost, and what does not fit is named by its path."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from anomalon.core.errors import DataError
from anomalon.core.plain import Plain, beside, from_plain, to_plain
from anomalon.core.window import Window


@dataclass(frozen=True)
class Dot:
    x: float
    kind: ClassVar[str] = "dot"


@dataclass(frozen=True)
class Line:
    x: float
    y: float = 2.0
    kind: ClassVar[str] = "line"


@dataclass(frozen=True, eq=False)
class Everything:
    number: float
    n: int
    yes: bool
    text: str
    choice: Literal["a", "b"]
    maybe: float | None
    which: Dot | Line | str
    window: Window
    lines: tuple[Line, ...]
    span: tuple[float, int]
    table: Mapping[str, float]
    deep: Mapping[str, Plain]
    floats: NDArray[np.floating[Any]]
    grid: NDArray[np.float64]
    whole: NDArray[np.int64]
    flags: NDArray[np.bool_]
    words: NDArray[np.str_]
    later: tuple[str, ...] = field(default=("new",))


def example(**changes):
    values = {
        "number": 0.1 + 0.2,
        "n": 2**60 + 1,
        "yes": False,
        "text": "Z → π",
        "choice": "b",
        "maybe": None,
        "which": Line(1.0, -0.0),
        "window": Window(3, 4, 1, 6),
        "lines": (Line(1.0), Line(np.nan)),
        "span": (1.5, 2),
        "table": {"a": np.inf, "b": np.nan},
        "deep": {"x": [1, {"y": None}], "z": {"w": "text"}},
        "floats": np.array([1.0, np.nan, np.inf, -np.inf, 5e-324]),
        "grid": np.arange(6.0).reshape(2, 3),
        "whole": np.array([], dtype=np.int64),
        "flags": np.array([True, False]),
        "words": np.array(["", "why"]),
    }
    return Everything(**(values | changes))


def tree(**changes):
    return json.loads(json.dumps(to_plain(example(**changes)), allow_nan=False))


def test_the_way_there_and_back_changes_nothing():
    before, again = example(), from_plain(Everything, tree())
    for name, value in vars(before).items():
        found = getattr(again, name)
        if isinstance(value, np.ndarray):
            assert found.dtype == value.dtype or value.dtype.kind == "U", name
            np.testing.assert_array_equal(found, value, strict=value.dtype.kind != "U")
        else:
            assert type(found) is type(value), name
            assert repr(found) == repr(value), name
    assert json.dumps(to_plain(again)) == json.dumps(tree())


def test_json_has_neither_nan_nor_infinity():
    plain = tree()
    assert plain["floats"] == [1.0, None, "Infinity", "-Infinity", 5e-324]
    assert plain["table"] == {"a": "Infinity", "b": None}
    assert plain["which"] == {"kind": "line", "x": 1.0, "y": -0.0}


def test_what_an_earlier_version_did_not_write_has_its_default():
    plain = tree(later=("old",))
    assert from_plain(Everything, plain).later == ("old",)
    del plain["later"]
    assert from_plain(Everything, plain).later == ("new",)


@pytest.mark.parametrize(
    ("path", "value", "match"),
    [
        (["number"], "much", r"run\.number: expected a number, got 'much'"),
        (["number"], True, r"run\.number: expected a number, got True"),
        (["n"], 1.5, r"run\.n: expected a whole number, got 1\.5"),
        (["n"], None, r"run\.n: expected a whole number, got None"),
        (["yes"], 1, r"run\.yes: expected true or false, got 1"),
        (["text"], 1, r"run\.text: expected a text, got 1"),
        (["choice"], "c", r"run\.choice: expected one of 'a', 'b', got 'c'"),
        (["maybe"], "x", r"run\.maybe: expected a number, got 'x'"),
        (["which"], 3, r"run\.which: expected a table .*; or run\.which: .*a text, got 3"),
        (["window", "low"], 9.0, r"run\.window: window: expected sideband_low < low"),
        (["window", "lov"], 9.0, r"run\.window\.lov: there is no such key; did you mean 'low'"),
        (["lines", 1, "x"], [], r"run\.lines\[1\]\.x: expected a number, got \[\]"),
        (["lines", 1, "kind"], "dot", r"run\.lines\[1\]\.kind: expected 'line', got 'dot'"),
        (["lines"], "xy", r"run\.lines: expected a list, got 'xy'"),
        (["span"], [1.0], r"run\.span: expected a list of 2, got \[1\.0\]"),
        (["table", "a"], "?", r"run\.table\.a: expected a number, got '\?'"),
        (["table"], [], r"run\.table: expected a table, got \[\]"),
        (["floats"], ["x"], r"run\.floats: expected an array of float64, got \['x'\]"),
        (["grid"], [[1.0], [1.0, 2.0]], r"run\.grid: expected an array of float64"),
        (["whole"], [0.5], r"run\.whole: expected an array of int64, got \[0\.5\]"),
        (["flags"], [0, 1], r"run\.flags: expected an array of bool, got \[0, 1\]"),
    ],
)
def test_what_does_not_fit_is_named_by_its_path(path, value, match):
    plain = tree()
    *way, last = path
    inner = plain
    for key in way:
        inner = inner[key]
    inner[last] = value
    with pytest.raises(DataError, match=match):
        from_plain(Everything, plain, "run")


def test_a_missing_key_is_named():
    plain = tree()
    del plain["lines"][0]["x"]
    with pytest.raises(DataError, match=r"^lines\[0\]\.x: expected a value, got none"):
        from_plain(Everything, plain)


def test_what_json_cannot_hold_is_refused():
    with pytest.raises(DataError, match="something that JSON can hold, got <object"):
        to_plain({"a": object()})


def test_what_lies_beside_has_no_plain_form_and_comes_back_as_its_default():
    @dataclass(frozen=True)
    class Large:
        n: int
        scores: object = field(default=None, metadata=beside)

    plain = to_plain(Large(3, object()))
    assert plain == {"n": 3}
    assert from_plain(Large, plain) == Large(3)
    with pytest.raises(DataError, match="scores"):
        from_plain(Large, {"n": 3, "scores": 1})
