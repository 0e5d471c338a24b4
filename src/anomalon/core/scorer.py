"""`Scorer`: something fitted that gives one number per event; higher is more anomalous.

`Scorer` takes samples (a table of features), `EventScorer` takes events (padded objects). Both
check at the door that the data have the names they were fitted on, and then what comes back; an
implementation holds only `_score`.
"""

from abc import ABC, abstractmethod
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from anomalon.core.errors import BadLayout
from anomalon.core.events import Events
from anomalon.core.promise import name_of, numbers_of, promised
from anomalon.core.sample import Sample

__all__ = ["AnyScorer", "EventScorer", "Scorer"]

Data = TypeVar("Data", Sample, Events)


class _Scores(ABC, Generic[Data]):
    """What scorers of samples and of events have in common."""

    def score(self, data: Data) -> NDArray[np.floating[Any]]:
        """One number per event, shape (event,), float64; higher is more like the signal.

        The classifiers of this package return the probability that an event belongs to the
        signal-like sample when both samples count the same, so score / (1 - score) is the ratio of
        the two densities.

        Raises:
            BadLayout: If the names are not those that the scorer was fitted on.
            BrokenPromise: If the implementation fails, or does not give one finite number per
                event.
        """
        self._check(data)
        with promised(self, "scoring"):
            scores = self._score(data)
        return numbers_of(scores, len(data), f"{name_of(self)}: scores")

    @abstractmethod
    def _check(self, data: Data) -> None:
        """Refuse data that have not the names that the scorer was fitted on."""

    @abstractmethod
    def _score(self, data: Data) -> NDArray[np.floating[Any]]:
        """The scores, for data with the right names.

        The score of an event depends on that event alone, bit by bit, and not on its neighbours.
        """


class Scorer(_Scores[Sample]):
    """A scorer of samples, with the `names` of the features that it was fitted on."""

    names: tuple[str, ...]

    def _check(self, data: Sample) -> None:
        if data.names != self.names:
            raise BadLayout(
                f"score: expected features {list(self.names)}, got {list(data.names)} "
                f"from {data.source}."
            )


class EventScorer(_Scores[Events]):
    """A scorer of events, with the names of the objects and features that it was fitted on."""

    object_names: tuple[str, ...]
    feature_names: tuple[str, ...]

    def _check(self, data: Events) -> None:
        for what in ("object_names", "feature_names"):
            wanted, got = getattr(self, what), getattr(data, what)
            if got != wanted:
                raise BadLayout(
                    f"score: expected {what.replace('_', ' ')} {list(wanted)}, got {list(got)} "
                    f"from {data.source}."
                )


AnyScorer = Scorer | EventScorer
"""What can be saved, compared and ranked, whatever data it takes."""
