"""`ConvEncoder`: an image to a few numbers; `ConvAutoencoder`: and back to the image.

Each stage halves the image by a 3 x 3 convolution of stride 2, and the decoder doubles it by a
transposed convolution of 2 x 2 kernels that do not overlap, which leaves no checkerboard and is one
matrix product. Channels come last, which is fastest on a CPU. All take one image or many.
"""

from itertools import pairwise
from typing import final

import equinox as eqx
import jax
from jaxtyping import Array, Float

from anomalon.core.errors import BadValue
from anomalon.core.seed import Seed
from anomalon.learn.models.dense import ACTIVATIONS, Activation, Dense
from anomalon.learn.models.layers import Linear, glorot, he, zeros

__all__ = ["ConvAutoencoder", "ConvDecoder", "ConvEncoder"]

_LAYOUT = ("NHWC", "HWIO", "NHWC")


@final
class Halved(eqx.Module):
    """A 3 x 3 convolution of stride 2, and an activation."""

    kernel: Float[Array, "3 3 channel_in channel_out"]
    bias: Float[Array, " channel_out"]
    activation: Activation = eqx.field(static=True)

    def __init__(
        self, n_in: int, n_out: int, *, seed: Seed, activation: Activation = "relu"
    ) -> None:
        self.activation = activation
        self.kernel = he((3, 3, n_in, n_out), 9 * n_in, seed)
        self.bias = zeros(n_out)

    def __call__(
        self, x: Float[Array, "*many height width channel_in"]
    ) -> Float[Array, "*many height//2 width//2 channel_out"]:
        """The smaller image."""
        y = jax.lax.conv_general_dilated(
            x.reshape(-1, *x.shape[-3:]), self.kernel, (2, 2), "SAME", dimension_numbers=_LAYOUT
        )
        y = ACTIVATIONS[self.activation](y + self.bias)
        return y.reshape(*x.shape[:-3], *y.shape[1:])


@final
class Doubled(eqx.Module):
    """A transposed 2 x 2 convolution of stride 2."""

    kernel: Float[Array, "channel_in 2 2 channel_out"]
    bias: Float[Array, " channel_out"]

    def __init__(self, n_in: int, n_out: int, *, seed: Seed, rectified: bool) -> None:
        shape = n_in, 2, 2, n_out  # every pixel of the output sees one of the input
        self.kernel = he(shape, n_in, seed) if rectified else glorot(shape, n_in, n_out, seed)
        self.bias = zeros(n_out)

    def __call__(
        self, x: Float[Array, "*many height width channel_in"]
    ) -> Float[Array, "*many 2*height 2*width channel_out"]:
        """The larger image."""
        *many, height, width, n_in = x.shape
        y = (x @ self.kernel.reshape(n_in, -1)).reshape(*many, height, width, 2, 2, -1)
        return y.swapaxes(-4, -3).reshape(*many, 2 * height, 2 * width, -1) + self.bias


@final
class ConvEncoder(eqx.Module):
    """Convolutions and one linear layer.

    Args:
        shape: Height, width and channels of an image; each stage halves height and width.
        channels: Channels after each stage.
        n_out: Outputs.
        seed: Random numbers of the start.
        activation: Behind each convolution.

    Raises:
        BadValue: If height or width cannot be halved that often.
    """

    stages: tuple[Halved, ...]
    output: Dense

    def __init__(
        self,
        shape: tuple[int, int, int],
        channels: tuple[int, ...],
        n_out: int,
        *,
        seed: Seed,
        activation: Activation = "relu",
    ) -> None:
        height, width = _smallest(shape, channels)
        sizes = pairwise((shape[2], *channels))
        self.stages = tuple(
            Halved(*size, seed=seed.child(stage=i), activation=activation)
            for i, size in enumerate(sizes)
        )
        n_in = height * width * (shape[2], *channels)[-1]
        self.output = Dense(n_in, (), n_out, seed=seed.child("output"))

    def __call__(
        self, x: Float[Array, "*many height width channel"]
    ) -> Float[Array, "*many n_out"]:
        """The outputs."""
        for stage in self.stages:
            x = stage(x)
        return self.output(x.reshape(*x.shape[:-3], -1))


@final
class ConvDecoder(eqx.Module):
    """A few numbers to an image: one linear layer and transposed convolutions.

    Args:
        shape: Height, width and channels of an image.
        channels: Those of the encoder; here they come in reverse.
        n_in: Numbers that it is made of.
        seed: Random numbers of the start.
        activation: In front of each transposed convolution.

    Raises:
        BadValue: If height or width cannot be halved that often.
    """

    input: Linear
    stages: tuple[Doubled, ...]
    smallest: tuple[int, int] = eqx.field(static=True)
    activation: Activation = eqx.field(static=True)

    def __init__(
        self,
        shape: tuple[int, int, int],
        channels: tuple[int, ...],
        n_in: int,
        *,
        seed: Seed,
        activation: Activation = "relu",
    ) -> None:
        self.smallest, self.activation = _smallest(shape, channels), activation
        all_channels = (shape[2], *channels)
        n_first = self.smallest[0] * self.smallest[1] * all_channels[-1]
        self.input = Linear(n_in, n_first, seed=seed.child("input"), rectified=True)
        sizes = list(pairwise(all_channels[::-1]))
        self.stages = tuple(
            Doubled(*size, seed=seed.child(doubled=i), rectified=i + 1 < len(sizes))
            for i, size in enumerate(sizes)
        )

    def __call__(self, z: Float[Array, "*many n_in"]) -> Float[Array, "*many height width channel"]:
        """The image."""
        y = self.input(z).reshape(*z.shape[:-1], *self.smallest, -1)
        for stage in self.stages:
            y = stage(ACTIVATIONS[self.activation](y))
        return y


@final
class ConvAutoencoder(eqx.Module):
    """Images to a few numbers and back, as in arXiv:1808.08979 and arXiv:1808.08992 for jets.

    Args:
        shape: Height, width and channels of an image; each stage halves height and width.
        channels: Channels after each stage of the encoder; the decoder has them in reverse.
        n_latent: Numbers in the middle.
        seed: Random numbers of the start.

    Raises:
        BadValue: If height or width cannot be halved that often.
    """

    encoder: ConvEncoder
    decoder: ConvDecoder

    def __init__(
        self, shape: tuple[int, int, int], channels: tuple[int, ...], n_latent: int, *, seed: Seed
    ) -> None:
        self.encoder = ConvEncoder(shape, channels, n_latent, seed=seed.child("encoder"))
        self.decoder = ConvDecoder(shape, channels, n_latent, seed=seed)

    def __call__(
        self, x: Float[Array, "*many height width channel"]
    ) -> Float[Array, "*many height width channel"]:
        """The reconstruction."""
        return self.decoder(self.encoder(x))


def _smallest(shape: tuple[int, int, int], channels: tuple[int, ...]) -> tuple[int, int]:
    """Height and width behind all stages."""
    factor = 2 ** len(channels)
    if shape[0] % factor or shape[1] % factor:
        raise BadValue(
            f"convolutions: expected height and width that {len(channels)} stages can halve, "
            f"multiples of {factor}, got {shape[0]} and {shape[1]}. Pad the images, or take fewer "
            "stages."
        )
    return shape[0] // factor, shape[1] // factor
