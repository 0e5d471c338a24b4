"""How a training goes: batches, optimiser, when the step shrinks, when to stop, what to keep."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, final, get_args

import jax
import numpy as np
import optax

from anomalon.core import check
from anomalon.core.errors import BadValue

__all__ = ["Adam", "Optimiser", "Schedule", "Way", "is_over", "n_halvings"]


@final
@dataclass(frozen=True)
class Adam:
    """Adam (Kingma and Ba, arXiv:1412.6980).

    Args:
        learning_rate: Step size.

    Raises:
        BadValue: If it is not positive.
    """

    learning_rate: float = 1e-3

    def __post_init__(self) -> None:
        check.fields(self, "adam", learning_rate="(0, inf)")

    @property
    def init(self) -> Callable[..., Any]:
        """Optax's first state, of the parameters: nothing but zeros."""
        init = optax.adam(self.learning_rate).init

        def zeros(params: Any) -> Any:
            # by NumPy: JAX would compile a program for each shape
            shapes = jax.eval_shape(init, params)
            return jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), shapes)

        return zeros

    @property
    def update(self) -> Callable[..., Any]:
        """Optax's step, from gradient, state and parameters to change and state."""
        return optax.adam(self.learning_rate).update


Optimiser = Any
"""`Adam`, or any `optax.GradientTransformation`; the same object shares a compiled program."""

Way = Literal["compiled", "blocks", "stepwise"]
Passes = Literal["auto", "compiled", "blocks", "stepwise"]


@final
@dataclass(frozen=True)
class Schedule:
    """How a training goes.

    Epochs are judged by a merit: that of the training if it has one, else minus the loss on its
    validation rows, else minus the training loss.

    Args:
        epochs: Times that every row is seen, at most.
        batch_size: Rows per step.
        optimiser: `Adam`, or any `optax.GradientTransformation`.
        halve_after: Halve the step after this many epochs without a better one, and again after as
            many more; 0: never.
        patience: Stop after this many epochs without a better one; 0: never.
        choose: Which epochs to keep: the "best" ones, or the "last".
        keep: How many.
        passes: An epoch as one "compiled" loop, in "blocks" of some steps, or "stepwise", as a loop
            in Python over a compiled step. Blocks share a program whatever the number of rows,
            which pays where compiling takes seconds (flows). "auto" is stepwise for models with
            convolutions on a CPU, which are 8 to 20 times slower inside a compiled loop there, and
            compiled for all others.

    Raises:
        BadValue: If a setting is outside its range.
    """

    epochs: int = 100
    batch_size: int = 512
    optimiser: Optimiser = Adam()
    halve_after: int = 0
    patience: int = 0
    choose: Literal["best", "last"] = "best"
    keep: int = 1
    passes: Passes = "auto"

    def __post_init__(self) -> None:
        check.fields(
            self,
            "",
            epochs=(1, check.MOST),
            batch_size=(1, check.MOST),
            halve_after=(0, check.MOST),
            patience=(0, check.MOST),
            choose=("best", "last"),
            keep=(1, check.MOST),
            passes=get_args(Passes),
        )
        if not all(callable(getattr(self.optimiser, name, None)) for name in ("init", "update")):
            raise BadValue(
                "optimiser: expected Adam or an optax.GradientTransformation, got "
                f"{check.shown(self.optimiser)}."
            )


def n_halvings(merits: Sequence[float], halve_after: int) -> int:
    """How often the step has been halved after epochs with these merits.

    Example:
        >>> [n_halvings([3, 1, 2, 2, 1, 0][:n], 2) for n in range(7)]
        [0, 0, 0, 1, 1, 2, 2]
    """
    if halve_after == 0:
        return 0
    best, waited, halvings = -np.inf, 0, 0
    for merit in merits:
        waited = 0 if merit > best else waited + 1
        best = max(best, merit)
        if waited == halve_after:
            waited, halvings = 0, halvings + 1
    return halvings


def is_over(merits: Sequence[float], patience: int) -> bool:
    """Whether this many epochs have passed without a better one.

    Example:
        >>> [is_over([1, 3, 2, 3][:n], 2) for n in range(5)]
        [False, False, False, False, True]
    """
    return 0 < patience <= len(merits) - 1 - int(np.argmax(merits)) if len(merits) else False
