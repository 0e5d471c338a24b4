import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalon.core.errors import BadValue
from anomalon.run.settings import decode, dumps, encode, output

TEXT = st.text(st.characters(codec="utf-8"), max_size=8)
LEAVES = st.one_of(st.booleans(), st.integers(-(2**60), 2**60), st.floats(allow_nan=False), TEXT)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=3)),
    max_leaves=12,
)


@settings(deadline=None, max_examples=200)
@given(st.dictionaries(TEXT, VALUES, max_size=4))
def test_tomllib_reads_back_what_was_written(table):
    assert tomllib.loads(dumps(table)) == table


def test_none_is_left_out():
    assert tomllib.loads(dumps({"a": None, "b": {"c": None, "d": 1}})) == {"b": {"d": 1}}


def test_other_types_are_refused():
    with pytest.raises(BadValue, match="set"):
        dumps({"a": {1, 2}})


@dataclass(frozen=True)
class Made:
    out: Path = field(metadata=output)


def test_a_file_to_write_is_beside_the_settings_and_need_not_be_there(tmp_path, monkeypatch):
    assert decode(Made, {"out": "new/x.parquet"}, folder=tmp_path).out == tmp_path / "new/x.parquet"
    assert decode(Made, {"out": "/else/x.parquet"}, folder=tmp_path).out == Path("/else/x.parquet")
    assert decode(Made, {"out": Path("x.parquet")}, folder=tmp_path).out == Path("x.parquet")
    monkeypatch.setenv("SCRATCH", "/scratch")
    assert decode(Made, {"out": "$SCRATCH/x"}, folder=tmp_path).out == Path("/scratch/x")
    assert encode(Made(tmp_path / "x"), folder=tmp_path / "run") == {"out": "../x"}
    assert encode(Made(tmp_path / "x")) == {"out": "x"}
    for wrong in (3, ["x"], None):
        with pytest.raises(BadValue, match="out: "):
            decode(Made, {"out": wrong})


@dataclass(frozen=True)
class Mixed:
    shares: Mapping[str, float] = field(default_factory=dict)


def test_numbers_by_name_are_named_where_they_are_wrong():
    assert decode(Mixed, {"shares": {"a": 1, "b": 0.5}}).shares == {"a": 1.0, "b": 0.5}
    with pytest.raises(BadValue, match=r"shares\.b: .*got 'much'"):
        decode(Mixed, {"shares": {"a": 1, "b": "much"}})
    with pytest.raises(BadValue, match="shares: expected a table, got 3"):
        decode(Mixed, {"shares": 3})
