"""Samples into Parquet files that say themselves what their columns mean."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
from numpy.typing import NDArray

from anomalon.core import Sample
from anomalon.core.atomic import write_atomically
from anomalon.core.errors import BadLayout
from anomalon.data.arrow import SAMPLE_METADATA
from anomalon.data.event_file import check_name

__all__ = ["write"]


def write(sample: Sample, path: str | Path) -> Path:
    """Write a sample to a Parquet file, completely or not at all.

    The columns are `mjj` (the mass, if there is one), the features, `weight`, `label` (if there is
    one) and `event`; an underscore is appended to a name that a feature has already. `load`
    restores the same sample, bit by bit.

    Args:
        sample: What to write.
        path: Where to; an older file of that name is replaced.

    Returns:
        The path.

    Raises:
        BadLayout: If the sample is empty.
        BadValue: If the suffix is that of another format.
        DataError: If the file cannot be written.
    """
    path = Path(path)
    check_name(path, "write")
    if len(sample) == 0:
        raise BadLayout(f"{path}: expected events to write, got an empty sample.")
    with write_atomically(path) as temporary:
        pa.parquet.write_table(_table(sample), temporary, compression="zstd")
    return path


def _table(sample: Sample) -> pa.Table:
    roles: dict[str, tuple[str, NDArray[Any]]] = {
        "weight": ("weight", sample.weight),
        "event": ("event", sample.event),
    }
    if sample.has_mass:
        roles = {"mass": ("mjj", sample.mass)} | roles
    if sample.label is not None:
        roles["label"] = ("label", sample.label)
    taken = set(sample.names)
    note: dict[str, object] = {"version": 1, "source": sample.source, "mass": None}
    columns = {}
    for role, (name, values) in roles.items():
        while name in taken:
            name += "_"
        note[role] = name
        columns[name] = pa.array(values)
    features = {name: pa.array(sample.x[:, j]) for j, name in enumerate(sample.names)}
    note["features"] = [[name, name] for name in sample.names]
    mass = {name: columns.pop(name) for name in [note["mass"]] if isinstance(name, str)}
    return pa.table(
        mass | features | columns, metadata={SAMPLE_METADATA: json.dumps(note).encode()}
    )
