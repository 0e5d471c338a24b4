"""One count: how significant it is over an expected background, and its interval."""

from anomalon.stats.counts.counting import (
    asimov_significance,
    binomial_significance,
    count_log_p,
    observed_significance,
    on_off_significance,
    scaled_significance,
)
from anomalon.stats.counts.intervals import clopper_pearson, garwood
from anomalon.stats.counts.pseudo_experiments import EmpiricalP, empirical_p

__all__ = [
    "EmpiricalP",
    "asimov_significance",
    "binomial_significance",
    "clopper_pearson",
    "count_log_p",
    "empirical_p",
    "garwood",
    "observed_significance",
    "on_off_significance",
    "scaled_significance",
]
