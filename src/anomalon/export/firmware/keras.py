"""Keras on JAX, and its quantised layers; nothing else of anomalon imports them."""

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from anomalon.core.errors import BadValue
from anomalon.export.packages import needed

__all__ = ["quantised_layers", "quietly"]


def quantised_layers() -> tuple[Any, Any]:
    """The packages keras, on JAX, and hgq.

    Raises:
        BadValue: If keras was imported before with another backend.
        MissingExtra: If one of them is not installed.
    """
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = "jax"
    with quietly():
        keras = needed("keras", "training of firmware")
        hgq = needed("hgq", "training of firmware")
        for part in ("config", "layers", "utils"):
            needed(f"hgq.{part}", "training of firmware")
    if keras.backend.backend() != "jax":
        raise BadValue(
            f"firmware: expected keras on jax, got keras on {keras.backend.backend()}, which was "
            "imported before. Set KERAS_BACKEND=jax."
        )
    return keras, hgq


@contextmanager
def quietly() -> Iterator[None]:
    """Other packages warn of what they do themselves; that is no news to a reader."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
