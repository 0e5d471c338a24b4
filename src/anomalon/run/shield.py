"""A few lines that no signal cuts in two."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["shielded"]

_SIGNALS = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGALRM")
    if hasattr(signal, name)
)


@contextmanager
def shielded() -> Iterator[None]:
    """Interruptions wait until the block is done; processes that start in it know no Ctrl-C.

    A terminal sends Ctrl-C to all processes of a job. One that is just starting, before it can say
    what to do about that, would die of it with a traceback.
    """
    if threading.current_thread() is not threading.main_thread():  # signals go past it anyway
        yield
        return
    came: list[int] = []

    def later(number: int, _frame: Any) -> None:
        came.append(number)

    handlers = {number: signal.getsignal(number) for number in _SIGNALS}
    ours = [number for number, handler in handlers.items() if callable(handler)]
    # A process inherits what is blocked, but no handlers.
    can_block = hasattr(signal, "pthread_sigmask")
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if can_block else set()
    try:
        for number in ours:
            signal.signal(number, later)
        yield
    finally:
        for number in ours:
            signal.signal(number, handlers[number])
        if can_block:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        for number in came:
            signal.raise_signal(number)
