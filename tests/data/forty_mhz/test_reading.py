"""Files of events at 40 MHz: the published layout, and how others write it."""

import h5py
import numpy as np
import pytest
from forty_mhz_events import forty_mhz_events

from anomalon.core import Events
from anomalon.core.errors import BadLayout, BadNumbers, BadRows, BadValue
from anomalon.data import chunks, describe, load
from anomalon.data.forty_mhz import write_forty_mhz
from anomalon.data.recognise import recognise


@pytest.fixture
def table():
    """Rows as a published file has them, in float64: shape (event, 19, 4)."""
    events = forty_mhz_events(9)
    kinds = np.repeat([1.0, 2.0, 3.0, 4.0], [1, 4, 4, 10])
    classes = np.where(events.mask, kinds, 0)
    return np.concatenate([events.objects.astype(float), classes[:, :, None]], axis=2)


@pytest.fixture
def published(tmp_path):
    """Write a file as it is published."""

    def write(table, **beside):
        path = tmp_path / "events.h5"
        with h5py.File(path, "w") as file:
            file["Particles"] = table
            file["Particles_Names"] = np.array([b"Pt", b"Eta", b"Phi", b"Class"])
            file["Particles_Classes"] = np.array([b"MET_class_1", b"Four_Ele_class_2"])
            for name, values in beside.items():
                if name in file:
                    del file[name]
                file[name] = values
        return path

    return write


def test_published_layout(published, table):
    events = load(published(table))
    assert isinstance(events, Events)
    assert events.objects.dtype == np.float32
    assert events.object_kinds == ("met",) + ("electron",) * 4 + ("muon",) * 4 + ("jet",) * 10
    assert events.object_names[:2] == ("met", "electron1")
    assert events.object_names[-1] == "jet10"
    np.testing.assert_array_equal(events.objects, table[:, :, :3].astype(np.float32))
    np.testing.assert_array_equal(events.mask, table[:, :, 3] > 0)
    assert events.label is None
    np.testing.assert_array_equal(events.column("event"), np.arange(9))
    assert (events.weight == 1).all()


def test_black_box_has_identities(published, table):
    identities = np.arange(9)[::-1] + 10**12
    np.testing.assert_array_equal(
        load(published(table, EvtId=identities)).column("event"), identities
    )


def test_without_a_class_a_slot_with_pt_is_filled(published, table):
    events = load(published(table[:, :, :3], Particles_Names=["Pt", "Eta", "Phi"]))
    np.testing.assert_array_equal(events.mask, table[:, :, 0] > 0)
    np.testing.assert_array_equal(events.objects, table[:, :, :3].astype(np.float32))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_missing_momentum_of_zero_is_there(published, table, dtype):
    table[2, 0, :3] = 0
    assert load(published(table.astype(dtype))).mask[2, 0]


@pytest.mark.parametrize(
    ("where", "value", "message"),
    [
        ((4, 3, 1), np.nan, "expected finite numbers, got NaN or infinity in 1 of 9"),
        ((4, 9, 0), 1e300, "expected finite numbers, got NaN or infinity in 1 of 9"),
        ((4, 0, 0), -1, r"pt: expected no negative numbers, got -1 for met in 1 of 9 .*first: 4"),
        ((4, 0, 2), 3.2, r"phi: expected radians from -pi to pi, got 3\.2 for met"),
        ((4, 0, 1), 0.5, r"eta of the missing momentum \(slot 0\): expected 0, got 0\.5"),
        ((4, 5, 3), 4, r"class: expected 1 for .*, got 4 for muon1 .*not a mass"),
        ((4, 0, 3), 0.1, r"class: expected 1 for .*, got 0\.1 for met"),
        ((4, 0, 3), 0, r"slots of class 0: expected empty ones"),
    ],
)
def test_impossible_numbers_name_the_row(published, table, where, value, message):
    table[where] = value
    path = published(table)
    with pytest.raises(BadRows, match=message):
        load(path)
    with pytest.raises(BadRows, match=r"first: 4\)"):
        list(chunks(path, size=3))
    assert len(load(path, start=5)) == 4


def test_rows_are_counted_over_all_steps(published, table, monkeypatch):
    monkeypatch.setattr("anomalon.data.forty_mhz.reading._STEP", 2)
    table[[1, 4, 5, 8], 0, 0] = -1
    with pytest.raises(BadRows, match=r"in 4 of 9 rows \(first: 1, 4, 5, 8\)"):
        load(published(table))
    with pytest.raises(BadRows, match=r"in 3 of 7 rows \(first: 4, 5, 8\)"):
        load(published(table), start=2)


def test_pi_in_float32_is_an_angle(published, table):
    table[0, 0, 2] = -np.float32(np.pi)
    assert load(published(table.astype(np.float32))).feature("phi")[0, 0] == -np.float32(np.pi)


def test_columns_by_name_and_shape(published, table):
    path = published(
        table,
        weight=np.full((9, 1), 0.5),
        label=np.arange(9) % 2,
        process=np.arange(9.0),
        passes_l1=np.arange(9) % 2,
        split=np.arange(9) % 3,
        lumi=np.arange(9),
        text=np.array([b"a"] * 9),
        short=np.arange(8),
    )
    events = load(path)
    assert set(events.columns) == {"event", "process", "passes_l1", "split", "lumi"}
    assert (events.weight == 0.5).all()
    assert events.label.tolist() == [0, 1] * 4 + [0]
    assert events.column("process").dtype == np.int64
    assert events.column("passes_l1").dtype == np.bool_
    assert events.column("split").dtype == np.int8
    assert set(describe(path).unread) == {"text", "short"}


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("split", np.full(9, 3)),
        ("process", np.full(9, 0.5)),
        ("passes_l1", np.full(9, 2)),
        ("weight", np.full(9, np.nan)),
        ("label", np.full(9, 2)),
        ("EvtId", np.full(9, 0.5)),
        ("n_pv", np.full(9, np.inf)),
    ],
)
def test_impossible_columns(published, table, name, values):
    with pytest.raises(BadNumbers, match=f"{'event' if name == 'EvtId' else name}: expected"):
        load(published(table, **{name: values}))


@pytest.mark.parametrize("names", [["Eta", "Phi", "Pt", "Class"], [b"Phi", b"Eta", b"Pt", b"M"]])
def test_another_order_is_refused(published, table, names):
    with pytest.raises(BadLayout, match="expected 'Particles' to hold pt, eta, phi, class"):
        load(published(table, Particles_Names=names))


@pytest.mark.parametrize("shape", [(9, 18, 4), (9, 19, 5)])
def test_another_shape_is_refused(published, shape):
    with pytest.raises(BadLayout, match=r"expected 'Particles' of shape \(event, 19, 4\)"):
        load(published(np.zeros(shape)))


def test_no_events(published):
    with pytest.raises(BadLayout, match="expected events, got none"):
        load(published(np.zeros((0, 19, 4))))


def test_chunks_are_the_whole(tmp_path):
    events = forty_mhz_events(1000)
    path = write_forty_mhz(events, tmp_path / "e.h5")
    parts = list(chunks(path, size=333))
    assert [len(part) for part in parts] == [333, 333, 333, 1]
    joined = Events.concatenate(parts)
    np.testing.assert_array_equal(joined.objects, events.objects)
    np.testing.assert_array_equal(joined.mask, events.mask)
    for name, values in events.columns.items():
        np.testing.assert_array_equal(joined.column(name), values)


def test_memory_is_told_honestly(tmp_path, monkeypatch):
    events = forty_mhz_events(1000)
    source = recognise(write_forty_mhz(events, tmp_path / "e.h5"))
    arrays = [events.objects, events.mask, events.weight, events.label, *events.columns.values()]
    taken = sum(array.nbytes for array in arrays) / len(events)
    assert taken <= source.bytes_per_event <= 1.1 * taken
    monkeypatch.setattr("anomalon.data.source.LARGEST_LOAD", 100 * taken)
    with pytest.raises(BadValue, match="more than the"):
        source.read()


def test_the_whole_published_background_may_be_loaded(published, table):
    source = recognise(published(table))
    assert 13_451_915 * source.bytes_per_event < 4 * 2**30


def test_described_as_it_is(published, table):
    found = describe(published(table))
    assert found.gives == "Events"
    assert "40 MHz" in found.layout
    assert [c.name for c in found.columns] == ["pt", "eta", "phi", "event"]
    assert found.unread == ()
