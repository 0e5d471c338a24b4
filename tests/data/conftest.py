"""Files as others write them: pandas frames (without pandas), and the folder of real data."""

import os
import pickle
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from event_files import write_fixed_frame


@pytest.fixture(scope="session")
def real() -> Callable[[str], Path]:
    """Path of a real file in $ANOMALON_DATA; skips without it."""
    folder = os.environ.get("ANOMALON_DATA")

    def path(name: str) -> Path:
        if not folder:
            pytest.skip("ANOMALON_DATA is not set: no real data to read")
        found = Path(folder) / name
        if not found.exists():
            pytest.skip(f"{found} is not there")
        return found

    return path


@pytest.fixture
def fixed_frame() -> Callable[..., Path]:
    """Write a DataFrame as `to_hdf(format="fixed")` does, one block per dtype."""

    return write_fixed_frame


@pytest.fixture
def table_frame() -> Callable[..., Path]:
    """Write a DataFrame of floats as `to_hdf(format="table")` does."""

    def write(path: Path, columns: dict, protocol: int = 0) -> Path:
        values = np.stack(list(columns.values()), axis=1)
        dtype = [("index", "i8"), ("values_block_0", "f8", values.shape[1:])]
        rows = np.zeros(len(values), dtype=dtype)
        rows["values_block_0"] = values
        with h5py.File(path, "w") as file:
            group = file.create_group("df")
            group.attrs["pandas_type"] = np.bytes_("frame_table")
            group["table"] = rows
            names = pickle.dumps(list(columns), protocol=protocol)
            group["table"].attrs["values_block_0_kind"] = (
                np.void(names) if protocol else np.bytes_(names)
            )
        return path

    return write


@pytest.fixture
def particles() -> Callable[..., np.ndarray]:
    """Raw LHC Olympics rows, shape (event, 2100): pt, eta, phi of 700 slots, padded with zeros."""

    def make(n: int, seed: int = 3, filled: int = 40) -> np.ndarray:
        rng = np.random.default_rng(seed)
        table = np.zeros((n, 700, 3))
        table[:, :filled, 0] = 1 + rng.exponential(50, (n, filled))
        table[:, :filled, 1] = rng.normal(0, 1, (n, filled))
        table[:, :filled, 2] = rng.uniform(-np.pi, np.pi, (n, filled))
        return table.reshape(n, 2100)

    return make


@pytest.fixture
def raw_file(tmp_path, fixed_frame, particles) -> Callable[..., Path]:
    """A raw LHC Olympics file with a label column of the given values, or none."""

    def make(n: int = 7, label: object = None, **options) -> Path:
        columns = dict(enumerate(particles(n, **options).T))
        if label is not None:
            columns[2100] = np.asarray(label)
        return fixed_frame(tmp_path / "raw.h5", columns)

    return make
