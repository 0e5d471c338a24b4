"""anomalon: model-agnostic searches for new physics at colliders.

The way the data goes: `Events -> Sample -> score -> selection -> Scan -> report`.

Everything below is loaded when it is first used, so that `import anomalon` is quick and needs
neither JAX nor matplotlib.
"""

from typing import TYPE_CHECKING

from anomalon.lazy import loader

if TYPE_CHECKING:
    from anomalon import (
        background,
        data,
        detection,
        detectors,
        features,
        learn,
        report,
        search,
        simulate,
        stats,
        transport,
        trigger,
    )
    from anomalon.core import Events, Particles, Sample, Seed
    from anomalon.data import load
    from anomalon.search import Search
    from anomalon.stats import evaluate

__version__ = "0.1.0"

__all__ = [
    "Events",
    "Particles",
    "Sample",
    "Search",
    "Seed",
    "__version__",
    "background",
    "data",
    "detection",
    "detectors",
    "evaluate",
    "features",
    "learn",
    "load",
    "report",
    "search",
    "simulate",
    "stats",
    "transport",
    "trigger",
]

_HOMES = {
    "anomalon.core": ("Events", "Particles", "Sample", "Seed"),
    "anomalon.data": ("load",),
    "anomalon.search": ("Search",),
    "anomalon.stats": ("evaluate",),
}
_ROOMS = (
    "background",
    "data",
    "detection",
    "detectors",
    "features",
    "learn",
    "report",
    "search",
    "simulate",
    "stats",
    "transport",
    "trigger",
)

__getattr__, __dir__ = loader(__name__, _HOMES, rooms=_ROOMS)
