import pytest

from anomalon.core.atomic import write_atomically, write_text_atomically


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
