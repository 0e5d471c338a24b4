import pytest

from anomalon.core.atomic import check_writable, write_atomically, write_text_atomically
from anomalon.core.errors import DataError


def test_error_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    write_text_atomically(path, "old")

    def fail():
        with write_atomically(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError("disk full")

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_makes_folders_and_keeps_the_suffix(tmp_path):
    with write_atomically(tmp_path / "new" / "x.parquet") as temporary:
        assert temporary.suffix == ".parquet"
        temporary.write_bytes(b"1")
    assert (tmp_path / "new" / "x.parquet").read_bytes() == b"1"


@pytest.mark.parametrize("check", [check_writable, lambda path: write_text_atomically(path, "")])
def test_a_place_that_cannot_be_written(tmp_path, check):
    (tmp_path / "file").write_text("kept")
    (tmp_path / "folder").mkdir()
    for path, why in (("file/x.json", "file is a file"), ("folder", "it is a folder|directory")):
        with pytest.raises(DataError, match=rf"{path}: cannot be written \(.*({why})"):
            check(tmp_path / path)
    assert (tmp_path / "file").read_text() == "kept"
    assert not list((tmp_path / "folder").iterdir())


def test_asking_leaves_nothing(tmp_path):
    check_writable(tmp_path / "a" / "b" / "x.json")
    assert not list(tmp_path.iterdir())
    (tmp_path / "x.json").write_text("old")
    check_writable(tmp_path / "x.json")
    assert [p.read_text() for p in tmp_path.iterdir()] == ["old"]
