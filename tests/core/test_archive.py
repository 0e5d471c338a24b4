"""Archives of arrays, and what is none."""

import io
import pickle

import numpy as np
import pytest

from anomalon.core.archive import NoArchive, arrays_of


def test_all_arrays_come_back_from_a_path_and_a_stream(tmp_path):
    given = {"a": np.arange(3), "b/c": np.array([[True]])}
    np.savez(tmp_path / "a.npz", **given)
    stream = io.BytesIO((tmp_path / "a.npz").read_bytes())
    for source in (tmp_path / "a.npz", str(tmp_path / "a.npz"), stream):
        found = arrays_of(source)
        assert list(found) == list(given)
        for name, array in given.items():
            np.testing.assert_array_equal(found[name], array)
    assert not stream.closed


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"hello", "another kind"),
        (b"", "another kind"),
        (pickle.dumps({"a": 1}), "another kind"),
    ],
)
def test_other_files_are_named_without_advice(tmp_path, content, said):
    path = tmp_path / "a.npz"
    path.write_bytes(content)
    with pytest.raises(NoArchive, match=said) as refused:
        arrays_of(path)
    assert "pickle" not in str(refused.value)


def test_arrays_of_objects_and_single_arrays_are_none(tmp_path):
    np.savez(tmp_path / "objects.npz", a=np.array([{}], dtype=object))
    with pytest.raises(NoArchive, match="another kind"):
        arrays_of(tmp_path / "objects.npz")
    np.save(tmp_path / "a.npy", np.zeros(3))
    with pytest.raises(NoArchive, match="a single array"):
        arrays_of(tmp_path / "a.npy")
