"""anomalon: model-agnostic searches for new physics at colliders.

The way the data goes: `Events -> Sample -> score -> selection -> Scan -> report`.

Everything below is loaded when it is first used, so that `import anomalon` is quick and needs
neither JAX nor matplotlib.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from anomalon import background, data, features, learn, report, search, simulate, stats
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
    "evaluate",
    "features",
    "learn",
    "load",
    "report",
    "search",
    "simulate",
    "stats",
]

_HOMES = {
    "Events": "anomalon.core",
    "Particles": "anomalon.core",
    "Sample": "anomalon.core",
    "Seed": "anomalon.core",
    "Search": "anomalon.search",
    "evaluate": "anomalon.stats",
    "load": "anomalon.data",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(_HOMES[name]), name)
    elif name in __all__:
        value = import_module(f"anomalon.{name}")
    else:
        raise AttributeError(f"module 'anomalon' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
