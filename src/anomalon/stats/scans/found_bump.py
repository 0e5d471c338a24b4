"""What a bump hunt finds: the most significant window, and how often background makes one."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.plain import to_plain
from anomalon.core.result import Number
from anomalon.core.shown import Fact, Shown, extent
from anomalon.stats.counts.pseudo_experiments import EmpiricalP
from anomalon.stats.numerics.pvalues import z_from_log_p
from anomalon.stats.scans.windows import Windows
from anomalon.stats.spectra.spectrum import Spectrum

__all__ = ["FoundBump"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False, repr=False)
class FoundBump(Shown):
    """The most significant window of a spectrum.

    Args:
        spectrum: The data.
        expected: Background events in each bin, shape (bin,).
        deficit: Whether deficits were looked for.
        offset: Bins left out at the low end, where there is neither background nor data.
        windows: All windows that were tried; their bins count from `offset`.
        log_p: Logarithm of the local p-value of each window (the tomography), shape (window,).
        best: Index of the most significant window.
        t_toys: Test statistic of each pseudo-experiment, shape (toy,); NaN where its fit failed.
        global_p: How often background alone gives a `t` as large.
    """

    spectrum: Spectrum
    expected: Floats
    deficit: bool
    offset: int
    windows: Windows
    log_p: Floats
    best: int
    t_toys: Floats
    global_p: EmpiricalP

    @property
    def bins(self) -> tuple[int, int]:
        """First bin of the best window, and the one after its last."""
        windows = self.windows
        first, last = int(windows.first[self.best]), int(windows.last[self.best])
        return first + self.offset, last + self.offset

    @property
    def low(self) -> float:
        """Lower edge of the best window in GeV."""
        return float(self.spectrum.edges[self.bins[0]])

    @property
    def high(self) -> float:
        """Upper edge of the best window in GeV."""
        return float(self.spectrum.edges[self.bins[1]])

    @property
    def n_observed(self) -> float:
        """Events seen in the best window."""
        return float(self.spectrum.counts[slice(*self.bins)].sum())

    @property
    def n_expected(self) -> float:
        """Background events expected in the best window."""
        return float(self.expected[slice(*self.bins)].sum())

    @property
    def t(self) -> float:
        """The test statistic: minus the logarithm of the smallest local p-value."""
        return float(0.0 - self.log_p[self.best])

    @property
    def p_local(self) -> float:
        """p-value of the best window alone."""
        return float(np.exp(self.log_p[self.best]))

    @property
    def z_local(self) -> float:
        """Significance of the best window alone."""
        return float(z_from_log_p(self.log_p[self.best]))

    @property
    def n_failed(self) -> int:
        """Pseudo-experiments that could not be fitted, and do not count."""
        return int(np.isnan(self.t_toys).sum())

    @property
    def tomography(self) -> dict[str, Floats]:
        """Every window: `low` and `high` in GeV, `p` and `z`, each of shape (window,)."""
        return self.tomography_of(len(self.windows))

    def tomography_of(self, n: int) -> dict[str, Floats]:
        """The `n` most significant windows, in the order of all; there may be millions."""
        which = np.sort(np.argsort(self.log_p, kind="stable")[:n])
        edges, log_p = self.spectrum.edges, self.log_p[which]
        return {
            "low": edges[self.windows.first[which] + self.offset],
            "high": edges[self.windows.last[which] + self.offset],
            "p": np.exp(log_p),
            "z": z_from_log_p(log_p),
        }

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain lists and numbers, for JSON; `t_toys` has one for each toy."""
        names = ("low", "high", "bins", "n_observed", "n_expected", "p_local", "z_local", "t")
        plain: dict[str, Any] = {name: getattr(self, name) for name in names}
        plain |= {
            "deficit": self.deficit,
            "global": self.global_p.to_dict(),
            "n_windows": len(self.windows),
            "n_failed": self.n_failed,
            "edges": self.spectrum.edges,
            "counts": self.spectrum.counts,
            "expected": self.expected,
            "tomography": self.tomography,
            "t_toys": self.t_toys,
        }
        return dict(to_plain(plain))

    def facts(self) -> tuple[Fact, ...]:
        """What its short form says."""
        return (
            extent("window", [self.low, self.high], "GeV", digits=6),
            Number("observed", self.n_observed, unit="events", digits=6),
            Number("expected", self.n_expected, unit="events", digits=6),
            Number("local p-value", self.p_local, form="p-value"),
            Number("local significance", self.z_local, form="significance"),
            Number("windows", len(self.windows), form="count"),
            Number("global p-value", self.global_p.p, form="p-value"),
            Number("pseudo-experiments", len(self.t_toys), form="count"),
        )

    def __repr__(self) -> str:
        what = "Deficit" if self.deficit else "Excess"
        low, high = self.bins
        return (
            f"{what} in {self.low:g}-{self.high:g} GeV (bins {low}-{high - 1}): "
            f"{self.n_observed:g} events, {self.n_expected:.6g} expected\n"
            f"  local p = {self.p_local:.4g} (Z = {self.z_local:.2f}), "
            f"{len(self.windows)} windows\n"
            f"  global {self.global_p!r} (Z = {self.global_p.z:.2f})"
        )
