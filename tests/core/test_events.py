import numpy as np
import pytest

from anomalon import Events
from anomalon.core.errors import BadLayout, BadNumbers, ColumnMissing


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
