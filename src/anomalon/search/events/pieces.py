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
from anomalon.search.events.one import Searched, search_window
from anomalon.search.events.pseudo_data import PseudoData, deal
from anomalon.search.events.selector import Selector
from anomalon.search.events.sketch import nothing
from anomalon.search.results.comparison import Comparison, Learned
from anomalon.search.results.failed import failed_window
from anomalon.stats import p_from_z

__all__ = ["Piece", "Shared", "ToyCut", "ToyPiece"]


@dataclass(frozen=True, eq=False)
class Shared:
    """What all windows need to be searched elsewhere."""

    methods: tuple[Method, ...]
    data: Sample
    simulation: Sample | None
    pseudo: PseudoData | None
    seed: Seed

    def search(self, window: Window, by: Selector, closure: NonClosure, method: int) -> Searched:
        """One window must not end the whole scan: what goes wrong in it is its result.

        Methods have the same random numbers, so that they are compared on the same folds; but for
        those that share a model among windows, for which these have the same folds.
        """
        what, how = (self.data, window, by), self.methods[method]
        where = "any" if how.background.shares_model else str(window)
        seed = self.seed.child("window", where, features="+".join(by.features))
        try:
            return search_window(*what, how, simulation=self.simulation, seed=seed, closure=closure)
        except MissingExtra:
            raise
        except AnomalonError as error:
            e, shape = how.efficiencies, how.fit.shape
            failed = failed_window(*what[:2], by.features, e, shape, str(error), by.by, how.name)
            return Searched(failed, tuple(nothing() for _ in failed.cuts))

    def in_toy(self, toy: int) -> "Shared":
        """The same in a pseudo-experiment."""
        if self.pseudo is None:
            raise ValueError("search: no pseudo-data for the pseudo-experiments")  # a bug of ours
        seed = self.seed.child("pseudo-experiment", toy=toy)
        fit = self.methods[0].fit
        fit = replace(fit, range=fit.range_in(self.data))
        simulation = self.simulation
        return Shared(
            # the range of the data, not that of the masses which happen to be drawn
            methods=tuple(replace(method, fit=fit) for method in self.methods),
            data=self.pseudo.draw(seed.child("data")),
            # dealt out like the data, or classifiers would tell the two apart by that
            simulation=None if simulation is None else deal(simulation, seed.child("simulation")),
            pseudo=None,
            seed=seed,
        )


@dataclass(frozen=True)
class Piece:
    """One window with one feature set and method, score or cut."""

    of: str  # digest of all that is shared
    window: Window
    by: Selector
    closure: NonClosure = NOTHING_SEEN
    method: int = 0  # which of those that are shared

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
        return dict(to_plain(shared.search(self.window, self.by, self.closure, self.method)))


@dataclass(frozen=True, eq=False)
class ToyCut:
    """What is kept of a cut in a pseudo-experiment.

    Args:
        p_local: By itself.
        comparison: For those who know better what learning adds to its variance.
    """

    p_local: float
    comparison: Comparison | None = None

    def p(self, known: Learned) -> float:
        """The local p-value, if this is what learning adds to the variance of the count."""
        if self.comparison is None or not self.comparison.has_learned:
            return self.p_local
        return float(p_from_z(self.comparison.z(known)))


@dataclass(frozen=True)
class ToyPiece:
    """The same in a pseudo-experiment; gives what its local p-values are made of."""

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

    def __call__(self, shared: Shared) -> list[dict[str, Any]]:
        """Its cuts, plain."""
        piece = self.piece
        where = (piece.window, piece.by, piece.closure, piece.method)
        found = shared.in_toy(self.toy).search(*where).result
        return [dict(to_plain(ToyCut(cut.p_local, cut.comparison))) for cut in found.cuts]
