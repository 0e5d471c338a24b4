"""A threshold that follows the beam: feedback from the rate, simulated on drifting pile-up.

In a fill the number of collisions per crossing falls, and with it the rate of most selections. A
controller reads the rate of each block of time and moves the threshold (arXiv:2601.08910), here
by proportional and integral terms in the logarithm of the rate.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlogy

from anomalon.core import check
from anomalon.core.errors import BadValue
from anomalon.core.seed import Seed
from anomalon.core.shown import Shown
from anomalon.trigger.rates.rate import in_hz
from anomalon.trigger.rates.threshold import threshold_at_rate

__all__ = ["Control", "Controller", "decaying_pile_up", "follow"]

Floats = NDArray[np.float64]

_MANY = 1e9  # counts above which a Poisson distribution is a normal one
_SPAN = 0.2  # of a rate, up and down: over which the slope of the threshold is measured


@dataclass(frozen=True)
class Controller:
    """How the threshold follows the rate.

    Args:
        proportional: Share of the last deviation, in ln(rate), that is taken back at once.
        integral: Share of the sum of all deviations that is taken back.
        block: Seconds over which a rate is measured, and after which the threshold may move.
        largest: Largest step in ln(rate).

    Raises:
        BadValue: If a number is out of range.
    """

    proportional: float = 0.3
    integral: float = 0.02
    block: float = 60.0
    largest: float = 0.5

    def __post_init__(self) -> None:
        check.fields(
            self, "controller", proportional="[0, 2]", integral="[0, 1]", block="(0, inf)",
            largest="(0, inf)",
        )  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class Control(Shown):
    """A simulated fill, block by block; shape (block,) each.

    Args:
        pile_up: Mean number of collisions.
        fixed_hz: True rate at the first threshold, which never moves.
        followed_hz: True rate at the threshold of the block.
        threshold: Of the block.
        n_effective: Events behind the true rate of the block: the sample has fewer at its ends.
        asked: In Hz.
    """

    pile_up: Floats
    fixed_hz: Floats
    followed_hz: Floats
    threshold: Floats
    n_effective: Floats
    asked: float

    def spread(self, hz: Floats) -> float:
        """Root mean square of the relative deviation of a rate from the asked one."""
        return float(np.sqrt(np.mean((hz / self.asked - 1) ** 2)))


def decaying_pile_up(start: float, end: float, blocks: int) -> Floats:
    """Mean pile-up of a fill that decays exponentially, shape (block,).

    Raises:
        BadValue: If a number is not above zero.
    """
    check.number(start, "start", "(0, inf)")
    check.number(end, "end", "(0, inf)")
    return np.geomspace(start, end, check.whole(blocks, "blocks", 1, 1_000_000))


def follow(
    scores: ArrayLike, weights: ArrayLike, n_pv: ArrayLike, rate: float, pile_up: ArrayLike, *,
    incoming: float | None = None, controller: Controller | None = None, seed: Seed | int = 0,
) -> Control:  # fmt: skip
    """Run a fill: events of the sample stand for those of each block by their pile-up.

    An event with n collisions counts in a block of mean mu as often as a Poisson distribution of
    that mean has n, compared with the sample. What the controller sees is a count: Poisson, of the
    true rate times the block's seconds.

    Args:
        scores: Of background, higher is more anomalous, shape (event,).
        weights: What each event stands for, shape (event,); in Hz without `incoming`.
        n_pv: Collisions of each event, beside the hard one or with it, shape (event,).
        rate: Asked for, in Hz.
        pile_up: Mean of each block, shape (block,).
        incoming: Rate in Hz of what all events together stand for.
        controller: How the threshold moves.
        seed: Of the counts.

    Raises:
        TooFewEvents: If the first threshold cannot be known.
        BadValue: If a mean is not above zero.
        DataError: If lengths or numbers are impossible.
    """
    control = check.of_kind(controller or Controller(), "follow: controller", Controller)
    given, n = check.real(scores, "follow: scores"), check.real(n_pv, "follow: n_pv")
    means = np.atleast_1d(check.real(pile_up, "follow: pile_up"))
    hz = in_hz(weights, len(given), incoming, "follow")
    check.length(n, len(given), "follow: n_pv")
    check.finite(n, "follow: n_pv")
    check.non_negative(n, "follow: n_pv")
    if means.ndim != 1 or not len(means) or not (np.isfinite(means) & (means > 0)).all():
        raise BadValue("follow: expected a row of means of pile-up above zero.")
    blocks = _Blocks(given, hz, n, means, float(np.average(n, weights=hz)))
    begin = blocks.weights(0)
    first = threshold_at_rate(given, begin, rate, fewest=1.0, most_unseen=np.inf)
    slope = _slope(given, begin, rate)
    draw = Seed.of(seed).child("controller").generator()
    value, total = first.value, 0.0
    found = []
    for i in range(len(means)):
        weight = blocks.weights(i)
        passed = given >= value
        true = float(weight[passed].sum())
        fixed = float(weight[given >= first.value].sum())
        square = float((weight[passed] ** 2).sum())
        found.append((fixed, true, value, true**2 / square if square > 0 else 0.0))
        expected = true * control.block
        drawn = draw.poisson(expected) if expected < _MANY else draw.normal(expected, expected**0.5)
        seen = max(drawn, 0.5) / control.block
        away = float(np.clip(np.log(seen / rate), -control.largest, control.largest))
        total += away
        step = control.proportional * away + control.integral * total
        value += slope * float(np.clip(step, -control.largest, control.largest))
    fixed_hz, followed, threshold, n_effective = np.array(found).T
    return Control(means, fixed_hz, followed, threshold, n_effective, rate)


@dataclass(frozen=True, eq=False)
class _Blocks:
    """Weights of the events in each block."""

    scores: Floats
    hz: Floats
    n: Floats
    means: Floats
    sampled: float  # mean number of collisions of the sample

    def weights(self, i: int) -> Floats:
        """In Hz, of block i: of the same incoming rate as the sample."""
        log = xlogy(self.n, self.means[i] / max(self.sampled, 1e-9)) - self.means[i]
        log = np.where(self.hz > 0, log, -np.inf)  # what has no weight says nothing
        spread = log - log.max()
        weight = self.hz * np.exp(spread)
        return np.asarray(weight * (self.hz.sum() / weight.sum()))


def _slope(scores: Floats, weights: Floats, rate: float) -> float:
    """How much the score rises where the rate falls by a factor e."""
    upper = min(1 + _SPAN, float(weights.sum()) / rate)  # not beyond all that comes in
    more, less = (
        threshold_at_rate(scores, weights, rate * factor, fewest=0.0, most_unseen=np.inf).value
        for factor in (upper, 1 - _SPAN)
    )
    return (less - more) / float(np.log(upper / (1 - _SPAN)))
