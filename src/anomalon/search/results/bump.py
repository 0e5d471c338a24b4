"""What a bump hunt found: plain and frozen, the same in memory and in JSON."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from anomalon.core.result import Number, Result, Summary, Text
from anomalon.core.shown import Fact, Shown, extent
from anomalon.search.results.bump_summary import bump_summary
from anomalon.search.results.closure import SignalClosure
from anomalon.search.results.fitted import SpectrumFit
from anomalon.stats.coverage import PValueUniformity

__all__ = ["BestWindow", "BumpResult", "GlobalSignificance", "NarrowScan", "WindowScan"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class BestWindow:
    """The most significant window of a spectrum, by itself.

    Args:
        low, high: Its edges in GeV.
        n, expected: Events seen and expected in it.
        p_local, z_local: Of this window alone.
        t: Test statistic, -ln p_local.
    """

    low: float
    high: float
    n: float
    expected: float
    p_local: float
    z_local: float
    t: float


@dataclass(frozen=True, eq=False)
class GlobalSignificance:
    """How often background alone has a window as significant anywhere.

    Args:
        p: Share of background-only pseudo-experiments with a window as significant,
            (k + 1)/(n + 1); `low` to `high` is its 68 % interval.
        low, high: See above.
        is_bound: Whether none was as significant, so that more would give less.
        z: The same in standard deviations.
        p_fixed: The same if pseudo-experiments are not fitted anew; None without a fit.
        n, n_failed: Pseudo-experiments, and those that could not be fitted.
        t_edges, t_counts: Histogram of their test statistic, shapes (bin + 1,) and (bin,).
    """

    p: float
    low: float
    high: float
    is_bound: bool
    z: float
    p_fixed: float | None
    n: int
    n_failed: int
    t_edges: Floats
    t_counts: Floats


@dataclass(frozen=True, eq=False, repr=False)
class WindowScan(Shown):
    """The windows that were tried.

    Args:
        n: How many.
        low, high: Edges of the most significant, 10,000 at most, in GeV, shape (window,).
        z: Their significance, shape (window,).
    """

    n: int
    low: Floats
    high: Floats
    z: Floats

    def facts(self) -> tuple[Fact, ...]:
        """What its short form says."""
        return Number("windows", self.n, form="count"), extent("significance", self.z)


@dataclass(frozen=True, eq=False, repr=False)
class NarrowScan(Shown):
    """A scan for a Gaussian resonance of constant relative width.

    Args:
        resolution: Its standard deviation over its mass.
        masses: In GeV, shape (mass,).
        z: Local significance, signed, shape (mass,).
        p_global: Probability of a significance as large at any mass, shape (mass,).
        spurious: Signal found where there is none over its uncertainty, if the truth has one more
            parameter, with the value that the data prefer; empty if there is no such function.
        spurious_error: What one standard deviation of that parameter makes of it. It fluctuates
            around zero where the fit is right.
        trial_factor: Global over local p-value at the best mass; None without an excess.
    """

    resolution: float
    masses: Floats
    z: Floats
    p_global: Floats
    spurious: Floats
    spurious_error: Floats
    trial_factor: float | None

    def facts(self) -> tuple[Fact, ...]:
        """What its short form says."""
        return (
            extent("masses", self.masses, "GeV", digits=6),
            Number("resolution", self.resolution, form="percent"),
            extent("local significance", self.z),
            Number("trial factor", self.trial_factor),
        )

    @property
    def best(self) -> int:
        """Index of the mass with the largest excess."""
        return int(np.nanargmax(self.z))


@dataclass(frozen=True, eq=False, repr=False)
class BumpResult(Shown, Result):
    """A bump hunt: the most significant window of a spectrum, locally and globally.

    Args:
        name: Title that the user gave.
        source: Where the spectrum came from.
        background: "fit", "reference" (a finite sample) or "exact".
        choice_repeated: Whether pseudo-experiments chose their own number of parameters.
        deficit: Whether a deficit was looked for.
        fit: The spectrum and its background.
        window: The most significant window.
        significance: How often background alone has one as significant.
        windows: All that were tried.
        narrow: The scan for a narrow resonance, or None if none was made.
        closure: Are global p-values uniform, if the whole search is repeated in pseudo-experiments?
            None if that was not asked for, or there is no fit.
        signal: What is measured of signals that are injected at the best mass; None without scan.
        seed: Root seed.
        roles: What every part of the source was taken for, a sentence each.
        digest: Of the numbers that were searched.
    """

    kind: ClassVar[str] = "bump"

    name: str
    source: str
    background: str
    choice_repeated: bool
    deficit: bool
    fit: SpectrumFit
    window: BestWindow
    significance: GlobalSignificance
    windows: WindowScan
    narrow: NarrowScan | None
    closure: PValueUniformity | None
    signal: SignalClosure | None
    seed: int
    roles: tuple[str, ...] = ()
    digest: str = ""

    def facts(self) -> tuple[Fact, ...]:
        """What its short form says."""
        told = self.summary()
        return (
            Text("name", self.name),
            Text("result", told.verdict),
            *told.numbers[:7],
            Text("data", self.source),
        )

    def summary(self) -> Summary:
        """What a reader is told of it."""
        return bump_summary(self)
