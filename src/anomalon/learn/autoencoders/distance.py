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
            is an angle, which is then compared on the circle: 2 (1 - cos d); empty if it is none.
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
        each = d**2
        if self.turns:
            unit = jnp.asarray(np.array(self.turns, np.float32) / (2 * np.pi))
            circle = 2 * (1 - jnp.cos(d[:, :, -1] / unit)) * unit**2
            each = each.at[:, :, -1].set(circle)
        if self.first != "squared":
            size = jnp.abs(d[:, :, 0])
            if self.first == "huber":
                size = jnp.where(size < 1, size**2 / 2, size - 0.5)
            each = each.at[:, :, 0].set(size)
        return each

    def _by_group(self, rows: jax.Array, counts: jax.Array) -> jax.Array:
        """The mean or sum over groups that are there of the mean over their rows."""
        of_group = np.eye(max(self.groups) + 1, dtype=np.float32)[list(self.groups)]
        n = counts @ of_group
        means = (rows @ of_group) / jnp.maximum(n, 1)
        total = means.sum(axis=1)
        there = jnp.maximum((n > 0).sum(axis=1), 1)
        return total if self.reduce == "sum" else total / there
