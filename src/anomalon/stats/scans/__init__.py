"""Many places looked at: bump hunts, scans in mass, and the look-elsewhere effect."""

from anomalon.stats.scans.backgrounds import Reference
from anomalon.stats.scans.bumphunt import bump_hunt
from anomalon.stats.scans.euler import euler_characteristic, euler_coefficients, global_p_euler
from anomalon.stats.scans.found_bump import FoundBump
from anomalon.stats.scans.gaussian_process import global_p_gaussian, sample_scans
from anomalon.stats.scans.local_p_values import LocalPTest, local_p_test
from anomalon.stats.scans.mass_scan import (
    MassScan,
    likelihood_ratio_scan,
    score_correlation,
    score_test_scan,
)
from anomalon.stats.scans.trials import CombinedTrials, SidakTest, combine_trials, sidak, sidak_test
from anomalon.stats.scans.upcrossings import (
    count_upcrossings,
    expected_upcrossings,
    global_p_upcrossings,
    rice_upcrossings,
    trial_factor,
)
from anomalon.stats.scans.windows import Widths

__all__ = [
    "CombinedTrials",
    "FoundBump",
    "LocalPTest",
    "MassScan",
    "Reference",
    "SidakTest",
    "Widths",
    "bump_hunt",
    "combine_trials",
    "count_upcrossings",
    "euler_characteristic",
    "euler_coefficients",
    "expected_upcrossings",
    "global_p_euler",
    "global_p_gaussian",
    "global_p_upcrossings",
    "likelihood_ratio_scan",
    "local_p_test",
    "rice_upcrossings",
    "sample_scans",
    "score_correlation",
    "score_test_scan",
    "sidak",
    "sidak_test",
    "trial_factor",
]
