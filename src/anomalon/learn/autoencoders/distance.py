"""`Distance`: how far a table of objects is from its reconstruction, one number per event."""

from dataclasses import dataclass
from typing import Literal, final

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

__all__ = ["Distance", "First"]

First = Literal["squared", "absolute", "huber"]


@final
@dataclass(frozen=True)
class Distance:
    """Differences of tables, entry by entry, and what becomes of them.

    Args:
        masked: Whether entries of empty rows are left out.
        first: How the first feature (a transverse momentum) is compared: "squared", "absolute", or
            "huber" (squared up to one, then absolute). All others are squared.
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

    def __call__(
        self,
        x: Float[Array, "event object feature"],
        y: Float[Array, "event object feature"],
        mask: Bool[Array, "event object"],
    ) -> Float[Array, " event"]:
        """The distance of each event."""
        each = self._entries(x, y)
        counts = jnp.broadcast_to(mask, mask.shape).astype(each.dtype)
        if not self.masked:
            counts = jnp.ones_like(counts)
        rows = (each.mean(axis=2) if self.reduce == "mean" else each.sum(axis=2)) * counts
        if self.groups:
            return self._by_group(rows, counts)
        total = rows.sum(axis=1)
        return total if self.reduce == "sum" else total / jnp.maximum(counts.sum(axis=1), 1)

    def _entries(self, x: jax.Array, y: jax.Array) -> jax.Array:
        d = jnp.asarray(y) - x
        if self.turns:
            # the shorter way around: rounding is much cheaper than a cosine
            turn = np.ones((len(self.turns), d.shape[2]), np.float32)
            times = np.zeros_like(turn)
            turn[:, -1], times[:, -1] = self.turns, 1 / np.array(self.turns)
            d = d - turn * jax.lax.stop_gradient(jnp.round(d * times))
        each = d**2
        if self.first != "squared":
            size = jnp.abs(d)
            if self.first == "huber":
                size = jnp.where(size < 1, each / 2, size - 0.5)
            is_first = np.arange(d.shape[2]) == 0
            each = jnp.where(is_first, size, each)
        return each

    def _by_group(self, rows: jax.Array, counts: jax.Array) -> jax.Array:
        """The mean or sum over groups that are there of the mean over their rows."""
        of_group = np.eye(max(self.groups) + 1, dtype=np.float32)[list(self.groups)]
        n = counts @ of_group
        means = (rows @ of_group) / jnp.maximum(n, 1)
        total = means.sum(axis=1)
        there = jnp.maximum((n > 0).sum(axis=1), 1)
        return total if self.reduce == "sum" else total / there
