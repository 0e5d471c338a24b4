"""From settings and data to data sets without signal."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import config
from anomalon.core.bibliography import cited
from anomalon.core.errors import BadValue, TooFewEvents
from anomalon.core.rounding import percent
from anomalon.core.sample import Sample
from anomalon.core.seed import Seed
from anomalon.features.expression import Expression
from anomalon.learn.density import DensityEstimator
from anomalon.search.events.scan import Search
from anomalon.search.events.selector import columns_of
from anomalon.search.results.validation import ValidatedSample
from anomalon.search.validation.families import generator_for
from anomalon.search.validation.mocks import MockData
from anomalon.search.validation.samples import Control, Resampled, SignalFree, Simulated

__all__ = ["Fixed", "Mocks", "Prepared", "needed_columns", "prepared"]

# Two samples with so many events in common are one.
_THE_SAME = 0.5


@dataclass(frozen=True, eq=False)
class Fixed:
    """One data set that is there.

    Args:
        about: What it is.
        sample: Its events.
    """

    about: ValidatedSample
    sample: Sample

    @property
    def key(self) -> str:
        """All that its events depend on."""
        return self.sample.digest()

    def data_set(self, i: int, seed: Seed) -> Sample:  # noqa: ARG002 - there is only one
        """Its events."""
        return self.sample


@dataclass(frozen=True, eq=False)
class Mocks:
    """Data sets that are drawn; the generator is trained when the first one is asked for.

    Args:
        about: What they are.
        key: All that their events depend on.
        cites: What the generator has published.
        train: Trains the generator.
    """

    about: ValidatedSample
    key: str
    cites: tuple[str, ...]
    train: Callable[[], MockData]

    @cached_property
    def mocks(self) -> MockData:
        """The trained generator."""
        return self.train()

    def data_set(self, i: int, seed: Seed) -> Sample:
        """The i-th data set.

        Args:
            i: Which one.
            seed: Root of the random numbers of this sample.
        """
        return self.mocks.draw(seed.child("mock data", number=i))

    def __getstate__(self) -> dict[str, Any]:
        """Without the generator, which is trained anew where it is needed, to the same numbers."""
        return {name: value for name, value in vars(self).items() if name != "mocks"}


Prepared = Fixed | Mocks


def prepared(
    given: SignalFree, search: Search, data: Sample, simulation: Sample | None, seed: Seed
) -> Prepared:
    """The data sets of a sample.

    Args:
        given: The sample; what it reads from files has been read.
        search: What is validated.
        data: What it searches.
        simulation: What it uses beside the data.
        seed: Root of the random numbers of this sample.

    Raises:
        ColumnMissing: If a column is not there.
        TooFewEvents: If no event passes the cut of a control selection.
        BadValue: If a simulation is that of the search, or a generator is of the family of its
            background method.
    """
    wanted = needed_columns(search, data)
    if isinstance(given, Control):
        return _control(given, data, wanted)
    if isinstance(given, Simulated):
        return _simulated(given, simulation, wanted)
    if isinstance(given, Resampled):
        return _resampled(given, search, data.blind().select(wanted), seed)
    raise BadValue(f"samples: expected a control, a simulation or resampled, got {given!r}.")


def needed_columns(search: Search, data: Sample) -> tuple[str, ...]:
    """All features that a search needs of a sample."""
    names = [name for features in search.features for name in features]
    return tuple(dict.fromkeys((*names, *columns_of(search.score, search.cuts, data.names))))


def _control(given: Control, data: Sample, wanted: tuple[str, ...]) -> Fixed:
    source = data if given.data is None else given.data
    assert isinstance(source, Sample)
    passed = Expression(given.cut, "samples.cut").on(source) == 1
    if not passed.any():
        raise TooFewEvents(f"samples.cut: '{given.cut}': no event of {source.source} passes.")
    sample = source[passed].blind().select(wanted)
    notes: tuple[str, ...] = ()
    shared = _shared(sample, data.select(wanted))
    if shared > 0:
        note = f"{percent(shared)} of its events are among those that are searched: a signal in "
        notes = (f"{note}them would be seen in both.",)
    return Fixed(_about(given, sample, 1, notes), sample)


def _simulated(given: Simulated, simulation: Sample | None, wanted: tuple[str, ...]) -> Fixed:
    assert isinstance(given.data, Sample)
    sample = given.data.blind().select(wanted)
    known = simulation is not None and set(wanted) <= set(simulation.names)
    if simulation is not None and known and _shared(sample, simulation.select(wanted)) > _THE_SAME:
        raise BadValue(
            f"samples: {given.title}: expected another simulation than that of the search, got "
            f"the same events ({sample.source}). A template that was made of them closes on "
            "them whatever it does elsewhere. Take another generator, or other events of it."
        )
    notes = ("its events have different weights.",) if np.ptp(sample.weight) > 0 else ()
    return Fixed(_about(given, sample, 1, notes), sample)


def _resampled(given: Resampled, search: Search, data: Sample, seed: Seed) -> Mocks:
    generator = generator_for(search, given.generator)
    key = config.digest(data.digest(), generator, given.share, search.fit, str(seed))
    n = round(float(data.weight.sum()) ** 2 / float((data.weight**2).sum()))
    note = f"drawn by {generator.kind}, trained on a random {percent(given.share)} of the data; "
    notes = (f"{note}masses from the smooth function that fits the whole spectrum.",)
    about = ValidatedSample(given.title, given.kind, data.source, n, given.n, notes)
    return Mocks(
        about, key, cited(generator), _Training(data, generator, given.share, search, seed)
    )


@dataclass(frozen=True, eq=False)
class _Training:
    data: Sample
    generator: DensityEstimator
    share: float
    search: Search
    seed: Seed

    def __call__(self) -> MockData:
        fit, seed = self.search.fit, self.seed.child("generator")
        return MockData.like(self.data, self.generator, self.share, fit, seed)


def _about(
    given: SignalFree, sample: Sample, n_sets: int, notes: tuple[str, ...]
) -> ValidatedSample:
    return ValidatedSample(given.title, given.kind, sample.source, len(sample), n_sets, notes)


def _shared(one: Sample, other: Sample) -> float:
    """Share of the events of one that are in the other: the same mass and features."""
    found = np.isin(_rows(one), _rows(other))
    return float(found.mean())


def _rows(sample: Sample) -> NDArray[Any]:
    values = np.column_stack([sample.mass, sample.x.astype(np.float64)]) + 0.0  # no minus zero
    return np.ascontiguousarray(values).view(f"V{8 * values.shape[1]}")[:, 0]
