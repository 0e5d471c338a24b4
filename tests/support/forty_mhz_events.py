"""Random events of nineteen objects, as they are at 40 MHz."""

import numpy as np

from anomalon.core import Events
from anomalon.data.forty_mhz import FEATURE_NAMES, OBJECT_NAMES


def forty_mhz_events(n: int, seed: int = 5, *, label: bool = True, columns: bool = True) -> Events:
    """Events with filled and empty slots, pt in order within each kind, and all known columns."""
    rng = np.random.default_rng(seed)
    objects = np.zeros((n, 19, 3), dtype=np.float32)
    mask = np.zeros((n, 19), dtype=bool)
    mask[:, 0] = True
    for slots in (slice(1, 5), slice(5, 9), slice(9, 19)):
        size = slots.stop - slots.start
        mask[:, slots] = np.arange(size) < rng.integers(0, size + 1, (n, 1))
        objects[:, slots, 0] = -np.sort(-rng.exponential(30, (n, size)) - 3, axis=1)
    objects[:, 0, 0] = rng.exponential(20, n)
    objects[:, 1:, 1] = rng.uniform(-2, 2, (n, 18))
    objects[:, :, 2] = rng.uniform(-np.pi, np.pi, (n, 19))
    objects[:, :, 0] = np.abs(objects[:, :, 0])
    known = {
        "event": rng.permutation(np.arange(2**40, 2**40 + n)),
        "process": rng.integers(0, 4, n).astype(np.int16),
        "n_pv": rng.poisson(20, n).astype(np.int16),
        "run": rng.integers(1, 9, n),
        "passes_l1": rng.random(n) < 0.5,
        "split": rng.integers(0, 3, n).astype(np.int8),
        "luminosity": rng.random(n).astype(np.float32),
    }
    return Events(
        objects=np.where(mask[:, :, None], objects, np.float32(0)),
        object_names=OBJECT_NAMES,
        feature_names=FEATURE_NAMES,
        mask=mask,
        weight=rng.exponential(1, n),
        label=(rng.random(n) < 0.3).astype(np.int8) if label else None,
        columns=known if columns else {"event": known["event"]},
        source="random events",
    )
