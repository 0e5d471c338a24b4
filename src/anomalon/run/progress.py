"""How far the work is: who tells it, how often, and how long it still takes."""

import time
from collections.abc import Callable

__all__ = ["Progress", "Steps", "TimeLeft", "Told", "part", "silent", "steps"]

Progress = Callable[[int, int, str], None]
"""Called with (pieces done, pieces in all, what was just done)."""

Steps = Callable[[int, str], None]
"""Called with what is done, in the units of the total, and with a word for it."""

_MESSAGES = 20
_LEARNT = 0.1  # of the work, after which its own pace says more than a forecast


class Told(str):
    """What was just done, with what `TimeLeft` can know no other way.

    Args:
        words: What was done.
        forecast: Seconds for all of the work, told at its beginning; None if nobody knows.
        under_way: Work that is begun and not finished, in the units of the total: about half of the
            pieces that are at work at a time.
        earlier: What another run has finished, of what is done since this was last told.
    """

    __slots__ = ("earlier", "forecast", "under_way")

    forecast: float | None
    under_way: float
    earlier: int

    def __new__(
        cls,
        words: str,
        forecast: float | None = None,
        under_way: float = 0.0,
        earlier: int = 0,
    ) -> "Told":
        """The words, and what goes with them."""
        told = super().__new__(cls, words)
        told.forecast, told.under_way, told.earlier = forecast, under_way, earlier
        return told

    def reworded(self, words: str) -> "Told":
        """The same in other words."""
        return Told(words, self.forecast, self.under_way, self.earlier)

    @classmethod
    def of(cls, what: str) -> "Told":
        """What was told, by whoever it was."""
        return what if isinstance(what, cls) else cls(what)


def part(
    progress: Progress | None, name: str = "", *, before: int = 0, after: int = 0
) -> Progress | None:
    """Whom to tell of work that is a part of more.

    Args:
        progress: Who is told of all of it; None for nobody.
        name: Of the part, in front of what is told.
        before: Pieces of other parts that are done before it.
        after: Those that are to be done after it.
    """
    if progress is None:
        return None

    def told(done: int, total: int, what: str) -> None:
        words = Told.of(what)
        words = words.reworded(f"{name}: {what}") if name else words
        progress(before + done, before + total + after, words)

    return told


class TimeLeft:
    """Seconds that are left: by a forecast at first, if there is one, then by the pace so far.

    It is told what `Progress` is told. Between, the seconds run down. Nothing is made up: where
    nothing is finished and nothing forecast, there is no number.

    Args:
        clock: Seconds, from any moment.

    Example:
        >>> now = [0.0]
        >>> left = TimeLeft(clock=lambda: now[0])
        >>> left.tell(0, 10, Told("beginning", forecast=100.0))
        >>> left.seconds()
        100.0
        >>> now[0] = 30.0
        >>> left.tell(2, 10, "window")
        >>> left.seconds()
        120.0
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._start: float | None = None
        self._first = 0
        self._forecast: float | None = None
        self._told_at = 0.0
        self._left: float | None = None

    def tell(self, done: int, total: int, what: str) -> None:
        """So much is done."""
        told, now = Told.of(what), self._clock()
        if self._start is None:
            self._start, self._first, self._forecast = now, done, told.forecast
        else:
            self._first += told.earlier  # it says nothing of the pace
        self._told_at = now
        self._left = self._after(now - self._start, done, total, told.under_way)

    def _after(self, seconds: float, done: int, total: int, under_way: float) -> float | None:
        new, rest = done - self._first, total - done
        if rest <= 0:
            return 0.0
        forecast = None if self._forecast is None else max(self._forecast - seconds, 0.0)
        if new <= 0:
            return forecast
        begun = min(under_way, rest)
        paced = seconds * (rest - begun) / (new + begun)
        if forecast is None:
            return paced
        learnt = min(new / (_LEARNT * (new + rest)), 1.0)
        return learnt * paced + (1.0 - learnt) * forecast

    def seconds(self) -> float | None:
        """How many are left now; None if nobody can know."""
        if self._left is None or self._left == 0.0:
            return self._left
        left = self._left - (self._clock() - self._told_at)
        return left if left > 0 else None


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
    told, earlier = -1, 0

    def tell(done: int, what: str) -> None:
        nonlocal told, earlier
        part = done * _MESSAGES // total
        what = Told.of(what)
        earlier += what.earlier
        if progress is not None and part > told:
            told = part
            progress(done, total, Told(what, what.forecast, what.under_way, earlier))
            earlier = 0

    return tell
