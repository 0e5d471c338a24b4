"""`Architecture`: which network makes a few numbers of an event, and the event of these again.

| kind | the encoder sees | the decoder |
|---|---|---|
| `feed_forward` | all numbers side by side | the same in reverse |
| `convolutional` | the table of objects as an image | transposed convolutions |
| `transformer` | objects that look at each other, in no order | dense |
| `deep_sets` | objects one by one, and their sum | dense |

Inputs without objects ("numbers") are for `feed_forward` alone, images for that and for
`convolutional`.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any, ClassVar, final, get_args

from anomalon.core import check
from anomalon.core.seed import Seed
from anomalon.features.inputs import FittedInputs, Form
from anomalon.learn.models.dense import Activation, Inner, Norm
from anomalon.learn.models.slots import (
    ConvSlots,
    DeepSet,
    FlatDecoder,
    FlatEncoder,
    ImageDecoder,
    SlotTransformer,
)

__all__ = [
    "Architecture",
    "Convolutional",
    "DeepSets",
    "FeedForward",
    "Transformer",
    "shape_of",
]


def shape_of(inputs: FittedInputs) -> tuple[int, int]:
    """Objects and features of an event, or rows and columns of its image.

    A row of numbers is a single object.
    """
    n = len(inputs.names)
    rows = {"numbers": 1, "images": n}
    return rows.get(inputs.inputs.form, len(inputs.layout.kinds)), n


def _kinds(inputs: FittedInputs) -> tuple[int, ...]:
    kinds = inputs.layout.kinds
    names = list(dict.fromkeys(kinds))
    return tuple(names.index(kind) for kind in kinds)


class Architecture(ABC):
    """Settings of a network; `encoder` and `decoder` build its halves."""

    kind: ClassVar[str]
    registry: ClassVar[dict[str, type["Architecture"]]] = {}
    cites: ClassVar[tuple[str, ...]] = ()
    forms: ClassVar[tuple[Form, ...]] = ("objects",)

    @abstractmethod
    def encoder(self, inputs: FittedInputs, n_out: int, seed: Seed) -> Any:
        """From a table (object, feature) and a mask (object,) to `n_out` numbers."""

    @abstractmethod
    def decoder(self, inputs: FittedInputs, n_in: int, seed: Seed) -> Any:
        """From `n_in` numbers to a table (object, feature)."""

    @property
    def after_training(self) -> "Architecture":
        """The same without what there is in training alone."""
        return self


def _widths(setting: Any, name: str, least: int = 1) -> None:
    where = f"{setting.kind}.{name}"
    given = check.several(getattr(setting, name), where, 100)
    widths = tuple(check.whole(w, where, 1, 100_000) for w in given)
    if len(widths) < least:
        widths = (check.whole(len(widths), f"{where}: number of layers", least),)
    object.__setattr__(setting, name, widths)


@final
@dataclass(frozen=True)
class FeedForward(Architecture):
    """Dense layers.

    Args:
        hidden: Width of each hidden layer of the encoder; the decoder has them in reverse.
        activation: Behind each of them.
        norm: In front of it: "layer" normalises the values of a layer, "batch" each value among
            the events of a batch, for autoencoders alone; "none".
        dropout: Share of hidden values that are set to zero in training.
    """

    kind: ClassVar[str] = "feed_forward"
    forms: ClassVar[tuple[Form, ...]] = ("numbers", "objects", "images")

    hidden: tuple[int, ...] = (64, 32)
    activation: Activation = "leaky_relu"
    norm: Norm = "none"
    dropout: float = 0.0

    def __post_init__(self) -> None:
        check.fields(
            self,
            self.kind,
            activation=get_args(Activation),
            norm=get_args(Norm),
            dropout="[0, 1)",
        )
        _widths(self, "hidden", 0)

    def encoder(self, inputs: FittedInputs, n_out: int, seed: Seed) -> Any:  # noqa: D102
        return FlatEncoder(shape_of(inputs), self.hidden, n_out, seed=seed, inner=self._inner)

    def decoder(self, inputs: FittedInputs, n_in: int, seed: Seed) -> Any:  # noqa: D102
        shape, hidden = shape_of(inputs), self.hidden[::-1]
        return FlatDecoder(n_in, hidden, shape, seed=seed, inner=self._inner)

    @property
    def after_training(self) -> Architecture:
        """Without batch norms, which have become part of the weights."""
        return replace(self, norm="none") if self.norm == "batch" else self

    @property
    def _inner(self) -> Inner:
        return Inner(self.activation, self.norm, self.dropout)


@final
@dataclass(frozen=True)
class Convolutional(Architecture):
    """Convolutions of an image of one channel, or of the table of objects taken for one.

    Args:
        channels: Channels after each stage, which halves both sides of the image.
        activation: Behind each of them.
    """

    kind: ClassVar[str] = "convolutional"
    forms: ClassVar[tuple[Form, ...]] = ("objects", "images")

    channels: tuple[int, ...] = (16, 32)
    activation: Activation = "leaky_relu"

    def __post_init__(self) -> None:
        check.fields(self, self.kind, activation=get_args(Activation))
        _widths(self, "channels")

    def encoder(self, inputs: FittedInputs, n_out: int, seed: Seed) -> Any:  # noqa: D102
        shape, act = shape_of(inputs), self.activation
        return ConvSlots(shape, self.channels, n_out, seed=seed, activation=act)

    def decoder(self, inputs: FittedInputs, n_in: int, seed: Seed) -> Any:  # noqa: D102
        shape, act = shape_of(inputs), self.activation
        return ImageDecoder(n_in, self.channels, shape, seed=seed, activation=act)


@final
@dataclass(frozen=True)
class Transformer(Architecture):
    """Self-attention over the objects that are there (arXiv:1706.03762).

    Args:
        width: Numbers per object inside, a multiple of `n_heads`.
        n_heads: Heads of attention.
        n_blocks: Blocks of attention and network.
        hidden: Width of each hidden layer of the decoder.
        activation: Behind each of them.
        pooled: Whether the numbers in the middle are made of the mean over the objects, in no
            order; else of all slots side by side.
    """

    kind: ClassVar[str] = "transformer"

    width: int = 32
    n_heads: int = 4
    n_blocks: int = 2
    hidden: tuple[int, ...] = (64,)
    activation: Activation = "leaky_relu"
    pooled: bool = True

    def __post_init__(self) -> None:
        check.fields(
            self,
            self.kind,
            pooled=bool,
            width=(1, 10_000),
            n_heads=(1, 1000),
            n_blocks=(1, 1000),
            activation=get_args(Activation),
        )
        _widths(self, "hidden", 0)

    def encoder(self, inputs: FittedInputs, n_out: int, seed: Seed) -> Any:  # noqa: D102
        size = (self.width, self.n_heads, self.n_blocks)
        n, kinds, pooled = len(inputs.names), _kinds(inputs), self.pooled
        return SlotTransformer(n, kinds, size, n_out, seed=seed, pooled=pooled)

    def decoder(self, inputs: FittedInputs, n_in: int, seed: Seed) -> Any:  # noqa: D102
        shape, inner = shape_of(inputs), Inner(self.activation)
        return FlatDecoder(n_in, self.hidden, shape, seed=seed, inner=inner)


@final
@dataclass(frozen=True)
class DeepSets(Architecture):
    """A network of each object, their sum, and a network of that (arXiv:1703.06114).

    Args:
        hidden: Width of each hidden layer of both, and in reverse of the decoder.
        activation: Behind each of them.
    """

    kind: ClassVar[str] = "deep_sets"

    hidden: tuple[int, ...] = (64, 64)
    activation: Activation = "leaky_relu"

    def __post_init__(self) -> None:
        check.fields(self, self.kind, activation=get_args(Activation))
        _widths(self, "hidden")

    def encoder(self, inputs: FittedInputs, n_out: int, seed: Seed) -> Any:  # noqa: D102
        n, kinds, inner = len(inputs.names), _kinds(inputs), Inner(self.activation)
        return DeepSet(n, kinds, self.hidden, n_out, seed=seed, inner=inner)

    def decoder(self, inputs: FittedInputs, n_in: int, seed: Seed) -> Any:  # noqa: D102
        shape, inner = shape_of(inputs), Inner(self.activation)
        return FlatDecoder(n_in, self.hidden[::-1], shape, seed=seed, inner=inner)


Architecture.registry.update(
    (c.kind, c) for c in (FeedForward, Convolutional, Transformer, DeepSets)
)
