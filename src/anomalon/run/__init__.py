"""Doing work: executors that give the same numbers, and the store that makes a run resumable."""

from anomalon.run.executors import Executor, Processes, Serial, default_executor
from anomalon.run.progress import Progress
from anomalon.run.store import Store

__all__ = ["Executor", "Processes", "Progress", "Serial", "Store", "default_executor"]
