"""What learning adds to the variance of counts, from all cuts and windows of a search at once.

What one cut tells of it (`anomalon.search.events.cross_training`, and the scatter of members in
`anomalon.search.events.measure`) has no bias, but an error about as large as the number itself.
Below zero no variance can go: taken cut by cut and clipped there, it is too large on average, and Z
too small. What several say together has lost most of that error before it is clipped.

The correlation of the folds is taken over all cuts and windows that were selected in the same way,
each with the weight that its own noise gives it: a cut that leaves a tenth of an event says -4000
as easily as 0.4. The scatter, which is larger behind tight cuts, is taken over all windows at the
same cut. It is the median, in which windows weigh what is expected in them: members find different
shares of a signal, and that is no uncertainty of the background of other windows.
"""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.plain import from_plain
from anomalon.search.events.pieces import ToyCut
from anomalon.search.results.comparison import Comparison, Learned
from anomalon.search.results.cut import CutResult
from anomalon.search.results.window import WindowResult

__all__ = ["pooled", "pooled_p", "toy_p_values"]

Floats = NDArray[np.floating[Any]]


def pooled(results: Sequence[WindowResult]) -> list[WindowResult]:
    """The results, each cut with what all that were selected in the same way tell of learning.

    Args:
        results: Of all windows, feature sets and methods of one search.
    """
    known = _known([result.way for result in results], [result.cuts for result in results])
    return [
        replace(
            result,
            cuts=tuple(
                cut if _untouched(cut.comparison) else cut.with_learned(learned)
                for cut, learned in zip(result.cuts, known[result.way], strict=True)
            ),
        )
        for result in results
    ]


def pooled_p(ways: Sequence[Hashable], cuts: Sequence[Sequence[ToyCut]]) -> list[float]:
    """Local p-values of a pseudo-experiment, cut by cut, as `pooled` has them.

    Args:
        ways: How the events of each piece were selected.
        cuts: Those of each piece.
    """
    known = _known(ways, cuts)
    return [
        cut.p(learned)
        for way, several in zip(ways, cuts, strict=True)
        for cut, learned in zip(several, known[way], strict=True)
    ]


def toy_p_values(values: Sequence[Any], windows: Sequence[WindowResult]) -> Floats:
    """Local p-values in pseudo-experiments, shape (toy, cut).

    Args:
        values: What the pieces of the pseudo-experiments gave, one after the other.
        windows: Results of the data, one for each piece.
    """
    cuts = [[from_plain(ToyCut, cut) for cut in value] for value in values]
    ways, n = [window.way for window in windows], len(windows)
    found = [pooled_p(ways, cuts[i : i + n]) for i in range(0, len(cuts), n)]
    return np.array(found).reshape(len(found), sum(len(window.cuts) for window in windows))


def _untouched(comparison: Comparison | None) -> bool:
    """Whether nothing has learned for this cut."""
    return comparison is None or not comparison.has_learned


def _known(
    ways: Sequence[Hashable], cuts: Sequence[Sequence[CutResult | ToyCut]]
) -> dict[Hashable, list[Learned]]:
    """What each way to select has learned, for each of its cuts; nothing where nothing is told."""
    told = defaultdict[Hashable, list[Sequence[CutResult | ToyCut]]](list)
    for way, several in zip(ways, cuts, strict=True):
        told[way].append(several)
    return {way: _learned(windows) for way, windows in told.items()}


def _learned(windows: Sequence[Sequence[CutResult | ToyCut]]) -> list[Learned]:
    """Of windows that were selected in the same way, cut by cut."""
    at_cuts = [
        [cut.comparison for cut in cuts if cut.comparison is not None]
        for cuts in zip(*windows, strict=True)
    ]
    folds = _mean([known for here in at_cuts for known in here])
    return [Learned(folds, _median(here)) for here in at_cuts]


def _mean(told: Sequence[Comparison]) -> float:
    """Of the correlations, weighted with what is known of each."""
    known = [(one.correlation, one.noise) for one in told if one.correlation is not None]
    if not known:
        return 0.0
    value, noise = np.array(known).T
    # without any noise nothing has moved, and zero is what is known: as surely as the best else
    least = noise[noise > 0].min(initial=np.inf)
    weight = (least / np.maximum(noise, least)) ** 2 if np.isfinite(least) else np.ones(len(noise))
    return float(np.average(value, weights=weight))


def _median(told: Sequence[Comparison]) -> float:
    """Of the scatters, with what is expected as weights; between two it is interpolated."""
    known = [(one.scatter, one.expected[0]) for one in told if one.scatter is not None]
    if not known:
        return 0.0
    value, weight = np.array(sorted(known)).T
    below = np.cumsum(weight) - weight / 2
    return float(np.interp(weight.sum() / 2, below, value))
