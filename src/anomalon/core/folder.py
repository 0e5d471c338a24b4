"""The folder where relative paths begin, which may be gone."""

from pathlib import Path

from anomalon.core.errors import DataError

__all__ = ["current_folder", "no_such_file"]


def current_folder() -> Path | None:
    """The current folder; None if somebody has removed it in the meantime."""
    try:
        return Path.cwd()
    except OSError:
        return None


def no_such_file(path: Path) -> DataError:
    """What is said of a file that is not there."""
    where = current_folder() or "a folder that has been removed"
    return DataError(f"{path}: no such file (in {where}).")
