"""Many trainings side by side.

On a CPU trainings run one after the other on each core (batching small matrix products over
trainings gains nothing there), on an accelerator together under `vmap`.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

import jax

from anomalon.learn.threads import threaded

__all__ = ["n_steps", "side_by_side"]

T = TypeVar("T")

# Numbers in the rows of trainings that sit side by side on an accelerator: 2 GB.
_GROUP_NUMBERS = 500_000_000


def side_by_side(
    n_rows: Sequence[int],
    numbers_per_row: int,
    batch_size: int,
    run: Callable[[list[int]], list[T]],
) -> list[T]:
    """Run many trainings in groups that share a program; one result per training, in order.

    Args:
        n_rows: Rows of each training.
        numbers_per_row: Numbers that one row holds, to bound the memory of a group.
        batch_size: Rows per step.
        run: Trains the group with these indices and gives one result for each; what it gives for
            one training must not depend on the others.
    """
    alike: dict[int, list[int]] = {}
    for i, rows in enumerate(n_rows):
        alike.setdefault(n_steps(rows, batch_size), []).append(i)
    groups: list[list[int]] = []
    for steps, indices in alike.items():
        numbers = steps * batch_size * numbers_per_row
        together = 1 if jax.default_backend() == "cpu" else max(1, _GROUP_NUMBERS // numbers)
        groups += [indices[i : i + together] for i in range(0, len(indices), together)]
    results = dict[int, T]()
    for group, fitted in zip(groups, threaded(run, groups), strict=True):
        results.update(zip(group, fitted, strict=True))
    return [results[i] for i in range(len(n_rows))]


def n_steps(n_rows: int, batch_size: int) -> int:
    """Batches per epoch, rounded up to five significant binary digits (at most 6 % more).

    Example:
        >>> [n_steps(rows, 512) for rows in (1, 10_000, 95_600, 95_900)]
        [1, 20, 192, 192]
    """
    steps = -(-n_rows // batch_size)
    unit = 1 << max(0, steps.bit_length() - 5)
    return -(-steps // unit) * unit
