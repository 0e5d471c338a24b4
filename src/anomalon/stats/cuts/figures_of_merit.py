"""Figures of merit: what a selection is optimised for, before the data are looked at.

Which one to use: "asimov" for a discovery; "punzi" if the cross-section of the signal is unknown,
for it does not depend on it; the Gaussian ones only with many events. Optimising for a limit is
not optimising for discovery: for Gaussian counts both prefer the same cuts, for Poisson counts
they do not (G. Landsberg, "Searches for New Physics", lectures). So every figure knows its
purpose, and what is optimised says which it was.

A new one: a `FigureOfMerit`, which can be handed to every optimiser; enter it in
`FIGURES_OF_MERIT` to have it by name.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from anomalon.core import check
from anomalon.core.errors import BadLayout, BadValue, TooFewEvents, UnknownKey, suggest
from anomalon.stats.counts.counting import asimov_significance, count_log_p
from anomalon.stats.limits.count_limits import expected_upper_limits
from anomalon.stats.numerics.pvalues import z_from_log_p

__all__ = [
    "FIGURES_OF_MERIT",
    "FigureOfMerit",
    "Optimum",
    "Purpose",
    "figure_of_merit",
    "optimise",
    "punzi",
    "punzi_figure",
    "punzi_minimum_signal",
]

Floats = NDArray[np.floating[Any]]
Purpose = Literal["discovery", "limit"]

WARNING = (
    "Optimised for the best expected limit, which is not optimising for discovery: "
    "with few events the two prefer different selections."
)


@dataclass(frozen=True)
class FigureOfMerit:
    """A number that is larger for a better selection.

    Args:
        name: As in `FIGURES_OF_MERIT`.
        formula: For tables and axes, in s, b and sigma_b.
        source: Paper and equation.
        purpose: "discovery" or "limit": what it is best for.
        function: From (s, b, sigma_b), float64 arrays of one shape, to the figure.
        uses_sigma_b: Whether it heeds the uncertainty of the background.
        bounded: Whether it stays finite for b = 0 < s.
    """

    name: str
    formula: str
    source: str
    purpose: Purpose
    function: Callable[[Floats, Floats, Floats], Floats] = field(repr=False)
    uses_sigma_b: bool = True
    bounded: bool = True

    def __call__(self, s: ArrayLike, b: ArrayLike, sigma_b: ArrayLike = 0.0) -> Floats:
        """The figure for `s` signal events over `b` +- `sigma_b`; 0 for no signal.

        Args:
            s: Signal events expected after the selection, any shape.
            b: Background events expected after the selection.
            sigma_b: Uncertainty of `b`.

        Returns:
            The figures; infinite for b = 0 < s where it is not `bounded`.

        Raises:
            BadLayout: If the shapes do not go together.
            BadValue: If a number is negative, NaN or infinite.
        """
        arrays = check.together(self.name, s=s, b=b, sigma_b=sigma_b)
        for name, array in zip(("s", "b", "sigma_b"), arrays, strict=True):
            good = np.isfinite(array) & (array >= 0)
            if not good.all():
                raise BadValue(
                    f"{self.name}: expected finite {name} >= 0, got {array[~good].ravel()[0]}."
                )
        signal, background, sigma = arrays
        values = np.zeros(signal.shape)
        some = signal > 0
        with np.errstate(divide="ignore"):
            values[some] = self.function(signal[some], background[some], sigma[some])
        return values[()]

    @property
    def warning(self) -> str:
        """A sentence for the report if a limit is the purpose, an empty string if not."""
        return WARNING if self.purpose == "limit" else ""


@dataclass(frozen=True)
class Optimum:
    """The best of several selections.

    Args:
        index: Which one, as in the flattened arrays.
        value: Its figure of merit.
        s: Its signal events.
        b: Its background events.
        figure: Name of the figure of merit.
        purpose: What was optimised for, "discovery" or "limit".
        warning: What a reader must know about that; empty if nothing.
    """

    index: int
    value: float
    s: float
    b: float
    figure: str
    purpose: Purpose
    warning: str


def punzi(efficiency: ArrayLike, b: ArrayLike, a: ArrayLike = 5.0) -> Floats:
    """Punzi's figure of merit, efficiency / (a/2 + sqrt(b)).

    G. Punzi, physics/0308063, eq. 7. It needs no cross-section of the signal: the smallest one
    that can be found is as the inverse of it.

    Args:
        efficiency: Efficiency for the signal, in [0, 1]. For a number of events in proportion to
            it there is `punzi_figure`.
        b: Background events expected.
        a: Standard deviations of the test, above zero: 5 for a discovery.

    Raises:
        BadLayout: If the shapes do not go together.
        BadValue: If an efficiency is not in [0, 1], `b` is negative, `a` is not above zero, or a
            number is not finite.

    Example:
        >>> punzi([0.3, 0.3], [100, 20], 5).round(4), float(punzi(0.3, 20, 3).round(7))
        (array([0.024, 0.043]), 0.0502333)
    """
    efficiency, b, a = check.together("punzi", efficiency=efficiency, b=b, a=a)
    for name, values, good, wanted in (
        ("efficiency", efficiency, (efficiency >= 0) & (efficiency <= 1), "numbers in [0, 1]"),
        ("b", b, np.isfinite(b) & (b >= 0), "finite numbers >= 0"),
        ("a", a, np.isfinite(a) & (a > 0), "finite numbers > 0"),
    ):
        if not good.all():
            raise BadValue(f"punzi: {name}: expected {wanted}, got {values[~good][0]}.")
    return np.asarray(efficiency / (a / 2.0 + np.sqrt(b)))[()]


def punzi_minimum_signal(b: ArrayLike, a: float = 5.0, power: float = 0.9) -> Floats:
    """The signal that is found with `a` standard deviations with a probability of `power`.

    G. Punzi, physics/0308063, eq. 6, for Gaussian counts and with beta standard deviations for
    the power: beta^2/2 + a sqrt(b) + (beta/2) sqrt(beta^2 + 4 a sqrt(b) + 4 b).

    Args:
        b: Background events expected.
        a: Standard deviations of the test.
        power: Probability to find it, in [0.5, 1).

    Raises:
        BadValue: If `b` is negative or NaN, `a` not above zero, or the power not in [0.5, 1).

    Example:
        >>> float(punzi_minimum_signal(100).round(2))
        66.54
    """
    b = np.asarray(b, dtype=np.float64)
    if not (np.all(b >= 0) and a > 0 and 0.5 <= power < 1):
        raise BadValue("punzi_minimum_signal: expected b >= 0, a > 0 and 0.5 <= power < 1.")
    beta = float(special.ndtri(power))
    root = np.sqrt(b)
    rest = beta / 2.0 * np.sqrt(beta**2 + 4.0 * a * root + 4.0 * b)
    return np.asarray(beta**2 / 2.0 + a * root + rest)[()]


def punzi_figure(a: float) -> FigureOfMerit:
    """Punzi's figure of merit for a test of `a` standard deviations; "punzi" has 5."""
    if not a > 0:
        raise BadValue(f"punzi: expected a > 0 standard deviations, got {a}.")
    return FigureOfMerit(
        "punzi",
        f"s / ({a / 2:g} + sqrt(b + sigma_b^2))",
        "G. Punzi, physics/0308063, eq. 7, with the variance of b added to its counts",
        "discovery",
        lambda s, b, sigma: s / (a / 2.0 + np.sqrt(b + sigma**2)),
    )


def _poisson(s: Floats, b: Floats, sigma: Floats) -> Floats:
    return z_from_log_p(np.minimum(count_log_p(s + b, b, sigma), 0.0))


_ALL = (
    FigureOfMerit(
        "asimov",
        "sqrt(2((s + b) ln(1 + s/b) - s)), profiled over sigma_b",
        "Cowan et al., arXiv:1007.1727, eq. 97; Cowan (2012), eq. 20, with sigma_b",
        "discovery",
        asimov_significance,
        bounded=False,
    ),
    FigureOfMerit(
        "poisson",
        "Z of the mid-p-value of s + b events over b +- sigma_b",
        "Cousins, Linnemann and Tucker, physics/0702156, eq. 14, as mid-p",
        "discovery",
        _poisson,
        bounded=False,
    ),
    punzi_figure(5.0),
    FigureOfMerit(
        "s_over_root_b",
        "s / sqrt(b)",
        "the asimov significance for 1 << s << b",
        "discovery",
        lambda s, b, _: s / np.sqrt(b),
        uses_sigma_b=False,
        bounded=False,
    ),
    FigureOfMerit(
        "s_over_root_s_plus_b",
        "s / sqrt(s + b)",
        "G. Landsberg, lectures; the error of s where there is signal: exclusion, measurement",
        "limit",
        lambda s, b, _: s / np.sqrt(s + b),
        uses_sigma_b=False,
    ),
    FigureOfMerit(
        "s_over_root_s_plus_b_plus_variance",
        "s / sqrt(s + b + sigma_b^2)",
        "G. Landsberg, lectures; as s / sqrt(s + b), with systematics",
        "limit",
        lambda s, b, sigma: s / np.sqrt(s + b + sigma**2),
    ),
    FigureOfMerit(
        "expected_limit",
        "s / (median expected 95 % CLs upper limit on s)",
        "Read, J. Phys. G 28 (2002) 2693; asymptotic, arXiv:1007.1727",
        "limit",
        lambda s, b, sigma: s / expected_upper_limits(b, sigma, n_sigma=0.0),
    ),
)

FIGURES_OF_MERIT: dict[str, FigureOfMerit] = {figure.name: figure for figure in _ALL}
"""Name -> figure of merit."""


def figure_of_merit(figure: FigureOfMerit | str) -> FigureOfMerit:
    """A figure of merit by its name; one that is given as such is handed back.

    Raises:
        UnknownKey: If there is none of that name.

    Example:
        >>> figure_of_merit("s_over_root_s_plus_b").purpose
        'limit'
    """
    if isinstance(figure, FigureOfMerit):
        return figure
    if figure not in FIGURES_OF_MERIT:
        hint = suggest(figure, FIGURES_OF_MERIT)
        raise UnknownKey(f"figure of merit: no '{figure}'; {hint}")
    return FIGURES_OF_MERIT[figure]


def optimise(
    figure: FigureOfMerit | str,
    s: ArrayLike,
    b: ArrayLike,
    sigma_b: ArrayLike = 0.0,
    *,
    allowed: ArrayLike | None = None,
) -> Optimum:
    """The selection with the largest figure of merit; of equal ones the first.

    The value is biased high, because the fluctuations of the sample were optimised too: quote it
    from events that had no part in the choice.

    Args:
        figure: A figure of merit or its name.
        s: Signal events after each selection, any shape.
        b: Background events after each selection.
        sigma_b: Its uncertainty.
        allowed: Selections to choose from, for instance those whose background is known well
            enough; None for all. A `b` of zero by the fluctuation of a small sample wins nearly
            always.

    Raises:
        TooFewEvents: If nothing is allowed.
        BadLayout: If `allowed` has another shape.
        UnknownKey: If there is no such figure of merit.

    Example:
        With few events the best selection for a limit is not the best for a discovery:

        >>> s, b = [6.0, 3.0, 2.0], [10.0, 1.0, 0.2]
        >>> optimise("expected_limit", s, b).index, optimise("asimov", s, b).index
        (1, 2)
    """
    chosen = figure_of_merit(figure)
    values = np.atleast_1d(chosen(s, b, sigma_b))
    good = np.ones(values.shape, dtype=bool)
    if allowed is not None:
        good = np.atleast_1d(np.asarray(allowed, dtype=bool))
        if good.shape != values.shape:
            raise BadLayout(
                f"allowed: expected the shape {values.shape} of the selections, got {good.shape}."
            )
    if not good.any():
        raise TooFewEvents(
            f"optimise: none of {values.size} selections is allowed. Lower the number of "
            "background events that is asked for, or bring more events."
        )
    index = int(np.argmax(np.where(good, values, -np.inf)))
    s, b = (np.broadcast_to(np.asarray(x, dtype=np.float64), values.shape) for x in (s, b))
    return Optimum(
        index=index,
        value=float(values.flat[index]),
        s=float(s.flat[index]),
        b=float(b.flat[index]),
        figure=chosen.name,
        purpose=chosen.purpose,
        warning=chosen.warning,
    )
