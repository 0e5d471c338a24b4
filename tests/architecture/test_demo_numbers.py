"""The numbers that the documents quote of the demonstration are those of a demonstration.

It takes a minute, so it is not done here: `ANOMALON_DEMO` names the folder of a finished run with
the default seed. `.ci/run` sets it.
"""

import os
import re
from pathlib import Path

import numpy as np
import pytest

import anomalon
from anomalon.report.run_folder import read_run
from anomalon.search.events.demo import SIGNAL_MASS

ROOT = Path(anomalon.__file__).parents[2]


@pytest.fixture(scope="module")
def scans():
    """The search with a signal, and its twin without."""
    folder = os.environ.get("ANOMALON_DEMO")
    if not folder:
        pytest.skip("ANOMALON_DEMO names no folder of a run of `anomalon demo`")
    found = [section.result for section in read_run(folder).sections]
    assert {scan.seed for scan in found} == {0}, "the documents quote the default seed"
    return found


def quoted(page: str, pattern: str) -> list[str]:
    """The numbers of a sentence; a space of the pattern is any white space of the page."""
    found = re.search(pattern.replace(" ", r"\s+"), (ROOT / page).read_text("utf-8"))
    assert found, f"{page}: expected a sentence like '{pattern}'"
    return list(found.groups())


def signed(values) -> list[str]:
    return [f"{value:+.1f}" for value in values]


def of_the_windows(scan, centre: float):
    """Before the cut and at the tightest, in the windows whose signal region holds a mass."""
    cuts = [w.cuts for w in scan.windows if w.window.low <= centre < w.window.high]
    return [c[0].z_local for c in cuts], [c[-1].z_local for c in cuts]


def test_the_readme_quotes_what_is_found(scans):
    with_signal, twin = scans
    before, after = of_the_windows(with_signal, SIGNAL_MASS)
    z = r"([-+]\d+\.\d)"
    found = quoted(
        "README.md",
        f"finds the resonance at {z} and {z} standard deviations in the two windows that hold it, "
        f"where the spectrum without a cut shows {z} and {z}; the largest excess of the twin is "
        f"{z}",
    )
    assert found == signed([*after, *before, max(trial.z_local for trial in twin.ledger)])


def test_the_statistics_quote_the_window_beside_it(scans):
    low, high = quoted(
        "docs/explanation/statistics.md",
        r"in the demonstration 3700-4300 GeV by (\d\.\d) to (\d\.\d) σ, against the twin",
    )
    beside = [next(w for w in scan.windows if str(w.window) == "3700-4300") for scan in scans]
    pulled = [b.z_local - a.z_local for a, b in zip(*(w.cuts for w in beside), strict=True)]
    assert [low, high] == [f"{min(pulled):.1f}", f"{max(pulled):.1f}"]


def test_the_statistics_quote_the_bins_with_few_events(scans):
    few, every = quoted(
        "docs/explanation/statistics.md",
        r"In the demonstration (\d+) of (\d+) bins are such at 1 %",
    )
    fits = [w.cuts[-1].fit for scan in scans for w in scan.windows]
    counted = [int(np.sum(fit.expected < 1)) for fit in fits]
    assert int(few) == np.median(counted)
    assert {int(every)} == {len(fit.expected) for fit in fits}
