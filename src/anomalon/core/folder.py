"""The folder where relative paths begin, which may be gone."""

from pathlib import Path

__all__ = ["current_folder"]


def current_folder() -> Path | None:
    """The current folder; None if somebody has removed it in the meantime."""
    try:
        return Path.cwd()
    except OSError:
        return None
