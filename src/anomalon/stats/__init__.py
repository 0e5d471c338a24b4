"""Inference without learning: counts, spectra and their fits, thresholds, figures of merit."""

from anomalon.stats.counting import (
    asimov_significance,
    binomial_significance,
    count_log_p,
    observed_significance,
    on_off_significance,
    scaled_significance,
)
from anomalon.stats.fit import Fit, fit_spectrum
from anomalon.stats.intervals import clopper_pearson, garwood
from anomalon.stats.merit import Band, Evaluation, evaluate
from anomalon.stats.order import choose_order
from anomalon.stats.poisson import poisson_deviance
from anomalon.stats.pvalues import log_p_from_z, p_from_z, z_from_log_p, z_from_p
from anomalon.stats.relative import Relative
from anomalon.stats.shapes import SHAPES, UA2, Dijet, Exponential, Shape
from anomalon.stats.spectrum import Spectrum
from anomalon.stats.thresholds import selection_weights
from anomalon.stats.value import Value

__all__ = [
    "SHAPES",
    "UA2",
    "Band",
    "Dijet",
    "Evaluation",
    "Exponential",
    "Fit",
    "Relative",
    "Shape",
    "Spectrum",
    "Value",
    "asimov_significance",
    "binomial_significance",
    "choose_order",
    "clopper_pearson",
    "count_log_p",
    "evaluate",
    "fit_spectrum",
    "garwood",
    "log_p_from_z",
    "observed_significance",
    "on_off_significance",
    "p_from_z",
    "poisson_deviance",
    "scaled_significance",
    "selection_weights",
    "z_from_log_p",
    "z_from_p",
]
