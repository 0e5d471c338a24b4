"""What is trained, and what comes out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import jax
import numpy as np
from numpy.typing import NDArray

from anomalon.core.errors import BadLayout
from anomalon.core.seed import Seed
from anomalon.core.shown import Shown
from anomalon.learn.engine.rows import n_rows_of

__all__ = ["AnyLoss", "Loss", "Params", "PerBatch", "Trained", "Training"]

Params = Any
"""A tree of arrays, or an Equinox module; arrays of floating-point numbers in it are trained."""

Loss = Callable[[Params, Any, jax.Array | None], jax.Array]
"""From parameters, a batch of rows and noise to the loss of each row, shape (row,).

The noise is a 32-bit number, new in every step (`jax.random.key(noise)` makes a key of it), and
None where a model is judged: no dropout then. A loss must be hashable, and equal losses must be
equal objects (a function of a module, or a frozen dataclass with `__call__`), because they share a
compiled program.
"""


@final
@dataclass(frozen=True)
class PerBatch:
    """A loss of a whole batch, for what is no sum over rows (correlations, contrasts).

    Args:
        loss: From parameters, a batch, the weights of its rows (row,) and noise to one number. Rows
            of weight zero are padding and must not count. Hashable, as every loss.
    """

    loss: Callable[[Params, Any, jax.Array, jax.Array | None], jax.Array]


AnyLoss = Loss | PerBatch


@final
@dataclass(frozen=True, eq=False, repr=False)
class Training(Shown):
    """One training.

    Args:
        params: Where it starts; any tree of arrays, or an Equinox module.
        data: What the loss sees; a tree of arrays, each of shape (row, …). Memory-mapped arrays
            (`np.memmap`, `spooled`) are streamed.
        weight: Shape (row,), of mean one.
        seed: Random numbers of shuffling and noise.
        validation: Rows and weights (row,) whose loss judges the epochs.
        merit: What judges the epochs instead, from the parameters; higher is better.

    Raises:
        BadLayout: If numbers of rows differ.
    """

    params: Params
    data: Any
    weight: NDArray[np.float32]
    seed: Seed
    validation: tuple[Any, NDArray[np.float32]] | None = None
    merit: Callable[[Params], float] | None = None

    def __post_init__(self) -> None:
        if n_rows_of((self.data, self.weight)) == 0:
            raise BadLayout(f"training {self.seed}: expected rows to train on, got none.")
        if self.validation is not None and n_rows_of(self.validation) == 0:
            raise BadLayout(f"training {self.seed}: expected rows to validate on, got none.")


@final
@dataclass(frozen=True, eq=False)
class Trained:
    """What came out of a training; all arrays are NumPy's.

    Args:
        kept: The parameters of the kept epochs, best first (last first, if the last are kept).
        epochs: Which epochs these are, counted from 0.
        losses: The mean training loss of every epoch.
        merits: What every epoch was judged by; higher is better.
    """

    kept: tuple[Params, ...]
    epochs: tuple[int, ...]
    losses: tuple[float, ...]
    merits: tuple[float, ...]

    @property
    def params(self) -> Params:
        """The parameters of the best epoch."""
        return self.kept[0]
