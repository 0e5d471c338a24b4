"""Small events of objects, background and signals, for detectors; and quick detectors."""

import numpy as np

from anomalon.core import Events
from anomalon.detection.results.detection import DetectionResult
from anomalon.detectors import Autoencoder, Baseline, FeedForward, Learning

NAMES = ("met", "electron1", "electron2", "jet1", "jet2", "jet3", "jet4")
FEATURES = ("pt", "eta", "phi")

QUICK = Learning(epochs=2, batch_size=128)


def quick_autoencoder(n_latent: int = 3) -> Autoencoder:
    """Trained within a second."""
    return Autoencoder(FeedForward(hidden=(8,)), n_latent=n_latent, learning=QUICK)


def toy_objects(n: int, seed: int = 1, *, hard: float = 1.0, **more) -> Events:
    """Missing momentum, up to two electrons and four jets; `hard` scales their momenta."""
    rng = np.random.default_rng(seed)
    objects, mask = np.zeros((n, 7, 3), np.float32), np.zeros((n, 7), bool)
    mask[:, 0] = True
    for slots, most in (((1, 2), 2), ((3, 4, 5, 6), 4)):
        mask[:, slots] = np.arange(most) < rng.integers(0, most + 1, (n, 1))
        pt = -np.sort(-rng.exponential(30 * hard, (n, most)) - 5, axis=1)
        objects[:, slots, 0] = np.abs(pt)
    objects[:, 0, 0] = rng.exponential(20 * hard, n)
    objects[:, 1:, 1] = rng.uniform(-2.5, 2.5, (n, 6))
    objects[:, :, 2] = rng.uniform(-np.pi, np.pi, (n, 7))
    columns = {"event": np.arange(n) + 10_000 * seed}
    return Events(
        np.where(mask[:, :, None], objects, np.float32(0)), NAMES, FEATURES, mask,
        columns=columns, source=f"toy {seed}", **more,
    )  # fmt: skip


def found_detection(*, truth: bool = True) -> DetectionResult:
    """A small comparison in which everything is there that there may be."""
    from anomalon.detection import Choices, detect

    signals = {"hard": toy_objects(60, 2, hard=3.0), "soft": toy_objects(60, 3, hard=1.1)}
    return detect(
        toy_objects(400),
        (quick_autoencoder(), Baseline("st")),
        signals if truth else None,
        data=None if truth else toy_objects(40, 4),
        choices=Choices(trainings=2, most_anomalous=3),
        seed=1,
    )
