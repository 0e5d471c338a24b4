"""What made a result."""

from importlib.metadata import PackageNotFoundError, version

__all__ = ["anomalon_version"]


def anomalon_version() -> str:
    """The installed version; "unknown" if run from a folder that was never installed."""
    try:
        return version("anomalon")
    except PackageNotFoundError:
        return "unknown"
