"""The resonance search: windows, one window, the scan, injection; searches in a histogram."""

from anomalon.core.window import Window, sliding_windows
from anomalon.search.fit_settings import FitSettings
from anomalon.search.histogram import hunt_bump
from anomalon.search.histogram_result import BumpResult, LimitResult
from anomalon.search.inject import inject
from anomalon.search.limit_scan import scan_limits
from anomalon.search.result import CutResult, Scan, SpectrumFit, Trial, WindowResult
from anomalon.search.scan import Progress, Search
from anomalon.search.smooth import SmoothBackground

__all__ = [
    "BumpResult",
    "CutResult",
    "FitSettings",
    "LimitResult",
    "Progress",
    "Scan",
    "Search",
    "SmoothBackground",
    "SpectrumFit",
    "Trial",
    "Window",
    "WindowResult",
    "hunt_bump",
    "inject",
    "scan_limits",
    "sliding_windows",
]
