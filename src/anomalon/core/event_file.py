"""`EventFile`: what is in a file of events that a job has written, for its result and its page."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.result import Column, Number, Part, Table, Text
from anomalon.core.sample import Sample

__all__ = ["Distribution", "EventFile"]

Floats = NDArray[np.floating[Any]]

_BINS = 50
_IN_GEV = ("m", "dm", "pt")


@dataclass(frozen=True, eq=False)
class Distribution:
    """How the events of a file are distributed in one column.

    Args:
        name: Of the column.
        unit: "GeV", or "" for a pure number.
        lowest, mean, highest: Of all events, without their weights.
        edges: Of some fifty bins of one round width, shape (bin + 1,).
        counts: Events in them, shape (bin,).
        signal: True signal events among them, shape (bin,); None without a truth label.
    """

    name: str
    unit: str
    lowest: float
    mean: float
    highest: float
    edges: Floats
    counts: NDArray[np.integer[Any]]
    signal: NDArray[np.integer[Any]] | None = None

    @classmethod
    def of(
        cls, name: str, unit: str, values: Floats, label: NDArray[np.int8] | None
    ) -> "Distribution":
        """That of the values, shape (event,), of at least one event."""
        values = values.astype(np.float64)
        low, high = float(values.min()), float(values.max())
        edges = _round_edges(low, high)
        inside = np.clip(values, edges[0], edges[-1])
        counts = np.histogram(inside, edges)[0]
        signal = None if label is None else np.histogram(inside[label == 1], edges)[0]
        return cls(name, unit, low, float(values.mean()), high, edges, counts, signal)


def _round_edges(low: float, high: float) -> Floats:
    """Edges at multiples of 1, 2 or 5 times a power of ten, around all of the range."""
    least = (high - low) / _BINS
    if not least > 0:
        return np.array([low - 0.5, low + 0.5])
    power = 10.0 ** np.floor(np.log10(least))
    width = next(m * power for m in (1, 2, 5, 10) if m * power >= least)
    return np.asarray(width * np.arange(np.floor(low / width), np.floor(high / width) + 2))


@dataclass(frozen=True, eq=False)
class EventFile:
    """A file of events as `anomalon.load` reads it.

    Args:
        name: Of the file, without its folder.
        size: In bytes.
        digest: Of all that a method may see of the events (`Sample.digest`).
        n_events: Events in it.
        n_signal: True signal among them; None without a truth label.
        mass: The resonant mass, if there is one.
        features: All others.
    """

    name: str
    size: int
    digest: str
    n_events: int
    n_signal: int | None
    mass: Distribution | None
    features: tuple[Distribution, ...]

    @classmethod
    def of(cls, sample: Sample, name: str, size: int) -> "EventFile":
        """From what was read of it: at least one event."""
        label = sample.label
        gev = {x: "GeV" if x.startswith(_IN_GEV) else "" for x in sample.names}
        return cls(
            name=name,
            size=size,
            digest=sample.digest(),
            n_events=len(sample),
            n_signal=None if label is None else int(np.sum(label == 1)),
            mass=Distribution.of("mass", "GeV", sample.mass, label) if sample.has_mass else None,
            features=tuple(Distribution.of(n, gev[n], sample.column(n), label) for n in gev),
        )

    @property
    def columns(self) -> tuple[Distribution, ...]:
        """All of them, the mass first."""
        return self.features if self.mass is None else (self.mass, *self.features)

    def numbers(self) -> tuple[Number | Text, ...]:
        """What a summary says of it."""
        signal = self.n_signal
        return (
            Number("events", self.n_events, form="count"),
            *([] if signal is None else [Number("true signal", signal, form="count")]),
            Number("size", self.size / 2**20, unit="MiB"),
            Text("digest", self.digest[:12]),
        )

    def part(self) -> Part:
        """Its place on a page: drawings of the kinds "spectrum" and "columns", and a table."""
        shown = ("lowest", "mean", "highest")
        head = (Column("column"), Column("unit"), *(Column(name, digits=4) for name in shown))
        rows = tuple((c.name, c.unit, c.lowest, c.mean, c.highest) for c in self.columns)
        table = Table("Columns", head, rows, note="Means do without weights.")
        return Part("Events in the file", figures=("spectrum", "columns"), tables=(table,))
