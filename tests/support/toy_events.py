"""Events of a few objects as a trigger sees them: background, and an easy signal."""

import numpy as np

from anomalon.core import Events
from anomalon.core.seen import with_split

NAMES = ("met", "electron1", "electron2", "muon1", "muon2", "jet1", "jet2", "jet3", "jet4")
FEATURES = ("pt", "eta", "phi")
_SLOTS = {"met": 1, "electron": 2, "muon": 2, "jet": 4}


def toy_background(n, seed=0, *, weights=False):
    """One lepton as a rule, a falling spectrum, few jets."""
    rng = np.random.default_rng(seed)
    return _events(n, rng, {"electron": 0.5, "muon": 0.5, "jet": 1.5}, 20.0, weights)


def toy_signal(n, seed=1):
    """Leptons and jets in numbers, and hard ones."""
    rng = np.random.default_rng(seed)
    events = _events(n, rng, {"electron": 2.0, "muon": 2.0, "jet": 3.5}, 90.0, weights=False)
    return Events(
        events.objects, NAMES, FEATURES, events.mask, label=np.ones(n, np.int8), source="signal"
    )


def toy_split(n, seed=0):
    """Background in three parts."""
    return with_split(toy_background(n, seed))


def _events(n, rng, mean, scale, weights):
    objects, mask = np.zeros((n, len(NAMES), 3)), np.zeros((n, len(NAMES)), bool)
    mask[:, 0], first = True, 1
    for kind, width in list(_SLOTS.items())[1:]:
        count = np.minimum(rng.poisson(mean[kind], n), width)
        mask[:, first : first + width] = np.arange(width) < count[:, None]
        first += width
    objects[:, :, 0] = 3 + rng.exponential(scale, mask.shape)
    objects[:, :, 1] = np.clip(rng.normal(0, 1.2, mask.shape), -3, 3)
    objects[:, :, 2] = rng.uniform(-np.pi, np.pi, mask.shape)
    first = 1
    for width in list(_SLOTS.values())[1:]:
        part = objects[:, first : first + width]
        part[:, :, 0] = -np.sort(
            -np.where(mask[:, first : first + width], part[:, :, 0], 0), axis=1
        )
        first += width
    objects[:, 0, 1] = 0
    objects = np.where(mask[:, :, None], objects, 0).astype(np.float32)
    weight = rng.uniform(0.5, 1.5, n) if weights else None
    return Events(objects, NAMES, FEATURES, mask, weight=weight, columns={"event": np.arange(n)})
