"""`Checkpoint`: the state of a training on disk, to go on from after an interruption."""

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.archive import arrays_of
from anomalon.core.atomic import write_atomically
from anomalon.core.errors import BadLayout, BadValue
from anomalon.learn.engine.program import State
from anomalon.learn.engine.record import Kept, Record
from anomalon.learn.engine.schedule import Schedule
from anomalon.learn.engine.training import Training

__all__ = ["Checkpoint"]

_FORMAT = 1
_LOOKED_AT = 4096  # rows


@final
@dataclass(frozen=True)
class Checkpoint:
    """Where the state of a training is kept.

    The file holds plain arrays; it is there whole or not at all, and stays when the training is
    done: training again then gives the result at once.

    Args:
        path: A file that ends in .npz.
        every: Epochs between two writings; the last epoch is always written.
        seconds: Nothing is written as long as fewer have passed since the last time, nor the end of
            a training that was over before.

    Raises:
        BadValue: If the path does not end in .npz, `every` is below one, or `seconds` below zero.
    """

    path: Path
    every: int = 1
    seconds: float = 0.0

    def __post_init__(self) -> None:
        if not isinstance(self.path, str | Path) or Path(self.path).suffix != ".npz":
            raise BadValue(
                f"checkpoint: expected a path that ends in .npz, got {check.shown(self.path)}."
            )
        object.__setattr__(self, "path", Path(self.path))
        check.fields(self, "checkpoint", every=(1, check.MOST), seconds="[0, inf)")

    def is_due(
        self, epoch: int, schedule: Schedule, records: Sequence[Record], written: float
    ) -> bool:
        """Whether to write after this epoch, counted from 0; `written` (monotonic) was the last."""
        if time.monotonic() - written < self.seconds:
            return False
        last = epoch + 1 == schedule.epochs or all(record.over for record in records)
        return last or (epoch + 1) % self.every == 0

    def write(self, trainings: Sequence[Training], state: State, records: Sequence[Record]) -> None:
        """The state after an epoch.

        Raises:
            DataError: If the file cannot be written.
        """
        header = {
            "format": _FORMAT,
            "digest": _digest(trainings, state, records[0].schedule),
            "losses": [record.losses for record in records],
            "merits": [record.merits for record in records],
            "kept": [[kept.epoch for kept in record.kept] for record in records],
        }
        arrays = _numbered("state", state)
        for i, record in enumerate(records):
            for kept in record.kept:
                arrays |= _numbered(f"kept/{i}/{kept.epoch}", kept.trained)
        text = np.frombuffer(json.dumps(header).encode(), np.uint8)
        with write_atomically(self.path) as temporary:
            np.savez(temporary, allow_pickle=False, header=text, **arrays)

    def resumed(
        self, trainings: Sequence[Training], state: State, records: Sequence[Record]
    ) -> tuple[State, list[Record]]:
        """The state that was written, or the one that is given if there is none.

        Raises:
            BadLayout: If the file is no checkpoint.
            BadValue: If it belongs to another training.
        """
        if not self.path.exists():
            return state, list(records)
        schedule = records[0].schedule
        header, arrays = self._read()
        if header["digest"] != _digest(trainings, state, schedule):
            raise BadValue(
                f"{self.path}: the checkpoint belongs to another training (other rows, start, "
                "seed, schedule or model). Remove it, or choose another path."
            )
        start = jax.tree.map(lambda leaf: leaf[0], state.trained)
        found = []
        for i, epochs in enumerate(header["kept"]):
            kept = [Kept(e, _restored(f"kept/{i}/{e}", start, arrays)) for e in epochs]
            losses, merits = (tuple(header[name][i]) for name in ("losses", "merits"))
            found.append(Record(schedule, losses, merits, tuple(kept)))
        return jax.tree.map(jnp.asarray, _restored("state", state, arrays)), found

    def _read(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        try:
            arrays = arrays_of(self.path)
            header = json.loads(arrays.pop("header").tobytes())
            if header["format"] == _FORMAT:
                return header, arrays
        except Exception as error:  # archives and what is in them can be wrong in many ways
            raise BadLayout(f"{self.path}: not a checkpoint ({error}). Remove it.") from error
        raise BadLayout(
            f"{self.path}: expected a checkpoint of format {_FORMAT}, got {header['format']}."
        )


def _numbered(where: str, tree: Any) -> dict[str, NDArray[Any]]:
    return {f"{where}/{i}": np.asarray(leaf) for i, leaf in enumerate(jax.tree.leaves(tree))}


def _restored(where: str, like: Any, arrays: dict[str, NDArray[Any]]) -> Any:
    leaves, structure = jax.tree.flatten(like)
    return jax.tree.unflatten(structure, [arrays[f"{where}/{i}"] for i in range(len(leaves))])


def _digest(trainings: Sequence[Training], state: State, schedule: Schedule) -> str:
    """What tells this training from others.

    Of the rows some are looked at, and of loss and optimiser only the arrays that they keep: their
    code has no name that lasts.
    """
    numbers = (schedule.epochs, schedule.batch_size, schedule.halve_after, schedule.patience)
    h = hashlib.sha256(repr((numbers, schedule.choose, schedule.keep)).encode())
    if type(schedule.optimiser).__module__.startswith("anomalon"):
        h.update(repr(schedule.optimiser).encode())
    shapes = [(leaf.shape, str(leaf.dtype)) for leaf in jax.tree.leaves(state)]
    h.update(repr(shapes).encode())
    for training in trainings:
        h.update(str(training.seed).encode())
        for leaf in jax.tree.leaves(training.params):
            if isinstance(leaf, jax.Array | np.ndarray | np.generic):
                h.update(np.asarray(leaf).tobytes())
        for leaf in jax.tree.leaves((training.data, training.weight, training.validation)):
            some = leaf[:: max(1, len(leaf) // _LOOKED_AT)]
            h.update(repr((leaf.shape, str(leaf.dtype))).encode())
            h.update(np.ascontiguousarray(some).tobytes())
    return h.hexdigest()
