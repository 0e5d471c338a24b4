"""One chunk: a fixed number of generated events, which a recipe, a seed and an index determine."""

import time
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Seed
from anomalon.jets import leading_jets
from anomalon.simulate.dijet import COLUMNS, dijet_columns
from anomalon.simulate.pythia import Generator
from anomalon.simulate.recipe import Recipe

__all__ = ["Chunk", "Tally", "make_chunk"]


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

    def to_dict(self) -> dict[str, Any]:
        """As plain values and arrays, to be stored."""
        return {"columns": self.columns, "tally": asdict(self.tally)}

    @classmethod
    def of(cls, plain: dict[str, Any]) -> "Chunk":
        """From what `to_dict` gave."""
        return cls(plain["columns"], Tally(**plain["tally"]))


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
