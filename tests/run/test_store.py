import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomalon.core.errors import DataError
from anomalon.run import Store


@given(st.dictionaries(st.text(max_size=5), st.floats(allow_nan=False) | st.none(), max_size=5))
def test_round_trip_to_the_last_bit(tmp_path_factory, value):
    store = Store(tmp_path_factory.mktemp("store"))
    store.put("key", value)
    assert "key" in store
    assert json.dumps(store.get("key")) == json.dumps(value)


def test_missing_is_none(tmp_path):
    assert Store(tmp_path / "nowhere").get("key") is None


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
