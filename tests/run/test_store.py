import json
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomalon.core.errors import DataError
from anomalon.run import Store, do


@given(st.dictionaries(st.text(max_size=5), st.floats(allow_nan=False) | st.none(), max_size=5))
def test_round_trip_to_the_last_bit(tmp_path_factory, value):
    store = Store(tmp_path_factory.mktemp("store"))
    store.put("key", value)
    assert "key" in store
    assert json.dumps(store.get("key")) == json.dumps(value)


def test_missing_is_none(tmp_path):
    assert Store(tmp_path / "nowhere").get("key") is None


def test_what_is_forgotten_is_gone_and_the_folder_with_the_last_of_it(tmp_path):
    store = Store(tmp_path / "store")
    store.put("plain", 3)
    store.put("arrays", np.ones(3))
    store.put("other", 4)
    store.forget(["plain", "arrays", "never there"])
    assert "plain" not in store
    assert "arrays" not in store
    assert store.get("other") == 4
    store.forget(["other"])
    assert not store.folder.exists()
    store.forget(["other"])


def test_damage_is_reported(tmp_path):
    (tmp_path / "key.json").write_text('{"half": ')
    with pytest.raises(DataError, match=r"key\.json.*Delete this file"):
        Store(tmp_path).get("key")


@pytest.mark.parametrize(
    "change", [("1.5", "2.5"), ("value", "valu"), ("sha256", "sha"), ("}", "")]
)
def test_an_edited_value_is_no_answer(tmp_path, change):
    store = Store(tmp_path)
    store.put("key", {"z": 1.5})
    path = tmp_path / "key.json"
    path.write_text(path.read_text().replace(*change))
    with pytest.raises(DataError, match=r"key\.json.*Delete this file"):
        store.get("key")


def test_deep_nesting_is_no_answer(tmp_path):
    (tmp_path / "key.json").write_text("[" * 100_000)
    with pytest.raises(DataError, match="Delete this file"):
        Store(tmp_path).get("key")


ARRAYS = {
    "t": np.array([1.5, np.nan, np.inf]),
    "nested": [{"x": np.arange(6, dtype=np.float32).reshape(2, 3)}, 7, None],
    "empty": np.zeros((0, 2), dtype=np.int8),
    "words": "as they are",
}


def same(one, other):
    if isinstance(one, np.ndarray):
        np.testing.assert_array_equal(one, other)
        return one.dtype == other.dtype
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


@pytest.mark.parametrize("value", [ARRAYS, np.arange(3.0), [np.float64(2.0), np.array(4)]])
def test_arrays_round_trip(tmp_path, value):
    store = Store(tmp_path)
    store.put("key", value)
    assert "key" in store
    assert [path.name for path in tmp_path.iterdir()] == ["key.npz"]
    assert same(value, store.get("key"))


@dataclass(frozen=True)
class Twice:
    """A piece of work."""

    number: int

    @property
    def key(self):
        return f"twice-{self.number}"

    @property
    def what(self):
        return f"twice {self.number}"

    def __call__(self, shared):
        return 2 * self.number


def test_a_damaged_value_is_done_again_and_named(tmp_path):
    store, said = Store(tmp_path), []
    pieces = [Twice(1), Twice(2)]
    do(pieces, store=store)
    (tmp_path / "twice-2.json").write_text('{"sha256": "0", "value": 5}')
    assert do(pieces, store=store, progress=lambda *told: said.append(told[2])) == [2, 4]
    assert said[0].startswith("1 finished earlier; damaged and done again: twice 2 (")
    assert store.get("twice-2") == 4


def test_damaged_arrays_are_no_answer(tmp_path):
    store = Store(tmp_path)
    store.put("key", ARRAYS)
    path = tmp_path / "key.npz"
    whole = path.read_bytes()
    with np.load(path) as file:
        members = dict(file)
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"key\.npz.*Delete this file"):
        store.get("key")
    members["array_0"] = members["array_0"] + 1.0
    np.savez(path, **members)
    with pytest.raises(DataError, match=r"its checksum is that of another value"):
        store.get("key")


def test_objects_are_no_arrays(tmp_path):
    with pytest.raises(TypeError, match="numbers or texts"):
        Store(tmp_path).put("key", np.array([object()]))
    assert not list(tmp_path.iterdir())


def test_values_of_before_there_were_arrays_are_read(tmp_path):
    (tmp_path / "key.json").write_text(
        '{"sha256": "8c64dcaefec8f56dc1d84110ef476d18bc870061e70a48d8efd37409bf96e839", '
        '"value": {"z": 1.5}}'
    )
    assert Store(tmp_path).get("key") == {"z": 1.5}
