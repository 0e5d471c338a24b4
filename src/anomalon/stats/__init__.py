"""Inference without learning: counts, spectra and their fits, thresholds, figures of merit."""

from anomalon.stats.backgrounds import Reference
from anomalon.stats.bumphunt import BumpHunt, bump_hunt
from anomalon.stats.counting import (
    asimov_significance,
    binomial_significance,
    count_log_p,
    observed_significance,
    on_off_significance,
    scaled_significance,
)
from anomalon.stats.coverage import (
    ClosureTest,
    Coverage,
    InjectionLinearity,
    Pulls,
    PValueUniformity,
    SpuriousSignal,
    closure_test,
    injection_linearity,
    interval_coverage,
    p_value_uniformity,
    pulls,
    spurious_signal,
)
from anomalon.stats.cuts import BestCut, Cut, GridSearch, random_grid_search, rectangular_cuts
from anomalon.stats.efficiency import EfficiencyCurve
from anomalon.stats.envelope import (
    Envelope,
    fit_envelope,
    profiled_error,
    profiled_significance,
)
from anomalon.stats.euler import euler_characteristic, euler_coefficients, global_p_euler
from anomalon.stats.figures_of_merit import (
    FIGURES_OF_MERIT,
    FigureOfMerit,
    Optimum,
    figure_of_merit,
    optimise,
    punzi,
    punzi_figure,
    punzi_minimum_signal,
)
from anomalon.stats.fit import Fit, fit_spectrum
from anomalon.stats.gaussian_process import global_p_gaussian, sample_scans
from anomalon.stats.intervals import clopper_pearson, garwood
from anomalon.stats.limits import Limit, cls, cls_upper_limit, expected_upper_limits, upper_limits
from anomalon.stats.mass_scan import (
    MassScan,
    likelihood_ratio_scan,
    score_correlation,
    score_test_scan,
)
from anomalon.stats.merit import Band, Evaluation, WorkingPoint, evaluate
from anomalon.stats.on_off_limits import on_off_upper_limit
from anomalon.stats.order import ChosenOrders, choose_order, choose_orders
from anomalon.stats.poisson import poisson_deviance
from anomalon.stats.pseudo_experiments import EmpiricalP, empirical_p
from anomalon.stats.pvalues import log_p_from_z, p_from_z, z_from_log_p, z_from_p
from anomalon.stats.relative import Relative
from anomalon.stats.shapes import (
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
from anomalon.stats.signal_fit import SignalFit, fit_signal
from anomalon.stats.signal_limits import SignalLimit, SignalModel, Strengths
from anomalon.stats.signal_nuisances import SignalNuisances
from anomalon.stats.signals import SIGNALS, DoubleSidedCrystalBall, Gaussian, Signal
from anomalon.stats.spectrum import Spectrum
from anomalon.stats.strength_limits import (
    RerunLimit,
    RerunPoint,
    StrengthLimit,
    limit_by_rerun,
    upper_limit_with_efficiency,
)
from anomalon.stats.thresholds import selection_weights
from anomalon.stats.trials import CombinedTrials, SidakTest, combine_trials, sidak, sidak_test
from anomalon.stats.upcrossings import (
    count_upcrossings,
    expected_upcrossings,
    global_p_upcrossings,
    rice_upcrossings,
    trial_factor,
)
from anomalon.stats.value import Value

__all__ = [
    "FIGURES_OF_MERIT",
    "SHAPES",
    "SIGNALS",
    "UA2",
    "Band",
    "BestCut",
    "BumpHunt",
    "ChosenOrders",
    "ClosureTest",
    "CombinedTrials",
    "Coverage",
    "Cut",
    "Dijet",
    "Diphoton",
    "DoubleSidedCrystalBall",
    "EfficiencyCurve",
    "EmpiricalP",
    "Envelope",
    "Evaluation",
    "Exponential",
    "FigureOfMerit",
    "Fit",
    "Gaussian",
    "GridSearch",
    "InjectionLinearity",
    "Limit",
    "LogLinear",
    "MassScan",
    "NonNegative",
    "Optimum",
    "PValueUniformity",
    "Polynomial",
    "Pulls",
    "Reference",
    "Relative",
    "RerunLimit",
    "RerunPoint",
    "Shape",
    "SidakTest",
    "Signal",
    "SignalFit",
    "SignalLimit",
    "SignalModel",
    "SignalNuisances",
    "Spectrum",
    "SpuriousSignal",
    "StrengthLimit",
    "Strengths",
    "UnconstrainedPolynomial",
    "Value",
    "WorkingPoint",
    "asimov_significance",
    "binomial_significance",
    "bump_hunt",
    "choose_order",
    "choose_orders",
    "clopper_pearson",
    "closure_test",
    "cls",
    "cls_upper_limit",
    "combine_trials",
    "count_log_p",
    "count_upcrossings",
    "empirical_p",
    "euler_characteristic",
    "euler_coefficients",
    "evaluate",
    "expected_upcrossings",
    "expected_upper_limits",
    "figure_of_merit",
    "fit_envelope",
    "fit_signal",
    "fit_spectrum",
    "garwood",
    "global_p_euler",
    "global_p_gaussian",
    "global_p_upcrossings",
    "injection_linearity",
    "interval_coverage",
    "likelihood_ratio_scan",
    "limit_by_rerun",
    "log_p_from_z",
    "observed_significance",
    "on_off_significance",
    "on_off_upper_limit",
    "optimise",
    "p_from_z",
    "p_value_uniformity",
    "poisson_deviance",
    "profiled_error",
    "profiled_significance",
    "pulls",
    "punzi",
    "punzi_figure",
    "punzi_minimum_signal",
    "random_grid_search",
    "rectangular_cuts",
    "rice_upcrossings",
    "sample_scans",
    "scaled_significance",
    "score_correlation",
    "score_test_scan",
    "selection_weights",
    "sidak",
    "sidak_test",
    "spurious_signal",
    "trial_factor",
    "upper_limit_with_efficiency",
    "upper_limits",
    "z_from_log_p",
    "z_from_p",
]
