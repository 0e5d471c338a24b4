"""Transport between images that can be differentiated: sliced, and Sinkhorn's.

Both compare what is in two tables (row, column) as distributions of the same total, in a square
from -half_width to half_width, and take the place of a `Distance` where an autoencoder is trained.
The exact distance is `anomalon.transport.emd`; it has no useful gradient and judges afterwards.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, final

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float
from numpy.typing import NDArray

__all__ = ["Sinkhorn", "SlicedTransport"]

_LEAST = 1e-30  # of what a kernel lets through, so that nothing is divided by zero


def _as_distributions(image: Float[Array, "event row column"]) -> Float[Array, "event pixel"]:
    """Without what is below zero, of total one; an image of nothing is spread evenly."""
    flat = jnp.maximum(image.reshape(len(image), -1), 0.0) + 1e-12
    return flat / flat.sum(axis=1, keepdims=True)


def _pixels(n_rows: int, n_columns: int, half_width: float) -> NDArray[np.float64]:
    """Centres of the pixels of an image, shape (pixel, 2)."""

    def centres(n: int) -> NDArray[np.float64]:
        return half_width * ((2 * np.arange(n) + 1) / n - 1)

    y, x = np.meshgrid(centres(n_rows), centres(n_columns), indexing="ij")
    return np.stack([y.ravel(), x.ravel()], axis=1)


@final
@dataclass(frozen=True)
class SlicedTransport:
    """The mean over directions of the transport distance (power 1) along each of them.

    Bonneel et al., J. Math. Imaging Vis. 51 (2015) 22. In one dimension the distance is the area
    between two cumulative distributions, so all of it is one matrix product and an absolute value.
    It is at most the distance in the plane.

    Args:
        half_width: Of the image, in the units of the distance.
        n_directions: Directions, evenly around half a turn.
        n_steps: Places along each of them.
    """

    half_width: float = 1.0
    n_directions: int = 16
    n_steps: int = 40

    def __call__(
        self,
        x: Float[Array, "event row column"],
        y: Float[Array, "event row column"],
        mask: Bool[Array, "event row"],
    ) -> Float[Array, " event"]:
        """The distance of each event."""
        del mask  # a row of an image is always there
        matrix = _cumulative(self, x.shape[1], x.shape[2])
        apart = (_as_distributions(x) - _as_distributions(y)) @ matrix
        return jnp.abs(apart).sum(axis=1)


@cache
def _cumulative(sliced: SlicedTransport, n_rows: int, n_columns: int) -> NDArray[np.float32]:
    """From an image to its cumulative distributions times the step over the directions.

    Shape (pixel, direction * step). What lies between two places is shared between them, so that
    the distance does not jump where a pixel passes one.
    """
    pixels = _pixels(n_rows, n_columns, sliced.half_width)
    angles = np.pi * np.arange(sliced.n_directions) / sliced.n_directions
    along = pixels @ np.stack([np.sin(angles), np.cos(angles)])
    reach = np.sqrt(2) * sliced.half_width
    places, step = np.linspace(-reach, reach, sliced.n_steps, retstep=True)
    below = np.clip((places - along[:, :, None]) / step + 0.5, 0.0, 1.0)
    scaled = below * step / sliced.n_directions
    return np.asarray(scaled.reshape(len(pixels), -1), np.float32)


@final
@dataclass(frozen=True)
class Sinkhorn:
    """The Sinkhorn divergence: transport with entropy, less what it has between equals.

    Cuturi, arXiv:1306.0895; Feydy et al., arXiv:1810.08278, eq. 3. Its gradient is the potential
    (the theorem of the envelope), so no step is differentiated.

    Args:
        half_width: Of the image.
        power: Exponent of the distance in the plane; no root is taken.
        radius: The unit of the distance.
        blur: The entropy, as a share of the largest cost; below 0.015 numbers become too small.
        n_steps: Steps of the iteration.
        pooled: So many pixels a side are one, for speed.
    """

    half_width: float = 1.0
    power: float = 1.0
    radius: float = 1.0
    blur: float = 0.02
    n_steps: int = 50
    pooled: int = 2

    def __call__(
        self,
        x: Float[Array, "event row column"],
        y: Float[Array, "event row column"],
        mask: Bool[Array, "event row"],
    ) -> Float[Array, " event"]:
        """The divergence of each event."""
        del mask
        a, b = (_as_distributions(_pooled(image, self.pooled)) for image in (x, y))
        rows, columns = x.shape[1] // self.pooled, x.shape[2] // self.pooled
        cost = _costs(rows, columns, self.half_width, self.power, self.radius)
        blur = self.blur * float(cost.max())
        kernel = np.exp(-cost / blur).astype(np.float32)
        both = self._between(a, b, kernel, blur)
        same = self._between(a, a, kernel, blur) + self._between(b, b, kernel, blur)
        return both - same / 2

    def _between(
        self, a: jax.Array, b: jax.Array, kernel: NDArray[np.float32], blur: float
    ) -> jax.Array:
        """Dual value with potentials that are taken for constants."""
        fixed_a, fixed_b = jax.lax.stop_gradient((a, b))

        def step(v: jax.Array, _: Any) -> tuple[jax.Array, None]:
            u = fixed_a / jnp.maximum(v @ kernel.T, _LEAST)
            return fixed_b / jnp.maximum(u @ kernel, _LEAST), None

        v, _ = jax.lax.scan(step, jnp.ones_like(fixed_b), None, length=self.n_steps)
        u = fixed_a / jnp.maximum(v @ kernel.T, _LEAST)
        f, g = (blur * jnp.log(jnp.maximum(w, _LEAST)) for w in (u, v))
        f, g = jax.lax.stop_gradient((f, g))
        return (f * a).sum(axis=1) + (g * b).sum(axis=1)


def _pooled(image: jax.Array, n: int) -> jax.Array:
    """Sums over squares of n times n pixels."""
    if n == 1:
        return image
    events, rows, columns = image.shape
    return image.reshape(events, rows // n, n, columns // n, n).sum(axis=(2, 4))


@cache
def _costs(
    n_rows: int, n_columns: int, half_width: float, power: float, radius: float
) -> NDArray[np.float64]:
    """(distance / radius)^power between pixels, shape (pixel, pixel)."""
    pixels = _pixels(n_rows, n_columns, half_width)
    apart = np.sqrt(((pixels[:, None, :] - pixels[None, :, :]) ** 2).sum(axis=2))
    return np.asarray((apart / radius) ** power)
