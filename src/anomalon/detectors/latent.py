"""What is in the middle of a fitted autoencoder: where events are, and what lies between them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadValue
from anomalon.core.events import Events
from anomalon.core.seed import Seed
from anomalon.detectors.autoencoder import Autoencoder
from anomalon.detectors.base import FittedDetector
from anomalon.detectors.variational import Variational
from anomalon.learn.autoencoders.plain import decoded as decode
from anomalon.learn.autoencoders.plain import encoded as encode

__all__ = ["decoded", "generated", "latent_means", "morphed"]

Floats = NDArray[np.floating[Any]]


def latent_means(scorer: FittedDetector, events: Events) -> Floats:
    """Where events are in the middle, shape (event, n_latent); means if it is variational.

    Raises:
        BadValue: If the detector is no autoencoder.
    """
    detector = _autoencoder(scorer)
    model = detector.model_of(scorer.state, scorer.inputs)
    return np.asarray(encode(model, scorer.inputs(events).data)[:, : detector.n_latent])


def decoded(scorer: FittedDetector, z: Floats) -> Floats:
    """What the decoder makes of places in the middle (event, n_latent).

    Shape (event, row, column) for images, (event, object, feature) for objects.

    Raises:
        BadValue: If the detector is no autoencoder.
    """
    detector = _autoencoder(scorer)
    model = detector.model_of(scorer.state, scorer.inputs)
    return np.asarray(decode(model, np.asarray(z, np.float32)))


def generated(scorer: FittedDetector, n: int, *, seed: Seed | int = 0) -> Floats:
    """New events, as a variational autoencoder sees them: normal numbers through its decoder.

    Args:
        scorer: The detector, fitted.
        n: How many.
        seed: Random numbers.

    Raises:
        BadValue: If the detector is not variational.
    """
    detector = _autoencoder(scorer)
    if not isinstance(detector, Variational):
        raise BadValue(
            f"generated: expected a variational detector, whose middle has a distribution, got "
            f"'{detector.kind}'."
        )
    n = check.whole(n, "generated: n", 1)
    rng = Seed.of(seed).child("generated").generator()
    return decoded(scorer, rng.normal(size=(n, detector.n_latent)))


def morphed(scorer: FittedDetector, first: Events, second: Events, n: int = 7) -> Floats:
    """What lies between two events: places on the line between theirs, decoded.

    Args:
        scorer: The detector, fitted.
        first: One event.
        second: Another.
        n: How many, both ends among them.

    Raises:
        BadValue: If these are not one event each, or the detector is no autoencoder.
    """
    n = check.whole(n, "morphed: n", 2)
    if len(first) != 1 or len(second) != 1:
        raise BadValue(f"morphed: expected one event each, got {len(first)} and {len(second)}.")
    a, b = (latent_means(scorer, event) for event in (first, second))
    return decoded(scorer, a + (b - a) * np.linspace(0, 1, n)[:, None])


def _autoencoder(scorer: FittedDetector) -> Autoencoder | Variational:
    detector = scorer.detector
    if not isinstance(detector, Autoencoder | Variational):
        raise BadValue(
            f"latent: expected a fitted autoencoder or variational one, got '{detector.kind}'."
        )
    return detector
