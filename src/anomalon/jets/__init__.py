"""Constituents to jets: anti-kT clustering (FastJet) and N-subjettiness (our own kernel)."""

from anomalon.jets.cluster import Jets, leading_jets
from anomalon.jets.nsubjettiness import nsubjettiness

__all__ = ["Jets", "leading_jets", "nsubjettiness"]
