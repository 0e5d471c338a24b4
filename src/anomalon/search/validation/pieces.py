"""The pieces of a validation: the search of one data set without signal, or of a window of it."""

from dataclasses import dataclass, replace
from math import nan
from typing import Any

from anomalon.core import config
from anomalon.core.errors import AnomalonError, MissingExtra
from anomalon.core.sample import Sample
from anomalon.core.seed import Seed
from anomalon.core.window import Window
from anomalon.search.events.non_closure import OWN_CUT
from anomalon.search.events.scan import Search
from anomalon.search.results.cut import CutResult
from anomalon.search.results.scan import Scan
from anomalon.search.results.window import WindowResult
from anomalon.search.validation.prepared import Prepared

__all__ = ["Found", "SearchPiece", "Shared"]

# Below so many expected events (n - b)/sigma is far from normal; the significance is not.
_FEW = 25.0

Row = tuple[int, list[str], float, float, float, float, float, str]
"""Window, features, efficiency, n, expected, sigma, pull, why there is none."""


@dataclass(frozen=True, eq=False)
class Shared:
    """What all pieces need.

    Args:
        search: What is validated.
        simulation: What it uses beside the data.
        samples: Those without signal.
        seeds: Their roots of random numbers.
    """

    search: Search
    simulation: Sample | None
    samples: tuple[Prepared, ...]
    seeds: tuple[Seed, ...]


@dataclass(frozen=True)
class Found:
    """One place in one data set: what became of the count.

    Args:
        window: Number of the window.
        features: What selects; () without a cut.
        efficiency: Background efficiency.
        n, expected, sigma: In events.
        pull: (n - expected)/sigma; the significance of the search where that of a peak is claimed.
        why: Why there is no pull, or "".
    """

    window: int
    features: tuple[str, ...]
    efficiency: float
    n: float
    expected: float
    sigma: float
    pull: float
    why: str

    @classmethod
    def of(cls, row: Any) -> "Found":
        """From the value of a piece."""
        window, features, *rest = row
        return cls(int(window), tuple(features), *rest)


@dataclass(frozen=True)
class SearchPiece:
    """The search of one data set, in some windows."""

    of: str  # digest of the search and what it uses
    key_of_sample: str
    sample: int
    number: int  # of the data set
    windows: tuple[int, ...]
    title: str

    @property
    def key(self) -> str:
        """What its value is stored under."""
        return config.digest(self.of, self.key_of_sample, self.number, self.windows)

    @property
    def what(self) -> str:
        """As people read it."""
        return self.title

    def __call__(self, shared: Shared) -> list[Row]:
        """What was found at each place."""
        seed = shared.seeds[self.sample]
        sample = shared.samples[self.sample].data_set(self.number, seed)
        seed = seed.child("search", number=self.number)
        rows: list[Row] = []
        for i in self.windows:
            window = shared.search.windows[i]
            try:
                scan = _searched(shared, window, sample, seed)
            except MissingExtra:
                raise
            except AnomalonError as error:  # in one window, of one data set
                rows.append((i, [], 1.0, nan, nan, nan, nan, str(error)))
                continue
            for result in scan.windows:
                rows += [_row(i, result, cut) for cut in result.cuts]
        return rows


def _searched(shared: Shared, window: Window, sample: Sample, seed: Seed) -> Scan:
    search = replace(shared.search, windows=(window,), n_toys=0, validation=None)
    return search.run(sample, shared.simulation, seed=seed)


def _row(i: int, result: WindowResult, cut: CutResult) -> Row:
    features = list(result.features) if cut.efficiency < 1 else []
    efficiency = OWN_CUT if result.by == "cut" and cut.efficiency < 1 else cut.efficiency
    place = (i, features, efficiency)
    if not cut.ok:
        return (*place, nan, nan, nan, nan, cut.why or cut.fit.why)
    sigma = cut.sigma.total
    if not (cut.expected > 0 and sigma > 0):
        why = f"{cut.expected:g} events are expected, ± {sigma:g}"
        return (*place, cut.n, cut.expected, sigma, nan, why)
    few = cut.expected_effective < _FEW
    pull = cut.z_local if few or cut.fit.peak is not None else (cut.n - cut.expected) / sigma
    return (*place, cut.n, cut.expected, sigma, pull, "")
