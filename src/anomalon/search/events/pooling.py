"""How folds fluctuate together, from all cuts and windows of a search at once.

What one cut tells of it (`anomalon.search.events.cross_training`) has no bias, but an error about
as large as the number itself. Below zero no variance can go: taken cut by cut and clipped there,
what is left is too small on average where the truth is near zero, too large or too small in each
case, and Z with it. The mean over all cuts and windows that were selected in the same way has
lost most of that error before it is clipped.
"""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.plain import from_plain
from anomalon.search.events.pieces import ToyCut
from anomalon.search.results.comparison import Comparison
from anomalon.search.results.cut import CutResult
from anomalon.search.results.window import WindowResult

__all__ = ["pooled", "pooled_p", "toy_p_values"]

Floats = NDArray[np.floating[Any]]


def pooled(results: Sequence[WindowResult]) -> list[WindowResult]:
    """The results, each cut with the correlation of all that were selected in the same way.

    Args:
        results: Of all windows, feature sets and methods of one search.
    """
    known = _known([result.way for result in results], [result.cuts for result in results])
    return [
        replace(
            result,
            cuts=tuple(
                cut if _untouched(cut.comparison) else cut.with_folds(known[result.way])
                for cut in result.cuts
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
    return [cut.p(known[way]) for way, several in zip(ways, cuts, strict=True) for cut in several]


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
    return comparison is None or comparison.correlation is None


def _known(
    ways: Sequence[Hashable], cuts: Sequence[Sequence[CutResult | ToyCut]]
) -> dict[Hashable, float]:
    """The mean correlation for each way to select, in [0, 1]; 0 where nothing is told."""
    told = defaultdict[Hashable, list[float]](list)
    for way, several in zip(ways, cuts, strict=True):
        told[way] += [
            cut.comparison.correlation
            for cut in several
            if cut.comparison is not None and cut.comparison.correlation is not None
        ]
    return {way: float(np.clip(np.mean(all_), 0, 1)) if all_ else 0.0 for way, all_ in told.items()}
