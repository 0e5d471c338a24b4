"""LHC Olympics files: real ones, and the variants of the layout that exist."""

import numpy as np
import pytest

from anomalon.core import Events
from anomalon.core.errors import BadLayout, BadNumbers, BadValue
from anomalon.data import chunks, load, source

TAUS = {f"tau{n}j{j}": np.array([0.3, 0.2]) / n for n in (1, 2, 3) for j in (1, 2)}


def test_real_slice_as_the_organisers_describe_it(real):
    events = load(real("lhco/events_anomalydetection_tiny.h5"))
    assert isinstance(events, Events)
    assert events.objects.shape == (1000, 700, 3)
    assert events.objects.dtype == np.float64
    assert events.feature_names == ("pt", "eta", "phi")
    assert int(events.label.sum()) == 93
    np.testing.assert_array_equal(events.mask, events.feature("pt") > 0)
    assert np.abs(events.feature("phi")).max() <= np.pi
    assert not events.objects[~events.mask].any()


def test_real_slice_in_chunks_is_the_whole(real):
    path = real("lhco/events_anomalydetection_tiny.h5")
    whole, parts = load(path), list(chunks(path, size=333))
    assert [len(p) for p in parts] == [333, 333, 333, 1]
    joined = Events.concatenate(parts)
    np.testing.assert_array_equal(joined.objects, whole.objects)
    np.testing.assert_array_equal(joined.label, whole.label)
    np.testing.assert_array_equal(joined.column("event"), np.arange(1000))
    assert joined.source == whole.source


@pytest.mark.parametrize("dtype", [float, int, np.int8, bool])
def test_label_in_the_block_of_floats_or_in_its_own(raw_file, particles, dtype):
    truth = np.array([0, 1, 1, 0, 0, 1, 0])
    events = load(raw_file(7, truth.astype(dtype)))
    np.testing.assert_array_equal(events.label, truth)
    np.testing.assert_array_equal(events.objects.reshape(7, 2100), particles(7))


def test_black_box_has_no_label(raw_file):
    assert load(raw_file(7)).label is None


def test_label_beside_the_frame(tmp_path, fixed_frame, particles):
    columns = dict(enumerate(particles(4).T))
    path = fixed_frame(tmp_path / "raw.h5", columns, label=np.array([[0], [1], [1], [0]]))
    np.testing.assert_array_equal(load(path, start=1, stop=4).label, [1, 1, 0])


def test_start_and_stop(raw_file, particles):
    part = load(raw_file(7), start=2, stop=5)
    np.testing.assert_array_equal(part.objects.reshape(3, 2100), particles(7)[2:5])
    np.testing.assert_array_equal(part.column("event"), [2, 3, 4])


@pytest.mark.parametrize(("start", "stop"), [(7, None), (3, 3), (5, 2)])
def test_no_events_in_the_slice(raw_file, start, stop):
    with pytest.raises(BadValue, match=r"the file has 7"):
        load(raw_file(7), start=start, stop=stop)


@pytest.mark.parametrize("start", [-1, 1.5, True, "a"])
def test_start_is_a_row_number(raw_file, start):
    with pytest.raises(BadValue, match=r"`start` should be a non-negative row number"):
        load(raw_file(7), start=start)


def test_wrong_label_values(raw_file):
    wrong = r"0 \(background\) or 1 \(signal\), got e\.g\. 2 in 1 of 3"
    with pytest.raises(BadNumbers, match=wrong):
        load(raw_file(3, [0.0, 2.0, 1.0]))


@pytest.mark.parametrize(
    ("slot", "value", "message"),
    [
        (0, np.nan, "particle pt: expected finite"),
        (0, -1.0, "particle pt: expected no negative"),
        (1, np.inf, "'eta': expected finite"),
    ],
)
def test_impossible_particles_are_named(tmp_path, fixed_frame, particles, slot, value, message):
    table = particles(5)
    table[3, slot] = value
    path = fixed_frame(tmp_path / "raw.h5", dict(enumerate(table.T)))
    with pytest.raises(BadNumbers, match=f"{message}.*(first: 3)"):
        load(path)
    with pytest.raises(BadNumbers, match=r"1 of 3 rows \(first: 3\)"):
        load(path, start=2)


def test_too_large_a_load_is_refused_with_advice(raw_file, monkeypatch):
    path = raw_file(7)
    monkeypatch.setattr(source, "LARGEST_LOAD", 5 * 20_000)
    with pytest.raises(BadValue, match=r"`anomalon.data.chunks\(path\)`.*`anomalon data convert`"):
        load(path)
    assert sum(len(part) for part in chunks(path, size=4)) == 7


def test_an_official_file_would_be_refused():
    per_event = 8 * 2100 + 2 * 700
    assert 1_100_000 * per_event > source.LARGEST_LOAD > 100_000 * per_event


def feature_columns() -> dict:
    columns = {"pxj1": [3.0, 0.0], "pyj1": [4.0, -10.0], "pzj1": [0.0, 5.0], "mj1": [1.0, 2.0]}
    columns |= {"pxj2": [-3.0, 0.0], "pyj2": [-4.0, 9.0], "pzj2": [1.0, 0.0], "mj2": [-2e-5, 3.0]}
    return {k: np.array(v) for k, v in (columns | TAUS).items()} | {"label": np.array([0, 1])}


@pytest.mark.parametrize("layout", ["fixed", "table", "table, binary names"])
def test_feature_file(tmp_path, fixed_frame, table_frame, layout):
    path = tmp_path / "features.h5"
    if layout == "fixed":
        fixed_frame(path, feature_columns())
    else:
        table_frame(path, feature_columns(), protocol=4 if "binary" in layout else 0)
    events = load(path)
    assert events.objects.shape == (2, 2, 7)
    assert events.feature_names == ("pt", "eta", "phi", "mass", "tau1", "tau2", "tau3")
    np.testing.assert_allclose(events.feature("pt"), [[5, 5], [10, 9]])
    np.testing.assert_allclose(events.feature("phi")[1], [-np.pi / 2, np.pi / 2])
    np.testing.assert_allclose(np.sinh(events.feature("eta"))[:, 0], [0, 0.5])
    np.testing.assert_array_equal(events.feature("mass"), [[1, 0], [2, 3]])
    np.testing.assert_array_equal(events.feature("tau2")[:, 1], [0.15, 0.1])
    np.testing.assert_array_equal(events.label, [0, 1])


def test_feature_file_with_a_missing_second_jet(tmp_path, fixed_frame):
    columns = feature_columns()
    columns |= {k: np.array([columns[k][0], 0.0]) for k in ("pxj2", "pyj2", "pzj2", "mj2")}
    events = load(fixed_frame(tmp_path / "f.h5", columns))
    np.testing.assert_array_equal(events.mask, [[True, True], [True, False]])


def test_feature_file_lacks_a_column(tmp_path, fixed_frame):
    columns = feature_columns()
    del columns["tau3j2"]
    with pytest.raises(BadLayout, match=r"\['tau3j2'\] are not there"):
        load(fixed_frame(tmp_path / "f.h5", columns))


def test_feature_file_with_a_really_negative_mass(tmp_path, fixed_frame):
    columns = feature_columns() | {"mj2": np.array([-0.02, 3.0])}
    with pytest.raises(BadNumbers, match=r"'mj2': expected no negative numbers, got e.g. -0.02"):
        load(fixed_frame(tmp_path / "f.h5", columns))


def test_feature_file_with_nan(tmp_path, fixed_frame):
    columns = feature_columns() | {"tau1j1": np.array([0.1, np.nan])}
    with pytest.raises(BadNumbers, match=r"'tau1j1': expected finite.*1 of 2 rows \(first: 1\)"):
        load(fixed_frame(tmp_path / "f.h5", columns))


def test_feature_file_can_be_read_as_a_table(tmp_path, fixed_frame):
    path = fixed_frame(tmp_path / "f.h5", feature_columns())
    sample = load(path, mass="mj1", features=["tau1j1"], scale=1000)
    np.testing.assert_array_equal(sample.mass, [1000, 2000])


def test_a_column_name_with_code_in_it_is_never_run(tmp_path, table_frame, monkeypatch):
    import h5py

    path = table_frame(tmp_path / "f.h5", {"mjj": np.ones(2)})
    with h5py.File(path, "a") as file:
        evil = b"cos\nsystem\n(S'touch " + str(tmp_path / "ran").encode() + b"'\ntR."
        file["df/table"].attrs["values_block_0_kind"] = np.bytes_(evil)
    with pytest.raises(BadLayout, match=r"got the pickle instruction GLOBAL"):
        load(path)
    assert not (tmp_path / "ran").exists()


def test_real_array_of_jets(real):
    events = load(real("jets/slim_montreal_jets.h5"))
    assert events.objects.shape == (5000, 2, 9)
    assert events.feature_names[:5] == ("pt", "eta", "phi", "mass", "tau1")
    taus = np.stack([events.feature(f"tau{n}")[events.mask] for n in (1, 2, 3, 4, 5)])
    # More axes can only fit better, up to the few minimisations that ended elsewhere.
    assert np.mean(np.diff(taus, axis=0) > 0) < 1e-3
    np.testing.assert_array_equal(load(events.source, start=4000).objects, events.objects[4000:])
