"""How leaks make areas under curves: a procedure as it was done, its leaks taken out one by one.

The study that this repeats scales each file by its own mean and width, empty slots among them;
divides each loss by the number of events in its own file; and draws ROC curves of objects, not of
events. Each of these says which file an object is from, whatever is in it. Nothing here is for use:
it is a demonstration, and `anomalon.detection.audit` refuses it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.events import Events
from anomalon.core.seed import Seed
from anomalon.core.seen import Seen
from anomalon.detectors.networks import Architecture
from anomalon.features.inputs import Layout
from anomalon.features.objects import FittedObjects, Objects
from anomalon.learn.autoencoders.distance import Distance
from anomalon.learn.autoencoders.plain import AutoencoderLoss, fitted, reconstructions
from anomalon.learn.engine.schedule import Schedule
from anomalon.learn.models.slots import EncoderDecoder

__all__ = ["LEAKS", "DeckProcedure", "Leaks"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Leaks:
    """Which mistakes are made.

    Args:
        own_scale: Each file is standardised by its own statistics, instead of those of training.
        own_number: Each loss is divided by the number of events in its own file.
        of_objects: Objects are scored, and not events.
    """

    own_scale: bool = True
    own_number: bool = True
    of_objects: bool = True


LEAKS: dict[str, Leaks] = {
    "as it was": Leaks(),
    "events instead of objects": Leaks(of_objects=False),
    "and no division by the file's size": Leaks(own_number=False, of_objects=False),
    "and one scale for all: no leak": Leaks(own_scale=False, own_number=False, of_objects=False),
}
"""From the procedure as it was to an honest one of the same network, a leak less in each line."""


@dataclass(frozen=True)
class DeckProcedure:
    """A network trained on background, and what is made of its losses.

    Args:
        network: The autoencoder's halves.
        n_latent: Numbers in its middle.
        schedule: How it is trained.
        l2: Weight of the squares of all weights.
    """

    network: Architecture
    n_latent: int
    schedule: Schedule
    l2: float = 1e-4

    def trained(self, background: Events, seed: Seed) -> "DeckNetwork":
        """On (pT, η, φ, class) of all slots, standardised, with a mean squared error."""
        layout = Layout.of(background)
        table = _table(background, layout)
        scale = _Scale.of(table)
        x, everything = scale(table), np.ones(table.shape[:2], bool)
        inputs = _shape_only(layout)
        start = EncoderDecoder(
            self.network.encoder(inputs, self.n_latent, seed.child("encoder")),
            self.network.decoder(inputs, self.n_latent, seed.child("decoder")),
        )
        last = len(x) * 7 // 10
        weight = np.ones(len(x), np.float32)
        loss = AutoencoderLoss(Distance(masked=False), l2=self.l2)
        model = fitted(
            loss, start, (x[:last], everything[:last]), weight[:last],
            ((x[last:], everything[last:]), weight[last:]), self.schedule, seed,
        )  # fmt: skip
        return DeckNetwork(model, layout, scale)


@dataclass(frozen=True, eq=False)
class _Scale:
    """Mean and width of each column over all slots, the empty ones among them."""

    mean: Floats
    std: Floats

    @classmethod
    def of(cls, table: Floats) -> "_Scale":
        flat = table.reshape(-1, table.shape[2])
        std = flat.std(axis=0)
        return cls(flat.mean(axis=0), np.where(std > 0, std, 1.0))

    def __call__(self, table: Floats) -> NDArray[np.float32]:
        return ((table - self.mean) / self.std).astype(np.float32)


@dataclass(frozen=True, eq=False)
class DeckNetwork:
    """What was trained.

    Args:
        model: The network.
        layout: Of the events.
        scale: Of the training events.
    """

    model: EncoderDecoder
    layout: Layout
    scale: _Scale

    def scores(self, files: Mapping[str, Events], leaks: Leaks) -> dict[str, Floats]:
        """One number per event of each file, or per object, with these leaks."""
        return {name: self._file(events, leaks) for name, events in files.items()}

    def false_zeros(self, events: Events) -> float:
        """The share of events in which an object comes back as an empty slot does."""
        table = _table(events, self.layout)
        _, mask = self.layout.arranged(events)
        x = self.scale(table)
        back = reconstructions(self.model, (x, np.ones(mask.shape, bool)))
        number = back[:, :, 3] * self.scale.std[3] + self.scale.mean[3]
        return float((mask & (number < 0.5)).any(axis=1).mean())

    def _file(self, events: Events, leaks: Leaks) -> Floats:
        table = _table(events, self.layout)
        _, mask = self.layout.arranged(events)
        x = (_Scale.of(table) if leaks.own_scale else self.scale)(table)
        back = reconstructions(self.model, (x, np.ones(mask.shape, bool)))
        away = np.abs(back - x)[:, :, 0] + ((back - x)[:, :, 1:3] ** 2).sum(axis=2)
        if leaks.own_number:
            away = away / len(events)
        if leaks.of_objects:
            return np.asarray(away[mask])
        return np.asarray((away * mask).sum(axis=1) / np.maximum(mask.sum(axis=1), 1))


def _table(events: Events, layout: Layout) -> Floats:
    """pT, η, φ and the class of each slot, zero where it is empty: (event, slot, 4)."""
    x, mask = layout.arranged(events)
    names = list(dict.fromkeys(layout.kinds))
    number = np.array([names.index(kind) + 1 for kind in layout.kinds])
    columns = [x[:, :, layout.features.index(name)] for name in ("pt", "eta", "phi")]
    return np.stack([*columns, number * mask], axis=2)


def _shape_only(layout: Layout) -> FittedObjects:
    """Inputs of four features, of which networks ask for their shape alone."""
    four = Layout(layout.kinds, (*layout.features[:3], "class"))
    shape = (len(four.kinds), 4)
    nothing = Seen(0, np.empty(0, np.uint64))
    return FittedObjects(Objects(), four, nothing, np.zeros(shape), np.ones(shape))
