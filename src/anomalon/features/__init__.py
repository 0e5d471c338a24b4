"""Events in, samples out: the features that methods learn from, and transforms of them."""

from anomalon.features.clustered import clustered_jets
from anomalon.features.dijet import dijet
from anomalon.features.feature_sets import FEATURE_SETS
from anomalon.features.subjettiness import Subjettiness

__all__ = ["FEATURE_SETS", "Subjettiness", "clustered_jets", "dijet"]
