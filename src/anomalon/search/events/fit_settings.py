"""`FitSettings`: how the mass spectrum of a search is fitted."""

from dataclasses import dataclass
from typing import get_args

import numpy as np

from anomalon.core import check
from anomalon.core.config import lookup
from anomalon.core.errors import BadValue
from anomalon.core.sample import Sample
from anomalon.search.smooth import ALTERNATIVES, Choice, SmoothBackground
from anomalon.stats import SHAPES, Shape
from anomalon.stats.fits.order import Test

__all__ = ["FitSettings"]

_MOST_BINS = 10_000
_Q0 = "Cowan:2010js"


@dataclass(frozen=True)
class FitSettings:
    """How the mass spectrum is fitted.

    Args:
        shape: Family of functions, a name in `anomalon.stats.SHAPES`.
        n_min, n_max: Orders (numbers of parameters, normalisation included) in question.
        choice: "profile" takes the function as a nuisance, over families and orders
            (`anomalon.stats.fits.envelope`); "test" takes the order of `shape` that a test chooses
            as known, which claims too much where the family is wrong or the order undecided.
        alternatives: With "profile", the families that are profiled beside `shape`.
        test: With "test", "f" or "likelihood_ratio". Where most bins expect less than one event
            the F-test takes parameters too easily.
        alpha: With "test", the next order is taken only if its p-value is below this.
        relative: Fit a selected spectrum as the fitted spectrum before the cut times a polynomial
            in ln(m), with 1 (a flat share of passing events) to `n_max` parameters, 4 at most.
            False: with the families themselves, as before the cut.
        range: (low, high) in GeV; all of the data if None. Start above any trigger turn-on. Wide is
            better than narrow: in a few bins no test has the power to ask for the parameter that
            the spectrum needs (see `benchmarks/fit_range.py`).
        bin_width: Of the mass bins, GeV.
        resolution: Standard deviation of the mass of a narrow resonance, relative to it (0.03: 3 %
            of the mass). A peak of this width, anywhere in the middle half of the window, is fitted
            together with the background to the whole spectrum, so that signal beside the window is
            not taken for background, and counts. None: only the window counts, and the fit does not
            see it.
        sqrt_s: Centre-of-mass energy in GeV, for families in m/sqrt(s).

    Raises:
        UnknownKey: If there is no such family; the nearest name is suggested.
        BadValue: If a value is outside what is allowed.

    Example:
        >>> FitSettings(shape="diphoton", sqrt_s=13_600.0).family
        Diphoton(n=1, sqrt_s=13600.0)
    """

    shape: str = "dijet"
    n_min: int = 1
    n_max: int = 4
    choice: Choice = "profile"
    alternatives: tuple[str, ...] = ALTERNATIVES
    test: Test = "f"
    alpha: float = 0.05
    relative: bool = True
    range: tuple[float, float] | None = None
    bin_width: float = 100.0
    resolution: float | None = None
    sqrt_s: float = 13_000.0

    def __post_init__(self) -> None:
        check.fields(
            self,
            "search.fit",
            shape=str,
            n_min=(1, check.MOST),
            n_max=(1, check.MOST),
            alpha="(0, 1)",
            relative=bool,
            bin_width="(0, inf)",
            sqrt_s="(0, inf)",
        )
        if self.resolution is not None:
            value = check.number(self.resolution, "search.fit.resolution", "(0, 1)")
            object.__setattr__(self, "resolution", value)
        n_most = lookup(SHAPES, self.shape, "search.fit.shape").n_most
        if not 1 <= self.n_min <= self.n_max <= n_most:
            raise BadValue(
                f"search.fit.n_min, search.fit.n_max: expected 1 <= n_min <= n_max <= {n_most}, "
                f"the most that {self.shape} has, got {self.n_min} and {self.n_max}."
            )
        names = check.several(self.alternatives, "search.fit.alternatives")
        names = tuple(check.text(name, "search.fit.alternatives") for name in names)
        object.__setattr__(self, "alternatives", names)
        for i, name in enumerate(self.alternatives):
            lookup(SHAPES, name, f"search.fit.alternatives[{i}]")
        for name, kind in (("choice", Choice), ("test", Test)):
            lookup(dict.fromkeys(get_args(kind)), getattr(self, name), f"search.fit.{name}")
        if self.range is not None:
            ends = check.several(self.range, "search.fit.range")
            if len(ends) != 2:
                raise BadValue(
                    f"search.fit.range: expected two numbers, low and high in GeV, got {len(ends)}."
                )
            low, high = (check.number(end, "search.fit.range", "[0, inf)") for end in ends)
            if not low < high:
                raise BadValue(f"search.fit.range: expected low < high, got {low} and {high}.")
            object.__setattr__(self, "range", (low, high))
            self._check_defined(low, high)

    @property
    def family(self) -> Shape:
        """The family of functions, with one parameter."""
        return self.smooth.family

    @property
    def cites(self) -> tuple[str, ...]:
        """Those of the functions, and of the significance of a peak."""
        return self.smooth.cites if self.resolution is None else (*self.smooth.cites, _Q0)

    @property
    def smooth(self) -> SmoothBackground:
        """The functions that may describe the spectrum before the cut."""
        names = ("shape", "n_min", "n_max", "alpha", "sqrt_s", "test", "choice", "alternatives")
        return SmoothBackground(**{name: getattr(self, name) for name in names})

    def range_in(self, data: Sample) -> tuple[float, float]:
        """The mass range in GeV that is fitted."""
        return self.range or (float(data.mass.min()), float(data.mass.max()))

    def check(self, data: Sample) -> None:
        """Raise `BadValue` if the family is not defined on all of the range, or it has no bins."""
        low, high = self.range_in(data)
        self._check_defined(low, high)
        if (high - low) / self.bin_width > _MOST_BINS:
            raise BadValue(
                f"search.fit.bin_width: expected bins of which at most {_MOST_BINS} fit into the "
                f"{high - low:g} GeV that are fitted, got {self.bin_width:g} GeV."
            )

    def _check_defined(self, low: float, high: float) -> None:
        ends = np.array([low, high])
        try:
            self.family.over(ends).check_range(ends)
        except BadValue as error:
            keys = "Here that is `search.fit.sqrt_s` or `search.fit.range`."
            raise BadValue(f"search.fit: {error} {keys}") from error
