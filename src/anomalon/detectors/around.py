"""`Around`: a detector that has another one inside."""

from abc import abstractmethod

from anomalon.detectors.base import Detector
from anomalon.features.inputs import Inputs

__all__ = ["Around"]


class Around(Detector):
    """It has the inputs of the one inside, and learns from the same events."""

    @property
    @abstractmethod
    def inner(self) -> Detector:
        """The one inside."""

    @property
    def inputs(self) -> Inputs:  # type: ignore[override]
        """Those of the one inside."""
        return self.inner.inputs

    @property
    def held_share(self) -> float:
        """As much as the one inside holds back."""
        return self.inner.held_share

    @property
    def most_events(self) -> int | None:
        """As many as the one inside learns from."""
        return self.inner.most_events

    def _check_inputs(self) -> None:
        super()._check_inputs()
        self.inner._check_inputs()
