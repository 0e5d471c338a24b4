"""BumpHunter: the most significant window of a spectrum, and how often background makes one.

G. Choudalakis, arXiv:1101.0390. The p-value of every window of neighbouring bins is computed, the
smallest is turned into t = -ln p, and pseudo-experiments say how often the background alone gives a
t as large: the global p-value, which accounts for all windows that were tried.

The local p-value of a window is P(N >= n) of a Poisson count (on/off with a `Reference`: Cousins,
Linnemann and Tucker, physics/0702156), exact also for large counts. Windows with a deficit count
with their p-value near or above 1/2, where Choudalakis sets it to 1. Bins at both ends without any
background are left out, as by pyBumpHunter.

The answer is only as honest as the background. Say what it is:

* a `Shape` or a `Fit`: fitted to the same data; the pseudo-experiments are fitted again, with as
  many parameters. A fit whose number of parameters was chosen on the data needs that choice
  repeated: give `refit`;
* a `Reference`: another sample of finite size, which fluctuates as well;
* an array: exact. A reference of the size of the data, passed as exact, gives a global p below 5 %
  in most experiments without any signal (`benchmarks/false_positives.py`).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core import check
from anomalon.core.errors import BadLayout, BadNumbers, BadValue, TooFewEvents
from anomalon.core.renamed import gathered, renamed
from anomalon.core.seed import Seed
from anomalon.stats.counts.pseudo_experiments import (
    block_sizes,
    draw_block,
    empirical_p,
)
from anomalon.stats.fits.fit import Fit, expected_a_shape, fit_spectrum
from anomalon.stats.scans.backgrounds import Background, Counts, Fitted, Known, Reference, Refit
from anomalon.stats.scans.found_bump import FoundBump
from anomalon.stats.scans.scan_kernel import ON_OFF, every_window, smallest_log_p
from anomalon.stats.scans.windows import Widths, Windows
from anomalon.stats.spectra.shapes import Shape
from anomalon.stats.spectra.spectrum import Spectrum

__all__ = ["Hunt", "bump_hunt"]

Floats = NDArray[np.floating[Any]]

MOST_PSEUDO = 10_000_000
"""More pseudo-experiments are a slip of the finger."""


@gathered("widths", Widths, "step")
@renamed(n_pseudo="n_toys")
def bump_hunt(
    spectrum: Any,
    background: Shape | Fit | Reference | ArrayLike,
    *,
    widths: Iterable[int] | Widths | None = None,
    n_toys: int = 10_000,
    refit: bool | Refit = True,
    deficit: bool = False,
    seed: Seed | int = 0,
    tell: Callable[[int], None] | None = None,
) -> FoundBump:
    """Find the most significant window and its global p-value.

    Args:
        spectrum: A `Spectrum` or what `Spectrum.of` takes. Weighted spectra count as scaled
            Poisson, bin by bin.
        background: A `Shape` (fitted here), a `Fit` of this spectrum, a `Reference`, or exact
            expectations, shape (bin,).
        widths: Widths of the windows in bins, every one at every bin; None for 1 to half of the
            bins. `Widths(…, step="half")` for fewer windows.
        n_toys: Number of pseudo-experiments.
        refit: Fit the pseudo-experiments like the data. False compares them with the fit of the
            data, which is conservative: they have not absorbed their fluctuations. A function
            takes the toys and returns their expectations, for whatever was done to the data, as
            `lambda toys: choose_orders(toys, "dijet", 2, 4).expected`.
        deficit: Look for the most significant deficit.
        seed: Of the pseudo-experiments. The first of them do not depend on `n_toys`.
        tell: Called now and then with how many pseudo-experiments are done.

    Raises:
        BadLayout: If shapes do not fit, or the spectrum holds toys.
        BadNumbers: If events were seen in a window where an exact background expects none.
        BadValue: If the background is none of these, or there is not at least one
            pseudo-experiment.
        TooFewEvents: If the background cannot be fitted, or a tenth of the pseudo-experiments
            cannot.
        DidNotConverge: If the background's fit did not converge.

    Example:
        >>> hunt = bump_hunt(
        ...     ([100.0, 102.0, 95.0, 138.0, 99.0], [0, 1, 2, 3, 4, 5]), np.full(5, 100.0), seed=1
        ... )
        >>> hunt.low, hunt.high, round(hunt.p_local, 6), hunt.global_p.p < 0.01
        (3.0, 4.0, 0.000184, True)
    """
    n_toys = check.whole(n_toys, "bump hunt: n_toys", 1, MOST_PSEUDO)
    wide = widths if isinstance(widths, Widths) else Widths(widths)
    hunt = Hunt.of(
        spectrum, background, widths=wide.bins, step=wide.step, refit=refit, deficit=deficit,
        seed=seed,
    )  # fmt: skip
    log_p = hunt.every_log_p()
    t_toys, done = [], 0
    for block, size in enumerate(block_sizes(n_toys)):
        t_toys.append(hunt.t_of_block(block, size))
        done += size
        if tell is not None:
            tell(done)
    return hunt.found(log_p, np.concatenate(t_toys))


@dataclass(frozen=True, eq=False)
class Hunt:
    """A bump hunt in parts: its pseudo-experiments come in blocks, which anybody can do.

    `bump_hunt` does them one after the other. For several processes: `Hunt.of(…)` has what a block
    needs, `found` puts the blocks together.

    Args:
        spectrum: The data.
        model: The background, and what it makes of pseudo-experiments.
        bins: Those where background may be.
        windows: All windows; their bins count from the first of `bins`.
        deficit: Whether deficits are looked for.
        seed: Of the pseudo-experiments.
    """

    spectrum: Spectrum
    model: Background
    bins: slice
    windows: Windows
    deficit: bool
    seed: Seed

    @classmethod
    def of(
        cls,
        spectrum: Any,
        background: Shape | Fit | Reference | ArrayLike,
        *,
        widths: Iterable[int] | None = None,
        step: int | Literal["half", "full"] = 1,
        refit: bool | Refit = True,
        deficit: bool = False,
        seed: Seed | int = 0,
    ) -> "Hunt":
        """Arguments and errors are those of `bump_hunt`."""
        data = Spectrum.of(spectrum)
        if data.counts.ndim != 1:
            raise BadLayout(f"bump hunt: expected one spectrum, got {len(data.counts)} toys.")
        model = _model(data, background, refit=refit, deficit=deficit)
        bins = _bins_with_background(model, model.counts, data.edges)
        windows = Windows.of(bins.stop - bins.start, widths, step)
        return cls(data, model, bins, windows, deficit, Seed.of(seed).child("bump hunt"))

    def every_log_p(self) -> Floats:
        """Logarithm of the local p-value of each window of the data, shape (window,).

        Raises:
            BadNumbers: If events were seen in a window where an exact background expects none.
        """
        k, m, q = _cut(self.model.counts, self.bins)
        log_p: Floats = every_window(self.model.statistic, k[0], m[0], q[0], *self._rows)
        if np.isneginf(log_p.min()):
            raise BadNumbers(_without_background(self.model, self.spectrum))
        return log_p

    def t_of_block(self, block: int, size: int) -> Floats:
        """The test statistic of the pseudo-experiments of one block, shape (toy,)."""
        toys = draw_block(self.model.draw, block, size, self.seed)
        k, m, q = _cut(toys, self.bins)
        return np.asarray(0.0 - smallest_log_p(self.model.statistic, k, m, q, *self._rows)[0])

    @property
    def _rows(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Widths and strides; copies, as what another process was sent is read-only.

        The kernel would be compiled once more for that.
        """
        return self.windows.widths.copy(), self.windows.strides.copy()

    def found(self, log_p: Floats, t_toys: Floats) -> FoundBump:
        """The result.

        Args:
            log_p: From `every_log_p`.
            t_toys: Those of all blocks, in order.

        Raises:
            TooFewEvents: If a tenth of the pseudo-experiments could not be fitted.
        """
        _check_failures(t_toys)
        best = int(log_p.argmin())
        return FoundBump(
            spectrum=self.spectrum,
            expected=self.model.expected,
            deficit=self.deficit,
            offset=self.bins.start,
            windows=self.windows,
            log_p=log_p,
            best=best,
            t_toys=t_toys,
            global_p=empirical_p(0.0 - log_p[best], t_toys),
        )


def _without_background(model: Background, data: Spectrum) -> str:
    """The message for events where none are expected: which bins, and what to do."""
    empty = np.flatnonzero((data.counts > 0) & (np.asarray(model.expected) <= 0))
    named = ", ".join(
        f"{data.edges[k]:g}-{data.edges[k + 1]:g} GeV ({data.counts[k]:g})" for k in empty[:3]
    )
    more = f" and {len(empty) - 3} more bins" if len(empty) > 3 else ""
    return (
        f"bump hunt: events were seen where the background is exactly zero, so that p = 0: {named}"
        f"{more}. Give what is expected there, however little, or the background as a Reference."
    )


def _model(data: Spectrum, background: Any, *, refit: bool | Refit, deficit: bool) -> Background:
    if isinstance(background, Reference):
        return background.against(data, deficit=deficit)
    if isinstance(background, Shape):
        background = fit_spectrum(data, background)
    if isinstance(background, Fit):
        _check_fit(background, data)
        if not refit:
            return Known(data, background.expected, deficit)
        return Fitted(background, deficit, refit if callable(refit) else None)
    try:
        expected = np.asarray(background, dtype=np.float64)
    except (TypeError, ValueError):
        raise BadValue(
            "bump hunt: background: not a fit, not a Reference and no numbers either: "
            + expected_a_shape(background)
        ) from None
    return Known(data, expected, deficit)


def _check_fit(fit: Fit, data: Spectrum) -> None:
    if fit.ok.ndim or not np.array_equal(fit.spectrum.counts, data.counts):
        raise BadLayout(
            "bump hunt: background: expected a fit of this spectrum, got one of other counts. "
            "Give its `expected` if the background is to count as exact."
        )
    if not fit.ok:
        raise TooFewEvents(f"bump hunt: background: the fit has failed: {fit.why}")


def _bins_with_background(model: Background, counts: Counts, edges: Floats) -> slice:
    """From the first to the last bin where background may be.

    Raises:
        BadNumbers: If there is none, or events were seen beyond.
    """
    k, m = counts.k[0], counts.m[0]
    filled = np.flatnonzero(k + m if model.statistic == ON_OFF else m)
    if not len(filled):
        raise BadNumbers("bump hunt: background: expected a bin above zero, got none.")
    bins = slice(int(filled[0]), int(filled[-1]) + 1)
    if model.statistic != ON_OFF and k[: bins.start].sum() + k[bins.stop :].sum() > 0:
        beyond = np.flatnonzero((k > 0) & (m == 0))
        first = f"{edges[beyond[0]]:g}-{edges[beyond[0] + 1]:g} GeV"
        raise BadNumbers(
            f"bump hunt: background: expected a number above zero where events were seen, got 0 "
            f"in {len(beyond)} bins with {k[beyond].sum():g} events, the first at {first}. "
            "Give what is expected there, however small; or the background as a Reference, which "
            "knows its uncertainty; or leave the bins out."
        )
    return bins


def _cut(counts: Counts, bins: slice) -> list[Floats]:
    return [np.ascontiguousarray(part[:, bins]) for part in (counts.k, counts.m, counts.q)]


def _check_failures(t_toys: Floats) -> None:
    failed = int(np.isnan(t_toys).sum())
    if failed > 0.1 * len(t_toys):
        raise TooFewEvents(
            f"bump hunt: {failed} of {len(t_toys)} pseudo-experiments could not be fitted, so that "
            "the others do not stand for all. Use fewer parameters or coarser bins."
        )
