import numpy as np
import pyarrow.parquet as pq
import pytest

from anomalon.core.errors import BadLayout, BadValue
from anomalon.data.score_table import score_table, write_scores

COLUMNS = {"file": np.array(["a", "b", "a"]), "event": np.arange(3), "s": np.array([0.1, 0.2, 3])}


def test_columns_come_back(tmp_path):
    read = pq.read_table(write_scores(COLUMNS, tmp_path / "s.parquet"))
    assert {n: read[n].to_pylist() for n in read.schema.names} == {
        n: v.tolist() for n, v in COLUMNS.items()
    }


def test_rows_may_come_in_pieces(tmp_path):
    numbers = {name: COLUMNS[name] for name in ("event", "s")}
    with score_table(tmp_path / "s.parquet") as add:
        for rows in (slice(0, 2), slice(2, 3)):
            add({name: values[rows] for name, values in numbers.items()})
    assert pq.read_table(tmp_path / "s.parquet")["s"].to_pylist() == [0.1, 0.2, 3.0]


def test_a_mistake_leaves_nothing_behind(tmp_path):
    with pytest.raises(BadLayout, match="3"):
        write_scores(COLUMNS | {"s": np.zeros(2)}, tmp_path / "s.parquet")
    with pytest.raises(BadLayout, match="none"), score_table(tmp_path / "s.parquet"):
        pass
    with pytest.raises(BadValue, match="parquet"):
        write_scores(COLUMNS, tmp_path / "s.csv")
    assert list(tmp_path.iterdir()) == []
