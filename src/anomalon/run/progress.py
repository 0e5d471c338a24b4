"""How far the work is: who tells it, and how often."""

from collections.abc import Callable

__all__ = ["Progress", "Steps", "silent", "steps"]

Progress = Callable[[int, int, str], None]
"""Called with (pieces done, pieces in all, what was just done)."""

Steps = Callable[[int, str], None]
"""Called with what is done, in the units of the total, and with a word for it."""

_MESSAGES = 20


def silent(done: int, what: str) -> None:
    """Tell nobody."""


def steps(progress: Progress | None, total: int) -> Steps:
    """Tell `progress` of the work some twenty times, and of its beginning and end.

    Args:
        progress: Called with (done, total, what was done); None for nobody.
        total: All of the work.

    Example:
        >>> tell = steps(lambda done, total, what: print(f"{done}/{total} {what}"), 40)
        >>> for done in range(4):
        ...     tell(done, "toys")
        0/40 toys
        2/40 toys
    """
    told = -1

    def tell(done: int, what: str) -> None:
        nonlocal told
        part = done * _MESSAGES // total
        if progress is not None and part > told:
            told = part
            progress(done, total, what)

    return tell
