import dataclasses
import pickle

import numpy as np
import pytest

from anomalon import Events
from anomalon.core import check
from anomalon.core.errors import BadLayout, BadNumbers, BadValue, ColumnMissing


def make(n=4, **changes):
    values = {
        "objects": np.arange(n * 6, dtype=np.float32).reshape(n, 2, 3),
        "object_names": ("jet1", "jet2"),
        "feature_names": ("pt", "eta", "phi"),
        "columns": {"mjj": np.arange(n) * 100.0},
    } | changes
    return Events(**values)


def test_slices_every_part():
    e = make(label=np.array([0, 1, 0, 1]))[1:3]
    assert len(e) == len(e.mask) == len(e.weight) == len(e.columns["mjj"]) == 2
    np.testing.assert_array_equal(e.label, [1, 0])
    np.testing.assert_array_equal(e.feature("pt")[:, 0], [6, 12])


def test_keeps_float64():
    assert make(objects=np.zeros((4, 2, 3))).objects.dtype == np.float64
    assert make(objects=np.zeros((4, 2, 3), int)).objects.dtype == np.float32


def test_nan_is_allowed_in_empty_slots_only():
    objects = np.zeros((4, 2, 3))
    objects[2, 1] = np.nan
    mask = np.ones((4, 2), bool)
    with pytest.raises(BadNumbers, match=r"'pt'.*1 of 4 rows \(first: 2\)"):
        make(objects=objects)
    mask[2, 1] = False
    assert len(make(objects=objects, mask=mask)) == 4


def test_bad_shapes():
    with pytest.raises(BadLayout, match=r"\(event, 2, 3\).*\(4, 2, 2\)"):
        make(objects=np.zeros((4, 2, 2)))
    with pytest.raises(BadNumbers, match=r"label: expected 0 .* got e\.g\. 3 in 1 of 4"):
        make(label=[0, 1, 3, 0])
    with pytest.raises(BadLayout, match="every name once"):
        make(feature_names=("pt", "eta", "pt"))
    with pytest.raises(BadLayout, match="boolean mask"):
        make(mask=np.ones((4, 2)))
    with pytest.raises(BadLayout, match="column 'mjj'"):
        make(columns={"mjj": np.ones(3)})


def test_unknown_names_suggest():
    with pytest.raises(ColumnMissing, match="did you mean 'mjj'"):
        make().column("mj")
    with pytest.raises(ColumnMissing, match="no object feature"):
        make().feature("mass")


def test_concatenate_refuses_other_columns():
    assert len(Events.concatenate([make(), make()])) == 8
    with pytest.raises(BadLayout, match="columns"):
        Events.concatenate([make(), make(columns={})])


def parts_of(e):
    return {
        "mask": e[e.column("mjj") > 150],
        "slice": e[1:],
        "rows": e[[3, 0]],
        "blind": e.blind(),
        "of_kind": e.of_kind("jet"),
        "concatenate": Events.concatenate([e, e[:1]]),
        "pickle": pickle.loads(pickle.dumps(e)),
    }


@pytest.mark.parametrize("name", parts_of(make()))
def test_what_is_taken_apart_is_what_the_constructor_makes(name):
    part = parts_of(make(label=[0, 1, 0, 1]))[name]
    fields = {f.name: getattr(part, f.name) for f in dataclasses.fields(part)}
    again = Events(**fields)
    for name, value in (fields | dict(part.columns)).items():
        other = part.columns[name] if name in part.columns else getattr(again, name)
        assert type(other) is type(value)
        if isinstance(value, np.ndarray):
            assert not value.flags.writeable
            np.testing.assert_array_equal(other, value)
            assert other.dtype == value.dtype
        elif name != "columns":
            assert other == value


def test_nothing_in_events_can_be_changed():
    e = make(label=[0, 1, 0, 1])
    for array in (e.objects, e.mask, e.weight, e.label, e.column("mjj")):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    with pytest.raises(TypeError):
        e.columns["new"] = np.ones(4)


def test_trusted_parts_skip_the_checks(monkeypatch):
    e, seen = make(), []
    monkeypatch.setattr(check, "finite", lambda values, what: seen.append(what))
    for part in (e[:3], e[[0, 1]], e.blind(), e.of_kind("jet"), Events.concatenate([e, e])):
        assert len(part)
    assert seen == []


def test_slots_know_their_kind():
    names = ("MET", "electron_1", "jet1", "jet2", "cluster3")
    e = make(objects=np.zeros((4, 5, 3)), object_names=names)
    assert e.object_kinds == ("met", "electron", "jet", "jet", "particle")
    assert e.of_kind("jet").object_names == ("jet1", "jet2")
    assert e.of_kind("met", "electron").objects.shape == (4, 2, 3)
    told = make(object_kinds=("muon", "jet"))  # what is told counts, not the name
    assert told.of_kind("muon").object_names == ("jet1",)
    assert told[:2].object_kinds == ("muon", "jet")
    with pytest.raises(BadValue, match="expected one of electron, muon, tau, photon, jet"):
        make(object_kinds=("jet", "jets"))
    with pytest.raises(BadLayout, match="one kind for each of 2 objects"):
        make(object_kinds=("jet",))
    with pytest.raises(BadLayout, match="object_kinds"):
        Events.concatenate([make(), told])


def test_shows_itself_in_little():
    names = tuple(f"particle{i}" for i in range(700))
    many = make(
        objects=np.zeros((4, 700, 3)),
        object_names=names,
        columns={f"<c{i}>": np.arange(4) for i in range(90)} | {"text": np.array(["a"] * 4)},
    )
    assert len(repr(many)) < 300
    page = many._repr_html_()
    assert "&lt;c0&gt;" in page
    assert "<c0>" not in page
    assert "700 particle" in page
    assert len(page) < 3000
    nan = make(columns={"mjj": np.array([np.nan, 1, 2, np.inf]), "no": np.full(4, np.nan)})
    assert "<td>1</td><td>2</td>" in nan._repr_html_()
    assert "<td>-</td><td>-</td>" in nan._repr_html_()
    assert Events(np.zeros((0, 0, 0)), (), ())._repr_html_()
