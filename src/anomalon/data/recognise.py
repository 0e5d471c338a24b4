"""What a file is, decided by what is in it and not by how it is called."""

import codecs
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from anomalon.core import check
from anomalon.core.errors import BadLayout, BadValue, DataError, UnknownKey, suggest
from anomalon.core.folder import no_such_file
from anomalon.data.arrow import open_parquet
from anomalon.data.columns import JET_KEYS, KEYS, TRIGGER_KEYS, read_mapping
from anomalon.data.forty_mhz.level1 import Level1Source
from anomalon.data.forty_mhz.reading import PARTICLES, FortyMhzSource
from anomalon.data.frame import Frame, frame_keys
from anomalon.data.hdf5 import open_hdf5, open_table
from anomalon.data.jets.public import CONSTITUENTS, PublicJetSource
from anomalon.data.jets.ragged import ConstituentSource
from anomalon.data.jets.reading import JetSource
from anomalon.data.jets.recognise import arrays_of_hdf5, jet_arrays, jets_as_told
from anomalon.data.lhco import JetArraySource, LhcoFeatureSource, LhcoRawSource
from anomalon.data.npz import array_in, arrays_in, is_npy
from anomalon.data.root import open_root
from anomalon.data.source import Source
from anomalon.data.table import Table, TableSource
from anomalon.data.text_table import open_csv
from anomalon.data.trigger.flat_reading import (
    FlatSource,
    Hdf5Rows,
    NumpyRows,
    TableRows,
    flat_of,
)
from anomalon.data.trigger.reading import TriggerSource

__all__ = ["OPTIONS", "kind_of", "recognise"]

OPTIONS = (*KEYS, "mapping", "tree", "key", *TRIGGER_KEYS, *JET_KEYS)
"""The options that name parts of a file."""

_ZIP = b"PK\x03\x04"
ELSE_WHAT = {
    b"<!DOCTYPE": "an HTML page (a failed download?)",
    b"<!doctype": "an HTML page (a failed download?)",
    b"<html": "an HTML page (a failed download?)",
    b"version https://git-lfs": "a Git LFS pointer (run `git lfs pull`)",
    b"\x1f\x8b": "a gzip file (unpack it first)",
    _ZIP: "a zip or .npz file without whole arrays (unpack a zip first; fetch a damaged .npz "
    "again; arrays can be passed in Python)",
    b"\x93NUMPY": "a NumPy array without names (arrays can be passed in Python)",
    b"BZh": "a bzip2 file (unpack it first)",
    b"\xfd7zXZ": "an xz file (unpack it first)",
    b"\x28\xb5\x2f\xfd": "a zstd file (unpack it first)",
}
KNOWN = "HDF5, Parquet, ROOT or text with a first line of column names (CSV)"


def recognise(path: str | Path, options: Mapping[str, Any] | None = None) -> Source:
    """The source of events in a file.

    Args:
        path: The file.
        options: Which parts of it to read, by the names in `OPTIONS`.

    Raises:
        DataError: If it is no file, or none that can be read.
        UnknownKey: If there is no such option.
        BadValue: If an option does not go with this kind of file.
    """
    path = Path(path)
    options = _resolved(options or {})
    kind = "npy" if is_npy(path) else kind_of(path)
    columns = {name: options[name] for name in KEYS if name in options}
    if "layout" in options:
        return _flat(path, kind, options)
    for name, of in (("tree", ("ROOT",)), ("key", ("HDF5", "npz"))):
        if name in options and kind not in of:
            raise BadValue(f"{path}: the option `{name}` is for {of[0]} files; this one is {kind}.")
    n_constituents = options.get("n_constituents")
    if n_constituents is not None:
        check.whole(n_constituents, f"{path}: n_constituents", 1, 100_000)
    _refuse_of_a_trigger(path, kind, options)
    if kind in ("npz", "npy"):
        return _arrays(path, kind, options, columns)
    if "particles" in options or (
        "constituents" in options and (kind != "HDF5" or "jet" in options)
    ):
        return jets_as_told(path, kind, options)
    for name in ("jets", "index", "jet"):
        if name in options and kind != "HDF5":
            raise BadValue(f"{path}: the option `{name}` goes with `constituents`; give both.")
    if kind == "HDF5":
        return _hdf5(path, options, columns)
    return TableSource.of(_table(path, kind, options), columns)


def _table(path: Path, kind: str, options: Mapping[str, Any]) -> Table:
    if kind == "Parquet":
        return open_parquet(path)
    return open_root(path, options.get("tree")) if kind == "ROOT" else open_csv(path)


def _flat(path: Path, kind: str, options: dict[str, Any]) -> Source:
    """A flat array in a layout of a trigger."""
    known = ("layout", "level", "saturated", "key", "tree", "weight", "label", "event")
    others = sorted(set(options) - set(known))
    if others:
        raise BadValue(
            f"{path}: the option `{others[0]}` does not go with `layout`, which says what each "
            "number is."
        )
    flat, key = flat_of(options), options.get("key")
    if kind == "npy":
        raise BadValue(f"{path}: `layout` takes an .npz file, whose arrays have names; got .npy.")
    if kind == "npz":
        return FlatSource.of(NumpyRows.of(path, key, arrays_in(path)), flat, options)
    if kind == "HDF5":
        return FlatSource.of(Hdf5Rows.of(path, key), flat, options)
    return FlatSource.of(TableRows.of(_table(path, kind, options), key, flat), flat, options)


def _refuse_of_a_trigger(path: Path, kind: str, options: Mapping[str, Any]) -> None:
    """Refuse `saturated` without `layout`, and `level` where there is none."""
    for name in ("saturated", "level"):
        if name in options and (name == "saturated" or kind != "HDF5"):
            raise BadValue(f"{path}: the option `{name}` goes with `layout`; give both.")


def _resolved(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options with those of the mapping file below them."""
    for name in options:
        if name not in OPTIONS:
            known = (*OPTIONS, "start", "stop")
            raise UnknownKey(f"load: unknown option '{name}'; {suggest(name, known)}")
    given = {name: value for name, value in options.items() if value is not None}
    mapping = given.pop("mapping", None)
    return given if mapping is None else read_mapping(mapping) | given


def kind_of(path: Path, *, any_encoding: bool = False) -> str:
    """ROOT, HDF5, Parquet, npz or text, by what a file begins with.

    Args:
        path: The file.
        any_encoding: Whether text may be in another encoding than UTF-8.

    Raises:
        DataError: If there is no file, or it is none of these.
    """
    try:
        if not path.exists():
            raise no_such_file(path)
        if not path.is_file():
            what = "a folder" if path.is_dir() else "a device or a pipe"
            raise DataError(f"{path}: expected a file, got {what}.")
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error}).") from error
    if not head:
        raise DataError(f"{path}: expected {KNOWN}, got an empty file (0 bytes).")
    if head.startswith(b"\x89HDF\r\n\x1a\n"):
        return "HDF5"
    if head.startswith(b"PAR1"):
        return "Parquet"
    if head.startswith(b"root"):
        return "ROOT"
    if head.startswith(_ZIP) and arrays_in(path):
        return "npz"
    for magic, name in ELSE_WHAT.items():
        if head.startswith(magic):
            raise DataError(f"{path}: expected {KNOWN}, got {name}.")
    if not (_is_any_text(head) if any_encoding else _is_utf8(head)):
        raise DataError(
            f"{path}: expected {KNOWN}, got bytes {head[:8]!r} that begin none of them."
        )
    return "text"


def _is_utf8(head: bytes) -> bool:
    text = head.decode("utf-8", errors="replace")
    return "\0" not in text and "\ufffd" not in text[:-1]


def _is_any_text(head: bytes) -> bool:
    """Whether bytes are text in UTF-8, UTF-16 with its mark, or one byte per character."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)):
        return True
    control = sum(byte < 32 and byte not in b"\t\n\r\f\v" for byte in head)
    foreign = sum(byte > 126 for byte in head)
    return _is_utf8(head) or (control == 0 and foreign < len(head) / 4)


def _arrays(path: Path, kind: str, options: dict[str, Any], columns: dict[str, Any]) -> Source:
    """Level-1 trigger vectors, or jets as an array of constituents."""
    arrays = arrays_in(path) if kind == "npz" else {"": array_in(path)}
    if kind == "npz" and Level1Source.NAME in arrays and "constituents" not in options:
        return Level1Source.recognise(path, columns)
    return jet_arrays(path, kind, arrays, options)


def _hdf5(path: Path, options: dict[str, Any], columns: dict[str, Any]) -> Source:
    source = _hdf5_of(path, options, columns)
    if "level" in options and not isinstance(source, TriggerSource):
        raise BadValue(
            f"{path}: the option `level` is for files with two levels of a trigger; this one holds "
            f"{source.layout}."
        )
    return source


def _hdf5_of(path: Path, options: dict[str, Any], columns: dict[str, Any]) -> Source:
    key = options.get("key")
    with open_hdf5(path) as file:
        if not set(columns) - {"weight", "label", "event"}:
            special = _special(path, file, options)
            if special is not None:
                _refuse_without_constituents(path, special, options)
                return special
        wanted = columns.get("mass")
        table = open_table(path, file, key, [wanted] if isinstance(wanted, str) else [])
    source = TableSource.of(table, columns)
    _refuse_without_constituents(path, source, options)
    return source


_OF_JETS = ("jet", "jets", "index", "n_constituents")


def _refuse_without_constituents(path: Path, source: Source, options: dict[str, Any]) -> None:
    """Refuse options for jets with constituents where there are none."""
    given = [name for name in _OF_JETS if name in options]
    if isinstance(source, ConstituentSource | JetSource):
        given = [name for name in given if name == "jet" and isinstance(source, JetSource)]
    elif isinstance(source, PublicJetSource):
        given = [name for name in given if name in ("jets", "index")]
    if not given:
        return
    if isinstance(source, JetArraySource):
        raise BadLayout(
            f"{path}: `{given[0]}` is for jets with constituents, and this file has none: "
            f"expected lists of them at '{CONSTITUENTS}' beside '{JetArraySource.KEY}', as in "
            "the public files. Without that option its jets are read with their mass and tau_N."
        )
    raise BadLayout(
        f"{path}: `{given[0]}` is for jets with constituents, but the file holds {source.layout}. "
        "Say with `constituents` what they are."
    )


def _special(path: Path, file: Any, options: dict[str, Any]) -> Source | None:
    """One of the published layouts, or jets, if the file has it."""
    key, n_constituents = options.get("key"), options.get("n_constituents")
    if "constituents" in options:
        return jet_arrays(path, "HDF5", arrays_of_hdf5(file), options)
    if {"weight", "label", "event"} & set(options):
        return None
    if key is None or key.strip("/") == PARTICLES:
        events = FortyMhzSource.recognise(path, file)
        if events is not None:
            return events
    if key is None:
        crossings = TriggerSource.recognise(path, file, options.get("level"))
        if crossings is not None:
            return crossings
        public = PublicJetSource.recognise(path, file, options.get("jet"), n_constituents)
        jets = public or JetSource.recognise(path, file, n_constituents)
        if jets is not None:
            return jets
    keys = [key] if key is not None else frame_keys(file)
    if len(keys) == 1 and keys[0].strip("/") in frame_keys(file):
        frame = Frame.of(file[keys[0]])
        return LhcoRawSource.recognise(path, file, frame) or LhcoFeatureSource.recognise(
            path, frame
        )
    return JetArraySource.recognise(path, file) if key is None else None
