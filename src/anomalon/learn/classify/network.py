"""`Network`: a small fully connected classifier; all members and folds in one compiled program."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any, ClassVar, Literal, Self, final, get_args

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Float32
from numpy.typing import NDArray
from scipy.special import expit

from anomalon.core import check
from anomalon.core.errors import BadValue
from anomalon.core.sample import Sample
from anomalon.core.scorer import Scorer
from anomalon.learn.classify.base import Classifier, Floats, Task, balanced
from anomalon.learn.classify.merits import argos, cross_entropy
from anomalon.learn.classify.mlp import MLP, Layers
from anomalon.learn.classify.split import share
from anomalon.learn.engine.groups import side_by_side
from anomalon.learn.engine.loop import train
from anomalon.learn.engine.schedule import Adam, Schedule
from anomalon.learn.engine.scoring import in_blocks
from anomalon.learn.engine.standardisation import Standardisation
from anomalon.learn.engine.storage import Arrays, Header
from anomalon.learn.engine.training import Training

__all__ = ["KeptEpochs", "Network", "NetworkScorer"]

Rows = NDArray[np.intp]
KeptEpochs = Literal["last", "best_loss", "argos"]

_MOST_LAYERS, _MOST_WIDTH, _MOST_WEIGHTS = 100, 100_000, 100_000_000


@final
@dataclass(frozen=True)
class CrossEntropy:
    """What the engine minimises."""

    model: MLP

    def __call__(self, layers: Layers, batch: Any, noise: jax.Array | None) -> jax.Array:
        """Binary cross entropy of each event, shape (event,)."""
        return self.model.loss(layers, batch, noise)


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

    def to_arrays(self) -> tuple[Header, Arrays]:
        """Layer sizes, and the arrays of layers and standardisation."""
        arrays = {"mean": self.standardisation.mean, "std": self.standardisation.std}
        for i, (weight, bias) in enumerate(self.layers):
            arrays |= {f"weight{i}": np.asarray(weight), f"bias{i}": np.asarray(bias)}
        return {"hidden": list(self.model.hidden), "dropout": self.model.dropout}, arrays

    @classmethod
    def from_arrays(cls, header: Header, arrays: Arrays) -> Self:
        """The scorer again."""
        layers = range(len(header["hidden"]) + 1)
        return cls(
            MLP(tuple(header["hidden"]), header["dropout"]),
            tuple((arrays[f"weight{i}"], arrays[f"bias{i}"]) for i in layers),
            Standardisation(arrays["mean"], arrays["std"]),
            header["names"],
        )


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
    selection: KeptEpochs = "last"
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
            selection=get_args(KeptEpochs),
            n_average=(1, 1_000_000),
            patience=(0, check.MOST),
            validation="(0, 1)",
        )

    @property
    def _schedule(self) -> Schedule:
        last = self.selection == "last"
        return Schedule(
            self.epochs,
            self.batch_size,
            Adam(self.learning_rate),
            patience=0 if last else self.patience,
            choose="last" if last else "best",
            keep=self.n_average,
        )

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
        scales = [Standardisation.of(t.x[rows], t.weight[rows]) for t, rows, _ in parts]
        trainings = [
            self._training(*part, scale) for part, scale in zip(parts, scales, strict=True)
        ]
        fitted = train(CrossEntropy(self._model), trainings, self._schedule)
        return [
            NetworkScorer(self._model, jax.tree.map(_stacked, *one.kept), scale, names)
            for one, scale in zip(fitted, scales, strict=True)
        ]

    def _training(self, task: Task, rows: Rows, judges: Rows, scale: Standardisation) -> Training:
        y = task.y[rows]
        return Training(
            params=self._model.start(task.x.shape[1], task.seed.child("start").generator()),
            data=(scale(task.x[rows]), y.astype(np.float32)),
            weight=balanced(task.weight[rows], y, str(task.seed)),
            seed=task.seed,
            merit=None if self.selection == "last" else self._merit(task, judges, scale),
        )

    def _merit(self, task: Task, rows: Rows, scale: Standardisation) -> Callable[[Layers], float]:
        """What to judge the parameters after an epoch by."""
        x, y, weight = scale(task.x[rows]), task.y[rows], task.weight[rows]
        weight = balanced(weight, y, f"{task.seed}, validation")

        def merit(layers: Layers) -> float:
            logit = _logits(self._model, jax.tree.map(_stacked, layers), x)[0]
            if self.selection == "argos":
                return argos(logit, y, weight)
            return -cross_entropy(logit, y, weight)

        return merit


def _stacked(*leaves: NDArray[Any]) -> NDArray[Any]:
    return np.stack(leaves)


def _logits(
    model: MLP, layers: Layers, x: Float32[np.ndarray, "event feature"]
) -> Float[np.ndarray, "set event"]:
    """Logits of every parameter set, float64."""
    by_event = in_blocks(lambda block: _block_logits(model, layers, block).T, x)
    return np.ascontiguousarray(by_event.T)


@partial(jax.jit, static_argnums=0)
def _block_logits(model: MLP, layers: Layers, x: jax.Array) -> jax.Array:
    return jnp.stack([model.logit(one, x) for one in _sets(layers)])


def _sets(layers: Layers) -> list[Layers]:
    """The parameter sets one by one: plain matrix products are faster than batched ones."""
    n_sets = len(layers[0][0])
    return [jax.tree.map(lambda leaf, i=i: leaf[i], layers) for i in range(n_sets)]
