"""What is written is what is loaded, and nothing is ever half-written."""

import tempfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from anomalon.core import Sample
from anomalon.core.errors import BadLayout, DataError
from anomalon.data import load, write

LENGTHS = st.sampled_from([1, 2, 5])
NAMES = st.lists(
    st.sampled_from(["mJ1", "mjj", "weight", "label", "event", "mjj_", "tau21_J1", "µ ☃", ""]),
    unique=True,
    max_size=4,
)


@st.composite
def samples(draw):
    n, names = draw(LENGTHS), draw(NAMES)
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    width = 8 * np.dtype(dtype).itemsize
    numbers = st.floats(0, 1e6, width=width)
    real = st.floats(allow_nan=False, allow_infinity=False)
    mass = draw(st.none() | arrays(np.float64, n, elements=st.floats(0, 1e5)))
    label = draw(st.none() | arrays(np.int8, n, elements=st.integers(0, 1)))
    return Sample(
        x=draw(arrays(dtype, (n, len(names)), elements=numbers)),
        names=tuple(names),
        mass=mass,
        weight=draw(arrays(np.float64, n, elements=real)),
        label=label,
        event=draw(arrays(np.int64, n, elements=st.integers(-(2**63), 2**63 - 1))),
        source=draw(st.text(max_size=5)),
    )


@settings(deadline=None, max_examples=60)
@given(sample=samples())
def test_round_trip(sample):
    with tempfile.TemporaryDirectory() as folder:
        back = load(write(sample, Path(folder) / "s.parquet"))
        assert list(Path(folder).iterdir()) == [Path(folder) / "s.parquet"]
    assert back.names == sample.names
    if sample.names:  # without features there is no dtype to keep
        assert back.digest() == sample.digest()
    assert back.has_mass == sample.has_mass
    if sample.has_mass:
        np.testing.assert_array_equal(back.mass, sample.mass)
    assert back.source == sample.source
    if sample.label is None:
        assert back.label is None
    else:
        np.testing.assert_array_equal(back.label, sample.label)


@pytest.fixture
def sample():
    return Sample(x=np.ones((3, 2)), names=("mJ1", "a"), mass=np.ones(3))


def test_readable_without_us(sample, tmp_path):
    table = pq.read_table(write(sample, tmp_path / "s.parquet"))
    assert table.column_names == ["mjj", "mJ1", "a", "weight", "event"]


def test_columns_keep_their_meaning_when_the_note_is_lost(sample, tmp_path):
    path = write(sample, tmp_path / "s.parquet")
    pq.write_table(pq.read_table(path).replace_schema_metadata({}), path)
    assert load(path).names == ("mJ1",)


def test_empty_sample_is_refused(sample, tmp_path):
    with pytest.raises(BadLayout, match=r"empty sample"):
        write(sample[:0], tmp_path / "s.parquet")
    assert not list(tmp_path.iterdir())


def test_interrupted_write_leaves_the_old_file(sample, tmp_path, monkeypatch):
    path = write(sample, tmp_path / "s.parquet")
    before = path.read_bytes()

    def full_disk(table, where, **options):
        Path(where).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq, "write_table", full_disk)
    with pytest.raises(DataError, match=r"No space left on device"):
        write(sample[:1], path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_target_that_cannot_be_written(sample, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match=r"cannot be written"):
        write(sample, tmp_path / "file" / "s.parquet")
