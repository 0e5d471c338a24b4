"""Events in, samples out: the features that methods learn from, and transforms of them."""

from anomalon.features.dijet import Subjettiness, dijet

__all__ = ["Subjettiness", "dijet"]
