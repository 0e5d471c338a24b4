"""`Template`: what background looks like in a signal region, as weighted events."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anomalon.background.transform import Transform
from anomalon.core import event_random
from anomalon.core.rounding import measured
from anomalon.core.sample import Sample
from anomalon.core.scorer import Scorer
from anomalon.core.seed import Seed

__all__ = ["Closure", "Template", "own_identities"]


@dataclass(frozen=True)
class Closure:
    """How well trees tell a template from events that it has not seen.

    Args:
        area: Under the ROC curve, 0.5 if they are alike; NaN if it is not known.
        uncertainty: Of the area.
        fewest: Events of the smallest sample that trained or judged.
    """

    area: float
    uncertainty: float
    fewest: int

    @property
    def known(self) -> bool:
        """Whether there were enough events."""
        return bool(np.isfinite(self.area))

    def __str__(self) -> str:
        if not self.known:
            few = f"({self.fewest} events are too few for a test)"
            return f"an unknown area under the ROC curve {few}"
        area = measured(self.area, self.uncertainty)
        return f"an area under the ROC curve of {area} (0.5: alike)"


@dataclass(frozen=True, eq=False)
class Template:
    """Background of a signal region.

    Args:
        sample: The events. Their weights are the relative importance, not the yield: finite, not
            negative. An event that was made of another one has its identity (`Sample.event`), as
            often as it was used, so that no fold comes between them; one that was made of none has
            an identity of its own (`own_identities`).
        method: `kind` of the estimator that made it.
        why: What it is made of, in a sentence for the report.
        transform: Where data and template are compared; `sample` is there already, and data get
            there by `view`. None: where they are.
        scorer: The anomaly score itself, of a method that has no need of a classifier; of events
            as `view` shows them.
        closure: How well it can be told from events that nothing was trained on; None if the method
            does not say.
    """

    sample: Sample
    method: str
    why: str
    transform: Transform | None = None
    scorer: Scorer | None = None
    closure: Closure | None = None

    @property
    def n_effective(self) -> float:
        """Events of equal weight that know as much: (sum w)^2 / sum w^2."""
        w = self.sample.weight
        squares = float(w @ w)
        return float(w.sum()) ** 2 / squares if squares > 0 else 0.0

    def view(self, events: Sample) -> Sample:
        """Data as they are to be compared with `sample`.

        Raises:
            BadLayout: If the features are not those of the data of the fit.
            BrokenPromise: If the transform fails.
        """
        return events if self.transform is None else self.transform(events)


def own_identities(n: int, seed: Seed) -> NDArray[np.int64]:
    """Identities of events that were made of no other event, shape (n,): random, below zero.

    Example:
        >>> bool((own_identities(3, Seed(1)) < 0).all())
        True
    """
    half = event_random.bits(np.arange(n), seed.child("identities")) >> np.uint64(1)
    return -1 - half.astype(np.int64)
