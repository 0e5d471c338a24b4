"""The resonance search, in events and in a histogram.

    results     what was found
    validation  the whole search on samples without signal
    histogram   bump hunts and limits in a spectrum that is all there is
    events      windows, one window, the scan, injection, and what may be claimed

Everything is loaded when it is first used: a bump hunt loads no classifier.
"""

from typing import TYPE_CHECKING

from anomalon.lazy import loader

if TYPE_CHECKING:
    from anomalon.core.window import Window, sliding_windows
    from anomalon.run.progress import Progress
    from anomalon.search.events.fit_settings import FitSettings
    from anomalon.search.events.inject import inject
    from anomalon.search.events.injection_limits import InjectionLimits, Signal
    from anomalon.search.events.scan import Search
    from anomalon.search.events.selector import SavedScorer
    from anomalon.search.histogram.hunt import HuntSettings, hunt_bump
    from anomalon.search.histogram.limit_scan import LimitSettings, scan_limits
    from anomalon.search.results.about import About
    from anomalon.search.results.bump import BumpResult
    from anomalon.search.results.cut import CutResult
    from anomalon.search.results.fitted import SpectrumFit
    from anomalon.search.results.injection_limit import InjectionLimitResult
    from anomalon.search.results.ledger import Trial
    from anomalon.search.results.limit import LimitResult
    from anomalon.search.results.scan import Scan
    from anomalon.search.results.validation import ValidationResult
    from anomalon.search.results.window import WindowResult
    from anomalon.search.smooth import SmoothBackground
    from anomalon.search.validation.job import Validation
    from anomalon.search.validation.samples import Control, Resampled, Simulated

__all__ = [
    "About",
    "BumpResult",
    "Control",
    "CutResult",
    "FitSettings",
    "HuntSettings",
    "InjectionLimitResult",
    "InjectionLimits",
    "LimitResult",
    "LimitSettings",
    "Progress",
    "Resampled",
    "SavedScorer",
    "Scan",
    "Search",
    "Signal",
    "Simulated",
    "SmoothBackground",
    "SpectrumFit",
    "Trial",
    "Validation",
    "ValidationResult",
    "Window",
    "WindowResult",
    "hunt_bump",
    "inject",
    "scan_limits",
    "sliding_windows",
]

_HOMES = {
    "anomalon.core.window": ("Window", "sliding_windows"),
    "anomalon.run.progress": ("Progress",),
    "anomalon.search.events.fit_settings": ("FitSettings",),
    "anomalon.search.events.inject": ("inject",),
    "anomalon.search.events.injection_limits": ("InjectionLimits", "Signal"),
    "anomalon.search.events.scan": ("Search",),
    "anomalon.search.events.selector": ("SavedScorer",),
    "anomalon.search.histogram.hunt": ("HuntSettings", "hunt_bump"),
    "anomalon.search.histogram.limit_scan": ("LimitSettings", "scan_limits"),
    "anomalon.search.results.about": ("About",),
    "anomalon.search.results.bump": ("BumpResult",),
    "anomalon.search.results.injection_limit": ("InjectionLimitResult",),
    "anomalon.search.results.limit": ("LimitResult",),
    "anomalon.search.results.cut": ("CutResult",),
    "anomalon.search.results.fitted": ("SpectrumFit",),
    "anomalon.search.results.ledger": ("Trial",),
    "anomalon.search.results.scan": ("Scan",),
    "anomalon.search.results.validation": ("ValidationResult",),
    "anomalon.search.results.window": ("WindowResult",),
    "anomalon.search.smooth": ("SmoothBackground",),
    "anomalon.search.validation.job": ("Validation",),
    "anomalon.search.validation.samples": ("Control", "Resampled", "Simulated"),
}

__getattr__, __dir__ = loader(__name__, _HOMES)
