"""What made a result."""

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

__all__ = ["anomalon_version", "code_version"]


def anomalon_version() -> str:
    """The installed version; "unknown" if run from a folder that was never installed."""
    try:
        return version("anomalon")
    except PackageNotFoundError:
        return "unknown"


@cache
def code_version() -> str:
    """The version for keys of stored results: in a checkout, with a digest of the source files.

    A wheel is what its version says. Code that somebody is at work on changes and keeps its
    version; what an earlier state of it has stored must not be taken for its own.
    """
    package = Path(__file__).parents[1]
    if _is_installed(package):
        return anomalon_version()
    h = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        h.update(path.relative_to(package).as_posix().encode())
        h.update(hashlib.sha256(path.read_bytes()).digest())
    return f"{anomalon_version()}+{h.hexdigest()[:16]}"


def _is_installed(package: Path) -> bool:
    """Whether these files were copied to where they are from a wheel, not linked to a checkout."""
    try:
        home = Path(str(distribution("anomalon").locate_file(package.name)))
    except PackageNotFoundError:
        return False
    return home.resolve() == package.resolve()
