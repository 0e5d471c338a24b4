"""What a result depends on besides its settings: versions and platform, no names of machines."""

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

__all__ = ["environment"]

_PACKAGES = (
    "anomalon",
    "numpy",
    "scipy",
    "numba",
    "lightgbm",
    "jax",
    "jaxlib",
    "equinox",
    "optax",
    "h5py",
    "pyarrow",
    "uproot",
    "awkward",
    "matplotlib",
    "jinja2",
    "fastjet",
    "pythia8mc",
)


def environment() -> dict[str, Any]:
    """Versions of Python and of the packages behind the numbers, and the kind of platform.

    Example:
        >>> sorted(environment())
        ['machine', 'packages', 'python', 'system']
    """
    return {
        "python": platform.python_version(),
        "system": platform.system(),
        "machine": platform.machine(),
        "packages": {name: _version(name) for name in _PACKAGES},
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
