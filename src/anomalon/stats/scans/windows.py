"""The windows of a bump hunt: all runs of neighbouring bins of some widths."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadLayout, BadValue

__all__ = ["Widths", "Windows"]

Integers = NDArray[np.int64]

_MOST = 20_000_000  # a gigabyte, and a minute for a thousand pseudo-experiments


@dataclass(frozen=True)
class Widths:
    """How wide windows are, and how far one is from the next.

    Args:
        bins: Widths in bins; None for 1 to half of the bins.
        step: Bins from one window to the next; "half" or "full" of the width.
    """

    bins: Iterable[int] | None = None
    step: int | Literal["half", "full"] = 1


@dataclass(frozen=True, eq=False)
class Windows:
    """Runs of neighbouring bins, ordered by width and then by position.

    Args:
        n_bins: Bins of the spectrum.
        widths: Widths in bins, increasing, shape (width,).
        strides: Bins from one window to the next of the same width, shape (width,).

    Example:
        >>> windows = Windows.of(6, widths=[2, 3], step="full")
        >>> windows.first.tolist(), windows.last.tolist()
        ([0, 2, 4, 0, 3], [2, 4, 6, 3, 6])
    """

    n_bins: int
    widths: Integers
    strides: Integers

    @classmethod
    def of(
        cls,
        n_bins: int,
        widths: Iterable[int] | None = None,
        step: int | Literal["half", "full"] = 1,
    ) -> "Windows":
        """Windows of the given widths.

        Args:
            n_bins: Bins of the spectrum.
            widths: Widths in bins; None for 1 to half of the bins. Widths above `n_bins` have no
                window.
            step: Bins from one window to the next; "half" or "full" of the width.

        Raises:
            BadValue: If a width or the step is not a positive integer, or windows are too many.
            BadLayout: If no window fits.
        """
        asked = range(1, max(n_bins // 2, 1) + 1) if widths is None else widths
        if isinstance(asked, range) and asked.step > 0:  # "and all wider ones"
            asked = range(asked.start, min(asked.stop, n_bins + 1), asked.step)
        wide = np.unique(np.asarray([_positive(w, "widths") for w in asked], dtype=np.int64))
        wide = wide[wide <= n_bins]
        if not len(wide):
            raise BadLayout(
                f"bump hunt: expected a width of at most {n_bins} bins (those with a background), "
                f"got widths {widths}."
            )
        if isinstance(step, str) and step == "half":
            strides = np.maximum(wide // 2, 1)
        elif isinstance(step, str) and step == "full":
            strides = wide
        else:
            strides = np.full_like(wide, _positive(step, "step"))
        windows = cls(n_bins, wide, strides)
        if len(windows) > _MOST:
            raise BadValue(
                f"bump hunt: expected at most {_MOST} windows, got {len(windows)} of "
                f"{wide[0]} to {wide[-1]} of {n_bins} bins. Take fewer widths, larger steps or "
                "wider bins."
            )
        return windows

    def __len__(self) -> int:
        return int(((self.n_bins - self.widths) // self.strides + 1).sum())

    @property
    def first(self) -> Integers:
        """First bin of each window, shape (window,)."""
        rows = zip(self.widths, self.strides, strict=True)
        return np.concatenate([np.arange(0, self.n_bins - w + 1, s) for w, s in rows])

    @property
    def last(self) -> Integers:
        """The bin after the last of each window, shape (window,)."""
        return self.first + np.repeat(self.widths, (self.n_bins - self.widths) // self.strides + 1)


def _positive(number: Any, what: str) -> int:
    or_else = ' ("half" and "full" of the width are others)' if what == "step" else ""
    return check.whole(number, f"bump hunt: {what}, in bins{or_else}", 1)
