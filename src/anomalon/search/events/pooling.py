"""What learning adds to the variance of counts, from all cuts and windows of a search at once.

What one cut tells of it (`anomalon.search.events.cross_training`, and the scatter of members in
`anomalon.search.events.measure`) has no bias, but an error about as large as the number itself.
Below zero no variance can go: taken cut by cut and clipped there, it is too large on average, and Z
too small. Means have lost most of that error before they are clipped: of the correlation of the
folds over all cuts and windows that were selected in the same way, of the scatter, which is larger
behind tight cuts, over all windows at the same cut.
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
    folds = _mean([known.correlation for here in at_cuts for known in here])
    return [Learned(folds, _mean([known.scatter for known in here])) for here in at_cuts]


def _mean(values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else 0.0
