"""One chunk: a fixed number of generated events, which a recipe, a seed and an index determine."""

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Seed
from anomalon.core.atomic import write_atomically
from anomalon.core.errors import DataError
from anomalon.jets import leading_jets
from anomalon.simulate.dijet import COLUMNS, dijet_columns
from anomalon.simulate.pythia import Generator
from anomalon.simulate.recipe import Recipe

__all__ = ["Chunk", "Tally", "make_chunk", "read_chunk", "write_chunk"]


@dataclass(frozen=True)
class Tally:
    """What the making of some events cost and counted.

    Args:
        n_generated: Events that came from the generator (a veto drops others before).
        n_accepted: Events that passed the selection.
        sum_weights: Of the accepted events.
        cross_section: The generator's, after a veto, in pb.
        seconds: Of wall time, in one process.
        generator: Name and version.
    """

    n_generated: int
    n_accepted: int
    sum_weights: float
    cross_section: float
    seconds: float
    generator: str


@dataclass(frozen=True, eq=False)
class Chunk:
    """The accepted events of one chunk: a column of numbers per name in `COLUMNS`."""

    columns: dict[str, NDArray[np.float32]]
    tally: Tally


def make_chunk(recipe: Recipe, seed: Seed, index: int, n_generated: int) -> Chunk:
    """Generate, measure, cluster and select; who does it and when changes nothing.

    Args:
        recipe: What to generate.
        seed: The seed of the whole sample.
        index: Which chunk of it.
        n_generated: How many events to ask the generator for.
    """
    started = time.monotonic()
    seed = seed.child("simulate", recipe=recipe.name, variation=recipe.variation, chunk=index)
    generator = Generator(recipe.settings, seed, recipe.veto)
    smearing = seed.child("detector").generator()
    selection = recipe.selection
    parts: list[dict[str, NDArray[Any]]] = []
    n = 0
    for particles in generator.batches(n_generated):
        seen = recipe.detector.measure(particles, smearing)
        jets = leading_jets(
            seen.px,
            seen.py,
            seen.pz,
            seen.energy,
            seen.offsets,
            radius=selection.radius,
            pt_min=selection.jet_pt_min,
        )
        parts.append(dijet_columns(jets, selection))
        n += len(particles)
    columns = {
        name: np.concatenate([part[name] for part in parts]).astype(np.float32) for name in COLUMNS
    }
    n_accepted = len(columns["mjj"])
    return Chunk(
        columns,
        Tally(
            n_generated=n,
            n_accepted=n_accepted,
            sum_weights=float(n_accepted),
            cross_section=generator.cross_section,
            seconds=time.monotonic() - started,
            generator=f"Pythia {generator.version}",
        ),
    )


def write_chunk(chunk: Chunk, path: Path) -> None:
    """Keep a chunk in a file that is whole or not there."""
    tally = {f"tally_{name}": np.asarray(value) for name, value in asdict(chunk.tally).items()}
    with write_atomically(path) as temporary, temporary.open("wb") as file:
        np.savez(file, allow_pickle=False, **chunk.columns, **tally)


def read_chunk(path: Path) -> Chunk:
    """A chunk that `write_chunk` kept.

    Raises:
        DataError: If the file is no chunk.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            columns = {name: file[name] for name in COLUMNS}
            tally = Tally(**{f: file[f"tally_{f}"].item() for f in Tally.__dataclass_fields__})
    except Exception as error:  # zip files can be wrong in many ways
        raise DataError(
            f"{path}: expected a chunk of simulated events, got something else ({error}). "
            "Delete this file; the chunk is then made again."
        ) from error
    return Chunk(columns, tally)
