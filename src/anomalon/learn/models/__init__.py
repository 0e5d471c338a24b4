"""Architectures for the engine: Equinox modules, with documented shapes.

| module | one event is | what it gives |
|---|---|---|
| `Dense`, `DenseAutoencoder` | features (feature,) | outputs, a reconstruction |
| `ConvEncoder`, `ConvAutoencoder` | an image (height, width, channel) | outputs, a reconstruction |
| `SetEncoder` | objects (object, feature) and a mask (object,) | outputs that ignore their order |
| `slots` | the same, in slots of known kinds | outputs, and the table again |
| `spline_flow` | features (feature,) | a density |

All but `DenseAutoencoder` and `spline_flow` take many events as well, with their axis in front,
which is faster than `jax.vmap`. All start from a named seed: He for rectified layers
(arXiv:1502.01852), Glorot for linear ones (Glorot and Bengio, AISTATS 2010). The flow is imported
from `anomalon.learn.models.flow`, so that flowjax is loaded only where one is wanted.
"""

from anomalon.learn.models.attention import SetEncoder
from anomalon.learn.models.conv import ConvAutoencoder, ConvEncoder
from anomalon.learn.models.dense import Dense, DenseAutoencoder
from anomalon.learn.models.losses import reconstruction_error

__all__ = [
    "ConvAutoencoder",
    "ConvEncoder",
    "Dense",
    "DenseAutoencoder",
    "SetEncoder",
    "reconstruction_error",
]
