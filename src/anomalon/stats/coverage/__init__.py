"""Does the statistics keep what it promises? Batteries of tests, and results that a report shows.

* `pulls`: are estimates unbiased, and their uncertainties right?
* `interval_coverage`: how often do intervals contain the truth, as a function of it?
* `injection_linearity`: is what is measured proportional to what was injected?
* `p_value_uniformity`: are p-values uniform without a signal?
* `spurious_signal`: which signal does a fit find in a background that its shape cannot describe?
* `fit_non_closure`: which relative uncertainty do pulls miss that are too wide?
* `closure_test`: toys with injected signals, fitted, and the first four of these.

The first four take numbers that any method has given for many pseudo-experiments. Each result has
`ok` by a criterion that its docstring states: a deviation that matters, and is not a fluctuation of
the toys. Failed pseudo-experiments (NaN) are counted, and more than 1 % of them is not ok.
"""

from anomalon.stats.coverage.closure import ClosureTest, closure_test
from anomalon.stats.coverage.covering import Coverage, interval_coverage
from anomalon.stats.coverage.linearity import InjectionLinearity, injection_linearity
from anomalon.stats.coverage.non_closure import (
    NonClosureFit,
    fit_non_closure,
    width_p_value,
)
from anomalon.stats.coverage.pull import Pulls, pulls
from anomalon.stats.coverage.spurious import SpuriousSignal, spurious_signal
from anomalon.stats.coverage.uniformity import PValueUniformity, p_value_uniformity

__all__ = [
    "ClosureTest",
    "Coverage",
    "InjectionLinearity",
    "NonClosureFit",
    "PValueUniformity",
    "Pulls",
    "SpuriousSignal",
    "closure_test",
    "fit_non_closure",
    "injection_linearity",
    "interval_coverage",
    "p_value_uniformity",
    "pulls",
    "spurious_signal",
    "width_p_value",
]
