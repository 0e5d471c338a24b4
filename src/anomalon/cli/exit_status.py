"""What the exit status of a command says."""

import signal

__all__ = ["FAILED", "NOBODY_READS", "SUCCESS", "USAGE", "stopped_by"]

SUCCESS = 0
FAILED = 1
"""There is no result, or not everywhere, or it could not be printed."""
USAGE = 2
"""Something is wrong with what was asked for."""
NOBODY_READS = 141
"""The reader of stdout went away: 128 + 13, as for any program in a pipe."""


def stopped_by(number: int) -> int:
    """Interrupted by a signal, as a shell says it: 130 for Ctrl-C, 143 for SIGTERM.

    Example:
        >>> stopped_by(signal.SIGINT)
        130
    """
    return 128 + signal.Signals(number)
