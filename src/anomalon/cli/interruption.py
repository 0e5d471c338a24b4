"""Ctrl-C, SIGTERM and a terminal that closes: the work stops in order, and the status says why.

The handler of a signal raises `Interrupted` wherever the program happens to be. Some places drop
what is raised there: callbacks of compiled libraries and of the garbage collector, `__del__`, code
that catches everything. So it is raised again until it has arrived. And compiled modules that are
just being loaded crash of it: the process ends at once then, or after that if it has workers.
Who has no patience for that asks twice.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, NoReturn

from anomalon.cli.exit_status import stopped_by
from anomalon.core.atomic import discard_unfinished
from anomalon.core.errors import interruption_behind

__all__ = ["Interrupted", "arrived", "interruptible"]

_SIGNALS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]
_AGAIN = 0.1  # seconds
_PATIENCE = 1.0  # what comes sooner is the same signal, to the process and to its group


class Interrupted(BaseException):
    """Somebody wants the work to end. No `Exception`: nothing may take it for a failure.

    Args:
        number: The signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def interruptible(*, to_the_end: bool) -> "Iterator[Callable[[], Interrupted | None]]":
    """Signals raise `Interrupted` inside the block.

    Yields a function that says whether one has: compiled code may make another error of it.

    Args:
        to_the_end: The process ends after the block: what is left to do is to leave, so later
            signals count for nothing instead of ending it in the middle of that with a traceback.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    handlers: dict[int, Any] = {}
    handler = _Handler()
    hook = sys.unraisablehook

    def quiet(dropped: Any) -> None:
        if interruption_behind(dropped.exc_value) is None:
            hook(dropped)

    for number in _SIGNALS:
        before = signal.getsignal(number)
        if before is not signal.SIG_IGN and before is not None:  # nohup, and jobs in background
            handlers[number] = before
            signal.signal(number, handler)
    if hasattr(signal, "setitimer"):
        handlers[signal.SIGALRM] = signal.signal(signal.SIGALRM, handler)
    sys.unraisablehook = quiet
    try:
        yield handler.asked
    finally:
        arrived()
        for number, before in handlers.items():
            signal.signal(number, signal.SIG_IGN if to_the_end else before)
        sys.unraisablehook = hook


def arrived() -> None:
    """The interruption is being dealt with, and need not be raised again."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, 0)


class _Handler:
    """Raises `Interrupted`, unless it is on its way already or has to wait."""

    def __init__(self) -> None:
        self._number: int | None = None
        self._since = 0.0

    def __call__(self, number: int, frame: FrameType | None) -> None:
        again = number == getattr(signal, "SIGALRM", None)
        if self._number is None:
            self._number, self._since = number, time.monotonic()
            if hasattr(signal, "setitimer"):
                signal.setitimer(signal.ITIMER_REAL, _AGAIN, _AGAIN)
        elif not again and time.monotonic() > self._since + _PATIENCE:
            self._end()
        if _is_importing(frame):
            if not _has_workers():
                self._end()
        elif interruption_behind(sys.exc_info()[1]) is None:
            raise Interrupted(self._number)

    def asked(self) -> Interrupted | None:
        """The interruption that was asked for."""
        return None if self._number is None else Interrupted(self._number)

    def _end(self) -> NoReturn:
        """End here and now; workers that there are notice it by themselves."""
        discard_unfinished()
        with suppress(OSError):
            show_cursor = b"\x1b[?25h" if os.isatty(2) else b""  # the bar of progress hides it
            os.write(2, show_cursor + b"\nInterrupted.\n")
        os._exit(stopped_by(self._number or signal.SIGINT))


def _has_workers() -> bool:
    processes = sys.modules.get("multiprocessing")
    return processes is not None and bool(processes.active_children())


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_globals.get("__name__") == "importlib._bootstrap":
            return True
        frame = frame.f_back
    return False
