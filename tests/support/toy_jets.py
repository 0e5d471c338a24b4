"""Small jets for tests: a few constituents each, with all the numbers that a jet may have."""

import numpy as np

from anomalon.core import Events, Particles
from anomalon.data.jets import jet_events


def toy_jets(n=50, seed=1, *, most=12, slots=None, label=True, columns=True, **replaced) -> Events:
    """Jets of 1 to `most` constituents around their axes."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, most + 1, n)
    total = int(sizes.sum())
    constituents = Particles.polar(
        rng.exponential(30, total).astype(np.float32) + 1,
        rng.normal(0, 0.3, total).astype(np.float32),
        rng.normal(0, 0.3, total).astype(np.float32),
        np.concatenate([[0], np.cumsum(sizes)]),
        source="toys",
    )
    numbers = {
        "event": 100 + np.arange(n) // 2,
        "jet_pt": rng.uniform(550, 650, n).astype(np.float32),
        "jet_eta": rng.uniform(-2, 2, n).astype(np.float32),
        "jet_phi": rng.uniform(-3, 3, n).astype(np.float32),
        "jet_mass": rng.uniform(20, 200, n).astype(np.float32),
        "split": rng.integers(0, 3, n).astype(np.int8),
        "process": np.full(n, 21, np.int16),
    }
    return jet_events(
        constituents,
        slots,
        columns=numbers if columns else {},
        weight=rng.uniform(0.5, 2, n),
        label=rng.integers(0, 2, n) if label else None,
        **replaced,
    )
