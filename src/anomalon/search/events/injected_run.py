"""One run of the whole chain with a signal injected: a piece of work that executors do anywhere."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from anomalon.core import config
from anomalon.core.errors import AnomalonError, MissingExtra
from anomalon.core.sample import Sample
from anomalon.core.seed import Seed
from anomalon.core.window import Window
from anomalon.search.events.inject import inject
from anomalon.search.events.pseudo_data import PseudoData, deal
from anomalon.search.events.scan import Search
from anomalon.search.results.cut import CutResult

__all__ = ["InjectedRun", "Injecting", "told_apart"]


@dataclass(frozen=True, eq=False)
class Injecting:
    """What all injections need.

    Args:
        search: The settings, without pseudo-experiments, with the range that is fitted in the data.
        data: What is searched, without truth.
        simulation: For background methods that need one.
        signals: Signal events by the name of their point, with the features of the data.
        pseudo: Where the background of the injections comes from; None for the data themselves.
        seed: Root of all random numbers.
    """

    search: Search
    data: Sample
    simulation: Sample | None
    signals: Mapping[str, Sample]
    pseudo: PseudoData | None
    seed: Seed

    def background(self, repeat: int) -> tuple[Sample, Sample | None]:
        """Data without signal, and a simulation that is like them.

        The same for all signals and strengths: what differs between them is the signal.
        """
        if self.pseudo is None:
            return self.data, self.simulation
        seed = self.seed.child("background of injections", repeat=repeat)
        # dealt out like the data, or classifiers would tell the two apart by that
        simulation = self.simulation
        dealt = None if simulation is None else deal(simulation, seed.child("simulation"))
        return self.pseudo.draw(seed.child("data")), dealt


@dataclass(frozen=True)
class InjectedRun:
    """A signal of one strength, drawn once.

    Args:
        of: Digest of all that is shared, and of the signal events.
        signal: Name of the signal point.
        windows: Those that are searched.
        strength: Signal events expected.
        n: Signal events injected.
        repeat: Which draw.
    """

    of: str
    signal: str
    windows: tuple[Window, ...]
    strength: float
    n: int
    repeat: int

    @property
    def what(self) -> str:
        """As people read it."""
        return f"{self.signal}, {self.strength:.4g} events, injection {self.repeat + 1}"

    @property
    def key(self) -> str:
        """What its result is stored under."""
        return config.digest(self.of, self.signal, self.windows, self.strength, self.n, self.repeat)

    def __call__(self, shared: Injecting) -> dict[str, Any]:
        """What each cut selects of the signal, in the order of windows, feature sets and cuts."""
        seed = shared.seed.child(
            "injection", signal=self.signal, strength=self.strength, repeat=self.repeat
        )
        background, simulation = shared.background(self.repeat)
        signal = told_apart(shared.signals[self.signal], background)
        empty = replace(background, label=np.zeros(len(background), dtype=np.int8))
        data = inject(empty, signal, self.n, seed=seed)
        search = replace(shared.search, windows=self.windows)
        try:
            scan = search.run(data, simulation, seed=seed)
        except MissingExtra:
            raise
        except AnomalonError as error:  # hours of other runs must not be lost
            return {"cuts": [], "why": str(error)}
        cuts = [_told(cut) for window in scan.windows for cut in window.cuts]
        return {"cuts": cuts, "why": ""}


def told_apart(signal: Sample, data: Sample) -> Sample:
    """The signal with identities that no event of the data has, copies of one event together."""
    which, at = np.unique(signal.event, return_inverse=True)
    candidates = np.arange(len(data) + len(which), dtype=np.int64)
    free = np.setdiff1d(candidates, data.event)[: len(which)]
    label = np.ones(len(signal), dtype=np.int8)
    return replace(signal.select(data.names), event=free[at.reshape(-1)], label=label)


def _told(cut: CutResult) -> dict[str, Any]:
    truth = cut.truth
    if not cut.ok or truth is None:
        return {"ok": False, "why": cut.why or cut.fit.why or "no answer"}
    return {
        "ok": True,
        "why": "",
        "passed": truth.signal,
        "absorbed": truth.absorbed or 0.0,
        "z": cut.z_local,
    }
