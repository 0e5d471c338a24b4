"""Events in, samples out: the features that methods learn from, and transforms of them."""

from anomalon.features.dijet import dijet

__all__ = ["dijet"]
