"""Public data sets onto the disk: whole, checked, and on from where it was."""

import hashlib
import socket
from dataclasses import replace

import numpy as np
import pytest
from forty_mhz_events import forty_mhz_events
from small_zenodo import small_zenodo

from anomalon.core.bibliography import BIBLIOGRAPHY
from anomalon.core.errors import ChecksumMismatch, DataError, UnknownKey
from anomalon.data import download as module
from anomalon.data import load, public
from anomalon.data.download import download
from anomalon.data.forty_mhz import write_forty_mhz
from anomalon.data.public import PUBLIC, public_dataset

NAME = "Ato4l_lepFilter_13TeV_filtered.h5"
N = 300


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Small pieces, no waiting, and data sets of 300 events."""
    monkeypatch.setattr(module, "_WAIT", 0)
    monkeypatch.setattr(module, "_PIECE", 1000)
    monkeypatch.setattr(module, "_MB", 1000)
    small = {name: replace(entry, n_events=N) for name, entry in PUBLIC.items()}
    monkeypatch.setattr(public, "PUBLIC", small)


@pytest.fixture
def data(tmp_path):
    """The bytes of a file of 300 events."""
    return write_forty_mhz(forty_mhz_events(N), tmp_path / "made.h5").read_bytes()


@pytest.fixture
def zenodo(data):
    """A host with the records of signals; that of A is the third."""
    other = {"hToTauTau_13TeV_PU20_filtered.h5": data, "README.md": b"words"}
    with small_zenodo({7152590: other, 7152614: {NAME: data}, 5046389: other}) as host:
        yield host


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "a" / "folder"


def test_whole(zenodo, folder, data):
    told = []
    found = download(
        "adc2021_a", folder, progress=lambda *words: told.append(words), host=zenodo.address
    )
    assert found.to_dict() == {
        "name": "adc2021_a",
        "path": str(folder / NAME),
        "record": 7152614,
        "n_events": N,
        "size": len(data),
        "md5": hashlib.md5(data).hexdigest(),
    }
    assert [path.name for path in folder.iterdir()] == [NAME]
    np.testing.assert_array_equal(load(found.path).objects, forty_mhz_events(N).objects)
    total = len(data) // 1000
    assert [words[1] for words in told] == [total] * len(told)
    assert told[-1][0] == total
    assert len(told) > 10


def test_broken_connections_go_on_where_they_were(zenodo, folder, data):
    zenodo.breaks_after = len(data) // 3 + 1
    download("adc2021_a", folder, host=zenodo.address)
    assert (folder / NAME).read_bytes() == data
    third = len(data) // 3 + 1
    ranges = [wanted for path, wanted in zenodo.asked if path.endswith("content")]
    assert ranges == [None, f"bytes={third}-", f"bytes={2 * third}-"]


def test_another_call_goes_on_where_the_last_one_was(zenodo, folder, data):
    class Stop(Exception):
        pass

    def stop(done, total, what):
        if done > total / 2:
            raise Stop

    with pytest.raises(Stop):
        download("adc2021_a", folder, progress=stop, host=zenodo.address)
    part = folder / (NAME + ".part")
    there = part.stat().st_size
    assert len(data) / 2 < there < len(data)
    assert data.startswith(part.read_bytes())
    download("adc2021_a", folder, host=zenodo.address)
    assert zenodo.asked[-1][1] == f"bytes={there}-"
    assert (folder / NAME).read_bytes() == data
    assert not part.exists()


def test_a_host_that_knows_of_no_parts_begins_again(zenodo, folder, data):
    zenodo.knows_ranges = False
    folder.mkdir(parents=True)
    (folder / (NAME + ".part")).write_bytes(b"?" * 5000)
    download("adc2021_a", folder, host=zenodo.address)
    assert (folder / NAME).read_bytes() == data


def test_a_part_that_is_too_long_is_none(zenodo, folder, data):
    folder.mkdir(parents=True)
    (folder / (NAME + ".part")).write_bytes(data + b"?")
    download("adc2021_a", folder, host=zenodo.address)
    assert (folder / NAME).read_bytes() == data


def test_a_connection_that_brings_nothing_is_given_up(zenodo, folder):
    zenodo.breaks_after = 0
    with pytest.raises(DataError, match=r"expected \d+ bytes from .*, got 0 .* goes on from there"):
        download("adc2021_a", folder, host=zenodo.address)
    assert sum(path.endswith("content") for path, _ in zenodo.asked) == 5


def test_what_is_there_is_checked_and_not_fetched(zenodo, folder, data):
    download("adc2021_a", folder, host=zenodo.address)
    zenodo.asked.clear()
    download("adc2021_a", folder, host=zenodo.address)
    assert not any(path.endswith("content") for path, _ in zenodo.asked)
    (folder / NAME).write_bytes(data[:-1] + b"?")
    with pytest.raises(ChecksumMismatch, match="It is another file: move it away"):
        download("adc2021_a", folder, host=zenodo.address)
    assert (folder / NAME).exists()


def test_a_wrong_checksum(zenodo, folder):
    zenodo.md5 = "0" * 32
    with pytest.raises(ChecksumMismatch, match=r"MD5 sum 0{32} \(record 7152614\), got .* removed"):
        download("adc2021_a", folder, host=zenodo.address)
    assert not list(folder.iterdir())


def test_a_damaged_part_is_found_out(zenodo, folder):
    folder.mkdir(parents=True)
    (folder / (NAME + ".part")).write_bytes(b"?" * 5000)
    with pytest.raises(ChecksumMismatch, match="damaged on the way and is removed: try again"):
        download("adc2021_a", folder, host=zenodo.address)
    download("adc2021_a", folder, host=zenodo.address)


def test_another_number_of_events(zenodo, folder, monkeypatch):
    monkeypatch.setattr(public, "PUBLIC", PUBLIC)
    with pytest.raises(DataError, match=r"expected 55969 events, got 300.*and stays"):
        download("adc2021_a", folder, host=zenodo.address)
    assert (folder / NAME).exists()


def test_no_record_has_the_file(zenodo, folder):
    with pytest.raises(DataError) as caught:
        download("adc2021_lq", folder, host=zenodo.address)
    for words in (
        "record 7152590: hToTauTau_13TeV_PU20_filtered.h5, README.md",
        "record 7152599: GET http://127.0.0.1:",
        "/api/records/7152599: 404",
        f"record 7152614: {NAME}",
        "fetch the file by hand from one of https://zenodo.org/records/7152590",
        'anomalon.data.sample("forty_mhz_lq")',
    ):
        assert words in str(caught.value)


def test_the_only_file_of_the_only_record_needs_no_name(zenodo, folder):
    found = download("adc2021_background", folder, host=zenodo.address)
    assert found.path == str(folder / "hToTauTau_13TeV_PU20_filtered.h5")
    zenodo.records[5046389]["more.h5"] = b"?"
    with pytest.raises(DataError, match="one file with 'background' in its name"):
        download("adc2021_background", folder, host=zenodo.address)


def test_no_such_record(zenodo, folder):
    with pytest.raises(DataError, match=r"record 5072068: GET http.*/api/records/5072068: 404"):
        download("adc2021_black_box", folder, host=zenodo.address)


def test_nobody_answers(folder):
    with socket.socket() as taken:  # bound and not listening: refused
        taken.bind(("127.0.0.1", 0))
        host = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(DataError) as caught:
            download("adc2021_background", folder, host=host)
    message = str(caught.value)
    assert f"{host} cannot be reached (tried GET {host}/api/records/5046389: " in message
    assert "refused" in message
    assert "by hand from https://zenodo.org/records/5046389" in message
    assert "it should have 300 events" in message
    assert "anomalon simulate forty-mhz" in message
    assert not folder.exists()


@pytest.mark.parametrize(
    "record",
    [
        b"<html>",
        b"[]",
        b'{"files": [{"key": "background.h5"}]}',
        b'{"files": [{"key": "background.h5", "size": 3, "checksum": "sha256:0"}]}',
        b'{"files": [{"key": "background.h5", "size": 3, "checksum": "md5:'
        + b"0" * 32
        + b'", "links": {"self": "ftp://host/background.h5"}}]}',
    ],
)
def test_an_answer_that_is_no_record(zenodo, folder, record):
    zenodo.record = lambda number: record
    with pytest.raises(DataError, match="expected a record with files, their sizes and MD5 sums"):
        download("adc2021_background", folder, host=zenodo.address)


def test_a_name_does_not_leave_the_folder(zenodo, folder, data):
    text = zenodo.record(7152614).decode().replace(f'"key": "{NAME}"', f'"key": "../../{NAME}"')
    zenodo.record = lambda number: text.encode()
    assert download("adc2021_a", folder, host=zenodo.address).path == str(folder / NAME)


def test_a_folder_that_cannot_be(zenodo, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written"):
        download("adc2021_a", tmp_path / "file", host=zenodo.address)


def test_unknown_name(folder):
    with pytest.raises(UnknownKey, match="did you mean 'adc2021_lq'"):
        download("adc2021_lk", folder)


def test_the_catalogue():
    counts = {name: entry.n_events for name, entry in PUBLIC.items()}
    assert counts == {  # arXiv:2107.02157
        "adc2021_background": 13_451_915,
        "adc2021_black_box": 4_210_492,
        "adc2021_a": 55_969,
        "adc2021_lq": 340_544,
        "adc2021_h0": 691_283,
        "adc2021_hplus": 760_272,
        **dict.fromkeys(("jets_qcd", "jets_top", "jets_w", "jets_higgs")),  # arXiv:2007.01850
    }
    for name, entry in PUBLIC.items():
        assert set(entry.cites) <= set(BIBLIOGRAPHY)
        assert public_dataset(name).label == {
            "adc2021_background": 0, "adc2021_black_box": None, "jets_qcd": 0,
        }.get(name, 1)  # fmt: skip


def test_a_number_of_events_that_nobody_knows_is_not_asked(folder, data, monkeypatch):
    monkeypatch.setattr(public, "PUBLIC", PUBLIC)
    files = dict.fromkeys(("top_100k_01.h5", "W_100k_01.h5", "h3_m174_h80_100k_01.h5"), data)
    with small_zenodo({4614656: files, 4641460: {"qcd_dijet.h5": data}}) as host:
        found = {
            name: download(name, folder, host=host.address)
            for name in ("jets_qcd", "jets_top", "jets_w", "jets_higgs")
        }
    assert {name: f.n_events for name, f in found.items()} == dict.fromkeys(found, N)
    assert found["jets_w"].path.endswith("W_100k_01.h5")
    with small_zenodo({}) as host, pytest.raises(DataError) as caught:
        download("jets_top", folder, host=host.address)
    assert "simulate jets" in str(caught.value)
    assert "None" not in str(caught.value)
