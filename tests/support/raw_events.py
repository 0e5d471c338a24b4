"""Raw particles of toy dijets, in the layout of the LHC Olympics."""

from pathlib import Path

import h5py
import numpy as np


def write_raw(path: Path, n: int = 9) -> Path:
    """Dijets of 60 particles, every second one signal; the last one has a single jet."""
    rng = np.random.default_rng(5)
    table = np.zeros((n, 700, 3))
    for j in range(2):
        part = slice(30 * j, 30 * (j + 1))
        table[:, part, 0] = 1 + rng.exponential(40, (n, 30))
        table[:, part, 1] = rng.normal(0, 0.1, (n, 30))
        table[:, part, 2] = 3 * j + rng.normal(0, 0.05, (n, 30))
    table[n - 1, 30:] = 0
    with h5py.File(path, "w") as file:
        group = file.create_group("df")
        group.attrs["pandas_type"] = np.bytes_("frame")
        group.attrs["nblocks"] = 1
        group["axis0"] = group["block0_items"] = np.arange(2101)
        group["axis1"] = np.arange(n)
        group["block0_values"] = np.column_stack([table.reshape(n, 2100), np.arange(n) % 2])
    return path
