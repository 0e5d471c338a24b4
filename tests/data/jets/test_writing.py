"""Jets that are written are read again, however they came; what cannot be read is refused."""

import json
import tracemalloc
from dataclasses import replace

import h5py
import hdf5plugin  # noqa: F401 - lets h5py read Zstandard
import numpy as np
import pytest
from toy_jets import toy_jets

from anomalon.core import Events, Particles
from anomalon.core.errors import BadLayout, BadNumbers, BadValue
from anomalon.data import chunks, describe, load, stream
from anomalon.data.jets import (
    check_jets,
    jet_events,
    relative_to,
    write_jet_chunks,
    write_jets,
)


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
    assert found.object_kinds == wanted.object_kinds
    assert found.source == wanted.source


@pytest.mark.parametrize("label", [True, False])
@pytest.mark.parametrize("columns", [True, False])
@pytest.mark.parametrize("slots", [None, 12, 40])
def test_jets_are_restored(tmp_path, label, columns, slots):
    jets = toy_jets(300, label=label, columns=columns, slots=slots)
    assert set(jets.object_kinds) == {"constituent"}
    assert_equal(load(write_jets(jets, tmp_path / "j.h5")), jets)


def test_layout_is_flat(tmp_path):
    jets = toy_jets(50)
    with h5py.File(write_jets(jets, tmp_path / "j.h5", about={"seed": 7})) as file:
        offsets = file["constituents/offsets"][()]
        np.testing.assert_array_equal(np.diff(offsets), jets.mask.sum(axis=1))
        np.testing.assert_array_equal(file["constituents/pt"], jets.feature("pt")[jets.mask])
        np.testing.assert_array_equal(file["jets/jet_mass"], jets.column("jet_mass"))
        note = json.loads(file.attrs["anomalon"])
    assert note["seed"] == 7
    assert note["jets_with_constituents_left_out"] == 0


def test_chunks_do_not_show(tmp_path):
    jets = toy_jets(20_000)
    whole = write_jets(jets, tmp_path / "whole.h5")
    pieces = (jets[i : i + 777] for i in range(0, len(jets), 777))
    parts = write_jet_chunks(pieces, tmp_path / "parts.h5")
    assert whole.read_bytes() == parts.read_bytes()
    assert_equal(load(parts), jets)


def test_compact_files_round_as_they_say_and_are_smaller(tmp_path):
    jets = toy_jets(3000, most=60)
    full = write_jets(jets, tmp_path / "full.h5")
    small = write_jets(jets, tmp_path / "small.h5", compact=True)
    found = load(small)
    np.testing.assert_array_equal(found.mask, jets.mask)
    np.testing.assert_allclose(found.feature("pt"), jets.feature("pt"), rtol=4.9e-4)
    for name in ("eta", "phi"):
        np.testing.assert_allclose(found.feature(name), jets.feature(name), atol=2.45e-4)
    for name in ("jet_pt", "jet_eta", "jet_phi", "jet_mass"):
        np.testing.assert_allclose(found.column(name), jets.column(name), rtol=1.3e-4)
    np.testing.assert_array_equal(found.column("event"), jets.column("event"))
    assert (np.diff(found.feature("pt"), axis=1)[found.mask[:, 1:]] <= 0).all()
    assert small.stat().st_size < 0.55 * full.stat().st_size


def test_compact_files_refuse_what_they_cannot_hold(tmp_path):
    jets = toy_jets(3)
    for name, value in (("pt", 7e4), ("eta", 16.0)):
        objects = jets.objects.copy()
        objects[0, 0, jets.feature_names.index(name)] = value
        with pytest.raises(BadValue, match=f"{name}.*compact"):
            write_jets(replace(jets, objects=objects), tmp_path / "j.h5", compact=True)
    soft = np.where(jets.mask[:, :, None], [1e-12, 0, 0], 0).astype(np.float32)
    path = write_jets(replace(jets, objects=soft), tmp_path / "j.h5", compact=True)
    assert (load(path).feature("pt")[jets.mask] > 0).all()


def test_as_many_slots_as_are_asked_for(tmp_path):
    jets = toy_jets(200)
    path = write_jets(jets, tmp_path / "j.h5")
    few = load(path, n_constituents=5)
    assert few.objects.shape == (200, 5, 3)
    np.testing.assert_array_equal(few.objects, jets.objects[:, :5])
    lost = int((jets.mask.sum(axis=1) > 5).sum())
    assert f"{lost} of 200 jets" in few.source
    np.testing.assert_array_equal(few.column("n_constituents"), jets.mask.sum(axis=1))
    many = load(path, n_constituents=30)
    np.testing.assert_array_equal(many.objects[:, :12], jets.objects)
    assert not many.mask[:, 12:].any()
    with pytest.raises(BadValue, match="n_constituents"):
        load(path, n_constituents=0)
    again = write_jets(few, tmp_path / "few.h5")
    with h5py.File(again) as file:
        assert json.loads(file.attrs["anomalon"])["jets_with_constituents_left_out"] == lost


def test_pieces_are_the_whole(tmp_path):
    jets = toy_jets(101)
    path = write_jets(jets, tmp_path / "j.h5")
    for size in (1, 7, 101, 500):
        assert_equal(Events.concatenate(list(chunks(path, size=size))), jets)
    assert_equal(load(path, start=13, stop=57), jets[13:57])
    pieces = stream(path, size=40)
    assert [len(piece) for piece in pieces] == [len(piece) for piece in pieces] == [40, 40, 21]
    assert "jets with constituents" in describe(path).layout


def test_memory_is_that_of_a_block(tmp_path):
    jets = toy_jets(9000, most=30)
    path = write_jets(jets, tmp_path / "j.h5")

    def pieces():
        for _ in range(4):
            yield jets

    tracemalloc.start()
    write_jet_chunks(pieces(), tmp_path / "much.h5")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * jets.objects.nbytes
    assert len(load(tmp_path / "much.h5")) == 36_000
    assert path.exists()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: f["constituents"].pop("phi"), "phi"),
        (lambda f: f["constituents/offsets"].__setitem__(3, 10_000), "offsets"),
        (lambda f: f["constituents/offsets"].__setitem__(-1, 1), "offsets"),
        (lambda f: f["constituents/pt"].resize(5, axis=0), "numbers in each"),
        (lambda f: f["jets/label"].resize(5, axis=0), "label"),
    ],
)
def test_files_that_do_not_fit_together_are_refused(tmp_path, damage, message):
    path = write_jets(toy_jets(20), tmp_path / "j.h5")
    with h5py.File(path, "r+") as file:
        damage(file)
    with pytest.raises(BadLayout, match=message):
        load(path)


def test_numbers_that_cannot_be_are_refused(tmp_path):
    path = write_jets(toy_jets(20), tmp_path / "j.h5")
    with h5py.File(path, "r+") as file:
        file["constituents/pt"][7] = -1
    with pytest.raises(BadNumbers, match="pt"):
        load(path)


def test_what_is_no_jet_is_refused(tmp_path):
    jets = toy_jets(20)
    particles = Events(np.ones((2, 2, 3)), ("jet1", "jet2"), ("pt", "eta", "phi"))
    with pytest.raises(BadLayout, match="constituent1"):
        write_jets(particles, tmp_path / "j.h5")
    with pytest.raises(BadLayout, match="clustered_jets"):
        check_jets(particles, "here")
    assert check_jets(jets, "here") is jets
    in_mev = replace(jets, objects=jets.objects * np.array([1000, 1, 1], np.float32))
    with pytest.raises(BadNumbers, match="GeV"):
        check_jets(in_mev, "here")
    with pytest.raises(BadLayout, match="got none"):
        write_jets(jets[:0], tmp_path / "j.h5")
    with pytest.raises(BadLayout, match="columns of the first"):
        write_jet_chunks([jets, toy_jets(20, columns=False)], tmp_path / "j.h5")
    with pytest.raises(BadValue, match=r"\.h5"):
        write_jets(jets, tmp_path / "j.parquet")
    assert not list(tmp_path.iterdir())


def test_jets_are_in_order_and_relative():
    constituents = Particles.polar(
        [1.0, 5.0, 0.0, 2.0, 3.0], [1.0, 1.2, 9.0, -0.5, 0.5], [3.1, -3.1, 0.0, 0.0, 0.2], [0, 3, 5]
    )
    jets = jet_events(relative_to(constituents, [1.1, 0.0], [3.14, 0.1]), 3)
    np.testing.assert_array_equal(jets.mask, [[True, True, False]] * 2)
    wanted = [[5, 0.1, 2 * np.pi - 6.24], [1, -0.1, -0.04], [0, 0, 0]]
    np.testing.assert_allclose(jets.objects[0], wanted, atol=1e-6)
    np.testing.assert_allclose(jets.objects[1, :2], [[3, 0.5, 0.1], [2, -0.5, -0.1]], atol=1e-6)
    np.testing.assert_array_equal(jets.column("n_constituents"), [2, 2])
    with pytest.raises(BadNumbers, match="pt"):
        jet_events(Particles.polar([-1.0], [0.0], [0.0], [0, 1]))
    with pytest.raises(BadLayout, match="eta of the jets"):
        relative_to(constituents, [1.0], [1.0, 2.0])
