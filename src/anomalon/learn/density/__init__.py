"""Densities of features at given mass: what learned background templates are made of.

`SplineFlow` is a normalising flow: it draws, evaluates, and maps to a normal latent space and back.
`FlowMatching` draws only. Both train any number of densities in one compiled program.
"""

from anomalon.learn.density.base import Density, DensityEstimator, DensityTask
from anomalon.learn.density.flows import SplineFlow

__all__ = ["DENSITIES", "Density", "DensityEstimator", "DensityTask", "SplineFlow"]

DENSITIES: dict[str, type[DensityEstimator]] = DensityEstimator.registry
