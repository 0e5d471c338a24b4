"""Constituents to jets: anti-kT clustering (FastJet), N-subjettiness, and images of jets."""

from anomalon.jets.cluster import Jets, leading_jets
from anomalon.jets.correlators import energy_correlators
from anomalon.jets.images import image_events, jet_images, pixel_centres, standardised
from anomalon.jets.nsubjettiness import nsubjettiness

__all__ = [
    "Jets",
    "energy_correlators",
    "image_events",
    "jet_images",
    "leading_jets",
    "nsubjettiness",
    "pixel_centres",
    "standardised",
]
