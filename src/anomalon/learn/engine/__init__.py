"""THE training loop and what belongs to it; it knows neither physics nor classification.

    def squared_error(line, batch, noise):  # the loss of each row
        x, y = batch
        return (line["a"] * x + line["b"] - y) ** 2

    [fit] = train(
        squared_error,
        [Training({"a": zero, "b": zero}, (x, y), weight, Seed(1))],
        Schedule(epochs=100, patience=10),
    )
    fit.params

`train` takes any tree of arrays or Equinox module, a loss per row or `PerBatch`, and any optax
optimiser. What to use when: rows that do not fit into memory are memory-mapped (`spooled` makes
such from chunks); many trainings go `side_by_side`; a long one gets a `Checkpoint`.
"""

from anomalon.learn.engine.checkpoint import Checkpoint
from anomalon.learn.engine.groups import side_by_side
from anomalon.learn.engine.loop import train
from anomalon.learn.engine.progress import Progress
from anomalon.learn.engine.rows import spooled
from anomalon.learn.engine.schedule import Adam, Schedule
from anomalon.learn.engine.scoring import in_blocks
from anomalon.learn.engine.standardisation import Standardisation
from anomalon.learn.engine.storage import load_scorer, register, save_scorer
from anomalon.learn.engine.training import PerBatch, Trained, Training

__all__ = [
    "Adam",
    "Checkpoint",
    "PerBatch",
    "Progress",
    "Schedule",
    "Standardisation",
    "Trained",
    "Training",
    "in_blocks",
    "load_scorer",
    "register",
    "save_scorer",
    "side_by_side",
    "spooled",
    "train",
]
