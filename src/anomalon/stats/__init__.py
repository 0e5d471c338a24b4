"""Inference without learning, in rooms that read like the chapters of a textbook.

    numerics    Poisson deviances, tails of distributions, p-values
    counts      one count over an expected background
    spectra     counts in bins of mass, smooth functions, signals
    fits        maximum likelihood, the choice of the function, goodness of fit
    scans       bump hunts, scans in mass, the look-elsewhere effect
    limits      upper limits by CLs
    cuts        selections, figures of merit, the worth of a score
    coverage    does the statistics keep what it promises?
    exchange    pyhf, Combine, HEPData

What is needed most often is also here; everything is loaded when it is first used.
"""

from typing import TYPE_CHECKING

from anomalon.lazy import loader

if TYPE_CHECKING:
    from anomalon.stats.counts import (
        asimov_significance,
        binomial_significance,
        clopper_pearson,
        empirical_p,
        garwood,
        observed_significance,
        on_off_significance,
        scaled_significance,
    )
    from anomalon.stats.cuts import Evaluation, evaluate, punzi
    from anomalon.stats.fits import (
        Envelope,
        Fit,
        SignalFit,
        choose_order,
        fit_envelope,
        fit_signal,
        fit_spectrum,
    )
    from anomalon.stats.limits import (
        Limit,
        SignalModel,
        SignalNuisances,
        cls_upper_limit,
        expected_upper_limits,
        on_off_upper_limit,
        upper_limits,
    )
    from anomalon.stats.numerics import Value, p_from_z, z_from_p
    from anomalon.stats.scans import (
        FoundBump,
        Reference,
        bump_hunt,
        combine_trials,
        likelihood_ratio_scan,
        sidak,
        trial_factor,
    )
    from anomalon.stats.spectra import (
        SHAPES,
        SIGNALS,
        UA2,
        Dijet,
        Diphoton,
        DoubleSidedCrystalBall,
        Exponential,
        Gaussian,
        Polynomial,
        Shape,
        Signal,
        Spectrum,
        UnconstrainedPolynomial,
    )

__all__ = [
    "SHAPES",
    "SIGNALS",
    "UA2",
    "Dijet",
    "Diphoton",
    "DoubleSidedCrystalBall",
    "Envelope",
    "Evaluation",
    "Exponential",
    "Fit",
    "FoundBump",
    "Gaussian",
    "Limit",
    "Polynomial",
    "Reference",
    "Shape",
    "Signal",
    "SignalFit",
    "SignalModel",
    "SignalNuisances",
    "Spectrum",
    "UnconstrainedPolynomial",
    "Value",
    "asimov_significance",
    "binomial_significance",
    "bump_hunt",
    "choose_order",
    "clopper_pearson",
    "cls_upper_limit",
    "combine_trials",
    "empirical_p",
    "evaluate",
    "expected_upper_limits",
    "fit_envelope",
    "fit_signal",
    "fit_spectrum",
    "garwood",
    "likelihood_ratio_scan",
    "observed_significance",
    "on_off_significance",
    "on_off_upper_limit",
    "p_from_z",
    "punzi",
    "scaled_significance",
    "sidak",
    "trial_factor",
    "upper_limits",
    "z_from_p",
]

_ROOMS = {
    "anomalon.stats.counts": (
        "asimov_significance",
        "binomial_significance",
        "clopper_pearson",
        "empirical_p",
        "garwood",
        "observed_significance",
        "on_off_significance",
        "scaled_significance",
    ),
    "anomalon.stats.cuts": (
        "Evaluation",
        "evaluate",
        "punzi",
    ),
    "anomalon.stats.fits": (
        "Envelope",
        "Fit",
        "SignalFit",
        "choose_order",
        "fit_envelope",
        "fit_signal",
        "fit_spectrum",
    ),
    "anomalon.stats.limits": (
        "Limit",
        "SignalModel",
        "SignalNuisances",
        "cls_upper_limit",
        "expected_upper_limits",
        "on_off_upper_limit",
        "upper_limits",
    ),
    "anomalon.stats.numerics": (
        "Value",
        "p_from_z",
        "z_from_p",
    ),
    "anomalon.stats.scans": (
        "FoundBump",
        "Reference",
        "bump_hunt",
        "combine_trials",
        "likelihood_ratio_scan",
        "sidak",
        "trial_factor",
    ),
    "anomalon.stats.spectra": (
        "Dijet",
        "Diphoton",
        "DoubleSidedCrystalBall",
        "Exponential",
        "Gaussian",
        "Polynomial",
        "SHAPES",
        "SIGNALS",
        "Shape",
        "Signal",
        "Spectrum",
        "UA2",
        "UnconstrainedPolynomial",
    ),
}

_MOVED = {  # names that were here before; they still work, with a warning
    "anomalon.stats.counts": (
        "EmpiricalP",
        "count_log_p",
    ),
    "anomalon.stats.coverage": (
        "ClosureTest",
        "Coverage",
        "InjectionLinearity",
        "PValueUniformity",
        "Pulls",
        "SpuriousSignal",
        "closure_test",
        "injection_linearity",
        "interval_coverage",
        "p_value_uniformity",
        "pulls",
        "spurious_signal",
    ),
    "anomalon.stats.cuts": (
        "Band",
        "BestCut",
        "Cut",
        "FIGURES_OF_MERIT",
        "FigureOfMerit",
        "GridSearch",
        "Optimum",
        "WorkingPoint",
        "figure_of_merit",
        "optimise",
        "punzi_figure",
        "punzi_minimum_signal",
        "random_grid_search",
        "rectangular_cuts",
        "selection_weights",
    ),
    "anomalon.stats.fits": (
        "ChosenOrders",
        "Relative",
        "choose_orders",
        "profiled_error",
        "profiled_significance",
    ),
    "anomalon.stats.limits": (
        "EfficiencyCurve",
        "RerunLimit",
        "RerunPoint",
        "SignalLimit",
        "StrengthLimit",
        "Strengths",
        "cls",
        "limit_by_rerun",
        "upper_limit_with_efficiency",
    ),
    "anomalon.stats.numerics": (
        "log_p_from_z",
        "poisson_deviance",
        "z_from_log_p",
    ),
    "anomalon.stats.scans": (
        "CombinedTrials",
        "MassScan",
        "SidakTest",
        "count_upcrossings",
        "euler_characteristic",
        "euler_coefficients",
        "expected_upcrossings",
        "global_p_euler",
        "global_p_gaussian",
        "global_p_upcrossings",
        "rice_upcrossings",
        "sample_scans",
        "score_correlation",
        "score_test_scan",
        "sidak_test",
    ),
    "anomalon.stats.spectra": (
        "LogLinear",
        "NonNegative",
    ),
}

__getattr__, __dir__ = loader(__name__, _ROOMS, moved=_MOVED, renamed={"BumpHunt": "FoundBump"})
