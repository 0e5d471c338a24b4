"""Work that cannot fit into the memory is refused before it begins."""

import os

from anomalon.core.errors import BadValue

__all__ = ["enough_memory"]


def enough_memory(n_bytes: float, what: str, remedy: str) -> None:
    """Compare what is known to be needed with all that this machine has.

    Raises:
        BadValue: If it cannot be enough, with both numbers.
    """
    most = _memory()
    if most is not None and n_bytes > most:
        raise BadValue(
            f"{what} need at least {n_bytes / 1e9:.3g} GB of memory; this machine has "
            f"{most / 1e9:.3g} GB. {remedy}"
        )


def _memory() -> int | None:
    """Bytes of memory; None where the system does not tell."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None
