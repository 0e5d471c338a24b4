"""Counts and backgrounds as the kernels of limits want them: checked, and of one shape."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core.errors import BadLayout, BadValue, UnknownKey, suggest
from anomalon.stats.limits.profile import GAMMA, GAUSSIAN, LOG_NORMAL

__all__ = ["Constraint", "CountData", "broadcast", "numbers", "one_of"]

Floats = NDArray[np.floating[Any]]
Constraint = Literal["gamma", "gaussian", "log_normal"]

_NOTHING = 1e-200  # events, a factor on which would not matter
_CONSTRAINTS = {"gamma": GAMMA, "gaussian": GAUSSIAN, "log_normal": LOG_NORMAL}


@dataclass(frozen=True, eq=False)
class CountData:
    """Checked arrays of shape (item, bin), and the shape of the items."""

    n: Floats
    b: Floats
    v: Floats
    s: Floats
    constraint: int
    shape: tuple[int, ...]

    @classmethod
    def of(
        cls,
        n: ArrayLike,
        b: ArrayLike,
        sigma_b: ArrayLike,
        signal: ArrayLike | None,
        constraint: str,
        items: tuple[int, ...] = (),
    ) -> "CountData":
        """Broadcast, also to a shape of `items` that strengths have."""
        kind = one_of(constraint, Constraint, "constraint")
        arrays = [numbers(n, "n"), numbers(b, "b"), numbers(sigma_b, "sigma_b")]
        binned = signal is not None
        arrays.append(numbers(1.0 if signal is None else signal, "signal"))
        if binned and max(x.ndim for x in arrays) == 0:
            raise BadLayout("signal: expected a template of shape (…, bin), got one number.")
        like = np.empty((*items, 1) if binned else items)
        n_, b_, sigma, s_, _ = broadcast([*arrays, like])
        shape = n_.shape[:-1] if binned else n_.shape
        bins = n_.shape[-1] if binned else 1
        # copies: broadcast arrays are views, and those of callers may be read-only; all in one
        # order, so that the kernels are compiled once
        v_ = _log_variance(b_, sigma) if kind == "log_normal" else sigma**2
        n_, b_, v_, s_ = (np.array(x, order="C").reshape(-1, bins) for x in (n_, b_, v_, s_))
        return cls(n_, b_, v_, s_, _CONSTRAINTS[kind], shape)

    @property
    def arrays(self) -> tuple[Floats, Floats, Floats, Floats, int]:
        """What the kernels take."""
        return self.n, self.b, self.v, self.s, self.constraint

    @property
    def single(self) -> tuple[Floats, Floats, Floats]:
        """Counts, backgrounds and variances of measurements of one bin, shape (item,) each."""
        n, b, v = (np.ascontiguousarray(x[:, 0]) for x in (self.n, self.b, self.v))
        return n, b, v

    def shaped(self, values: Floats) -> Floats:
        """One number per item, in the shape of the caller."""
        return np.asarray(values.reshape(self.shape))[()]


def _log_variance(b: Floats, sigma: Floats) -> Floats:
    """The square of ln kappa = ln(1 + sigma/b); 0 for a background that is known."""
    if np.any((b == 0) & (sigma > 0)):
        raise BadValue(
            "sigma_b: expected 0 where b is 0: with a log-normal constraint it is a factor on b. "
            'Take constraint="gamma" for a control region without events.'
        )
    some = b > _NOTHING
    return np.asarray(np.where(some, np.log1p(sigma / np.where(some, b, 1.0)) ** 2, 0.0))


def numbers(values: ArrayLike, name: str) -> Floats:
    """Finite, non-negative numbers, or `BadValue` with the name."""
    array = np.asarray(values, dtype=np.float64)
    good = np.isfinite(array) & (array >= 0)
    if not good.all():
        raise BadValue(
            f"{name}: expected finite numbers >= 0, got {array[~good].ravel()[0]}. "
            "`upper_limits` leaves such items out and says why."
        )
    return array


def broadcast(arrays: list[Floats]) -> list[Floats]:
    """Arrays of one shape, or `BadLayout`."""
    try:
        return list(np.broadcast_arrays(*arrays))
    except ValueError:
        shapes = ", ".join(str(x.shape) for x in arrays)
        raise BadLayout(f"limits: expected shapes that broadcast, got {shapes}.") from None


def one_of(value: str, kind: Any, name: str) -> str:
    """A value that a `Literal` has, or `UnknownKey`."""
    known = get_args(kind)
    if value not in known:
        raise UnknownKey(f"{name}: no '{value}'; {suggest(str(value), known)}")
    return value
