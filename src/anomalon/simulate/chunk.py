"""One chunk: a fixed number of generated events, which a recipe, a seed and an index determine."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Events, Particles, Seed, event_random
from anomalon.simulate.pileup import PileUp
from anomalon.simulate.pythia import Batch, Generator
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
    root, seed = (
        seed,
        seed.child("simulate", recipe=recipe.name, variation=recipe.variation, chunk=index),
    )
    generator = Generator(recipe.settings, seed, recipe.veto, recipe.decays)
    smearing, members = (seed.child(name).generator() for name in ("detector", "stratum"))
    beside = _beside(recipe, root, seed)
    parts: list[Events] = []
    n = 0
    for generated in generator.batches(n_generated):
        batch, first = generated, index * n_generated + n
        if recipe.stratum is not None:
            batch = recipe.stratum.members(batch, members)
        particles, n_others = beside(batch)
        seen = recipe.detector.measure(particles, smearing)
        events = recipe.selection.events(seen, first=first)
        if recipe.matching is not None:
            events = events[recipe.matching.matched(events, batch.partons, first=first)]
        if recipe.process is not None:
            events = _identified(
                events, recipe.process, recipe.splits, root, index, n_others, first
            )
        parts.append(events)
        n += batch.n_generated
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
            cross_section=generator.cross_section / recipe.enhancement,
            cross_section_error=generator.cross_section_error / recipe.enhancement,
            seconds=time.monotonic() - started,
            generator=f"Pythia {generator.version}",
        ),
    )


def _beside(
    recipe: Recipe, root: Seed, seed: Seed
) -> Callable[[Batch], tuple[Particles, NDArray[np.int64]]]:
    """What adds the other collisions of the crossing, and says how many they were."""
    pileup, others = recipe.pileup, seed.child("pileup").generator()
    if pileup is None:
        return lambda batch: (batch.particles, np.zeros(len(batch), np.int64))
    if isinstance(pileup, PileUp):
        return lambda batch: pileup.overlay(batch.particles, root.child("pileup"), others)
    pool, stratum = pileup.made_pool(seed.child("pileup")), recipe.stratum
    return lambda batch: pileup.overlay(
        batch.particles,
        pool,
        others,
        np.full(len(batch), np.inf) if stratum is None else stratum.softer_than(batch),
        own_counts=stratum is not None and stratum.soft,
    )


def _identified(
    events: Events,
    process: int,
    splits: tuple[float, float],
    root: Seed,
    index: int,
    n_others: NDArray[np.int64],
    first: int,
) -> Events:
    """The columns of events that are mixed with those of other processes and seeds.

    An identity has 6 bits of the process, 20 of the seed and 36 of the number. The split is a
    function of the identity, and of the process: an event is on the same side in every file that
    has it.
    """
    number = events.column("event")
    sample = root.child("sample").integer(2**20)
    identity = (np.int64(process) << 56) + (np.int64(sample) << 36) + number.astype(np.int64)
    u = event_random.uniform(identity, Seed(0).child("split"))
    columns = dict(events.columns) | {
        "event": identity,
        "process": np.full(len(events), process, np.int16),
        "run": np.full(len(events), 1 + index, np.int32),
        "n_pv": (1 + n_others[number - first]).astype(np.int16),
        "split": np.searchsorted(splits, u, side="right").astype(np.int8),
    }
    return replace(events, columns=columns)
