"""ROOT trees (TTree and RNTuple) with one number per event and branch, read with uproot."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.errors import BadLayout, BadValue, ColumnMissing, suggest
from anomalon.data.source import reading
from anomalon.data.table import Table

__all__ = ["RNTUPLE_TYPES", "RootTable", "branches", "open_root", "open_tree"]

TREES = ("TTree", "ROOT::RNTuple")
_HISTOGRAMS = (
    " Histograms are for `anomalon bump` and `anomalon limit`; in Python, "
    "anomalon.data.read_spectrum reads them."
)
RNTUPLE_TYPES = {
    "bool": "?",
    "float": "f4",
    "double": "f8",
    **{f"std::int{n}_t": f"i{n // 8}" for n in (8, 16, 32, 64)},
    **{f"std::uint{n}_t": f"u{n // 8}" for n in (8, 16, 32, 64)},
}


@dataclass(frozen=True)
class RootTable(Table):
    """The flat branches of one tree."""

    tree: str = ""

    def read(self, names: list[str], start: int, stop: int) -> dict[str, NDArray[Any]]:
        """Some branches of the entries start <= entry < stop."""
        with _open(self.path) as file:
            found = branches(file[self.tree])
            part = {"entry_start": start, "entry_stop": stop, "library": "np"}
            arrays = {name: found[name].array(**part) for name in names}
        return {name: _native(values) for name, values in arrays.items()}


def open_root(path: Path, tree: str | None) -> RootTable:
    """The tree in a ROOT file; `tree` chooses between several.

    Raises:
        BadLayout: If there is no tree.
        BadValue: If there are several and no `tree`.
        ColumnMissing: If there is no tree of that name.
    """
    with _open(path) as file:
        classes = file.classnames(recursive=True, cycle=False)
        trees = sorted(name for name, kind in classes.items() if kind in TREES)
        if tree is not None and tree not in trees:
            raise ColumnMissing(f"{path}: no tree '{tree}'; {suggest(tree, trees)}")
        if not trees:
            raise BadLayout(
                f"{path}: expected a ROOT file with a TTree or RNTuple, got {classes or 'nothing'}."
                + (_HISTOGRAMS if any(c.startswith("TH1") for c in classes.values()) else "")
            )
        if tree is None and len(trees) > 1:
            raise BadValue(f"{path}: several trees: {trees}. Choose one with `tree`.")
        name = tree or trees[0]
        dtypes, unread = _branches(file[name])
        n_rows = int(file[name].num_entries)
    return RootTable(path, f"a ROOT tree '{name}'", n_rows, dtypes, unread, tree=name)


@contextmanager
def open_tree(path: Path, tree: str) -> Iterator[Any]:
    """A tree of a ROOT file, open for reading."""
    with _open(path) as file:
        yield file[tree]


def branches(tree: Any) -> dict[str, Any]:
    """Branches without parts, by name; by their full path where a name occurs twice."""
    if tree.classname == "ROOT::RNTuple":
        return {name: tree[name] for name in tree.keys(recursive=False)}
    leaves = {
        path: b
        for path, b in tree.iteritems(recursive=True, full_paths=True)
        if not len(b.branches)
    }
    often = Counter(b.name for b in leaves.values())
    return {b.name if often[b.name] == 1 else path: b for path, b in leaves.items()}


def _branches(tree: Any) -> tuple[dict[str, np.dtype[Any]], dict[str, str]]:
    from uproot.interpretation.numerical import AsDtype

    dtypes: dict[str, np.dtype[Any]] = {}
    unread: dict[str, str] = {}
    for name, branch in branches(tree).items():
        if tree.classname == "ROOT::RNTuple":
            if branch.typename in RNTUPLE_TYPES:
                dtypes[name] = np.dtype(RNTUPLE_TYPES[branch.typename])
            else:
                unread[name] = branch.typename
            continue
        how = branch.interpretation
        if isinstance(how, AsDtype) and how.inner_shape == () and how.to_dtype.names is None:
            dtypes[name] = how.to_dtype.newbyteorder("=")
        else:
            unread[name] = branch.typename
    return dtypes, unread


def _native(values: NDArray[Any]) -> NDArray[Any]:
    return values.astype(values.dtype.newbyteorder("="), copy=False)


@contextmanager
def _open(path: Path) -> Iterator[Any]:
    import uproot

    with reading(path, "a ROOT file"), uproot.open(path) as file:
        if path.stat().st_size < file.file.fEND:
            raise EOFError(f"it should have {file.file.fEND} bytes, has {path.stat().st_size}")
        yield file
