"""Toy jets: a few clusters of particles, as (weight, x, y)."""

import numpy as np


def toy_points(n, seed=0, low=30, high=50):
    """A list of arrays of shape (particle, 3), of falling weight, within 0.8 of the axis."""
    rng = np.random.default_rng(seed)
    return [_jet(rng, int(rng.integers(low, high + 1))) for _ in range(n)]


def _jet(rng, n):
    centres = rng.normal(0, 0.25, (int(rng.integers(1, 4)), 2))
    spread = rng.exponential(0.12, n)[:, None] * rng.normal(size=(n, 2))
    at = np.clip(centres[rng.integers(0, len(centres), n)] + spread, -0.8, 0.8)
    weight = np.sort(rng.exponential(1.0, n) ** 2)[::-1] + 1e-6
    return np.column_stack([weight, at])


def toy_image(n=200, seed=11, bins=40):
    """The average image of toy jets, as one event: the pixels that are not empty."""
    particles = np.concatenate(toy_points(n, seed))
    edges = np.linspace(-0.8, 0.8, bins + 1)
    pixels, _, _ = np.histogram2d(
        particles[:, 1], particles[:, 2], [edges, edges], weights=particles[:, 0]
    )
    centres = (edges[1:] + edges[:-1]) / 2
    x, y = np.meshgrid(centres, centres, indexing="ij")
    kept = pixels > 0
    return np.column_stack([pixels[kept], x[kept], y[kept]])
