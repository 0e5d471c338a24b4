"""What is written is read again, bit by bit, however it came; what cannot be read is refused."""

import json
import tracemalloc
from dataclasses import replace

import h5py
import numpy as np
import pytest
from forty_mhz_events import forty_mhz_events

from anomalon.core import Events
from anomalon.core.errors import BadLayout, BadRows, BadValue
from anomalon.data import chunks, load
from anomalon.data.forty_mhz import write_chunks, write_forty_mhz


def assert_equal(found: Events, wanted: Events) -> None:
    for name in ("objects", "mask", "weight"):
        np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name))
        assert getattr(found, name).dtype == getattr(wanted, name).dtype
    assert (found.label is None) == (wanted.label is None)
    if wanted.label is not None:
        np.testing.assert_array_equal(found.label, wanted.label)
    assert set(found.columns) == set(wanted.columns)
    for name, values in wanted.columns.items():
        np.testing.assert_array_equal(found.column(name), values)
        assert found.column(name).dtype == values.dtype
    assert found.object_names == wanted.object_names
    assert found.source == wanted.source


@pytest.mark.parametrize("label", [True, False])
@pytest.mark.parametrize("columns", [True, False])
def test_events_are_restored(tmp_path, label, columns):
    events = forty_mhz_events(300, label=label, columns=columns)
    assert_equal(load(write_forty_mhz(events, tmp_path / "e.h5")), events)


def test_layout_is_the_published_one(tmp_path):
    events = forty_mhz_events(50)
    with h5py.File(write_forty_mhz(events, tmp_path / "e.h5", about={"seed": 7})) as file:
        particles = file["Particles"][()]
        assert particles.shape == (50, 19, 4)
        kinds = np.repeat([1, 2, 3, 4], [1, 4, 4, 10])
        np.testing.assert_array_equal(particles[:, :, 3], np.where(events.mask, kinds, 0))
        assert [n.decode() for n in file["Particles_Names"]] == ["Pt", "Eta", "Phi", "Class"]
        np.testing.assert_array_equal(file["EvtId"], events.column("event"))
        note = json.loads(file.attrs["anomalon"])
    assert note["seed"] == 7
    assert note["units"] == "GeV, radians"


def test_chunks_do_not_show(tmp_path):
    events = forty_mhz_events(20_000)
    whole = write_forty_mhz(events, tmp_path / "whole.h5")
    pieces = (events[i : i + 777] for i in range(0, len(events), 777))
    parts = write_chunks(pieces, tmp_path / "parts.h5")
    assert whole.read_bytes() == parts.read_bytes()
    assert_equal(load(parts), events)


def test_compact_files_round_as_they_say_and_are_smaller(tmp_path):
    events = forty_mhz_events(3000)
    full = write_forty_mhz(events, tmp_path / "full.h5")
    small = write_forty_mhz(events, tmp_path / "small.h5", compact=True)
    found = load(small)
    np.testing.assert_allclose(found.objects, events.objects, rtol=1.3e-4)
    np.testing.assert_allclose(found.weight, events.weight, rtol=1e-7)
    np.testing.assert_array_equal(found.mask, events.mask)
    assert small.stat().st_size < 0.75 * full.stat().st_size


def test_compact_angles_stay_angles(tmp_path):
    objects = np.zeros((2, 19, 3), dtype=np.float32)
    objects[:, 0, 0] = 30
    objects[:, 0, 2] = np.float32(np.pi), -np.float32(np.pi)
    template = forty_mhz_events(2, columns=False)
    events = replace(template, objects=objects, mask=np.arange(19) < np.ones((2, 1)))
    phi = load(write_forty_mhz(events, tmp_path / "e.h5", compact=True)).feature("phi")
    assert (np.abs(phi) <= np.pi).all()
    np.testing.assert_allclose(phi, events.feature("phi"), rtol=2e-4)


def test_empty_slots_hold_nothing(tmp_path):
    events = forty_mhz_events(10)
    dirty = replace(events, objects=np.where(events.mask[:, :, None], events.objects, -999))
    assert_equal(load(write_forty_mhz(dirty, tmp_path / "e.h5")), events)


def test_impossible_numbers_are_not_written_and_rows_are_those_of_all(tmp_path):
    events = forty_mhz_events(20_000)
    objects = events.objects.copy()
    objects[12_345, 0, 0] = -1
    bad = replace(events, objects=objects)
    with pytest.raises(BadRows, match=r"pt: expected no negative .*-1 for met .*first: 12345\)"):
        write_chunks([bad[:10_000], bad[10_000:]], tmp_path / "e.h5")
    assert not list(tmp_path.iterdir())


def test_other_slots_are_refused(tmp_path):
    with pytest.raises(BadLayout, match=r"slots met, electron1, electron2, … \(19 of them\)"):
        write_forty_mhz(forty_mhz_events(5).of_kind("jet"), tmp_path / "e.h5")


@pytest.mark.parametrize(
    "other", [forty_mhz_events(5, label=False), forty_mhz_events(5, columns=False)]
)
def test_chunks_have_the_same_columns(tmp_path, other):
    with pytest.raises(BadLayout, match="expected the columns of the first events"):
        write_chunks([forty_mhz_events(5), other], tmp_path / "e.h5")
    assert not list(tmp_path.iterdir())


def test_nothing_to_write(tmp_path):
    with pytest.raises(BadLayout, match="expected events to write, got none"):
        write_chunks([], tmp_path / "e.h5")
    with pytest.raises(BadLayout, match="expected events to write, got none"):
        write_forty_mhz(forty_mhz_events(5)[:0], tmp_path / "e.h5")


def test_what_does_not_go_into_such_a_file(tmp_path):
    events = forty_mhz_events(5)
    with pytest.raises(BadValue, match=r"Choose e\.h5"):
        write_forty_mhz(events, tmp_path / "e.parquet")
    with pytest.raises(BadValue, match="cannot be written as JSON"):
        write_forty_mhz(events, tmp_path / "e.h5", about={"x": object()})
    words = replace(events, columns={"name": np.array(list("abcde"))})
    with pytest.raises(BadLayout, match="expected columns of numbers"):
        write_forty_mhz(words, tmp_path / "e.h5")


def test_memory_does_not_grow_with_the_file(tmp_path, monkeypatch):
    """Of 200,000 events, 55 MB in memory, a part is there while they are written and read."""
    monkeypatch.setattr("anomalon.data.source.BLOCK", 2**20)
    part = forty_mhz_events(20_000)

    def peak(do):
        tracemalloc.start()
        try:
            found = do()
            return found, tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    path, written = peak(lambda: write_chunks((part for _ in range(10)), tmp_path / "e.h5"))
    n, read = peak(lambda: sum(len(piece) for piece in chunks(path, size=5000)))
    events, loaded = peak(lambda: load(path))
    assert len(events) == n == 200_000
    whole = sum(a.nbytes for a in (events.objects, events.mask, *events.columns.values()))
    assert written < whole / 4
    assert read < whole / 4
    assert loaded < 2 * whole
