"""`Search`: the settings of a whole search; `run` gives a `Scan`."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.background import BackgroundEstimator, Cwola
from anomalon.core import check, config
from anomalon.core.errors import (
    AnomalonError,
    BadLayout,
    BadValue,
    MissingExtra,
    TooFewEvents,
)
from anomalon.core.memory import enough_memory
from anomalon.core.plain import from_plain, to_plain
from anomalon.core.provenance import code_version
from anomalon.core.sample import Sample
from anomalon.core.seed import Seed
from anomalon.core.window import Window
from anomalon.features.decorrelate import ConditionalQuantiles
from anomalon.learn import BoostedTrees, Classifiers, Ensemble
from anomalon.learn.classify.ensemble import MOST_MEMBERS
from anomalon.learn.classify.k_fold import MOST_FOLDS
from anomalon.run import Executor, Progress, Store, do
from anomalon.search.events.citing import citations
from anomalon.search.events.fit_settings import FitSettings
from anomalon.search.events.method import Method
from anomalon.search.events.one import search_window
from anomalon.search.events.pseudo_data import PseudoData, deal
from anomalon.search.results.failed import failed_window
from anomalon.search.results.ledger import (
    best_of,
    counted,
    global_p,
    labelled,
    ledger,
    repeat_choice,
)
from anomalon.search.results.scan import DataInfo, Scan
from anomalon.search.results.window import WindowResult

__all__ = ["Search"]

# Raised when the same settings give other numbers or other fields, so that what an earlier state of
# the code has stored under this version is done again.
_FORMAT = 4

_MOST_TRIALS = 10_000  # windows, feature sets or cuts
_MOST_TOYS = 1_000_000


@dataclass(frozen=True)
class Search:
    """A resonance search: windows x feature sets x working points.

    For each window and feature set: flatten the features in mass, make a background template, train
    `n_members` x `n_folds` classifiers on signal region against template, cut each member at the
    given background efficiencies on events that it never saw, fit the selected mass spectrum
    outside the signal region and compare the counts inside.

    Args:
        windows: Signal regions with their side bands.
        features: Feature sets, each a tuple of names; every one is a search of its own.
        background: Template method.
        classifier: One member, trained per fold; or several, which take turns to be a member.
        n_members: Classifiers in the ensemble.
        n_folds: Folds; no event is scored by a model that saw it or a copy of it.
        subsample: Share of the other folds' events that each member is trained on. Below one, the
            members differ by their events, and what they say about each other's events is the
            covariance of the folds (`CutResult.sigma.folds`); at one it stays unknown, and Z is too
            wide.
        decorrelate: How features are made independent of the mass; None to leave them as they are.
        efficiencies: Background efficiencies of the cuts, each in (0, 1).
        fit: How the spectrum is fitted.
        n_toys: Pseudo-experiments without signal in which the whole search is repeated, training
            included, for the global p-value: so many times the work. Without any, the global
            p-value is a bound.
        name: Title for the report.

    Raises:
        BadValue: If there is no window or no feature set, one of them or an efficiency is there
            twice, or an efficiency is outside (0, 1).

    Example:
        >>> from anomalon.core.window import Window
        >>> Search(windows=(Window(3300, 3700, 2900, 4100),), features=(("mJ1",),)).n_members
        10
    """

    windows: tuple[Window, ...]
    features: tuple[tuple[str, ...], ...]
    background: BackgroundEstimator = field(default_factory=Cwola)
    classifier: Classifiers = field(default_factory=BoostedTrees)
    n_members: int = 10
    n_folds: int = 5
    subsample: float = 0.5
    decorrelate: ConditionalQuantiles | None = field(default_factory=ConditionalQuantiles)
    efficiencies: tuple[float, ...] = (0.1, 0.02, 0.01)
    fit: FitSettings = field(default_factory=FitSettings)
    n_toys: int = 0
    name: str = "Resonance search"

    def __post_init__(self) -> None:
        put = partial(object.__setattr__, self)
        for name, one in (
            ("windows", _window),
            ("features", _feature_set),
            ("efficiencies", _efficiency),
        ):
            given = check.several(getattr(self, name), f"search.{name}", _MOST_TRIALS)
            if not given:
                raise BadValue(f"search.{name}: expected at least one, got none.")
            entries = [one(x, f"search.{name}[{i}]") for i, x in enumerate(given)]
            put(name, check.once(entries, f"search.{name}"))
        check.fields(
            self,
            "search",
            n_members=(1, MOST_MEMBERS),
            n_folds=(2, MOST_FOLDS),
            subsample="(0, 1]",
            n_toys=(0, _MOST_TOYS),
            name=str,
        )
        for name, kind in (
            ("background", BackgroundEstimator),
            ("decorrelate", ConditionalQuantiles | None),
            ("fit", FitSettings),
        ):
            if not isinstance(getattr(self, name), kind):
                what = getattr(kind, "__name__", kind)
                raise BadValue(
                    f"search.{name}: expected a {what}, got {check.shown(getattr(self, name))}."
                )
        ensemble = Ensemble(self.classifier, self.n_members)
        put("classifier", ensemble.classifier)  # a list as a tuple

    @property
    def cites(self) -> tuple[str, ...]:
        """What every search of this kind uses; its methods name their own."""
        of_folds = ("Wager:2014jackknife",) if self.subsample < 1 and self.n_members > 1 else ()
        return ("ATLAS:2025obc", "Cousins:2008zz", "Bohm:2013gla", "Sidak:1967", *of_folds)

    @property
    def method(self) -> Method:
        """What the result of each window depends on."""
        return Method(**{f.name: getattr(self, f.name) for f in fields(Method)})

    def run(
        self,
        data: Sample,
        simulation: Sample | None = None,
        *,
        seed: Seed | int = 0,
        executor: Executor | None = None,
        store: Store | None = None,
        progress: Progress | None = None,
    ) -> Scan:
        """Search the data. A window that has no answer is part of the result, with the reason.

        Args:
            data: Events with all features of all feature sets.
            simulation: Simulated or true background, for background methods that need it.
            seed: Root of all random numbers.
            executor: Who does the work; this process if None. The numbers do not depend on it.
            store: Where finished windows are kept. A run that was interrupted goes on from there
                and gives the same bytes.
            progress: Called after each finished window and feature set.

        Raises:
            BadLayout: If data or simulation are no samples.
            TooFewEvents: If there are no events, or a window lies outside the data.
            ColumnMissing: If a feature is not in the data, or not in the simulation.
            BadValue: If the family of functions is not defined on all masses that are fitted.
            DidNotConverge: If there are to be pseudo-experiments, and the whole spectrum cannot be
                fitted.
        """
        seed = Seed.of(seed)
        self._check(data, simulation)
        digests = (
            data.digest(),
            "" if simulation is None else simulation.digest(),
            "" if data.label is None else config.digest(data.label),
        )
        of = config.digest(code_version(), _FORMAT, self.method, *digests, str(seed))
        pieces = [
            _Piece(of, window, features) for window in self.windows for features in self.features
        ]
        toys = [_ToyPiece(piece, toy) for toy in range(self.n_toys) for piece in pieces]
        pseudo = PseudoData.like(data, self.fit) if toys else None
        values: list[Any] = do(
            [*pieces, *toys],
            shared=_Shared(self.method, data, simulation, pseudo, seed),
            executor=executor,
            store=store,
            progress=progress,
        )
        # Always through the plain form, so that stored and fresh results are the same to the bit.
        windows = labelled([from_plain(WindowResult, v) for v in values[: len(pieces)]])
        own = counted(windows)
        p_local = np.array(values[len(pieces) :], dtype=np.float64)
        p_local = p_local.reshape(self.n_toys, len(own))[:, own]
        return self._scan(windows, p_local, data, digests[0], seed)

    def _check(self, data: Sample, simulation: Sample | None) -> None:
        for what, given in (("data", data), ("simulation", simulation)):
            if given is not None and not isinstance(given, Sample):
                raise BadLayout(
                    f"search: {what}: expected a Sample, got {given!r}. Make one with "
                    "anomalon.features.dijet(events), or of the columns of a table with "
                    "anomalon.load(path, mass=..., features=[...])."
                )
            if given is not None:
                given.required_mass(f"search: {what}")
        if len(data) == 0:
            raise TooFewEvents(f"search: {data.source} has no events.")
        for features in self.features:
            data.select(features)
            if simulation is not None:
                simulation.select(features)
        self.fit.check(data)
        self._check_memory(len(data))
        first, last = data.mass.min(), data.mass.max()
        for window in self.windows:
            # a gap in the data is the result of that window alone
            if not (first < window.low and window.high <= last):
                window.check_inside(data)

    def _check_memory(self, n_events: int) -> None:
        # Of each event a score by each member, and whether it was seen, for each fold.
        per_event = self.n_members * (8 + self.n_folds)
        enough_memory(
            per_event * n_events,
            f"search: {self.n_members} members x {self.n_folds} folds x {n_events} events",
            "Take fewer search.n_members, search.n_folds or events.",
        )

    def _scan(
        self,
        windows: Sequence[WindowResult],
        p_local: NDArray[np.float64],
        data: Sample,
        digest: str,
        seed: Seed,
    ) -> Scan:
        trials = ledger(windows)
        toys = repeat_choice(trials, p_local)
        found = global_p(trials, toys)
        failed = sum(1 for t in trials if not np.isfinite(t.p_local))
        notes = (f"{failed} of {len(trials)} trials have no significance.",) if failed else ()
        return Scan(
            name=self.name,
            windows=tuple(windows),
            ledger=trials,
            best=best_of(trials),
            p_global=found.p,
            z_global=found.z,
            settings=config.to_plain(self),
            data=DataInfo(data.source, len(data), digest, has_truth=data.label is not None),
            seed=seed.root,
            notes=notes,
            p_global_is_bound=found.is_bound,
            toys=toys,
            p_global_source=found.source,
            citations=citations(self, data),
        )


def _window(given: Any, where: str) -> Window:
    if not isinstance(given, Window):
        raise BadValue(f"{where}: expected a Window, got {check.shown(given)}.")
    return given


def _feature_set(given: Any, where: str) -> tuple[str, ...]:
    if isinstance(given, str):
        raise BadValue(f"{where}: expected a list of lists of names, got the name {given!r}.")
    names = check.several(given, where)
    if not names:
        raise BadValue(f"{where}: expected at least one name, got none.")
    return tuple(check.text(name, where) for name in names)


def _efficiency(given: Any, where: str) -> float:
    return check.number(given, where, "(0, 1)")


@dataclass(frozen=True, eq=False)
class _Shared:
    """What all windows need to be searched elsewhere."""

    method: Method
    data: Sample
    simulation: Sample | None
    pseudo: PseudoData | None
    seed: Seed

    def search(self, window: Window, features: tuple[str, ...]) -> WindowResult:
        """One window must not end the whole scan: what goes wrong in it is its result."""
        seed = self.seed.child("window", str(window), features="+".join(features))
        what, how = (self.data, window, features), self.method
        try:
            return search_window(*what, how, simulation=self.simulation, seed=seed)
        except MissingExtra:
            raise
        except AnomalonError as error:
            return failed_window(*what, how.efficiencies, how.fit.shape, str(error))

    def in_toy(self, toy: int) -> "_Shared":
        """The same in a pseudo-experiment."""
        if self.pseudo is None:
            raise ValueError("search: no pseudo-data for the pseudo-experiments")  # a bug of ours
        seed = self.seed.child("pseudo-experiment", toy=toy)
        fit = self.method.fit
        simulation = self.simulation
        return _Shared(
            # the range of the data, not that of the masses which happen to be drawn
            method=replace(self.method, fit=replace(fit, range=fit.range_in(self.data))),
            data=self.pseudo.draw(seed.child("data")),
            # dealt out like the data, or classifiers would tell the two apart by that
            simulation=None if simulation is None else deal(simulation, seed.child("simulation")),
            pseudo=None,
            seed=seed,
        )


@dataclass(frozen=True)
class _Piece:
    """One window with one feature set."""

    of: str  # digest of all that is shared
    window: Window
    features: tuple[str, ...]

    @property
    def what(self) -> str:
        return f"window {self.window} GeV"

    @property
    def key(self) -> str:
        return config.digest(self.of, self.window, self.features)

    def __call__(self, shared: _Shared) -> dict[str, Any]:
        return dict(to_plain(shared.search(self.window, self.features)))


@dataclass(frozen=True)
class _ToyPiece:
    """The same window and feature set in a pseudo-experiment; gives its local p-values."""

    piece: _Piece
    toy: int

    @property
    def what(self) -> str:
        return f"pseudo-experiment {self.toy + 1}, {self.piece.what}"

    @property
    def key(self) -> str:
        return config.digest(self.piece.key, "pseudo-experiment", self.toy)

    def __call__(self, shared: _Shared) -> list[float]:
        found = shared.in_toy(self.toy).search(self.piece.window, self.piece.features)
        return [cut.p_local for cut in found.cuts]
