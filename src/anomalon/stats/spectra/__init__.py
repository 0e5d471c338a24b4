"""Counts in bins of mass, the smooth functions and the signals that describe them."""

from anomalon.stats.spectra.shapes import (
    SHAPES,
    UA2,
    Dijet,
    Diphoton,
    Exponential,
    LogLinear,
    NonNegative,
    Polynomial,
    Shape,
    UnconstrainedPolynomial,
)
from anomalon.stats.spectra.signals import SIGNALS, DoubleSidedCrystalBall, Gaussian, Signal
from anomalon.stats.spectra.spectrum import Spectrum

__all__ = [
    "SHAPES",
    "SIGNALS",
    "UA2",
    "Dijet",
    "Diphoton",
    "DoubleSidedCrystalBall",
    "Exponential",
    "Gaussian",
    "LogLinear",
    "NonNegative",
    "Polynomial",
    "Shape",
    "Signal",
    "Spectrum",
    "UnconstrainedPolynomial",
]
