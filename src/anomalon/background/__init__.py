"""Background templates in a signal region; one paper, one file."""

from anomalon.background.base import BackgroundEstimator, Template
from anomalon.background.cwola import Cwola
from anomalon.background.ideal import Ideal

__all__ = ["ESTIMATORS", "BackgroundEstimator", "Cwola", "Ideal", "Template"]

ESTIMATORS: dict[str, type[BackgroundEstimator]] = BackgroundEstimator.registry
ESTIMATORS.update((c.kind, c) for c in (Cwola, Ideal))
