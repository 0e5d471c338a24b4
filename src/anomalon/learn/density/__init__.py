"""Densities of features at given mass: what learned background templates are made of.

`SplineFlow` is a normalising flow: it draws, evaluates, and maps to a normal latent space and back.
`FlowMatching` trains faster and draws slower. A `Mixture` is the mean of several trainings.
`ResidualFlow` learns what a sample has beside unit normal noise. Any number of trainings share one
compiled program.
"""

from anomalon.learn.density.base import Density, DensityEstimator, DensityTask
from anomalon.learn.density.flows import SplineFlow
from anomalon.learn.density.matching import FlowMatching
from anomalon.learn.density.mixture import Mixture
from anomalon.learn.density.residual import Residual, ResidualFlow, ResidualTask

__all__ = [
    "DENSITIES",
    "Density",
    "DensityEstimator",
    "DensityTask",
    "FlowMatching",
    "Mixture",
    "Residual",
    "ResidualFlow",
    "ResidualTask",
    "SplineFlow",
]

DENSITIES: dict[str, type[DensityEstimator]] = DensityEstimator.registry
