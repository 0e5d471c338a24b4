"""`Distance`: how far a table of objects is from its reconstruction, one number per event."""

from dataclasses import dataclass
from typing import Literal, Protocol, final

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

__all__ = ["Comparison", "Distance", "First"]

First = Literal["squared", "absolute", "huber"]


class Comparison(Protocol):
    """Anything that says how far tables are from their reconstructions; it can be hashed."""

    def __call__(
        self,
        x: Float[Array, "event object feature"],
        y: Float[Array, "event object feature"],
        mask: Bool[Array, "event object"],
    ) -> Float[Array, " event"]:
        """One number per event."""


@final
@dataclass(frozen=True)
class Distance:
    """Differences of tables, entry by entry, and what becomes of them.

    Args:
        masked: Whether entries of empty rows are left out.
        first: How the first feature (a transverse momentum) is compared: "squared", "absolute", or
            "huber" (squared up to one, then absolute). All others are squared.
        alike: Whether all features are compared as the first: pixels of an image.
        reduce: "mean" over the entries that count, or "sum".
        turns: For each row of the table what a full turn is in units of the last feature, if that
            is an angle, whose difference is then the shorter way around; empty if it is none.
        groups: For each row of the table its group: groups count the same, whatever their number of
            rows; empty: entries do.
    """

    masked: bool = True
    first: First = "squared"
    reduce: Literal["mean", "sum"] = "mean"
    turns: tuple[float, ...] = ()
    groups: tuple[int, ...] = ()
    alike: bool = False

    def __call__(
        self,
        x: Float[Array, "event object feature"],
        y: Float[Array, "event object feature"],
        mask: Bool[Array, "event object"],
    ) -> Float[Array, " event"]:
        """The distance of each event."""
        columns = self._entries(_columns(x), _columns(y), x.shape[2])
        # the event is the last axis: sums over the short axes are then sums of long rows
        each = columns.reshape(*x.shape[1:], len(x))
        counts = jnp.broadcast_to(mask, x.shape[:2]).T.astype(each.dtype)
        if not self.masked:
            counts = jnp.ones_like(counts)
        rows = (each.mean(axis=1) if self.reduce == "mean" else each.sum(axis=1)) * counts
        if self.groups:
            return self._by_group(rows, counts)
        total = rows.sum(axis=0)
        return total if self.reduce == "sum" else total / jnp.maximum(counts.sum(axis=0), 1)

    def _entries(self, x: jax.Array, y: jax.Array, n_features: int) -> jax.Array:
        """What the difference of each entry counts, shape (entry, event)."""
        d = y - x
        if self.turns:
            # the shorter way around: rounding is much cheaper than a cosine
            turn = np.ones((len(self.turns), n_features), np.float32)
            times = np.zeros_like(turn)
            turn[:, -1], times[:, -1] = self.turns, 1 / np.array(self.turns)
            turn, times = turn.reshape(-1, 1), times.reshape(-1, 1)
            d = d - turn * jax.lax.stop_gradient(jnp.round(d * times))
        each = d**2
        if self.first != "squared":
            size = jnp.abs(d)
            if self.first == "huber":
                size = jnp.where(size < 1, each / 2, size - 0.5)
            is_first = (np.arange(len(d))[:, None] % n_features == 0) | self.alike
            each = jnp.where(is_first, size, each)
        return each

    def _by_group(self, rows: jax.Array, counts: jax.Array) -> jax.Array:
        """The mean or sum over groups that are there of the mean over their rows."""
        of_group = np.eye(max(self.groups) + 1, dtype=np.float32)[list(self.groups)].T
        n = of_group @ counts
        means = (of_group @ rows) / jnp.maximum(n, 1)
        total = means.sum(axis=0)
        there = jnp.maximum((n > 0).sum(axis=0), 1)
        return total if self.reduce == "sum" else total / there


def _columns(table: Float[Array, "event object feature"]) -> jax.Array:
    """All entries of an event below each other, shape (entry, event)."""
    return jnp.asarray(table).reshape(len(table), -1).T
