"""The resonance search: windows, one window, the scan, injection."""

from anomalon.core.window import Window, sliding_windows
from anomalon.search.inject import inject
from anomalon.search.measure import FitSettings
from anomalon.search.result import CutResult, Scan, SpectrumFit, Trial, WindowResult
from anomalon.search.scan import Progress, Search

__all__ = [
    "CutResult",
    "FitSettings",
    "Progress",
    "Scan",
    "Search",
    "SpectrumFit",
    "Trial",
    "Window",
    "WindowResult",
    "inject",
    "sliding_windows",
]
