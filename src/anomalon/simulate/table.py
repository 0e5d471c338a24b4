"""Simulated events as a Parquet file that says how they were made."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from anomalon.core import Events
from anomalon.core.atomic import write_atomically
from anomalon.core.mantissa import round_mantissa
from anomalon.core.provenance import anomalon_version
from anomalon.data.arrow import SAMPLE_METADATA
from anomalon.simulate.recipe import Recipe
from anomalon.simulate.selection import Selection

__all__ = ["EMULATION", "SIMULATE_METADATA", "write_table"]

EMULATION = "emulation: Pythia 8 with a light detector model; not data of an experiment"
"""What every file says of itself."""

SIMULATE_METADATA = b"anomalon.simulate"
"""Key of the schema metadata with recipe, seed, tallies and versions, as JSON."""

# Bits of the mantissa that a compact file keeps: relative errors up to 2^-(bits + 1).
_MASS_BITS = 16
_OTHER_BITS = 12


def write_table(
    events: Events,
    selection: Selection,
    recipe: Recipe,
    about: dict[str, Any],
    path: Path,
    *,
    compact: bool,
) -> None:
    """Write columns and a label to Parquet; `anomalon.load` reads the file without options.

    Args:
        events: What was made.
        selection: Which columns there are of them.
        recipe: What was generated.
        about: What is to be known of the making, ready for JSON.
        path: Where to.
        compact: Keep 16 bits of the mantissa of the mass (relative error below 8e-6) and 12 of the
            other columns (below 1.3e-4); the other bits are zero and cost nothing when compressed.
    """
    columns = selection.columns(events)
    mass, features = selection.mass, selection.features
    kept = {name: _MASS_BITS if name == mass else _OTHER_BITS for name in columns}
    bits = kept if compact else dict.fromkeys(columns, 23)
    if compact:
        columns = {name: round_mantissa(x, bits[name]) for name, x in columns.items()}
    note = {
        "version": 1,
        "source": f"anomalon simulation: {recipe.name}, {recipe.variation}",
        "mass": mass,
        "features": [[name, name] for name in columns if name in features],
        "label": "label",
    }
    made = about | {
        "kind": EMULATION,
        "anomalon": anomalon_version(),
        "mantissa_bits": bits,
        "units": "GeV, radians",
    }
    arrays = {name: pa.array(x.astype(np.float32)) for name, x in columns.items()}
    arrays["label"] = pa.array(np.full(len(events), recipe.label, dtype=np.int8))
    metadata = {
        SAMPLE_METADATA: json.dumps(note).encode(),
        SIMULATE_METADATA: json.dumps(made, sort_keys=True).encode(),
    }
    with write_atomically(path) as temporary:
        pa.parquet.write_table(
            pa.table(arrays, metadata=metadata),
            temporary,
            compression="zstd",
            compression_level=19,
            use_dictionary=["label"],
            use_byte_stream_split=list(columns),
        )
