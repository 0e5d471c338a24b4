"""Flat arrays of published layouts: integers become GeV and radians, and are the same again."""

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
import uproot

from anomalon.core import Events
from anomalon.core.errors import BadLayout, BadNumbers, BadRows, BadValue, ColumnMissing
from anomalon.data import chunks, load
from anomalon.data.trigger import FEATURE_NAMES, HLT_NAMES, LAYOUTS, flat_array, flat_layout
from anomalon.data.trigger.flat import MISSING

HARDWARE = ("gelato_l1", "cms_l1")


def array_of(name, n=40, seed=1, missing=0.0, level=None):
    """An array of a layout, made number by number."""
    layout, rng = flat_layout(name, level), np.random.default_rng(seed)
    found = np.zeros((n, len(layout.columns)))
    there = {slot: rng.random(n) < 0.7 for slot in layout.slots}
    for j, column in enumerate(layout.columns):
        slot, feature = column.rsplit("_", 1)
        steps = layout.steps_of(slot)
        if steps is None:
            high = {"pt": (1, 300), "eta": (-2.5, 2.5), "phi": (-np.pi, np.pi)}[feature]
            values = rng.uniform(*high, n).astype(np.float32)
        else:
            high = {"pt": (1, 500), "eta": (-50, 50), "phi": (0, steps.turn)}[feature]
            values = rng.integers(*high, n)
        if (slot, feature) == ("met", "eta"):
            values = np.zeros(n)
        found[:, j] = np.where(there[slot], values, missing)
    return found.astype(np.int32 if name in HARDWARE and missing == 0 else np.float32)


def write(folder, kind, array, name):
    path = folder / f"{name}.{kind}"
    columns = dict(zip(LAYOUTS[name].columns, array.T, strict=True))
    weight = np.arange(len(array)) + 0.5
    if kind == "h5":
        with h5py.File(path, "w") as file:
            file["group/x"], file["group/weight"], file["other"] = array, weight, array[:, :2]
    elif kind == "npz":
        np.savez(path, x=array, weight=weight, other=array[:, :2])
    elif kind == "parquet":
        table = {k: pa.array(np.ascontiguousarray(v)) for k, v in columns.items()}
        pa.parquet.write_table(pa.table(table | {"weight": weight}), path)
    else:
        with uproot.recreate(path) as file:
            file["events"] = {k: np.ascontiguousarray(v) for k, v in columns.items()} | {
                "weight": weight
            }
    return path


@pytest.mark.parametrize("kind", ["h5", "npz", "parquet", "root"])
@pytest.mark.parametrize("name", list(LAYOUTS))
def test_an_array_becomes_events_and_the_same_array_again(tmp_path, kind, name):
    array = array_of(name)
    path = write(tmp_path, kind, array, name)
    key = {"h5": {"key": "group/x"}, "npz": {"key": "x"}}.get(kind, {})
    events = load(path, layout=name, **key)
    np.testing.assert_array_equal(flat_array(events, name), array)
    np.testing.assert_array_equal(events.weight, np.arange(40) + 0.5)
    pieces = list(chunks(path, size=7, layout=name, **key))
    np.testing.assert_array_equal(np.concatenate([p.objects for p in pieces]), events.objects)


@pytest.mark.parametrize(
    ("name", "n"), [("gelato_l1", 44), ("gelato_hlt", 48), ("cms_l1", 57), ("poster", 60)]
)
def test_layouts_have_their_published_number(name, n):
    assert len(LAYOUTS[name].columns) == n


@pytest.mark.parametrize("name", list(LAYOUTS))
def test_minus_999_is_missing_too(tmp_path, name):
    array = array_of(name, missing=MISSING)
    path = tmp_path / "a.npz"
    np.savez(path, x=array)
    events = load(path, layout=name)
    np.testing.assert_array_equal(events.mask, load_plain(tmp_path, array, name).mask)
    np.testing.assert_array_equal(flat_array(events, name, missing=-999), array)
    assert (events.objects[~events.mask] == 0).all()


def load_plain(folder, array, name):
    np.savez(folder / "b.npz", x=np.where(array == MISSING, 0, array))
    return load(folder / "b.npz", layout=name)


def test_cells_may_be_lists(tmp_path):
    array = array_of("poster")
    lists = pa.FixedSizeListArray.from_arrays(pa.array(array.ravel()), 60)
    pa.parquet.write_table(pa.table({"x": lists}), tmp_path / "a.parquet")
    with uproot.recreate(tmp_path / "a.root") as file:
        file["events"] = {"x": array, "n": np.arange(40)}
    for name in ("a.parquet", "a.root"):
        events = load(tmp_path / name, layout="poster", key="x", start=3, stop=20)
        np.testing.assert_array_equal(flat_array(events, "poster"), array[3:20])


def test_columns_may_have_a_common_name(tmp_path):
    array = array_of("gelato_hlt")
    columns = {f"f_{i}": np.ascontiguousarray(array[:, i]) for i in range(48)}
    pa.parquet.write_table(pa.table(columns), tmp_path / "a.parquet")
    events = load(tmp_path / "a.parquet", layout="gelato_hlt", key="f")
    np.testing.assert_array_equal(flat_array(events, "gelato_hlt"), array)


def cms(**numbers):
    """One event in hardware integers of CMS."""
    layout = LAYOUTS["cms_l1"]
    array = np.zeros((1, 57), np.int32)
    for column, value in numbers.items():
        array[0, layout.columns.index(column)] = value
    return array


def test_hardware_integers_are_gev_and_radians(tmp_path):
    array = cms(
        met_pt=100, met_phi=72, electron1_pt=60, electron1_eta=-20, electron1_phi=143, muon1_pt=51,
        muon1_eta=100, muon1_phi=288, jet1_pt=401, jet1_eta=3, jet1_phi=1,
    )  # fmt: skip
    np.savez(tmp_path / "a.npz", x=array)
    events = load(tmp_path / "a.npz", layout="cms_l1")
    turn = 2 * np.pi
    for slot, wanted in {
        "met": (50.0, 0.0, -turn / 2),
        "electron1": (30.0, -0.87, -turn / 144),
        "muon1": (25.5, 1.0875, -turn / 2),
        "jet1": (200.5, 0.1305, turn / 144),
    }.items():
        found = events.objects[0, events.object_names.index(slot)]
        np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-6)
    assert int(events.mask.sum()) == 4


@pytest.mark.parametrize(
    ("slot", "most", "gev"),
    [
        ("met", 4095, 2047.5),
        ("electron1", 511, 255.5),
        ("muon1", 511, 255.5),
        ("jet1", 2047, 1023.5),
    ],
)
def test_saturated_pt_is_kept_masked_or_dropped(tmp_path, slot, most, gev):
    array = np.concatenate([cms(**{f"{slot}_pt": most}), cms(**{f"{slot}_pt": most - 1})])
    path = tmp_path / "a.npz"
    np.savez(path, x=array)
    kept = load(path, layout="cms_l1")
    at = kept.object_names.index(slot)
    assert kept.objects[0, at, 0] == gev
    assert kept.column("saturated").tolist() == [True, False]
    masked = load(path, layout="cms_l1", saturated="mask")
    assert masked.mask[:, at].tolist() == [False, True]
    assert masked.column("saturated").tolist() == [True, False]
    dropped = load(path, layout="cms_l1", saturated="drop")
    assert dropped.column("event").tolist() == [1]
    np.savez(path, x=array[:1])
    for read in (load, lambda *args, **how: list(chunks(*args, **how))):
        with pytest.raises(BadLayout, match=r"got none: of 1 .* a pt is saturated"):
            read(path, layout="cms_l1", saturated="drop")
    np.savez(path, x=cms(**{f"{slot}_pt": most + 1}))
    with pytest.raises(BadRows, match=f"integers up to {most}"):
        load(path, layout="cms_l1")
    far = np.zeros((1, 19, 3), np.float32)
    far[0, at, 0] = 1e5
    again = Events(far, LAYOUTS["cms_l1"].slots, FEATURE_NAMES, far[:, :, 0] > 0)
    assert flat_array(again, "cms_l1")[0, 3 * at] == most


def test_bad_arrays_say_what_is_wrong(tmp_path):
    path = tmp_path / "a.npz"

    def put(array):
        np.savez(path, x=array)
        return path

    good = array_of("poster")
    with pytest.raises(BadLayout, match="expected 57 numbers per event"):
        load(put(good), layout="cms_l1")
    with pytest.raises(BadNumbers, match="hardware integers"):
        load(put(array_of("cms_l1") + 0.5), layout="cms_l1")
    bad = good.copy()
    bad[3, 5] = np.nan
    with pytest.raises(BadNumbers, match="poster"):
        load(put(bad), layout="poster")
    bad[3, 5], bad[4, 3] = 0, -2.0
    with pytest.raises(BadRows, match="no negative numbers"):
        load(put(bad), layout="poster")
    with pytest.raises(BadRows, match="steps from -229 to 229"):
        load(put(cms(jet1_pt=3, jet1_eta=-300)), layout="cms_l1")
    with pytest.raises(BadRows, match="steps from 0 to 143"):
        load(put(cms(jet1_pt=3, jet1_phi=144)), layout="cms_l1")
    with pytest.raises(BadValue, match="layout"):
        load(put(good), layout="axol1tl")
    with pytest.raises(BadValue, match="level of layout cms_l1"):
        load(put(good), layout="cms_l1", level="hlt")
    with pytest.raises(BadValue, match="saturated"):
        load(put(good), layout="poster", saturated="clip")
    with pytest.raises(BadValue, match="goes with `layout`"):
        load(put(good), saturated="drop")
    with pytest.raises(ColumnMissing, match="two dimensions at 'y'"):
        load(put(good), layout="poster", key="y")
    with pytest.raises(BadValue, match="`mass` does not go with `layout`"):
        load(put(good), layout="poster", mass="mjj")
    np.savez(path, x=good, y=good)
    with pytest.raises(BadValue, match="Choose one with `key`"):
        load(path, layout="poster")


def test_events_of_the_other_level_are_refused():
    events = Events(np.zeros((2, 20, 3), np.float32), HLT_NAMES, FEATURE_NAMES)
    with pytest.raises(BadLayout, match="kind 'tau'"):
        flat_array(events, "gelato_l1")
    with pytest.raises(BadValue, match="missing"):
        flat_array(events, "poster", missing=-1)


def test_the_poster_has_two_levels(tmp_path):
    array = array_of("poster", level="l1")
    np.savez(tmp_path / "a.npz", x=array)
    events = load(tmp_path / "a.npz", layout="poster", level="l1")
    assert events.object_kinds.count("tau") == 3
    np.testing.assert_array_equal(flat_array(events, "poster"), array)
