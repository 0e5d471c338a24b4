"""The pieces of a search, which executors do anywhere: a window each, or one in pseudo-data."""

from dataclasses import dataclass, replace
from typing import Any

from anomalon.core import config
from anomalon.core.errors import AnomalonError, MissingExtra
from anomalon.core.plain import to_plain
from anomalon.core.sample import Sample
from anomalon.core.seed import Seed
from anomalon.core.window import Window
from anomalon.search.events.method import Method
from anomalon.search.events.non_closure import NOTHING_SEEN, NonClosure
from anomalon.search.events.one import search_window
from anomalon.search.events.pseudo_data import PseudoData, deal
from anomalon.search.events.selector import Selector
from anomalon.search.results.failed import failed_window
from anomalon.search.results.window import WindowResult

__all__ = ["Piece", "Shared", "ToyPiece"]


@dataclass(frozen=True, eq=False)
class Shared:
    """What all windows need to be searched elsewhere."""

    method: Method
    data: Sample
    simulation: Sample | None
    pseudo: PseudoData | None
    seed: Seed

    def search(self, window: Window, by: Selector, closure: NonClosure) -> WindowResult:
        """One window must not end the whole scan: what goes wrong in it is its result."""
        seed = self.seed.child("window", str(window), features="+".join(by.features))
        what, how = (self.data, window, by), self.method
        try:
            return search_window(*what, how, simulation=self.simulation, seed=seed, closure=closure)
        except MissingExtra:
            raise
        except AnomalonError as error:
            return failed_window(
                self.data, window, by.features, how.efficiencies, how.fit.shape, str(error), by.by
            )

    def in_toy(self, toy: int) -> "Shared":
        """The same in a pseudo-experiment."""
        if self.pseudo is None:
            raise ValueError("search: no pseudo-data for the pseudo-experiments")  # a bug of ours
        seed = self.seed.child("pseudo-experiment", toy=toy)
        fit = self.method.fit
        simulation = self.simulation
        return Shared(
            # the range of the data, not that of the masses which happen to be drawn
            method=replace(self.method, fit=replace(fit, range=fit.range_in(self.data))),
            data=self.pseudo.draw(seed.child("data")),
            # dealt out like the data, or classifiers would tell the two apart by that
            simulation=None if simulation is None else deal(simulation, seed.child("simulation")),
            pseudo=None,
            seed=seed,
        )


@dataclass(frozen=True)
class Piece:
    """One window with one feature set, score or cut."""

    of: str  # digest of all that is shared
    window: Window
    by: Selector
    closure: NonClosure = NOTHING_SEEN

    @property
    def what(self) -> str:
        """As people read it."""
        return f"window {self.window} GeV"

    @property
    def key(self) -> str:
        """What its result is stored under."""
        validated = (self.closure,) if self.closure.validated else ()
        return config.digest(self.of, self.window, self.by, *validated)

    def __call__(self, shared: Shared) -> dict[str, Any]:
        """The result, plain."""
        return dict(to_plain(shared.search(self.window, self.by, self.closure)))


@dataclass(frozen=True)
class ToyPiece:
    """The same window and feature set in a pseudo-experiment; gives its local p-values."""

    piece: Piece
    toy: int

    @property
    def what(self) -> str:
        """As people read it."""
        return f"pseudo-experiment {self.toy + 1}, {self.piece.what}"

    @property
    def key(self) -> str:
        """What its result is stored under."""
        return config.digest(self.piece.key, "pseudo-experiment", self.toy)

    def __call__(self, shared: Shared) -> list[float]:
        """Local p-values of its cuts."""
        piece = self.piece
        found = shared.in_toy(self.toy).search(piece.window, piece.by, piece.closure)
        return [cut.p_local for cut in found.cuts]
