"""The smooth background of a search in a histogram: families, and how a function is chosen."""

from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.config import lookup
from anomalon.core.errors import BadValue
from anomalon.stats import SHAPES, Envelope, Fit, Shape, Spectrum, choose_order
from anomalon.stats.fits import choose_orders
from anomalon.stats.fits.envelope import BEYOND, fit_envelope
from anomalon.stats.fits.order import NestedTest, Test

__all__ = ["ALTERNATIVES", "Choice", "SmoothBackground"]

Floats = NDArray[np.floating[Any]]

Choice = Literal["profile", "test"]
"""The function is a nuisance parameter, or chosen by a test and then taken for known."""

ALTERNATIVES = ("dijet", "diphoton", "exponential", "ua2")
"""Families that may be right as well as the one that is asked for."""


@dataclass(frozen=True)
class SmoothBackground:
    """The smooth background that is fitted to a spectrum.

    Args:
        shape: Family of functions, a name in `anomalon.stats.SHAPES`.
        n_min, n_max: Numbers of parameters, normalisation included, that come into question; equal
            to fix it. A family that has fewer ends at its own largest number.
        alpha: The next parameter is taken if the p-value of the test is below this.
        sqrt_s: Centre-of-mass energy in GeV, for families that need it.
        test: What chooses the number of parameters where one is chosen: "f" or "likelihood_ratio".
            Where most bins expect less than one event the F-test takes parameters too easily.
        choice: For limits: "profile" takes families and numbers of parameters as a nuisance
            (`anomalon.stats.fits.envelope`), "test" the one that the test chooses as known.
        alternatives: With "profile", the families that are profiled beside `shape`.

    Raises:
        BadValue: If not 1 <= n_min <= n_max, or a choice is none of those.
        UnknownKey: If there is no such family or test.
    """

    shape: str = "dijet"
    n_min: int = 2
    n_max: int = 4
    alpha: float = 0.05
    sqrt_s: float = 13_000.0
    test: Test = "f"
    choice: Choice = "profile"
    alternatives: tuple[str, ...] = ALTERNATIVES

    def __post_init__(self) -> None:
        names = check.several(self.alternatives, "background: alternatives")
        names = tuple(check.text(name, "background: alternatives") for name in names)
        object.__setattr__(self, "alternatives", names)
        check.fields(
            self,
            "background",
            shape=str,
            n_min=(1, check.MOST),
            n_max=(1, check.MOST),
            alpha="(0, 1)",
            sqrt_s="(0, inf)",
        )
        if not 1 <= self.n_min <= self.n_max:
            raise BadValue(
                "background: expected numbers of parameters 1 <= n_min <= n_max, got "
                f"{self.n_min} and {self.n_max}."
            )
        for name, kind in (("test", Test), ("choice", Choice)):
            lookup(dict.fromkeys(get_args(kind)), getattr(self, name), f"background: {name}")

    @property
    def cites(self) -> tuple[str, ...]:
        """The papers of the families, and of what is done with them."""
        profiled = self.choice == "profile"
        names = (self.shape, *self.alternatives) if profiled else (self.shape,)
        own = ("Dauncey:2014xga",) if profiled else ()
        return (*own, *(key for name in names for key in SHAPES[name].cites))

    @property
    def family(self) -> Shape:
        """The shape, with one parameter.

        Raises:
            UnknownKey: If there is no such family; the nearest name is suggested.
        """
        return self._family(self.shape)

    def _family(self, name: str) -> Shape:
        cls = lookup(SHAPES, name, "background shape")
        has_scale = any(f.name == "sqrt_s" for f in fields(cls))
        shape: Shape = cls(n=1, **({"sqrt_s": self.sqrt_s} if has_scale else {}))
        return shape

    @property
    def orders(self) -> tuple[int, int]:
        """`n_min` and `n_max`, as far as the family goes."""
        return self._orders(self.family)

    def _orders(self, family: Shape) -> tuple[int, int]:
        return min(self.n_min, family.n_most), min(self.n_max, family.n_most)

    @property
    def is_chosen(self) -> bool:
        """Whether the data choose the number of parameters."""
        n_min, n_max = self.orders
        return n_min < n_max

    @property
    def functions(self) -> tuple[Shape, ...]:
        """All functions that come into question: families times numbers of parameters."""
        families = [self._family(name) for name in dict.fromkeys((self.shape, *self.alternatives))]
        return tuple(
            replace(family, n=n)
            for family in families
            for n in range(self._orders(family)[0], self._orders(family)[1] + 1)
        )

    @property
    def nested(self) -> NestedTest:
        """What chooses the number of parameters."""
        return NestedTest(self.test, self.alpha)

    def fit(self, spectrum: Spectrum, mask: NDArray[np.bool_] | None = None) -> Fit:
        """The fit of the family to one spectrum, its order chosen by the test.

        Args:
            spectrum: One spectrum.
            mask: True for the bins that the fit must not see.
        """
        return choose_order(spectrum, self.family, *self.orders, test=self.nested, mask=mask)

    def envelope(
        self,
        spectrum: Spectrum,
        mask: NDArray[np.bool_] | None = None,
        *,
        beyond: float = BEYOND,
    ) -> Envelope:
        """The functions that describe one spectrum, as `choice` says.

        Args:
            spectrum: One spectrum.
            mask: True for the bins that the fits must not see.
            beyond: As for `fit_envelope`.

        Raises:
            TooFewEvents, DidNotConverge: If none can be fitted.
            BadValue: If none is defined on all bins.
        """
        if self.choice == "test":
            return Envelope((self.fit(spectrum, mask),), np.zeros(1))
        return fit_envelope(spectrum, self.functions, mask=mask, beyond=beyond)

    def expectations(self, toys: Spectrum) -> Floats:
        """What `fit` expects in each of many toys, shape (toy, bin), the order chosen in each."""
        return choose_orders(toys, self.family, *self.orders, test=self.nested).expected
