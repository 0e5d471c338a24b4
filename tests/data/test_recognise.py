"""What is not events says so in one sentence."""

import pytest

from anomalon.core.errors import AnomalonError, DataError
from anomalon.data import load


def test_missing_file(tmp_path):
    with pytest.raises(DataError, match=r"nothing.h5: no such file"):
        load(tmp_path / "nothing.h5")


def test_folder(tmp_path):
    with pytest.raises(DataError, match=r"expected a file, got a folder"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty file"),
        (b"<!DOCTYPE html><html>404</html>", "an HTML page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a Git LFS pointer"),
        (b"\x1f\x8b\x08\x00rest", "a gzip file"),
        (b"PK\x03\x04rest", "a zip or .npz file"),
        (b"%PDF-1.4\x00\x01", "begin none of them"),
        (bytes(range(128, 256)), "begin none of them"),
    ],
)
def test_other_files(tmp_path, content, message):
    path = tmp_path / "events.h5"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        load(path)


@pytest.mark.parametrize("magic", [b"\x89HDF\r\n\x1a\n", b"PAR1", b"root"])
@pytest.mark.parametrize("rest", [b"", b"\x00" * 1000, bytes(range(256)) * 20])
def test_magic_bytes_and_nothing_sensible_behind(tmp_path, magic, rest):
    path = tmp_path / "events"
    path.write_bytes(magic + rest)
    with pytest.raises(DataError, match=r"truncated or damaged|RNTuple, got nothing"):
        load(path)


def test_truncated_real_file(real, tmp_path):
    content = real("lhco/events_anomalydetection_tiny.h5").read_bytes()
    path = tmp_path / "cut.h5"
    path.write_bytes(content[:-1000])
    with pytest.raises(DataError, match=r"truncated or damaged"):
        load(path)


def test_damaged_chunk_of_a_real_file(real, tmp_path):
    content = bytearray(real("lhco/events_anomalydetection_tiny.h5").read_bytes())
    middle = len(content) // 2
    content[middle : middle + 50_000] = bytes(50_000)
    path = tmp_path / "damaged.h5"
    path.write_bytes(content)
    with pytest.raises(AnomalonError):
        load(path)
