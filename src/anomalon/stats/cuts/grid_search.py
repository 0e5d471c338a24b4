"""Cuts on features: the random grid search, rectangular cuts, and what they are worth.

The random grid search (Bhat, Prosper, Sekmen and Stewart, arXiv:1706.09907) takes cut points where
the signal is: at the features of signal events. So it looks closely where it matters, and does not
suffer from many features as a regular grid does.

A cut is a union of boxes: one box for one-sided (">", "<") and two-sided ("<>") cuts, several for
a staircase ("or" of boxes), which follows a curved boundary.

The best of many cuts on a sample looks better than it is. So the events are divided at random: cuts
are chosen on one part and judged on the other, and the difference, the optimism, is reported.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core.errors import BadLayout, BadValue, TooFewEvents
from anomalon.core.renamed import gathered
from anomalon.core.seed import Seed
from anomalon.core.shown import Shown
from anomalon.stats.cuts.best_cut import BestCut
from anomalon.stats.cuts.cut import Cut, CutEvents, cut_events, feature_names, sides_of
from anomalon.stats.cuts.cut_kernels import count_events
from anomalon.stats.cuts.figures_of_merit import FigureOfMerit, figure_of_merit, optimise
from anomalon.stats.cuts.random_grid import ONE_SIDED, RandomGrid
from anomalon.stats.numerics.value import Value

__all__ = ["GridSearch", "random_grid_search", "rectangular_cuts"]

Floats = NDArray[np.floating[Any]]

_KNOWN = 25  # background events for an efficiency good to 20 %, as in `evaluate`


@dataclass(frozen=True, eq=False, repr=False)
class GridSearch(Shown):
    """Signal and background behind many cuts; choose with `best` or `working_point`.

    Args:
        low: Lower ends, shape (point, box, feature).
        high: Upper ends.
        names: One name per feature.
        s: Signal events behind each cut, on the events that cuts are chosen on, scaled to all.
        b: Background events.
        sigma_s: Standard deviation of `s` by the number of events.
        sigma_b: That of `b`.
        n_background: Background events without weights and scale.
    """

    low: Floats
    high: Floats
    names: tuple[str, ...]
    s: Floats
    b: Floats
    sigma_s: Floats
    sigma_b: Floats
    n_background: NDArray[np.int64]
    _choice: tuple[CutEvents, CutEvents] = field(repr=False)
    _other: tuple[CutEvents, CutEvents] | None = field(repr=False)

    def __len__(self) -> int:
        return len(self.low)

    def cut(self, index: int) -> Cut:
        """One of the cuts."""
        return Cut(self.low[index], self.high[index], self.names)

    @property
    def signal_efficiency(self) -> Floats:
        """The share of the signal behind each cut, shape (point,)."""
        return np.asarray(self.s / self._choice[0].total)

    @property
    def background_efficiency(self) -> Floats:
        """The share of the background behind each cut, shape (point,)."""
        return np.asarray(self.b / self._choice[1].total)

    def best(
        self,
        figure: FigureOfMerit | str,
        *,
        luminosity_scale: tuple[float, float] = (1.0, 1.0),
        relative_sigma_b: float = 0.0,
        min_background: int = _KNOWN,
    ) -> BestCut:
        """The cut with the largest figure of merit.

        Args:
            figure: A figure of merit or its name.
            luminosity_scale: Expected events over sums of weights, of signal and background.
            relative_sigma_b: Systematic uncertainty of the background, as a share of it.
            min_background: Background events that a cut must leave, on the events of the choice:
                25 know it to 20 %. Cuts with none look infinitely good.

        Raises:
            TooFewEvents: If no cut leaves that many.
            UnknownKey: If there is no such figure of merit.
        """
        chosen = figure_of_merit(figure)
        found = optimise(
            chosen,
            self.s * luminosity_scale[0],
            self.b * luminosity_scale[1],
            relative_sigma_b * self.b * luminosity_scale[1],
            allowed=self.n_background >= min_background,
        )
        judge = _Judge(chosen, luminosity_scale, relative_sigma_b)
        return _best(self.cut(found.index), judge, self._choice, self._other)

    def working_point(self, background_efficiency: float) -> BestCut:
        """The cut with the largest signal efficiency at not more than a background efficiency.

        Raises:
            BadValue: If the efficiency is not in (0, 1].
            TooFewEvents: If that is less than one event, or no cut has an efficiency that small.
        """
        if not 0 < background_efficiency <= 1:
            raise BadValue(
                f"background_efficiency: expected a number in (0, 1], got {background_efficiency}."
            )
        allowed = self.background_efficiency <= background_efficiency * (1 + 1e-12)
        n = len(self._choice[1].x)
        if n * background_efficiency < 1 or not allowed.any():
            raise TooFewEvents(
                f"working_point: of {n} background events, no cut is known to have an efficiency "
                f"of {background_efficiency:g} or less. Bring more events or cut points."
            )
        index = int(np.argmax(np.where(allowed, self.s, -1.0)))
        total = self._choice[0].total
        efficiency = FigureOfMerit(
            "signal efficiency",
            "s / all signal events",
            "at a background efficiency",
            "discovery",
            lambda s, b, _: np.asarray(s / total + 0.0 * b),
        )
        judge = _Judge(efficiency, (1.0, 1.0), 0.0)
        return _best(self.cut(index), judge, self._choice, self._other)


@gathered("grid", RandomGrid, "n_points", "directions", "steps")
def random_grid_search(
    signal: ArrayLike,
    background: ArrayLike,
    *,
    seed: Seed | int,
    grid: RandomGrid = ONE_SIDED,
    signal_weight: ArrayLike | None = None,
    background_weight: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    test_share: float = 0.5,
) -> GridSearch:
    """Signal and background behind cuts that signal events define.

    Args:
        signal: Features of signal events, shape (event, feature), finite.
        background: Features of background events.
        seed: Random numbers of the division and of the cut points.
        grid: Which cuts are tried.
        signal_weight: Weights, not negative; None for ones. Signal events are drawn as cut points
            in proportion to them.
        background_weight: Weights of the background.
        names: One name per feature.
        test_share: Share of the events kept to judge on; 0 for none.

    Raises:
        BadLayout: If shapes do not fit.
        BadNumbers: If there is a NaN, an infinity or a negative weight.
        BadValue: If a setting is out of range.
        TooFewEvents: If there is no signal or background.

    Example:
        >>> rng = np.random.default_rng(1)
        >>> signal, background = rng.normal(1.5, 1, (4000, 2)), rng.normal(0, 1, (20_000, 2))
        >>> search = random_grid_search(signal, background, seed=1, grid=RandomGrid(1000))
        >>> best = search.best("asimov")
        >>> best.figure, best.purpose, bool(best.s > 500), bool(best.b < 2000)
        ('asimov', 'discovery', True, True)
    """
    of_signal = cut_events(signal, signal_weight, "signal")
    of_background = cut_events(background, background_weight, "background")
    features = _same_features(of_signal, of_background)
    sides = sides_of(grid.directions, features)
    root = Seed.of(seed).child("cuts")
    choice, other = _parts(of_signal, of_background, test_share, root)
    low, high = grid.points(choice[0], sides, root.child("points"))
    counted = [count_events(part.x, part.weight, low, high) for part in choice]
    s, sigma_s = choice[0].scaled(*counted[0][1:])
    b, sigma_b = choice[1].scaled(*counted[1][1:])
    return GridSearch(
        low=low,
        high=high,
        names=feature_names(names, features),
        s=s,
        b=b,
        sigma_s=sigma_s,
        sigma_b=sigma_b,
        n_background=counted[1][0],
        _choice=choice,
        _other=other,
    )


def _parts(
    signal: CutEvents, background: CutEvents, test_share: float, root: Seed
) -> tuple[tuple[CutEvents, CutEvents], tuple[CutEvents, CutEvents] | None]:
    """Signal and background to choose on, and others to judge on if there are some."""
    if not 0 <= test_share < 1:
        raise BadValue(f"cuts: expected 0 <= test_share < 1, got {test_share}.")
    chosen, judged = signal.split(test_share, root.child("split", "signal"))
    among, against = background.split(test_share, root.child("split", "background"))
    other = None if judged is None or against is None else (judged, against)
    return (chosen, among), other


def _same_features(signal: CutEvents, background: CutEvents) -> int:
    """How many features both have."""
    n, of_background = int(signal.x.shape[1]), background.x.shape[1]
    if n != of_background:
        raise BadLayout(f"cuts: signal has {n} features, background {of_background}.")
    return n


def rectangular_cuts(
    search: GridSearch,
    figure: FigureOfMerit | str,
    *,
    luminosity_scale: tuple[float, float] = (1.0, 1.0),
    relative_sigma_b: float = 0.0,
    min_background: int = _KNOWN,
    max_sweeps: int = 20,
) -> BestCut:
    """Move the cuts of a search one by one to the best value, as long as that helps.

    It starts from the best cut of the search. Every end of the box is tried at all values that
    signal events have, with the other ends as they are. An end that the search leaves open stays
    open.

    Args:
        search: A search with one box (`steps` = 1).
        figure: A figure of merit or its name.
        luminosity_scale: See `GridSearch.best`.
        relative_sigma_b: See `GridSearch.best`.
        min_background: See `GridSearch.best`.
        max_sweeps: How often to go over all ends at most.

    Raises:
        BadValue: If the search is for a staircase.
        TooFewEvents: If no cut leaves enough background events.
    """
    if search.low.shape[1] != 1:
        raise BadValue("rectangular_cuts: expected a search with steps = 1, got a staircase.")
    judge = _Judge(figure_of_merit(figure), luminosity_scale, relative_sigma_b)
    start = search.best(
        judge.figure,
        luminosity_scale=luminosity_scale,
        relative_sigma_b=relative_sigma_b,
        min_background=min_background,
    )
    ends = np.stack([start.cut.low[0], start.cut.high[0]])
    best = start.optimised
    for _ in range(max_sweeps):
        before = best
        for side, feature in np.argwhere(np.isfinite(ends)):
            found = _best_end(ends, int(side), int(feature), judge, search._choice, min_background)
            if found is not None and found[1] > best:
                ends[side, feature], best = found
        if best <= before:
            break
    cut = Cut(ends[:1].copy(), ends[1:].copy(), search.names)
    return _best(cut, judge, search._choice, search._other)


@dataclass(frozen=True)
class _Judge:
    """A figure of merit with the scales of an experiment."""

    figure: FigureOfMerit
    scale: tuple[float, float]
    relative_sigma_b: float

    def __call__(self, s: ArrayLike, b: ArrayLike) -> Floats:
        b = np.asarray(b, dtype=np.float64) * self.scale[1]
        s = np.asarray(s, dtype=np.float64) * self.scale[0]
        return self.figure(s, b, self.relative_sigma_b * b)

    def value(self, s: Value, b: Value) -> Value:
        """With the uncertainty that those of s and b give it."""
        nominal = float(self(s.value, b.value))
        s_moved = [max(s.value - s.uncertainty, 0.0), s.value + s.uncertainty]
        b_moved = [max(b.value - b.uncertainty, 0.0), b.value + b.uncertainty]
        by_s = np.diff(self(s_moved, b.value))[0] / 2.0
        by_b = np.diff(self(s.value, b_moved))[0] / 2.0
        return Value(nominal, float(np.hypot(by_s, by_b)))


def _best(
    cut: Cut,
    judge: _Judge,
    choice: tuple[CutEvents, CutEvents],
    other: tuple[CutEvents, CutEvents] | None,
) -> BestCut:
    """A chosen cut, with its figures on both parts of the events."""
    chosen_on = [Value(*part.count(cut)[:2]) for part in choice]
    optimised = float(judge(chosen_on[0].value, chosen_on[1].value))
    judged_on = chosen_on if other is None else [Value(*part.count(cut)[:2]) for part in other]
    value = Value(np.nan, np.nan) if other is None else judge.value(judged_on[0], judged_on[1])
    efficiencies = [
        Value(count.value / part.total, count.uncertainty / part.total)
        for count, part in zip(judged_on, choice if other is None else other, strict=True)
    ]
    return BestCut(
        cut=cut,
        figure=judge.figure.name,
        purpose=judge.figure.purpose,
        warning=judge.figure.warning,
        optimised=optimised,
        value=value,
        optimism=optimised - value.value,
        s=judged_on[0],
        b=judged_on[1],
        signal_efficiency=efficiencies[0],
        background_efficiency=efficiencies[1],
    )


def _best_end(
    ends: Floats,
    side: int,
    feature: int,
    judge: _Judge,
    choice: tuple[CutEvents, CutEvents],
    min_background: int,
) -> tuple[float, float] | None:
    """The best value of one end, the others as they are, and the figure there."""
    free = ends.copy()
    free[side, feature] = -np.inf if side == 0 else np.inf
    rest = Cut(free[:1], free[1:], tuple(map(str, range(ends.shape[1]))))
    sign = -1.0 if side == 0 else 1.0  # cumulative from the end that a cut keeps
    at = np.empty(0)
    counts: list[tuple[Floats, NDArray[np.intp]]] = []
    for part in choice:
        passed = rest.passes(part.x)
        value = sign * part.x[passed, feature].astype(np.float64)
        w = np.ones(len(value)) if part.weight is None else part.weight[passed]
        order = np.argsort(value, kind="stable")
        if not counts:
            at = np.unique(value)
        kept = np.searchsorted(value[order], at, side="right")
        counts.append((np.append(0.0, np.cumsum(w[order]))[kept] * part.scale, kept))
    allowed = counts[1][1] >= min_background
    if not allowed.any():
        return None
    figures = np.where(allowed, judge(counts[0][0], counts[1][0]), -np.inf)
    index = int(np.argmax(figures))
    return float(sign * at[index]), float(figures[index])
