"""`Simulation`: a file of simulated events as a job; each detector, trigger or process derives one.

Writing your own: a frozen dataclass with a `kind`, `help`, its settings as fields, and the `recipe`
that they describe. The file, the run folder, the page, its TOML, going on after an interruption,
and executors are there already. Registered (`anomalon.run.job.register`) it is a command; those of
`anomalon simulate` are some lines in `anomalon.cli.simulate`, for options of their own.

```python
@dataclass(frozen=True, kw_only=True)
class JetSimulation(Simulation):
    kind: ClassVar[str] = "simulate jets"
    help: ClassVar[str] = "Simulate single jets."

    jets: JetSelection = JetSelection()

    @property
    def recipe(self):
        return Recipe("jets", ("HardQCD:all = on", ...), label=0, selection=self.jets)
```
"""

from abc import abstractmethod
from dataclasses import dataclass, field
from pathlib import Path

from anomalon.core import Seed, check
from anomalon.core.bibliography import cited
from anomalon.data.event_file import check_name, written
from anomalon.run.job import HERE, Job, Workplace
from anomalon.run.overwriting import refuse_overwriting
from anomalon.run.settings import output
from anomalon.simulate.generate import Generated, make, suffixes
from anomalon.simulate.harvest import Made
from anomalon.simulate.order import CHUNK, Order
from anomalon.simulate.recipe import Mixture, Recipe
from anomalon.simulate.result import Process, SimulationResult

__all__ = ["Simulation"]


@dataclass(frozen=True, kw_only=True)
class Simulation(Job):
    """So many events of a recipe, and the file that they go to.

    The events depend on the recipe, the seed and the size of chunks; more events begin with the
    same. Finished chunks are kept until the file is written.

    Args:
        out: The file to write: Parquet, or what the selection of the recipe writes.
        events: How many accepted events.
        seed: Root of all random numbers.
        compact: Round the mantissas (see `anomalon.simulate.table`), for small files.
        chunk_size: Generated events in a piece of work.
        first_chunk: Where to begin: at the end of another sample, to share no event with it.

    Raises:
        BadValue: If a value is outside what is allowed.
    """

    out: Path = field(metadata=output)
    events: int = 1000
    seed: int = 0
    compact: bool = False
    chunk_size: int = CHUNK
    first_chunk: int = 0

    def __post_init__(self) -> None:
        check.fields(
            self,
            "",
            out=Path,
            events=(1, 1_000_000_000),
            compact=bool,
            chunk_size=(1, 10_000_000),
            first_chunk=(0, check.MOST),
        )
        Seed.of(self.seed)
        check_name(self.out, "out", suffixes(self.recipe))  # what is wrong with it is said at once

    @property
    @abstractmethod
    def recipe(self) -> Recipe | Mixture:
        """What to generate."""

    @property
    def title(self) -> str:
        """What it is called while it runs."""
        return self.recipe.name

    @property
    def order(self) -> Order:
        """Which events."""
        seed = Seed(self.seed)
        return Order(self.recipe, self.events, seed, self.chunk_size, self.first_chunk)

    def run(self, place: Workplace = HERE) -> SimulationResult:
        """Make the events, and write the file.

        Raises:
            DataError: If the file cannot be written.
            TooFewEvents: If the selection accepts (nearly) nothing.
            MissingExtra: If Pythia or FastJet is not installed.
        """
        refuse_overwriting(self.reads(), self.writes())
        made = make(self.order, self.out, place, compact=self.compact)
        seconds = sum(part.tally.seconds for part in made.parts)
        n_generated = sum(part.tally.n_generated for part in made.parts)
        place.say(f"{seconds:.0f} s of work, {1e3 * seconds / n_generated:.3g} ms/event")
        return self.result(made)

    def result(self, made: Generated) -> SimulationResult:
        """What there is to say of a file."""
        first = made.parts[0]
        return SimulationResult(
            variation=first.recipe.variation,
            generator=first.tally.generator,
            seed=self.seed,
            asked=self.events,
            processes=tuple(_process(part) for part in made.parts),
            file=written(self.out),
            citations=cited(*(part.recipe for part in made.parts)),
            missing=tuple(
                recipe.name
                for recipe, share in self.recipe.parts
                if share > 0 and recipe.name not in {part.recipe.name for part in made.parts}
            ),
        )


def _process(made: Made) -> Process:
    recipe, tally = made.recipe, made.tally
    return Process(
        name=recipe.name,
        label=recipe.label,
        mass=recipe.masses[0] if recipe.masses else None,
        n_generated=tally.n_generated,
        n_accepted=tally.n_accepted,
        n_written=made.n_events,
        cross_section=tally.cross_section,
        cross_section_error=tally.cross_section_error,
    )
