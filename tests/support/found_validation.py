"""A validation that looks like a real one: three windows, two cuts, two samples; made by hand."""

import numpy as np

from anomalon.core.window import sliding_windows
from anomalon.search.events.selector import Selector
from anomalon.search.results.scan import DataInfo
from anomalon.search.results.validation import ValidatedSample, ValidationResult
from anomalon.search.validation.assembling import places
from anomalon.search.validation.pieces import Found

WINDOWS = sliding_windows(2400, 4800)
EFFICIENCIES = (0.1, 0.02)
EXPECTED = {1.0: 4000.0, 0.1: 400.0, 0.02: 80.0}


def found(mean, features, efficiency, window, rng, n_sets):
    """Pulls around a mean in each data set, at 5 % uncertainty."""
    for _ in range(n_sets):
        b = EXPECTED[efficiency]
        pull = mean + rng.normal()
        n = b + pull * 0.05 * b
        yield Found(window, features, efficiency, n, b, 0.05 * b, pull, "")


def found_validation(*, bad=None, features=("a", "b"), seed=2, n_sets=12, failed_fit=None):
    """A result.

    Args:
        bad: (window, efficiency, mean pull) of a place that does not close, in both samples.
        features: The feature set.
        seed: Of the fluctuations.
        n_sets: Data sets of the second sample.
        failed_fit: Window whose last cut has no answer.
    """
    rng = np.random.default_rng(seed)
    table: dict = {"|dY| > 1.2": {}, "resampled": {}}
    for sample, n in (("|dY| > 1.2", 1), ("resampled", n_sets)):
        table[sample] = {i: [] for i in range(n)}
        for window in range(len(WINDOWS)):
            for efficiency in EXPECTED:
                mean = bad[2] if bad is not None and bad[:2] == (window, efficiency) else 0.0
                of = features if efficiency < 1 else ()
                for i, one in enumerate(found(mean, of, efficiency, window, rng, n)):
                    if failed_fit == window and efficiency == 0.02:
                        nothing = [float("nan")] * 4
                        one = Found(window, of, efficiency, *nothing, "too few events")
                    table[sample][i].append(one)
    by = (Selector("classifier", features, features),)
    return ValidationResult(
        name="Toy",
        samples=(
            ValidatedSample("|dY| > 1.2", "control", "control.parquet", 30_000, 1, ("a note",)),
            ValidatedSample("resampled", "resampled", "data.parquet", 90_000, n_sets),
        ),
        places=places(WINDOWS, by, EFFICIENCIES, table, (0.001, 0.1)),
        level=0.001,
        chance=0.1,
        settings={"features": [list(features)], "n_members": 5},
        data=DataInfo("data.parquet", 90_000, "ab" * 32, has_truth=False),
        seed=3,
        citations=("ATLAS:2025obc",),
        roles=("a role",),
    )
