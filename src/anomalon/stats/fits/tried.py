"""What became of the functions that were tried for a spectrum."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from anomalon.stats.spectra.shapes import Shape

__all__ = ["Judged", "TriedFunction"]

Floats = NDArray[np.floating[Any]]


class Judged(Protocol):
    """A fit of one function, with or without a signal beside it, as what chooses one sees it."""

    @property
    def shape(self) -> Shape:
        """The function."""

    @property
    def n_parameters(self) -> int:
        """Its number of parameters."""

    @property
    def deviance(self) -> Floats:
        """Over the fitted bins."""

    @property
    def ndf(self) -> int:
        """Fitted bins minus all that is free."""

    @property
    def p_value(self) -> Floats:
        """Goodness of fit."""

    @property
    def ok(self) -> NDArray[np.bool_]:
        """Whether there is a result."""


@dataclass(frozen=True)
class TriedFunction:
    """A function that was fitted, and what became of it.

    Args:
        shape: The family, e.g. "dijet" or "relative to dijet 3".
        n_parameters: Its number of parameters.
        deviance, ndf, p_value: Of its fit, as in `Fit`.
        chosen: Whether it is the one that was taken, or the best.
        cost: Where the function is a nuisance parameter: deviance plus one for each parameter, over
            that of the best. None where a test chooses.
        f: Where a test chooses: its statistic against the function before it. None for the first.
        p_f: The p-value of that.
    """

    shape: str
    n_parameters: int
    deviance: float
    ndf: int
    p_value: float
    chosen: bool = False
    cost: float | None = None
    f: float | None = None
    p_f: float | None = None

    @classmethod
    def of(cls, fit: Judged, **more: Any) -> "TriedFunction":
        """What became of the function of this fit; `more` are the fields that the fit lacks."""
        judged = float(fit.deviance), fit.ndf, float(fit.p_value)
        return cls(fit.shape.label, fit.n_parameters, *judged, **more)
