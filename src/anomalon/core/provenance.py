"""What made a result: the version of anomalon and of what it stands on."""

import platform
from importlib.metadata import PackageNotFoundError, distributions, version
from typing import Any

__all__ = ["anomalon_version", "environment"]


def anomalon_version() -> str:
    """The installed version; "unknown" if run from a folder that was never installed."""
    try:
        return version("anomalon")
    except PackageNotFoundError:
        return "unknown"


def environment() -> dict[str, Any]:
    """Python, platform and the versions of all installed packages; no host or user name."""
    packages = {d.metadata["Name"]: d.version for d in distributions() if d.metadata["Name"]}
    return {
        "anomalon": anomalon_version(),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "packages": dict(sorted(packages.items(), key=lambda item: item[0].lower())),
    }
