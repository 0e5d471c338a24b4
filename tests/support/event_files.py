"""Files of events in every format that is read, as others write them."""

from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import uproot


def write_table(path, columns):
    """Write columns in the format that the suffix says."""
    if path.suffix == ".parquet":
        pq.write_table(pa.table(columns), path, row_group_size=5)
    elif path.suffix == ".root":
        with uproot.recreate(path) as file:
            file.mktree("events", {name: np.asarray(v).dtype for name, v in columns.items()})
            file["events"].extend(columns)
    elif path.suffix == ".rntuple":
        with uproot.recreate(path) as file:
            file.mkrntuple("events", columns)
    elif path.suffix == ".h5":
        with h5py.File(path, "w") as file:
            for name, values in columns.items():
                file[f"tables/events/{name}"] = values
    elif path.suffix == ".compound":
        dtype = [(name, np.asarray(v).dtype) for name, v in columns.items()]
        with h5py.File(path, "w") as file:
            rows = np.array(list(zip(*columns.values(), strict=True)), dtype=dtype)
            file["events"] = rows
    else:
        rows = [
            ",".join(columns),
            *(",".join(map(repr, r)) for r in zip(*map(_plain, columns.values()), strict=True)),
        ]
        text = "\n".join(rows)
        path.write_text(text if path.suffix == ".csv" else text.replace(",", "\t"))
    return path


def _plain(values):
    return np.asarray(values).tolist()


def write_fixed_frame(path: Path, columns: dict, key: str = "df", **datasets) -> Path:
    """Write a DataFrame as `to_hdf(format="fixed")` does, one block per dtype."""
    names = list(columns)
    blocks: dict = {}
    for name, values in columns.items():
        blocks.setdefault(np.asarray(values).dtype.str, []).append(name)
    with h5py.File(path, "a") as file:
        group = file.create_group(key)
        group.attrs["pandas_type"] = np.bytes_("frame")
        group.attrs["nblocks"] = len(blocks)
        group["axis0"] = _items(names)
        group["axis1"] = np.arange(len(columns[names[0]]))
        for b, members in enumerate(blocks.values()):
            group[f"block{b}_items"] = _items(members)
            group[f"block{b}_values"] = np.stack([columns[m] for m in members], axis=1)
        for name, values in datasets.items():
            file[name] = values
    return path


def _items(names: list) -> np.ndarray:
    return np.array([n.encode() if isinstance(n, str) else n for n in names])
