"""`Network`: a small fully connected classifier; all members and folds in one compiled program."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any, ClassVar, Literal, final, get_args

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from anomalon.core import check
from anomalon.core.errors import BadValue
from anomalon.core.sample import Sample
from anomalon.learn.base import Classifier, Floats, Scorer, Task, balanced
from anomalon.learn.mlp import MLP, Layers
from anomalon.learn.selection import BestEpochs, argos, cross_entropy
from anomalon.learn.split import share
from anomalon.learn.training import Schedule, Training, epochs, side_by_side

__all__ = ["Network", "NetworkScorer", "Selection"]

Rows = NDArray[np.intp]
Selection = Literal["last", "best_loss", "argos"]

# Events are scored in blocks of one size: one compiled program, and the score of an event does not
# depend on how many others there are.
_BLOCK = 8192
_MOST_LAYERS, _MOST_WIDTH, _MOST_WEIGHTS = 100, 100_000, 100_000_000


@final
@dataclass(frozen=True, eq=False)
class Standardisation:
    """Weighted mean and standard deviation of the training events, per feature."""

    mean: Floats
    std: Floats

    @classmethod
    def of(cls, x: Floats, weight: Floats) -> "Standardisation":
        """Measured on x of shape (event, feature); a constant feature keeps its scale."""
        mean = np.average(x, axis=0, weights=weight)
        std = np.sqrt(np.average((x - mean) ** 2, axis=0, weights=weight))
        return cls(mean, np.where(std > 0, std, 1.0))

    def __call__(self, x: Floats) -> NDArray[np.float32]:
        # Far beyond any training event the network only has to stay finite.
        z = (x.astype(np.float64) - self.mean) / self.std
        return np.clip(z, -1e4, 1e4).astype(np.float32)


@final
@dataclass(frozen=True, eq=False)
class NetworkScorer(Scorer):
    """The probability of the signal-like class, averaged over the kept epochs.

    Args:
        model: The network.
        layers: Its parameters, with the kept epochs as first axis of every array.
        standardisation: What the inputs go through.
        names: The features.
    """

    model: MLP
    layers: Layers
    standardisation: Standardisation
    names: tuple[str, ...]

    def _score(self, sample: Sample) -> Floats:
        logit = _logits(self.model, self.layers, self.standardisation(sample.x.astype(np.float32)))
        return np.asarray(expit(logit).mean(axis=0))


@final
@dataclass(frozen=True)
class Network(Classifier):
    """Rectified linear layers trained with weighted binary cross entropy and Adam.

    With weak labels the validation loss stops to improve long before the significance does
    (at S/B < 1 % choosing epochs by it costs a third of the significance improvement), so the
    default is a fixed number of epochs and the mean of the last few.

    Args:
        hidden: Width of each hidden layer.
        dropout: Share of hidden values set to zero in training.
        learning_rate: Adam's step size.
        batch_size: Events per step.
        epochs: Times that every event is seen, at most.
        selection: Which epochs count: the "last" ones (then all events train), or those with the
            "best_loss" or the best "argos" merit on validation events.
        n_average: Number of epochs whose predictions are averaged.
        patience: Stop after this many epochs without a better one; 0: never. Not for "last".
        validation: Share of the events held out to judge epochs, drawn along their identity. Not
            for "last".

    Raises:
        BadValue: If a setting is outside its range.
    """

    kind: ClassVar[str] = "network"
    cites: ClassVar[tuple[str, ...]] = ("jax2018github", "Kidger:2021equinox")

    hidden: tuple[int, ...] = (64, 64, 64)
    dropout: float = 0.05
    learning_rate: float = 1e-3
    batch_size: int = 512
    epochs: int = 20
    selection: Selection = "last"
    n_average: int = 5
    patience: int = 10
    validation: float = 0.2

    def __post_init__(self) -> None:
        widths = check.several(self.hidden, "network.hidden", _MOST_LAYERS)
        object.__setattr__(
            self,
            "hidden",
            tuple(check.whole(w, "network.hidden", 1, _MOST_WIDTH) for w in widths),
        )
        n_weights = sum(a * b for a, b in pairwise(self.hidden))
        if n_weights > _MOST_WEIGHTS:
            raise BadValue(
                f"network.hidden: expected widths with at most {_MOST_WEIGHTS} weights between "
                f"them, got {n_weights}."
            )
        check.fields(
            self,
            "network",
            dropout="[0, 1)",
            learning_rate="(0, 1000]",
            batch_size=(1, 10_000_000),
            epochs=(1, 1_000_000),
            selection=get_args(Selection),
            n_average=(1, 1_000_000),
            patience=(0, check.MOST),
            validation="(0, 1)",
        )

    @property
    def _schedule(self) -> Schedule:
        return Schedule(self.epochs, self.batch_size, self.learning_rate)

    @property
    def _model(self) -> MLP:
        return MLP(self.hidden, self.dropout)

    def _fit_many(self, tasks: Sequence[Task], names: tuple[str, ...]) -> list[NetworkScorer]:
        splits = [self._split(task) for task in tasks]
        return side_by_side(
            [len(train) for train, _ in splits],
            len(names) + 2,
            self.batch_size,
            lambda group: self._fit_group([(tasks[i], *splits[i]) for i in group], names),
        )

    def _split(self, task: Task) -> tuple[Rows, Rows]:
        """The rows to train on and those to judge epochs by, if any."""
        rows = task.rows
        if self.selection == "last":
            return rows, rows[:0]
        held = share(task.event[rows], self.validation, task.seed.child("validation"))
        return rows[~held], rows[held]

    def _fit_group(
        self, parts: Sequence[tuple[Task, Rows, Rows]], names: tuple[str, ...]
    ) -> list[NetworkScorer]:
        scales = [Standardisation.of(t.x[train], t.weight[train]) for t, train, _ in parts]
        trainings = [
            self._training(task, train, scale)
            for (task, train, _), scale in zip(parts, scales, strict=True)
        ]
        merits = [
            self._merit(task, judges, scale)
            for (task, _, judges), scale in zip(parts, scales, strict=True)
        ]
        patience = 0 if self.selection == "last" else self.patience
        kept = [BestEpochs(self.n_average, patience) for _ in parts]
        for epoch, fitted in enumerate(epochs(self._model, trainings, self._schedule)):
            for best, merit, layers in zip(kept, merits, fitted, strict=True):
                if not best.over:
                    best.offer(merit(epoch, layers), layers)
            if all(best.over for best in kept):
                break
        return [
            NetworkScorer(self._model, jax.tree.map(_stacked, *best.params), scale, names)
            for best, scale in zip(kept, scales, strict=True)
        ]

    def _training(self, task: Task, rows: Rows, scale: Standardisation) -> Training:
        y = task.y[rows]
        return Training(
            params=self._model.start(task.x.shape[1], task.seed.child("start").generator()),
            data=(scale(task.x[rows]), y.astype(np.float32)),
            weight=balanced(task.weight[rows], y, str(task.seed)),
            seed=task.seed,
        )

    def _merit(
        self, task: Task, rows: Rows, scale: Standardisation
    ) -> Callable[[int, Layers], float]:
        """What to judge an epoch by, from its number and its parameters."""
        if self.selection == "last":
            return lambda epoch, layers: float(epoch)  # noqa: ARG005  same call for all
        x, y, weight = scale(task.x[rows]), task.y[rows], task.weight[rows]
        weight = balanced(weight, y, f"{task.seed}, validation")

        def merit(epoch: int, layers: Layers) -> float:  # noqa: ARG001  same call for all
            logit = _logits(self._model, jax.tree.map(_stacked, layers), x)[0]
            if self.selection == "argos":
                return argos(logit, y, weight)
            return -cross_entropy(logit, y, weight)

        return merit


def _stacked(*leaves: NDArray[Any]) -> NDArray[Any]:
    return np.stack(leaves)


def _logits(model: MLP, layers: Layers, x: NDArray[np.float32]) -> Floats:
    """Logits of every parameter set, shape (set, event), float64."""
    n_sets = len(layers[0][0])
    logits = np.empty((n_sets, len(x)))
    for start in range(0, len(x), _BLOCK):
        block = x[start : start + _BLOCK]
        padded = np.zeros((_BLOCK, x.shape[1]), np.float32)
        padded[: len(block)] = block
        logits[:, start : start + len(block)] = _block_logits(model, layers, padded)[
            :, : len(block)
        ]
    return logits


@partial(jax.jit, static_argnums=0)
def _block_logits(model: MLP, layers: Layers, x: jax.Array) -> jax.Array:
    return jnp.stack([model.logit(one, x) for one in _sets(layers)])


def _sets(layers: Layers) -> list[Layers]:
    """The parameter sets one by one: plain matrix products are faster than batched ones."""
    n_sets = len(layers[0][0])
    return [jax.tree.map(lambda leaf, i=i: leaf[i], layers) for i in range(n_sets)]
