"""The rows of a training: in memory, on the device, or on disk and streamed.

Rows are trees of arrays with the row as first axis. Arrays that are memory-mapped (`np.memmap`) are
never loaded as a whole: batches are read in the order of training. `spooled` makes such arrays out
of chunks that come one after another. The same rows in the same order give the same bytes, wherever
they are kept.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, final

import jax
import jax.numpy as jnp
import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from anomalon.core.atomic import write_atomically
from anomalon.core.errors import BadLayout
from anomalon.learn.engine.schedule import Way

__all__ = ["Source", "are_streamed", "n_rows_of", "padded", "read", "spooled", "stacked"]

# Steps of a block: a call costs less than a percent, and the last block of an epoch is short.
BLOCK_STEPS = 16
# Bytes that are read from disk at a time.
_BLOCK_BYTES = 64_000_000


def n_rows_of(rows: Any) -> int:
    """The number of rows of a tree of arrays.

    Raises:
        BadLayout: If there is no array, or they differ in their number of rows.
    """
    lengths = {len(leaf) for leaf in jax.tree.leaves(rows)}
    if len(lengths) != 1:
        raise BadLayout(
            "rows: expected arrays with the same number of rows, got "
            f"{sorted(lengths) if lengths else 'no array'}."
        )
    return lengths.pop()


def are_streamed(rows: Any) -> bool:
    """Whether any of the arrays is memory-mapped."""
    return any(isinstance(leaf, np.memmap) for leaf in jax.tree.leaves(rows))


def padded(rows: Any, n_rows: int) -> Any:
    """The same rows, and behind them the first one again, `n_rows` in all.

    A row that is there is one that a loss can take, which zeros may not be.
    """

    def pad(leaf: NDArray[Any]) -> NDArray[Any]:
        return np.concatenate([leaf, np.repeat(leaf[:1], n_rows - len(leaf), axis=0)])

    return jax.tree.map(pad, rows)


def stacked(trees: Sequence[Any]) -> Any:
    """Several trees as one, with their number as first axis."""
    if len(trees) == 1:
        return jax.tree.map(lambda leaf: leaf[None], trees[0])  # no copy
    return jax.tree.map(lambda *leaves: np.stack(leaves), *trees)


@final
@dataclass(frozen=True, eq=False)
class Source:
    """Batches of some trainings, block by block.

    Args:
        data: The rows of each training.
        weights: Their weights, filled up with zeros to `n_steps` full batches.
        size: Rows of a step.
        at_a_time: Steps of a block.
        way: How the steps are done; "stepwise", a block is a single one.
        held: Data and weights on the device, filled up and stacked, or None if they are read when
            they are needed.
    """

    data: Sequence[Any]
    weights: Sequence[NDArray[np.float32]]
    size: int
    at_a_time: int
    way: Way
    held: Any

    @classmethod
    def of(
        cls, data: Sequence[Any], weights: Sequence[Any], size: int, n_steps: int, way: Way
    ) -> "Source":
        """What is fastest: streamed rows stay on disk, steps on a CPU read from memory.

        Blocks are read when they are needed: a program that held all rows would know how many.
        """
        n_rows = n_steps * size
        filled = [np.append(w, np.zeros(n_rows - len(w), np.float32)) for w in weights]
        streamed = any(are_streamed(one) for one in data)
        at_a_time = {"compiled": n_steps, "blocks": BLOCK_STEPS, "stepwise": 1}[way]
        if streamed and way == "compiled":
            at_a_time = steps_at_a_time(data[0], n_steps, size)
        held, on_cpu = None, jax.default_backend() == "cpu"
        if not streamed and way != "blocks" and not (way == "stepwise" and on_cpu):
            rows = [(padded(one, n_rows), w) for one, w in zip(data, filled, strict=True)]
            held = jax.tree.map(jnp.asarray, stacked(rows))
        return cls(data, filled, size, at_a_time, way, held)

    def blocks(self, order: NDArray[np.int32]) -> Iterator[tuple[Any, Any]]:
        """Data and weights, and which of their rows to take (None: all, as they are).

        Args:
            order: Which rows, shape (training, row); beyond the last, the first one with weight 0.
        """
        n = self.at_a_time * self.size
        scanned = self.way == "compiled"
        in_order = np.tile(np.arange(n, dtype=np.int32), (len(order), 1)) if scanned else None
        # all blocks have one size; what the last one is filled up with is never looked at
        order = np.pad(order, ((0, 0), (0, -order.shape[1] % n)))
        for start in range(0, order.shape[1], n):
            wanted = order[:, start : start + n]
            if self.held is not None:
                yield self.held, wanted
            else:
                parts = zip(self.data, self.weights, wanted, strict=True)
                # Scans get an order as well, so that one program serves disk and memory.
                yield stacked([read(*part) for part in parts]), in_order


def read(data: Any, weight: NDArray[np.float32], wanted: NDArray[np.int32]) -> Any:
    """Data and weights of some rows."""
    there = np.where(wanted < n_rows_of(data), wanted, 0)
    return jax.tree.map(lambda leaf: _taken(leaf, there), data), np.take(weight, wanted)


def _taken(leaf: NDArray[Any], wanted: NDArray[np.int32]) -> NDArray[Any]:
    if not isinstance(leaf, np.memmap):
        return np.take(leaf, wanted, axis=0)
    forwards = np.argsort(wanted, kind="stable")  # as a disk reads
    taken = np.empty((len(wanted), *leaf.shape[1:]), leaf.dtype)
    taken[forwards] = leaf[wanted[forwards]]
    return taken


def steps_at_a_time(rows: Any, n_steps: int, size: int) -> int:
    """Steps that are read from disk at once: a divisor, so that one program does for all."""
    step_bytes = size * sum(
        leaf.dtype.itemsize * int(np.prod(leaf.shape[1:])) for leaf in jax.tree.leaves(rows)
    )
    # A scan of one step is compiled to another program, and rounds differently.
    divisors = [n for n in range(min(2, n_steps), n_steps + 1) if n_steps % n == 0]
    small = [n for n in divisors if n * step_bytes <= _BLOCK_BYTES]
    return max(small, default=divisors[0])


def spooled(chunks: Iterable[Any], folder: Path | str) -> Any:
    """Chunks of rows, written to disk one after another, as memory-mapped arrays.

    Args:
        chunks: Trees of arrays of shape (row, …), all of the same structure; only one at a time is
            in memory.
        folder: Where the arrays go, one `.npy` file each; they are there whole or not at all.

    Returns:
        A tree of read-only `np.memmap`, of shape (row, …): rows for a training.

    Raises:
        BadLayout: If there are no chunks, or their arrays do not go together.
        DataError: If the files cannot be written.
    """
    folder, files, n_rows = Path(folder), list[_Growing](), 0
    structure: Any = None
    with ExitStack() as stack:
        for chunk in chunks:
            leaves, this = jax.tree.flatten(jax.tree.map(np.asarray, chunk))
            if structure is None:
                structure = this
                files = [
                    _Growing.begin(folder / f"{i}.npy", x, stack) for i, x in enumerate(leaves)
                ]
            if this != structure:
                raise BadLayout(f"chunks: expected arrays in {structure}, got {this}.")
            n_rows += n_rows_of(chunk)
            for file, leaf in zip(files, leaves, strict=True):
                file.append(leaf)
        if structure is None:
            raise BadLayout("chunks: expected at least one chunk of rows, got none.")
        for file in files:
            file.end(n_rows)
    maps = [np.load(file.path, mmap_mode="r") for file in files]
    return jax.tree.unflatten(structure, maps)


@dataclass(frozen=True)
class _Growing:
    """A `.npy` file that rows are appended to; its header has room for their number."""

    path: Path
    file: BinaryIO
    dtype: np.dtype[Any]
    row: tuple[int, ...]

    @classmethod
    def begin(cls, path: Path, first: NDArray[Any], stack: ExitStack) -> "_Growing":
        temporary = stack.enter_context(write_atomically(path))
        file = stack.enter_context(temporary.open("wb"))
        growing = cls(path, file, first.dtype, first.shape[1:])
        growing._header(0)
        return growing

    def append(self, rows: NDArray[Any]) -> None:
        if (rows.dtype, rows.shape[1:]) != (self.dtype, self.row):
            raise BadLayout(
                f"chunks: expected rows of {self.dtype} and shape {self.row}, got {rows.dtype} "
                f"and {rows.shape[1:]}."
            )
        self.file.write(np.ascontiguousarray(rows).tobytes())

    def end(self, n_rows: int) -> None:
        self.file.seek(0)
        self._header(n_rows)
        self.file.flush()

    def _header(self, n_rows: int) -> None:
        header = {
            "descr": npy.dtype_to_descr(self.dtype),
            "fortran_order": False,
            "shape": (n_rows, *self.row),
        }
        npy.write_array_header_1_0(self.file, header)
