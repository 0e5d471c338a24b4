"""One chunk: a fixed number of generated events, which a recipe, a seed and an index determine."""

import time
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np

from anomalon.core import Events, Seed
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
        cross_section_error: Its statistical uncertainty as the generator estimates it, in pb.
        seconds: Of wall time, in one process.
        generator: Name and version.
    """

    n_generated: int
    n_accepted: int
    sum_weights: float
    cross_section: float
    cross_section_error: float
    seconds: float
    generator: str


@dataclass(frozen=True, eq=False)
class Chunk:
    """The accepted events of one chunk (see `Selection.events`), and what they cost."""

    events: Events
    tally: Tally

    def to_dict(self) -> dict[str, Any]:
        """As plain values and arrays, to be stored."""
        events = {f.name: getattr(self.events, f.name) for f in fields(Events)}
        events["columns"] = dict(self.events.columns)
        return {"events": events, "tally": asdict(self.tally)}

    @classmethod
    def of(cls, plain: dict[str, Any]) -> "Chunk":
        """From what `to_dict` gave."""
        return cls(Events(**plain["events"]), Tally(**plain["tally"]))


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
    parts: list[Events] = []
    n = 0
    for batch in generator.batches(n_generated):
        seen = recipe.detector.measure(batch.particles, smearing)
        first = index * n_generated + n
        parts.append(recipe.selection.events(seen, first=first))
        n += len(batch)
    events = Events.concatenate(parts)
    return Chunk(
        replace(
            events,
            label=np.full(len(events), recipe.label, dtype=np.int8),
            source=f"anomalon simulation: {recipe.name}, {recipe.variation}",
        ),
        Tally(
            n_generated=n,
            n_accepted=len(events),
            sum_weights=float(len(events)),
            cross_section=generator.cross_section,
            cross_section_error=generator.cross_section_error,
            seconds=time.monotonic() - started,
            generator=f"Pythia {generator.version}",
        ),
    )
