"""Samples of a wanted size, made in chunks: in parallel, resumable, and always the same."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Unpack

import numpy as np

from anomalon.core import Events
from anomalon.core.atomic import check_writable
from anomalon.core.errors import BadValue
from anomalon.data.event_file import TABLE_SUFFIXES, check_name
from anomalon.run import Serial, Store
from anomalon.run.job import Workplace
from anomalon.simulate.chunk import Tally
from anomalon.simulate.harvest import Harvest, Made
from anomalon.simulate.order import Making, Order
from anomalon.simulate.recipe import Mixture, Recipe
from anomalon.simulate.selection import FileSelection
from anomalon.simulate.table import EMULATION, write_table

__all__ = ["Generated", "events", "generate", "make", "suffixes"]


@dataclass(frozen=True)
class Generated:
    """A finished sample.

    Args:
        path: The file.
        n_events: Events in it.
        parts: What they are of; one, unless it is a mixture.
    """

    path: Path
    n_events: int
    parts: tuple[Made, ...]

    @property
    def tally(self) -> Tally:
        """That of a file of one recipe."""
        return self._only.tally

    @property
    def luminosity(self) -> float:
        """That of a file of one recipe, in fb^-1."""
        return self._only.luminosity

    @property
    def n_chunks(self) -> int:
        """That of a file of one recipe."""
        return self._only.n_chunks

    @property
    def acceptance(self) -> float:
        """That of a file of one recipe: accepted over generated events."""
        return self._only.acceptance

    @property
    def _only(self) -> Made:
        if len(self.parts) > 1:
            raise BadValue(
                f"{self.path.name}: expected a file of one recipe, got a mixture of "
                f"{len(self.parts)}. Ask each of its `parts`."
            )
        return self.parts[0]


def generate(
    recipe: Recipe | Mixture,
    n_events: int,
    path: str | Path,
    *,
    compact: bool = False,
    **making: Unpack[Making],
) -> Generated:
    """Generate chunk after chunk until `n_events` are accepted, and write the first `n_events`.

    Finished chunks are kept in a folder beside the file (its name with `.parts`) until the file is
    complete: after an interruption the same call goes on where it was. The events depend on recipe,
    seed and chunk size, not on the executor or on interruptions.

    Args:
        recipe: What to generate.
        n_events: How many accepted events to write.
        path: The file to write; of which format it is, the selection of the recipe decides.
        compact: Round the mantissas (see `anomalon.simulate.table`), for small files.
        **making: `seed`, `executor`, `chunk_size`, `first_chunk` and `progress`: see `Making`.

    Returns:
        What was made.

    Raises:
        BadValue: If a number is out of range, or the suffix of the file that of another format.
        DataError: If the file cannot be written.
        TooFewEvents: If the selection accepts (nearly) nothing.
        MissingExtra: If Pythia or FastJet is not installed.
    """
    path = Path(path)
    store = Store(path.with_name(path.name + ".parts"))
    return make(Order.of(recipe, n_events, making), path, _place(making, store), compact=compact)


def make(order: Order, path: Path, place: Workplace, *, compact: bool = False) -> Generated:
    """Make the file of an order; its chunks leave the store when it is written.

    Args:
        order: Which events.
        path: The file to write.
        place: Who makes them; its progress is told of accepted events.
        compact: Round the mantissas.

    Raises:
        DataError, TooFewEvents, MissingExtra: As `generate`.
    """
    check_name(path, "path", suffixes(order.recipe))
    check_writable(path)
    harvests: list[Harvest] = []
    for part, places in order.parts():
        harvests.append(Harvest(part, places))
        try:
            harvests[-1].bring(place)
        except Exception:
            if not any(chunk.tally.n_accepted for h in harvests for chunk in h.chunks.values()):
                _forget(harvests, place)  # nothing to go on from
            raise
    _write(order, harvests, path, compact=compact)
    _forget(harvests, place)
    return Generated(path, order.n_events, tuple(harvest.made for harvest in harvests))


def suffixes(recipe: Recipe | Mixture) -> tuple[str, ...]:
    """How the name of a file of its events may end."""
    selection = recipe.parts[0][0].selection
    return selection.suffixes if isinstance(selection, FileSelection) else TABLE_SUFFIXES


def _write(order: Order, harvests: "list[Harvest]", path: Path, *, compact: bool) -> None:
    """The file that the selection wants: a table of its columns, or its own."""
    events = _assemble(harvests, order.recipe.name)
    abouts = [harvest.about() for harvest in harvests]
    if isinstance(order.recipe, Recipe):
        about = abouts[0]
    else:
        shares = [share for _, share in order.recipe.parts]
        about = {"mixture": order.recipe.name, "shares": shares, "parts": abouts}
    recipe = harvests[0].part.recipe
    if isinstance(recipe.selection, FileSelection):
        recipes = [harvest.part.recipe for harvest in harvests]
        names = {str(r.process): r.name for r in recipes if r.process is not None}
        about |= {"kind": EMULATION, "process_names": names}
        recipe.selection.write(events, about, path, compact=compact)
    else:
        write_table(events, recipe.selection, recipe, about, path, compact=compact)


def events(recipe: Recipe | Mixture, n_events: int, **making: Unpack[Making]) -> Events:
    """The events of which `generate` writes a table, in memory, with the truth.

    Args:
        recipe: What to generate.
        n_events: How many accepted events.
        **making: `seed`, `executor`, `chunk_size`, `first_chunk` and `progress`: see `Making`.

    Returns:
        Of a recipe of dijets events of two jets of falling pT with pt, eta, phi, mass (GeV,
        radians) and tau1 to tau3, in float64; the column `event` is unique among all chunks of a
        recipe and a seed.

    Raises:
        BadValue: If a number is out of range.
        TooFewEvents: If the selection accepts (nearly) nothing.
        MissingExtra: If Pythia or FastJet is not installed.
    """
    harvests = [Harvest(*part) for part in Order.of(recipe, n_events, making).parts()]
    for harvest in harvests:
        harvest.bring(_place(making, None))
    return _assemble(harvests, recipe.name)


def _place(making: Making, store: Store | None) -> Workplace:
    progress = making.get("progress")
    return Workplace(
        making.get("executor") or Serial(),
        store,
        None if progress is None else lambda done, wanted, _: progress(done, wanted),
    )


def _forget(harvests: list[Harvest], place: Workplace) -> None:
    if place.store is not None:
        for harvest in harvests:
            place.store.forget(harvest.part.piece(index).key for index in harvest.chunks)


def _assemble(harvests: list[Harvest], name: str) -> Events:
    """All events, each at its place."""
    order = np.argsort(np.concatenate([harvest.places for harvest in harvests]))
    events = Events.concatenate([harvest.events for harvest in harvests])
    if len(harvests) == 1:
        return events
    return replace(events[order], source=f"anomalon simulation: {name}")
