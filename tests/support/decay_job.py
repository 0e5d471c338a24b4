"""A job of its own: the lifetime of a particle, from decays that are drawn piece by piece."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.config import digest
from anomalon.core.result import Check, Column, Number, Part, Result, Summary, Table
from anomalon.core.seed import Seed
from anomalon.report import Drawing, register_result
from anomalon.report.axes import single
from anomalon.report.style import LIGHT, styled
from anomalon.run import work
from anomalon.run.job import HERE, Job, Workplace, register

EDGES = np.linspace(0.0, 10.0, 21)  # ns


@dataclass(frozen=True)
class Clock:
    """What measures the decays: times are smeared by a Gaussian of `resolution` ns."""

    resolution: float = 0.1


@dataclass(frozen=True)
class LifetimeResult(Result):
    """A lifetime, and the decays behind it.

    Args:
        lifetime, error: The mean of the times and its standard deviation, in ns.
        expected: The lifetime that the decays were drawn with.
        counts: Decays between `EDGES`, shape (bin,).
        n: Decays in each piece.
    """

    kind: ClassVar[str] = "lifetime"

    lifetime: float
    error: float
    expected: float
    counts: NDArray[np.integer[Any]]
    n: tuple[int, ...]

    def summary(self) -> Summary:
        """The lifetime, and whether it is the one that was put in."""
        pull = (self.lifetime - self.expected) / self.error
        closes = Check("closure", f"pull {pull:.1f}", "passed" if abs(pull) < 4 else "failed")
        found = Number("lifetime", self.lifetime, self.error, unit="ns")
        pieces = Table(
            "Decays", (Column("piece", form="count"), Column("decays", form="count")),
            tuple((float(i + 1), float(n)) for i, n in enumerate(self.n)),
        )  # fmt: skip
        return Summary(
            kind="lifetime", title="Lifetime", status="done", verdict="Measured",
            headline=f"The lifetime is {found}.",
            numbers=(found, Number("decays", sum(self.n), form="count")),
            ok=closes.passed is True, checks=(closes,),
            parts=(Part("Times", figures=("times",), tables=(pieces,)),),
        )  # fmt: skip


@styled
def times(result: LifetimeResult) -> Figure:
    """The times of all decays."""
    figure, axes = single(5.4, 3.6)
    axes.stairs(result.counts, EDGES, color=LIGHT["blue"])
    axes.set(xlabel="time [ns]", ylabel="decays", yscale="log")
    return figure


def drawings(result: LifetimeResult) -> Iterator[Drawing]:
    """One: the times."""
    words = f"Times of {sum(result.n)} decays."
    yield Drawing("times", "times", words, words, times(result))


@dataclass(frozen=True)
class Piece:
    """Some of the decays; gives (their number, sum and sum of squares of times, histogram)."""

    job: "Lifetime"
    index: int

    @property
    def key(self) -> str:
        """All that its value depends on."""
        return digest("lifetime 1", self.job, self.index)

    @property
    def what(self) -> str:
        """For people."""
        return f"piece {self.index + 1}"

    def __call__(self, shared: Any = None) -> list[Any]:
        """Draw them."""
        rng = Seed(self.job.seed).child("lifetime", piece=self.index).generator()
        t = rng.exponential(self.job.lifetime, self.job.decays)
        t += rng.normal(0.0, self.job.clock.resolution, len(t))
        return [len(t), t.sum(), (t**2).sum(), np.histogram(t, EDGES)[0].tolist()]


@dataclass(frozen=True)
class Lifetime(Job):
    """The lifetime of a particle from simulated decays.

    Args:
        lifetime: In ns.
        decays: In each piece.
        pieces: So many.
        clock: What measures them.
        seed: Root of all random numbers.
    """

    kind: ClassVar[str] = "lifetime"
    help: ClassVar[str] = "Measure the lifetime of a particle."

    lifetime: float
    decays: int = 1000
    pieces: int = 4
    clock: Clock = Clock()
    seed: int = 0

    def __post_init__(self) -> None:
        check.fields(self, "lifetime", lifetime="(0, inf)", decays=(2, 10**6), pieces=(1, 1000))

    def run(self, place: Workplace = HERE) -> LifetimeResult:
        """Draw the decays, and take the mean."""
        pieces = [Piece(self, i) for i in range(self.pieces)]
        where = {"executor": place.executor, "store": place.store, "progress": place.progress}
        n, first, second, counts = zip(*work.do(pieces, **where), strict=True)
        mean = sum(first) / sum(n)
        error = np.sqrt((sum(second) / sum(n) - mean**2) / sum(n))
        return LifetimeResult(mean, float(error), self.lifetime, np.sum(counts, axis=0), n)


register(Lifetime)
register_result(LifetimeResult, drawings)
