"""Toys with injected signals, fitted: does the truth come out?"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core.errors import BadLayout
from anomalon.core.seed import Seed
from anomalon.stats.coverage.covering import Coverage, interval_coverage
from anomalon.stats.coverage.linearity import InjectionLinearity, injection_linearity
from anomalon.stats.coverage.pull import Pulls, pulls
from anomalon.stats.coverage.toys import Outcome
from anomalon.stats.coverage.uniformity import PValueUniformity, p_value_uniformity
from anomalon.stats.fits.signal_fit import fit_signal
from anomalon.stats.numerics.pvalues import p_from_z
from anomalon.stats.spectra.shapes import Shape
from anomalon.stats.spectra.spectrum import Spectrum

__all__ = ["ClosureTest", "Injection", "closure_of", "closure_test"]

Floats = NDArray[np.floating[Any]]
P = ParamSpec("P")
R = TypeVar("R")

Fitter = Callable[[Floats], tuple[Floats, Floats, Floats]]


@dataclass(frozen=True, eq=False)
class ClosureTest(Outcome):
    """What `closure_test` found.

    Args:
        pulls: Of the strength.
        coverage: Of strength +- its uncertainty.
        linearity: None if there are fewer than two strengths.
        uniformity: Of the p-values at a strength of zero; None if it is not among the strengths.
    """

    pulls: Pulls
    coverage: Coverage
    linearity: InjectionLinearity | None
    uniformity: PValueUniformity | None

    @property
    def ok(self) -> bool:
        """Whether all are."""
        parts = (self.pulls, self.coverage, self.linearity, self.uniformity)
        return all(part.ok for part in parts if part is not None)


def _of_counts_and_edges(function: Callable[P, R]) -> Callable[P, R]:
    """Let it take expected counts and edges one by one, as it did, with a warning."""
    names = ("background", "edges", "shape", "signal", "strengths")

    @wraps(function)
    def called(*arguments: P.args, **options: P.kwargs) -> R:
        given: dict[str, Any] = dict(zip(names, arguments, strict=False)) | dict(options)
        if "edges" not in given or len(arguments) + sum(n in options for n in names) < 5:
            return function(*arguments, **options)
        text = f"{function.__name__}: give background and edges as one Spectrum, or as a pair."
        warnings.warn(text, DeprecationWarning, stacklevel=2)
        counts, edges = (np.asarray(given.pop(n), dtype=np.float64) for n in names[:2])
        weight = given.pop("event_weight", None)
        whole = (counts, edges) if weight is None else Spectrum(counts, edges, event_weight=weight)
        return function(**given, background=whole)  # type: ignore[call-arg, arg-type]

    return called


@_of_counts_and_edges
def closure_test(
    background: Any,
    shape: Shape,
    signal: Any,
    strengths: ArrayLike,
    *,
    n_toys: int = 1000,
    seed: Seed | int = 0,
    mask: NDArray[np.bool_] | None = None,
    fit: Fitter | None = None,
) -> ClosureTest:
    """Draw Poisson toys with injected signals, fit them, and see whether the truth comes out.

    Args:
        background: Events expected from background: one `Spectrum`, or what `Spectrum.of` takes,
            as (counts, edges).
        shape: The fitted background.
        signal: One signal, as for `fit_signal`.
        strengths: Signal events to inject, shape (strength,). Zero among them tests the p-values.
        n_toys: Pseudo-experiments for each strength.
        seed: Seed of the toys.
        mask: True for the bins that the fits must not see.
        fit: Another method instead of `fit_signal`: takes counts, shape (toy, bin), and returns
            strengths, their uncertainties and signed significances, shape (toy,) each; `shape` and
            `mask` are then not used.

    Raises:
        BadLayout: If the shapes do not fit.
        TooFewEvents: If fewer than 10 pseudo-experiments at some strength gave a number.

    Example:
        >>> from anomalon.stats import Exponential, Gaussian
        >>> edges = np.linspace(1000, 3000, 21)
        >>> background = Exponential(2).integrate([3.0, -1.0], edges)
        >>> signal = Gaussian(2000.0, 100.0)
        >>> test = closure_test((background, edges), Exponential(2), signal, [0, 100], n_toys=300)
        >>> test.ok, abs(test.linearity.slope - 1) < 0.1
        (True, True)
    """
    strengths = np.atleast_1d(np.asarray(strengths, dtype=np.float64))
    injection = Injection.of(background, shape, signal, mask)
    tables = [injection.tried(float(s), n_toys, seed, fit) for s in strengths]
    return closure_of(strengths, tables)


@dataclass(frozen=True, eq=False)
class Injection:
    """Toys of one background with a signal of any strength: the parts of a closure test.

    Args:
        background: The expected spectrum without signal.
        template: Signal events in each bin for a strength of one, shape (bin,).
        shape: The fitted background.
        mask: True for the bins that the fits must not see; None for none.
    """

    background: Spectrum
    template: Floats
    shape: Shape
    mask: NDArray[np.bool_] | None = None

    @classmethod
    def of(
        cls,
        background: Any,
        shape: Shape,
        signal: Any,
        mask: NDArray[np.bool_] | None = None,
    ) -> "Injection":
        """Arguments and errors are those of `closure_test`."""
        expected = Spectrum.of(background)
        edges = expected.edges
        template = signal.integrate(edges) if hasattr(signal, "integrate") else np.asarray(signal)
        if not expected.counts.shape == np.shape(template) == (len(edges) - 1,):
            raise BadLayout(
                f"closure_test: expected background and signal of shape ({len(edges) - 1},), got "
                f"{expected.counts.shape} and {np.shape(template)}."
            )
        return cls(expected, template, shape, mask)

    def tried(
        self, strength: float, n_toys: int, seed: Seed | int, fit: Fitter | None = None
    ) -> Floats:
        """Strengths, their uncertainties and signed significances in toys, shape (3, toy)."""
        rng = Seed.of(seed).child("closure_test", strength=strength).generator()
        expected = np.maximum(self.background.counts + strength * self.template, 0.0)
        return np.array((fit or self._fit)(self.background.toys(expected, n_toys, rng).counts))

    def _fit(self, counts: Floats) -> tuple[Floats, Floats, Floats]:
        toys = self.background.with_counts(counts)
        found = fit_signal(toys, self.shape, self.template, mask=self.mask, throw=False)
        return found.strength, found.sigma_strength, found.z


def closure_of(strengths: Floats, tables: Sequence[Floats]) -> ClosureTest:
    """The test, from what `Injection.tried` gave for each strength.

    Raises:
        TooFewEvents: If fewer than 10 pseudo-experiments at some strength gave a number.
    """
    estimate, sigma, z = np.array(tables).swapaxes(0, 1)
    null = np.flatnonzero(strengths == 0)
    return ClosureTest(
        pulls=pulls(estimate, sigma, strengths),
        coverage=interval_coverage(estimate - sigma, estimate + sigma, strengths),
        linearity=injection_linearity(strengths, estimate) if np.ptp(strengths) > 0 else None,
        uniformity=p_value_uniformity(p_from_z(z[null[0]])) if len(null) else None,
    )
