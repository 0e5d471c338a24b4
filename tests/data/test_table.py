"""Tables in Parquet, CSV, HDF5 and ROOT, with and without a mapping of their columns."""

import pickle

import h5py
import numpy as np
import pytest
import uproot
from event_files import write_table

from anomalon.core import Events, Sample
from anomalon.core.errors import (
    BadLayout,
    BadNumbers,
    BadValue,
    ColumnMissing,
    ConfigError,
    DataError,
    UnknownKey,
)
from anomalon.data import chunks, load, source

N = 12
COLUMNS = {
    "m": np.linspace(1.0, 2.1, N),
    "a": np.linspace(-1, 1, N),
    "b": np.arange(N) ** 2 / 7,
    "w": np.full(N, 0.5),
    "truth": np.arange(N) % 2,
    "id": 100 + np.arange(N),
}
MAPPING = {"mass": "m", "features": ["a", "b"], "weight": "w", "label": "truth", "event": "id"}


SUFFIXES = [".parquet", ".csv", ".tsv", ".root", ".rntuple", ".h5", ".compound"]


@pytest.fixture(params=SUFFIXES)
def table(request, tmp_path):
    # The extension says nothing: content decides.
    return write_table(tmp_path / f"t{request.param}", COLUMNS).rename(tmp_path / "events.dat")


def test_mapped_columns_make_a_sample(table):
    sample = load(table, **MAPPING, scale=1000)
    assert isinstance(sample, Sample)
    assert sample.names == ("a", "b")
    np.testing.assert_array_equal(sample.x, np.stack([COLUMNS["a"], COLUMNS["b"]], axis=1))
    np.testing.assert_array_equal(sample.mass, 1000 * COLUMNS["m"])
    np.testing.assert_array_equal(sample.weight, COLUMNS["w"])
    np.testing.assert_array_equal(sample.label, COLUMNS["truth"])
    np.testing.assert_array_equal(sample.event, COLUMNS["id"])


def test_chunks_equal_the_whole(table):
    whole = load(table, **MAPPING)
    joined = Sample.concatenate(list(chunks(table, size=5, **MAPPING)))
    assert joined.digest() == whole.digest()
    np.testing.assert_array_equal(joined.label, whole.label)


def test_rows_are_the_identity_if_there_is_none(table):
    sample = load(table, mass="m", features=["a"], start=3, stop=11)
    np.testing.assert_array_equal(sample.event, np.arange(3, 11))
    np.testing.assert_array_equal(sample.x[:, 0], COLUMNS["a"][3:11])
    np.testing.assert_array_equal(sample.weight, 1)
    assert sample.label is None


def test_without_mapping_columns_only(table):
    events = load(table)
    assert isinstance(events, Events)
    assert events.objects.shape == (N, 0, 0)
    assert set(events.columns) == set(COLUMNS)
    for name, values in COLUMNS.items():
        np.testing.assert_array_equal(events.column(name), values)


def test_mapping_in_toml_and_options_above_it(table, tmp_path):
    toml = tmp_path / "columns.toml"
    toml.write_text('mass = "m"\nscale = 1000\n[features]\nfirst = "a"\nsecond = "b"\n')
    sample = load(table, mapping=toml)
    assert sample.names == ("first", "second")
    np.testing.assert_array_equal(sample.mass, 1000 * COLUMNS["m"])
    assert load(table, mapping=toml, features=["b"], scale=1).names == ("b",)


def test_missing_column_names_the_nearest(table):
    with pytest.raises(ColumnMissing, match=r"no column 'truht'; did you mean 'truth'?"):
        load(table, **(MAPPING | {"label": "truht"}))


def test_unknown_option_names_the_nearest(table):
    with pytest.raises(UnknownKey, match=r"unknown option 'featurs'; did you mean 'features'?"):
        load(table, mass="m", featurs=["a"])


def test_unknown_key_in_toml(table, tmp_path):
    toml = tmp_path / "columns.toml"
    toml.write_text('mass = "m"\nwieght = "w"\n')
    with pytest.raises(UnknownKey, match=r"unknown key 'wieght'; did you mean 'weight'?"):
        load(table, mapping=toml)


@pytest.mark.parametrize("text", ['mass = "m', "mass = \xff"])
def test_broken_toml(table, tmp_path, text):
    toml = tmp_path / "columns.toml"
    toml.write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError, match=r"expected TOML"):
        load(table, mapping=toml)
    with pytest.raises(ConfigError, match=r"cannot be read"):
        load(table, mapping=tmp_path / "other.toml")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mass": "m"}, "Add `features`"),
        ({"features": ["a"]}, "Add `mass`"),
        ({"mass": 3, "features": ["a"]}, "`mass` takes a column name, got 3"),
        ({"mass": "m", "features": "a"}, "`features` takes a list of column names"),
        ({"mass": "m", "features": []}, "`features` takes a list of column names"),
        ({"mass": "m", "features": [1]}, "`features` takes a list of column names"),
        ({"mass": "m", "features": ["a", "a"]}, r"names \['a'\] more than once"),
        ({"mass": "m", "features": ["a"], "scale": 0}, "`scale` takes a positive factor"),
        ({"mass": "m", "features": ["a"], "scale": "TeV"}, "`scale` takes a positive factor"),
    ],
)
def test_impossible_options(table, options, message):
    with pytest.raises(BadValue, match=message):
        load(table, **options)


@pytest.mark.parametrize("size", [0, -1, 2.5, True])
def test_size_of_chunks(table, size):
    with pytest.raises(BadValue, match=r"`size` should be a positive number"):
        chunks(table, size=size)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("a", np.nan, r"feature 'a': expected finite numbers.*1 of 12 rows \(first: 4\)"),
        ("a", np.inf, r"feature 'a': expected finite numbers"),
        ("m", np.nan, r"mass 'm': expected finite numbers"),
        ("m", -0.5, r"mass 'm': expected no negative numbers, got e.g. -0.5"),
        ("w", np.nan, r"weight: expected finite"),
        ("truth", 2.0, r"label 'truth': expected 0 \(background\) or 1 \(signal\), got e.g. 2 "),
        ("truth", np.nan, r"label .truth.: expected 0 .*, got e.g. nan"),
        ("id", 4.5, r"event 'id': expected integers, got e.g. 4.5 in 1 of"),
    ],
)
def test_impossible_numbers(tmp_path, suffix, column, value, message):
    values = COLUMNS[column].astype(float)
    values[4] = value
    path = write_table(tmp_path / f"t{suffix}", COLUMNS | {column: values})
    if suffix in (".csv", ".tsv"):  # an empty field is how text says "missing"
        path.write_text(path.read_text().replace("nan", ""))
    with pytest.raises(BadNumbers, match=message):
        load(path, **MAPPING)


def test_impossible_numbers_are_counted_over_all_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr(source, "BLOCK", 1)
    a = COLUMNS["a"].astype(float)
    a[[2, 6, 7, 11]] = np.nan
    path = write_table(tmp_path / "t.parquet", COLUMNS | {"a": a})
    with pytest.raises(BadNumbers, match=r"4 of 12 rows \(first: 2, 6, 7, 11\)\. Remove") as whole:
        load(path, **MAPPING)
    with pytest.raises(BadNumbers) as pieces:
        list(chunks(path, size=5, **MAPPING))
    assert str(pieces.value) == str(whole.value)
    with pytest.raises(BadNumbers, match=r"2 of 4 rows \(first: 6, 7\)"):
        load(path, start=6, stop=10, **MAPPING)
    assert str(pickle.loads(pickle.dumps(whole.value))) == str(whole.value)


def test_pieces_with_other_faults_are_mentioned(tmp_path, monkeypatch):
    monkeypatch.setattr(source, "BLOCK", 1)
    a, m = COLUMNS["a"].astype(float), COLUMNS["m"].astype(float)
    a[0], m[11] = np.nan, -7.0
    path = write_table(tmp_path / "t.parquet", COLUMNS | {"a": a, "m": m})
    with pytest.raises(BadNumbers, match=r"'a': .* 1 of 12 rows .* Other columns are wrong as"):
        list(chunks(path, size=6, **MAPPING))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_rounding_below_zero_is_a_mass_of_zero(tmp_path, suffix):
    mass = COLUMNS["m"].copy()
    mass[4] = -2e-5
    path = write_table(tmp_path / f"t{suffix}", COLUMNS | {"m": mass})
    sample = load(path, **MAPPING)
    assert sample.mass[4] == 0
    assert (sample.mass[:4] == mass[:4]).all()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_zero_events(tmp_path, suffix):
    empty = {name: values[:0] for name, values in COLUMNS.items()}
    path = write_table(tmp_path / f"t{suffix}", empty)
    # An empty text has no types either, so its columns are taken as numbers.
    with pytest.raises(BadLayout, match=r"expected events, got none"):
        load(path, **MAPPING)


@pytest.mark.parametrize("suffix", [".parquet", ".root", ".rntuple", ".h5", ".compound"])
@pytest.mark.parametrize("fraction", [0.3, 0.9])
def test_truncated_file(tmp_path, suffix, fraction):
    many = {name: np.tile(values, 400) for name, values in COLUMNS.items()}
    many["a"] = np.random.default_rng(0).normal(size=N * 400)
    path = write_table(tmp_path / f"t{suffix}", many)
    content = path.read_bytes()
    path.write_bytes(content[: int(fraction * len(content))])
    with pytest.raises(DataError, match=f"{path}.*(truncated or damaged|begin none of them)"):
        load(path, **MAPPING)


def test_truncated_csv(tmp_path):
    path = write_table(tmp_path / "t.csv", COLUMNS)
    path.write_text(path.read_text()[:-8])
    with pytest.raises(DataError, match=r"6 fields in every line .* got 4 in line 13: '"):
        load(path)


def test_a_ragged_line_is_named(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("# a comment\n\nm,a\n1,2\n# another, with, commas\n3,4\n5\n6,7\n")
    with pytest.raises(BadLayout, match=r"2 fields in every line \(m, a\), got 1 in line 7: '5'"):
        load(path)
    path.write_text(path.read_text().replace("\n5\n", "\n"))
    np.testing.assert_array_equal(load(path, mass="m", features=["a"]).mass, [1.0, 3.0, 6.0])


def test_strings_are_named_with_their_type(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("m,kind\n1.0,qcd\n2.0,signal\n")
    with pytest.raises(BadLayout, match=r"column 'kind' should hold one number.*type is string"):
        load(path, mass="m", features=["kind"])
    events = load(path)
    assert list(events.columns) == ["m"]
    assert "1 columns without one number per event left out" in events.source


def test_csv_without_a_first_line_of_names(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("1.0,2.0\n3.0,4.0\n")
    with pytest.raises(BadLayout, match=r"expected column names in the first line"):
        load(path)


def test_text_that_is_no_table(tmp_path):
    path = tmp_path / "README.md"
    path.write_text("# A title\n\nSome words.\n")
    with pytest.raises(BadLayout, match=r"expected events, got none"):
        load(path)
    path.write_text("# A title\n\n# and no more\n")
    with pytest.raises(BadLayout, match="line of column names, got only comments"):
        load(path)


def test_csv_with_a_byte_order_mark_and_semicolons(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes("\ufeffm; a\n1.5;2\n2.5;3\n".encode())
    sample = load(path, mass="m", features=["a"])
    np.testing.assert_array_equal(sample.mass, [1.5, 2.5])


def test_two_columns_of_one_name(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("m,a,a\n1,2,3\n")
    with pytest.raises(BadLayout, match=r"got \['a'\] more than once"):
        load(path)


def test_weights_of_another_length(tmp_path):
    path = write_table(tmp_path / "t.h5", COLUMNS | {"w": np.ones(N - 1)})
    with pytest.raises(BadLayout, match=r"expected columns of one length, got m: 12, .*w: 11"):
        load(path, **MAPPING)
    assert len(load(path, mass="m", features=["a"])) == N


def test_several_tables_need_a_key(tmp_path, fixed_frame):
    path = write_table(tmp_path / "t.h5", COLUMNS)
    fixed_frame(path, {"m": np.ones(3), "a": np.zeros(3)}, key="frame")
    with pytest.raises(BadValue, match=r"several tables.*Choose one with `key`"):
        load(path)
    assert len(load(path, key="tables/events")) == N
    assert len(load(path, key="/frame", mass="m", features=["a"])) == 3
    with pytest.raises(ColumnMissing, match=r"no table at key 'tables/evnts'; did you mean"):
        load(path, key="tables/evnts")


def test_hdf5_without_a_table(tmp_path):
    path = tmp_path / "t.h5"
    with h5py.File(path, "w") as file:
        file["image"] = np.zeros((3, 4, 5))
    with pytest.raises(BadLayout, match=r"expected a table.*got 'image' of shape \(3, 4, 5\)"):
        load(path)


def test_several_trees_need_a_name(tmp_path):
    path = tmp_path / "t.root"
    with uproot.recreate(path) as file:
        file["one"], file["two"] = {"m": np.ones(2)}, {"m": np.ones(3)}
    with pytest.raises(BadValue, match=r"several trees: \['one', 'two'\]. Choose one with `tree`"):
        load(path)
    assert len(load(path, tree="two")) == 3
    with pytest.raises(ColumnMissing, match=r"no tree 'tow'; did you mean 'two'?"):
        load(path, tree="tow")


def test_options_of_other_formats(tmp_path):
    path = write_table(tmp_path / "t.csv", COLUMNS)
    with pytest.raises(BadValue, match=r"`tree` is for ROOT files; this one is text"):
        load(path, tree="events")


def test_real_jagged_branch_is_named_with_its_type(real):
    path = real("root/uproot-HZZ.root")
    with pytest.raises(BadLayout, match=r"'Jet_Px' should hold one number.*float\[\]"):
        load(path, mass="MET_px", features=["Jet_Px"])
    events = load(path)
    assert len(events) == 2421
    assert "NJet" in events.columns
    assert "Jet_Px" not in events.columns


def test_real_root_mass_is_the_mass_of_its_muons(real):
    sample = load(
        real("root/uproot-Zmumu.root"),
        mass="M",
        features=["E1", "px1", "py1", "pz1", "E2", "px2", "py2", "pz2"],
    )
    total = sample.x[:, :4] + sample.x[:, 4:]
    mass = np.sqrt(total[:, 0] ** 2 - (total[:, 1:] ** 2).sum(axis=1))
    np.testing.assert_allclose(sample.mass, mass, rtol=1e-3)
    assert 85 < np.median(sample.mass) < 95


@pytest.mark.parametrize(
    ("name", "n"),
    [
        ("root/nano_dimuon.root", 40),
        ("root/uproot-issue513.root", 10),
        ("opendata/MultiJetRun2010B.root", 68_247),
    ],
)
def test_real_root_files(real, name, n):
    options = {"tree": "Events"} if "dimuon" in name else {}
    assert len(load(real(name), **options)) == n


def test_real_csv(real):
    sample = load(real("opendata/Zmumu_Run2011A.csv"), mass="pt1", features=["eta1"], event="Event")
    assert sample.event[0] == 74969122
    assert sample.x[0, 0] == -0.432396


@pytest.mark.parametrize(
    ("name", "n", "n_signal"),
    [
        ("lhco/rnd_first100k_features.parquet", 100_000, 9059),
        ("lhco/rnd_first1000_reference.csv", 1000, 93),
    ],
)
def test_real_dijet_features_need_no_mapping(real, name, n, n_signal):
    sample = load(real(name))
    assert isinstance(sample, Sample)
    assert (len(sample), int(sample.label.sum())) == (n, n_signal)
    assert sample.names == ("mJ1", "dmJ", "tau21_J1", "tau21_J2", "tau32_J1", "tau32_J2")
    assert (sample.column("mJ1") >= 0).all()


def test_dijet_layout_with_other_features(tmp_path):
    columns = {"mjj": np.ones(3), "mJ1": np.ones(3), "dY": np.zeros(3), "extra": np.arange(3.0)}
    path = write_table(tmp_path / "t.parquet", columns)
    assert load(path).names == ("mJ1", "dY")
    assert load(path, features=["mJ1", "extra"]).names == ("mJ1", "extra")


def test_negative_jet_masses(tmp_path):
    columns = {"mjj": np.ones(2), "mJ1": np.array([-2e-5, 5.0]), "mJ2": np.array([1.0, -3.0])}
    path = write_table(tmp_path / "t.parquet", columns)
    np.testing.assert_array_equal(load(path).x[:, 0], [0, 5])
    with pytest.raises(BadNumbers, match=r"feature 'mJ2': expected no negative"):
        load(path, features=["mJ1", "mJ2"])


def test_single_precision_stays(tmp_path):
    columns = {"mjj": np.ones(3), "mJ1": np.ones(3, np.float32)}
    assert load(write_table(tmp_path / "t.parquet", columns)).x.dtype == np.float32
