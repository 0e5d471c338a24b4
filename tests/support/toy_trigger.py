"""Events of a trigger: a falling spectrum in strata of very different weights, and hard signals."""

import numpy as np

from anomalon.core import Events
from anomalon.detection import Named
from anomalon.detectors import Autoencoder, Baseline, FeedForward, Learning, TriggerObjects
from anomalon.trigger import Model, Operation, operate

NAMES = ("met", "jet1", "jet2", "jet3", "muon1")


def trigger_events(n, seed, scale, hz, *, label=0):
    """`n` events that stand for `hz` together."""
    rng = np.random.default_rng(seed)
    pt = np.sort(rng.exponential(scale, (n, 5)), axis=1)[:, ::-1] + 5
    eta, phi = rng.normal(0, 1.5, (n, 5)), rng.uniform(-3.1, 3.1, (n, 5))
    pt[:, 0], eta[:, 0] = rng.exponential(scale / 2, n) + 1, 0.0
    mask = rng.random((n, 5)) < 0.8
    mask[:, :2] = True
    objects = np.where(mask[:, :, None], np.stack([pt, eta, phi], axis=-1), 0)
    columns = {
        "n_pv": rng.poisson(60, n), "run": rng.integers(1, 4, n),
        "event": 10**6 * seed + np.arange(n),
        "passes_l1": rng.random(n) < 0.9, "passes_hlt": pt[:, 1] > 3 * scale,
    }  # fmt: skip
    return Events(
        objects.astype(np.float32), NAMES, ("pt", "eta", "phi"), mask, np.full(n, hz / n),
        np.full(n, label), columns,
    )  # fmt: skip


def trigger_background(n=8000, seed=1):
    """Three strata: soft and common, harder, hard and rare."""
    strata = ((4, 20.0, 3e5), (4, 60.0, 3e3), (2, 150.0, 100.0))
    return Events.concatenate(
        [trigger_events(n * k // 10, seed + i, s, hz) for i, (k, s, hz) in enumerate(strata)]
    )


def toy_models():
    """One on its own, one on a mix."""
    quick = Learning(epochs=1, batch_size=1024)
    network = FeedForward((8,))
    return (
        Model(Named(Autoencoder(network, 2, learning=quick), "base")),
        Model(
            Named(Autoencoder(network, 2, TriggerObjects(), learning=quick), "mixed"),
            {"background": 1.0, "jz": 0.5},
            0.5,
        ),
    )


def found_trigger(rate=6000.0, **changes):
    """What a comparison gives; of two trainings, with all that may be there."""
    settings = {"after": "passes_l1", "menu": "passes_hlt", "trainings": 2, "halvings": 60,
                "items": ("passes_*",)}  # fmt: skip
    return operate(
        trigger_background(),
        toy_models(),
        Operation(rate, **settings | {"name": "A trigger"} | changes),
        signals={"hard": trigger_events(500, 8, 200.0, 1.0, label=1)},
        samples={"jz": trigger_events(1000, 9, 40.0, 1.0)},
        seed=3,
    )


def of_cuts(rate, **changes):
    """The same with trivial models alone, which is quick."""
    return operate(
        trigger_background(),
        (Model(Named(Baseline("ht"), "sum")),),
        Operation(rate, **{"trainings": 1} | changes),
        signals={"hard": trigger_events(500, 8, 200.0, 1.0, label=1)},
    )
