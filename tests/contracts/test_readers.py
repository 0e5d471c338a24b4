"""Every reader: the pieces of a file, in whatever size, are together what `load` gives."""

import dataclasses

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from event_files import write_fixed_frame, write_table

from anomalon.core import Events, Sample
from anomalon.data import chunks, load, source, text_table, write

N = 13
RNG = np.random.default_rng(6)
TABLE = {
    "m": RNG.uniform(2500, 5000, N),
    "a": RNG.normal(size=N).astype(np.float32),
    "b": np.arange(N) ** 2 / 7,
    "w": RNG.uniform(size=N),
    "truth": np.arange(N) % 2,
    "id": 100 + RNG.permutation(N),
}
MAPPING = {"mass": "m", "features": ["a", "b"], "weight": "w", "label": "truth", "event": "id"}
FORMATS = ("parquet", "csv", "tsv", "root", "rntuple", "h5", "compound")
SIZES = (1, 2, 5, N, 1000)


def table(path, suffix):
    return write_table(path / f"t.{suffix}", TABLE)


def without_identities(path, suffix):
    return write_table(path / f"t.{suffix}", {name: TABLE[name] for name in ("m", "a", "b")})


def label_that_is_none(path, suffix):
    """0 and 1 in the first rows only: a column, and no truth."""
    label = np.arange(N) % 2
    label[-1] = 3
    return write_table(path / f"t.{suffix}", {"m": TABLE["m"], "label": label})


def label_that_is_one(path, suffix):
    return write_table(path / f"t.{suffix}", {"m": TABLE["m"], "label": TABLE["truth"]})


def dijets(path, suffix):
    columns = {"mjj": TABLE["m"], "mJ1": TABLE["b"], "dmJ": TABLE["b"], "event": TABLE["id"]}
    return write_table(path / f"t.{suffix}", columns)


def fixed_frame(path):
    return write_fixed_frame(path / "t.h5", TABLE)


def numbers_missing_in_some_rows(path):
    """Whole numbers with gaps: what type they have is seen in a part of the rows only."""
    columns = {"m": TABLE["m"], "n": pa.array([None if i == 9 else i for i in range(N)])}
    pq.write_table(pa.table(columns), path / "t.parquet", row_group_size=4)
    return path / "t.parquet"


def text_of_several_types(path):
    """Numbers that get a point, or words, or a value at all, late in the file."""
    rows = [
        f"{i}{'.5' if i > 8 else ''},{'word' if i == 10 else i},{i if i > 7 else ''},{i},"
        for i in range(N)
    ]
    text = ["# about", "", ' x ,y,z,"n, o",none', *rows[:6], "# between", "", *rows[6:]]
    (path / "t.csv").write_text("\ufeff" + "\n".join(text))
    return path / "t.csv"


def written_by_us(path):
    columns = {k: TABLE[k] for k in ("w", "truth", "id")}
    sample = Sample(
        np.stack([TABLE["a"], TABLE["b"]], axis=1),
        ("a", "b"),
        TABLE["m"],
        *columns.values(),
        source="us",
    )
    return write(sample, path / "s.parquet")


def lhco_particles(path):
    particles = np.zeros((N, 700, 3))
    particles[:, :20, 0] = 1 + RNG.exponential(50, (N, 20))
    particles[:, :20, 1:] = RNG.normal(size=(N, 20, 2))
    columns = dict(enumerate(particles.reshape(N, 2100).T)) | {2100: TABLE["truth"].astype(float)}
    return write_fixed_frame(path / "raw.h5", columns)


def lhco_features(path):
    parts = ("px", "py", "pz", "m", "tau1", "tau2", "tau3")
    columns = {part + jet: RNG.uniform(1, 9, N) for jet in ("j1", "j2") for part in parts}
    return write_fixed_frame(path / "f.h5", columns | {"label": TABLE["truth"]})


def jet_arrays(path):
    with h5py.File(path / "jets.h5", "w") as file:
        file["objects/jets/obs"] = RNG.uniform(1, 2, (N, 3, 9))
    return path / "jets.h5"


CASES = {
    **{f"table {f}": (table, f, MAPPING) for f in FORMATS},
    **{f"bare table {f}": (table, f, {}) for f in FORMATS},
    **{
        f"rows as identities {f}": (without_identities, f, {"mass": "m", "features": ["a"]})
        for f in FORMATS
    },
    **{f"label that is none {f}": (label_that_is_none, f, {}) for f in FORMATS},
    **{f"label that is one {f}": (label_that_is_one, f, {}) for f in FORMATS},
    **{f"dijets {f}": (dijets, f, {}) for f in FORMATS},
    "fixed frame": (fixed_frame, None, MAPPING),
    "numbers missing": (numbers_missing_in_some_rows, None, {}),
    "text of several types": (text_of_several_types, None, {}),
    "written by us": (written_by_us, None, {}),
    "LHCO particles": (lhco_particles, None, {}),
    "LHCO features": (lhco_features, None, {}),
    "jets": (jet_arrays, None, {}),
}


def assert_same(whole, joined):
    """Field by field, byte by byte."""
    assert type(joined) is type(whole)
    fields = {f.name: getattr(whole, f.name) for f in dataclasses.fields(whole)}
    others = {f.name: getattr(joined, f.name) for f in dataclasses.fields(joined)}
    for owner, values in ((whole, fields), (joined, others)):
        if isinstance(owner, Events):
            values |= {f"column {k}": v for k, v in values.pop("columns").items()}
    assert list(fields) == list(others)
    for name, value in fields.items():
        if isinstance(value, np.ndarray):
            assert (others[name].dtype, others[name].shape) == (value.dtype, value.shape), name
            assert others[name].tobytes() == value.tobytes(), name
        else:
            assert others[name] == value, name


@pytest.fixture(params=["as it is", "block by block"])
def in_blocks(request, monkeypatch):
    """Small files are read at once; here also as long ones are, block by block."""
    if request.param == "block by block":
        monkeypatch.setattr(source, "BLOCK", 1)
        monkeypatch.setattr(text_table, "WHOLE", 0)
        monkeypatch.setattr(text_table, "BLOCK", 40)


@pytest.mark.parametrize("case", CASES)
def test_pieces_are_the_whole(case, in_blocks, tmp_path):
    make, suffix, options = CASES[case]
    path = make(tmp_path) if suffix is None else make(tmp_path, suffix)
    whole = load(path, **options)
    assert len(whole) == N
    join = type(whole).concatenate
    for size in SIZES:
        parts = list(chunks(path, size=size, **options))
        assert [len(p) for p in parts[:-1]] == [size] * (-(-N // size) - 1)
        assert_same(whole, join(parts))
    assert_same(whole[3:11], join(list(chunks(path, size=3, start=3, stop=11, **options))))
    for start, stop in ((3, 11), (0, 4), (10, N)):
        assert_same(whole[start:stop], load(path, start=start, stop=stop, **options))


@pytest.mark.parametrize("case", CASES)
def test_blocks_do_not_change_what_is_read(case, tmp_path, monkeypatch):
    make, suffix, options = CASES[case]
    path = make(tmp_path) if suffix is None else make(tmp_path, suffix)
    whole = load(path, **options)
    monkeypatch.setattr(text_table, "WHOLE", 0)
    for block in (1, 30, 100):
        monkeypatch.setattr(text_table, "BLOCK", block)
        assert_same(whole, load(path, **options))


def test_kinds_are_told_by_the_readers(tmp_path):
    assert set(load(lhco_particles(tmp_path)).object_kinds) == {"particle"}
    assert load(lhco_features(tmp_path)).object_kinds == ("jet", "jet")
    assert load(jet_arrays(tmp_path)).object_kinds == ("jet", "jet", "jet")
