"""Doing work: pieces, who does them, and the store that makes a run resumable.

work        pieces of work: what a job hands in, and gets back in order
executors   who does them: this process, several (`processes`), a cluster (`dask`)
store       finished pieces, for a run that goes on where it was
keeping     what an unfinished piece has so far
progress    how far it is, and how long it still takes
shared      what all pieces need, handed to each worker once
"""

from typing import TYPE_CHECKING

from anomalon.lazy import loader

if TYPE_CHECKING:
    from anomalon.run.dask import Dask
    from anomalon.run.executors import Executor, Serial, default_executor
    from anomalon.run.processes import Processes
    from anomalon.run.progress import Progress
    from anomalon.run.store import Store
    from anomalon.run.work import Piece, do

__all__ = [
    "Dask",
    "Executor",
    "Piece",
    "Processes",
    "Progress",
    "Serial",
    "Store",
    "default_executor",
    "do",
]

_HOMES = {
    "anomalon.run.dask": ("Dask",),
    "anomalon.run.executors": ("Executor", "Serial", "default_executor"),
    "anomalon.run.processes": ("Processes",),
    "anomalon.run.progress": ("Progress",),
    "anomalon.run.store": ("Store",),
    "anomalon.run.work": ("Piece", "do"),
}

__getattr__, __dir__ = loader(__name__, _HOMES)
