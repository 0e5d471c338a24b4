"""Ragged particles: momenta in both coordinates, slices, and the way to padded events and back."""

import dataclasses
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalon.core import Events, Particles
from anomalon.core.errors import BadLayout, BadNumbers, BadValue, ColumnMissing

SIZES = st.lists(st.sampled_from([0, 1, 2, 5]), max_size=6)


def make(sizes=(2, 0, 3, 1), seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    n = sum(sizes)
    columns = {
        "pt": rng.exponential(20, n) + 1,
        "eta": rng.normal(0, 1, n),
        "phi": rng.uniform(-np.pi, np.pi, n),
        "mass": rng.exponential(1, n),
    }
    columns = {name: values.astype(dtype) for name, values in columns.items()}
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return Particles(columns | {"charge": rng.integers(-1, 2, n)}, offsets, "toy")


def same(a, b):
    assert set(a.columns) == set(b.columns)
    np.testing.assert_array_equal(a.offsets, b.offsets)
    for name in a.columns:
        np.testing.assert_array_equal(a.column(name), b.column(name))
        assert a.column(name).dtype == b.column(name).dtype


def test_counts_and_repr():
    p = make()
    assert len(p) == 4
    assert p.n_particles.tolist() == [2, 0, 3, 1]
    assert repr(p).startswith("Particles(4 events, 6 particles, ['pt', 'eta', 'phi', 'mass', 'ch")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_coordinates_stay_as_they_came_and_turn_into_the_others(dtype):
    p = make(dtype=dtype)
    assert p.pt is p.column("pt")
    assert p.pt.dtype == dtype
    q = Particles.cartesian(p.px, p.py, p.pz, p.energy, p.offsets)
    assert q.px.dtype == np.float64
    np.testing.assert_array_equal(q.p4, p.p4)
    for name in ("pt", "eta", "phi", "mass"):
        np.testing.assert_allclose(q.coordinate(name), p.coordinate(name), rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(p.energy**2, p.px**2 + p.py**2 + p.pz**2 + p.mass**2, rtol=1e-6)


def test_without_a_mass_they_have_none():
    p = Particles.polar([3.0, 4.0], [0.0, 1.0], [0.0, 0.5], [0, 2])
    assert p.mass.tolist() == [0.0, 0.0]
    np.testing.assert_allclose(p.energy, [3.0, 4.0 * np.cosh(1.0)])


@settings(deadline=None, max_examples=50)
@given(sizes=SIZES, picks=st.lists(st.integers(0, 5), max_size=5), start=st.integers(0, 6))
def test_slices_are_the_events_one_by_one(sizes, picks, start):
    p = make(sizes)
    picks = [i for i in picks if i < len(sizes)]
    mask = np.arange(len(sizes)) % 2 == 0
    for index, rows in (
        (picks, picks),
        (mask, np.flatnonzero(mask)),
        (slice(start, None), range(start, len(sizes))),
        (slice(None, None, 2), range(0, len(sizes), 2)),
        (slice(None, None, -1), range(len(sizes))[::-1]),
    ):
        part = p[index]
        assert part.n_particles.tolist() == [sizes[i] for i in rows]
        for j, i in enumerate(rows):
            here = slice(p.offsets[i], p.offsets[i + 1])
            there = slice(part.offsets[j], part.offsets[j + 1])
            np.testing.assert_array_equal(part.p4[there], p.p4[here])
            np.testing.assert_array_equal(part.column("charge")[there], p.column("charge")[here])


@settings(deadline=None, max_examples=30)
@given(sizes=SIZES, cut=st.integers(0, 6))
def test_parts_make_the_whole(sizes, cut):
    p = make(sizes)
    same(Particles.concatenate([p[:cut], p[cut:]]), p)


@settings(deadline=None, max_examples=30)
@given(sizes=SIZES, extra=st.integers(0, 2), dtype=st.sampled_from([np.float32, np.float64]))
def test_padded_and_back(sizes, extra, dtype):
    p = make(sizes, dtype=dtype)
    names = ("pt", "eta", "phi", "mass")
    n_slots = max(sizes, default=0) + extra
    events = p.padded(n_slots, features=names, columns={"event": np.arange(len(sizes))})
    assert isinstance(events, Events)
    assert events.objects.shape == (len(sizes), n_slots, 4)
    assert events.objects.dtype == dtype
    assert not events.objects[~events.mask].any()
    back = Particles.of(events)
    same(back, Particles({name: p.column(name) for name in names}, p.offsets, p.source))


def test_padding_that_is_too_narrow_says_what_is_lost():
    events = make().padded(2, kind="jet", features=("pt", "charge"))
    assert events.object_names == ("jet1", "jet2")
    assert events.object_kinds == ("jet", "jet")
    assert events.mask.sum(axis=1).tolist() == [2, 0, 2, 1]
    assert events.source == "toy (1 beyond 2 slots left out)"
    np.testing.assert_array_equal(events.feature("pt")[2], make().pt[2:4])


def test_gaps_between_slots_do_not_matter():
    objects = np.arange(9.0).reshape(1, 3, 3)
    events = Events(
        objects, ("a", "b", "c"), ("pt", "eta", "phi"), mask=np.array([[True, False, True]])
    )
    assert Particles.of(events).pt.tolist() == [0.0, 6.0]


def test_what_is_taken_apart_is_what_the_constructor_makes():
    p = make()
    for part in (p[1:3], p[[2, 0]], Particles.concatenate([p, p]), pickle.loads(pickle.dumps(p))):
        fields = {f.name: getattr(part, f.name) for f in dataclasses.fields(part)}
        same(Particles(**fields), part)
        assert part.offsets.dtype == np.int64
        for array in (part.offsets, *part.columns.values()):
            assert not array.flags.writeable


@pytest.mark.parametrize(
    ("changes", "offsets", "error", "message"),
    [
        ({"pt": [np.nan, 1.0]}, [0, 2], BadNumbers, r"particles: pt: expected finite.*first: 0"),
        ({"eta": [1.0]}, [0, 2], BadLayout, "flat arrays of one length"),
        ({"pt": [[1.0, 2.0]]}, [0, 2], BadLayout, "flat arrays of one length"),
        ({"pt": 1.0}, [0, 2], BadLayout, "flat arrays of one length"),
        ({}, [0, 1], BadLayout, r"number of particles \(2\)"),
        ({}, [0, 3, 2], BadLayout, "rise from 0"),
        ({}, [1, 2], BadLayout, "rise from 0"),
        ({}, [], BadLayout, "rise from 0"),
        ({}, [0.0, 2.0], BadLayout, "integer offsets"),
    ],
)
def test_bad_particles(changes, offsets, error, message):
    columns = {"pt": [1.0, 2.0], "eta": [0.0, 0.0], "phi": [0.0, 1.0]} | changes
    with pytest.raises(error, match=message):
        Particles(columns, offsets)


def test_bad_requests():
    with pytest.raises(BadLayout, match=r"with pt, eta, phi \(and mass\), or with px, py, pz"):
        Particles({"pt": np.ones(2), "eta": np.ones(2)}, [0, 2])
    with pytest.raises(ColumnMissing, match="did you mean 'charge'"):
        make().column("charg")
    with pytest.raises(ColumnMissing, match="no coordinate 'rapidity'"):
        make().padded(features=("pt", "rapidity"))
    with pytest.raises(BadValue, match="jets"):
        make().padded(kind="jets")
    with pytest.raises(BadLayout, match="at least one"):
        Particles.concatenate([])
    with pytest.raises(BadLayout, match="expected columns"):
        Particles.concatenate([make(), Particles.polar([1.0], [0.0], [0.0], [0, 1])])
