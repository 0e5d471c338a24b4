"""`Search`: the settings of a whole search; `run` gives a `Scan`."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.background import Backgrounds, Cwola
from anomalon.core import check, config
from anomalon.core.errors import BadValue, TooFewEvents
from anomalon.core.memory import enough_memory
from anomalon.core.plain import from_plain
from anomalon.core.provenance import code_version
from anomalon.core.result import Result
from anomalon.core.sample import Sample
from anomalon.core.scorer import Scorer
from anomalon.core.seed import Seed
from anomalon.core.window import Window
from anomalon.features.axes import AUTOMATIC
from anomalon.features.decorrelate import ConditionalQuantiles
from anomalon.learn import BoostedTrees, Classifiers, Ensemble
from anomalon.learn.classify.ensemble import MOST_MEMBERS
from anomalon.learn.classify.k_fold import MOST_FOLDS
from anomalon.run import Executor, Progress, Store, do
from anomalon.search.events.citing import citations
from anomalon.search.events.fit_settings import FitSettings
from anomalon.search.events.given import (
    axes_of,
    backgrounds_of,
    check_has,
    check_sample,
    condition_of,
    efficiency_of,
    feature_set_of,
    method_names,
    window_of,
)
from anomalon.search.events.method import Method, check_simulation
from anomalon.search.events.one import Searched
from anomalon.search.events.peak import check_windows
from anomalon.search.events.pieces import Piece, Shared, ToyPiece
from anomalon.search.events.pooling import pooled, toy_p_values
from anomalon.search.events.pseudo_data import PseudoData
from anomalon.search.events.selector import SavedScorer, Selector, check_score, with_own
from anomalon.search.events.sketch import correlated
from anomalon.search.events.validated import Validated, checked_validation, validation_name
from anomalon.search.results.correlated_trials import CorrelatedTrials
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

# Raised when the same settings give other numbers or fields: what is stored is then done again.
_FORMAT = 9

_MOST_TRIALS = 10_000  # windows, feature sets or cuts
_MOST_TOYS = 1_000_000


@dataclass(frozen=True)
class Search:
    """A resonance search: windows x feature sets x background methods x working points.

    For each window and feature set: flatten the features in mass, make a background template, train
    `n_members` x `n_folds` classifiers on signal region against template, cut each member at the
    given background efficiencies on events that it never saw, fit the selected mass spectrum
    outside the signal region and compare the counts inside.

    With a `score` of the user's own nothing is trained: it is flattened in mass like a feature, cut
    at the same background efficiencies, and is one feature set among the trials. `cuts` are further
    selections, as they are.

    Args:
        windows: Signal regions with their side bands.
        features: Feature sets, each a tuple of names, or the name of a set of the literature
            (`anomalon.features.FEATURE_SETS`), which becomes such a tuple; every one is a search of
            its own. With a score they are only shown, and may be left out; so they may be with cuts
            alone.
        background: Template method, or several, each of which is a search of its own.
        classifier: One member, trained per fold; or several, which take turns to be a member.
        n_members: Classifiers in the ensemble.
        n_folds: Folds; no event is scored by a model that saw it or a copy of it.
        subsample: Share of the other folds' events that each member is trained on. Below one, the
            members differ by their events, and what they say about each other's events is the
            covariance of the folds (`CutResult.sigma.folds`); at one it stays unknown, and Z is too
            wide.
        decorrelate: How features are made independent of the mass; None to leave them as they are.
            A score is flattened as well, with polynomials of degree 1 at most.
        efficiencies: Background efficiencies of the cuts, each in (0, 1).
        fit: How the spectrum is fitted.
        n_toys: Pseudo-experiments without signal in which the whole search is repeated, training
            included, for the global p-value: so many times the work. Without any, it follows from
            the correlation of the trials through the events that they share.
        name: Title for the report.
        score: What takes the place of the classifier: a column of the data or a formula in columns
            (`anomalon.features.expression`), higher is more anomalous ("-loss" if lower is); a
            fitted `Scorer`; or a file of one. It must not have learned from which of these events
            are in the signal region.
        cuts: Conditions such as "tau21_J1 < 0.4 and mJ1 > 50", each a selection of its own beside
            the efficiencies, not flattened in mass; its efficiency is measured in the side bands.
        validation: The run folder of `anomalon validate`, its result.json, or a `ValidationResult`:
            what has failed is left out, and the non-closure that was measured is an uncertainty of
            the others.
        axes: Formulas in features that classifiers see as further columns, flattened in mass like
            the features, each with the feature sets that have what it needs; "automatic" for those
            in which a resonance is narrow, if the names of the features say which they are
            (`anomalon.features.axes`: a mass and the difference to another); () for none. Templates
            are made of the features alone. A template in a latent space, and a method that is a
            score by itself, go without.

    Raises:
        BadValue: If there is no window, or neither a feature set nor a score nor a cut; if one of
            them or an efficiency is there twice, an efficiency is outside (0, 1), or a cut is no
            condition.
        UnknownKey: If there is no feature set of a name.

    Example:
        >>> from anomalon.core.window import Window
        >>> search = Search((Window(3300, 3700, 2900, 4100),), features=("baseline", ("mJ1",)))
        >>> search.features
        (('mJ1', 'dmJ', 'tau21_J1', 'tau21_J2'), ('mJ1',))
    """

    windows: tuple[Window, ...]
    features: tuple[str | tuple[str, ...], ...] = ()
    background: Backgrounds = field(default_factory=Cwola)
    classifier: Classifiers = field(default_factory=BoostedTrees)
    n_members: int = 10
    n_folds: int = 5
    subsample: float = 0.5
    decorrelate: ConditionalQuantiles | None = field(default_factory=ConditionalQuantiles)
    efficiencies: tuple[float, ...] = (0.1, 0.02, 0.01)
    fit: FitSettings = field(default_factory=FitSettings)
    n_toys: int = 0
    name: str = "Resonance search"
    score: str | SavedScorer | Scorer | None = None
    cuts: tuple[str, ...] = ()
    validation: Path | Result | None = None
    axes: tuple[str, ...] | str = AUTOMATIC

    def __post_init__(self) -> None:
        put = partial(object.__setattr__, self)
        for name, one in (
            ("windows", window_of),
            ("features", feature_set_of),
            ("efficiencies", efficiency_of),
            ("cuts", condition_of),
        ):
            given = check.several(getattr(self, name), f"search.{name}", _MOST_TRIALS)
            if not given and name in ("windows", "efficiencies"):
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
            decorrelate=ConditionalQuantiles | None,
            fit=FitSettings,
        )
        put("axes", axes_of(self.axes, self.features))
        put("background", backgrounds_of(self.background))
        check_windows(self.windows, self.fit)
        ensemble = Ensemble(self.classifier, self.n_members)
        put("classifier", ensemble.classifier)  # a list as a tuple
        put("validation", checked_validation(self.validation))
        if self.validation is not None and isinstance(self.background, tuple):
            raise BadValue(
                "search.validation: expected one background method, got several. Search each alone."
            )
        check_score(self.score)
        if not (self.features or self.cuts or self.score):
            raise BadValue(
                "search.features: expected at least one feature set, or `score` or `cuts` in their "
                "place, got none."
            )

    @property
    def cites(self) -> tuple[str, ...]:
        """What every search of this kind uses; its methods name their own."""
        measured = self.trains and self.subsample < 1 and self.n_members > 1
        of_folds = ("Wager:2014jackknife",) if measured else ()
        return ("ATLAS:2025obc", "Cousins:2008zz", "Bohm:2013gla", "Sidak:1967", *of_folds)

    @property
    def feature_sets(self) -> tuple[tuple[str, ...], ...]:
        """The names of the features of each set."""
        return tuple(feature_set_of(given, "search.features") for given in self.features)

    @property
    def trains(self) -> bool:
        """Whether there are classifiers."""
        return self.score is None and bool(self.features)

    @property
    def unused(self) -> tuple[str, ...]:
        """Fields that do not matter, because there are no classifiers."""
        if self.trains:
            return ()
        return ("background", "classifier", "n_members", "n_folds", "subsample", "axes")

    @property
    def methods(self) -> tuple[Method, ...]:
        """What the result of each window depends on, for each background method."""
        given = self.background if isinstance(self.background, tuple) else (self.background,)
        given = given if self.trains else given[:1]
        names = method_names(given)
        common = {f.name: getattr(self, f.name) for f in fields(Method) if f.name != "name"}
        return tuple(
            Method(**(common | {"background": background}), name=name)
            for background, name in zip(given, names, strict=True)
        )

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
            data: Events with all features of all feature sets, and what score and cuts need.
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
            BadValue: If the family of functions is not defined on all masses that are fitted, a
                formula cannot be read, or all events of the data pass a cut, or none; if the
                validation has no entry for a trial, or is of another method.
            BadNumbers: If the score of an event does not exist.
            DataError: If there is no validation where one should be.
            TruthRequired: If a background method needs a simulation, and there is none.
            DidNotConverge: If there are to be pseudo-experiments, and the whole spectrum cannot be
                fitted.
        """
        seed = Seed.of(seed)
        self._check(data, simulation)
        events, selectors = self.selectors(data)
        validated = Validated.of(self.validation)
        validated.check(self.settings)
        methods = self.methods
        of = [self._key(method, events, simulation, seed) for method in methods]
        pieces = [
            Piece(of[i], *scope, i)
            for scope in validated.scopes(self.windows, selectors, self.efficiencies)
            for i in range(len(methods) if scope[1].by == "classifier" else 1)
        ]
        toys = [ToyPiece(piece, toy) for toy in range(self.n_toys) for piece in pieces]
        pseudo = PseudoData.like(events, self.fit) if toys else None
        values: list[Any] = do(
            [*pieces, *toys],
            shared=Shared(methods, events, simulation, pseudo, seed),
            executor=executor,
            store=store,
            progress=progress,
        )
        scan = self._assembled(values, pieces, data, seed)
        notes = validated.notes(self.settings, self.windows)
        return replace(scan, notes=(*notes, *scan.notes))

    def _assembled(
        self, values: Sequence[Any], pieces: Sequence[Piece], data: Sample, seed: Seed
    ) -> Scan:
        """The scan, of what the pieces gave, and after them those of the pseudo-experiments."""
        names = [method.name for method in self.methods]
        # Always through the plain form, so that stored and fresh results are the same to the bit.
        found = [from_plain(Searched, value) for value in values[: len(pieces)]]
        pairs = zip(found, pieces, strict=True)
        results = [replace(f.result, method=names[piece.method]) for f, piece in pairs]
        windows = labelled(pooled(results))
        own = counted(windows)
        of_toys = toy_p_values(values[len(pieces) :], windows)[:, own]
        sketches = [one for f in found for one in f.sketches]
        common = correlated([s for s, is_own in zip(sketches, own, strict=True) if is_own], seed)
        return self._scan(windows, of_toys, common, data, seed)

    def selectors(self, data: Sample) -> tuple[Sample, tuple[Selector, ...]]:
        """The data with the columns of score and cuts, and all that selects."""
        shown = tuple(dict.fromkeys(name for features in self.feature_sets for name in features))
        searched, own = with_own(data, self.score, self.cuts, shown)
        if self.score is not None:
            return searched, own
        return searched, (*(Selector("classifier", f, f) for f in self.feature_sets), *own)

    def _key(self, method: Method, events: Sample, simulation: Sample | None, seed: Seed) -> str:
        """A digest of all that every window depends on.

        Of one method alone, so that a search with another one beside it does nothing again.
        """
        digests = (
            events.digest(),
            "" if simulation is None else simulation.digest(),
            "" if events.label is None else config.digest(events.label),
        )
        return config.digest(code_version(), _FORMAT, replace(method, name=""), *digests, str(seed))

    def _check(self, data: Sample, simulation: Sample | None) -> None:
        for what, given in (("data", data), ("simulation", simulation)):
            if what == "data" or given is not None:
                check_sample(given, f"search: {what}")
        if len(data) == 0:
            raise TooFewEvents(f"search: {data.source} has no events.")
        for features in self.feature_sets:
            check_has(data, features)
            if simulation is not None and self.trains:
                check_has(simulation, features)
        self.fit.check(data)
        if self.trains:
            check_simulation(self.methods, simulation)
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
        p_local: NDArray[np.floating[Any]],
        correlated: CorrelatedTrials | None,
        data: Sample,
        seed: Seed,
    ) -> Scan:
        trials = ledger(windows)
        toys = repeat_choice(trials, p_local)
        found = global_p(trials, toys, correlated=correlated)
        failed = sum(1 for t in trials if not np.isfinite(t.p_local))
        notes = (f"{failed} of {len(trials)} trials have no significance.",) if failed else ()
        return Scan(
            name=self.name,
            windows=tuple(windows),
            ledger=trials,
            best=best_of(trials),
            p_global=found.p,
            z_global=found.z,
            settings=self.settings,
            data=DataInfo(data.source, len(data), data.digest(), has_truth=data.label is not None),
            seed=seed.root,
            notes=notes,
            p_global_is_bound=found.is_bound,
            toys=toys,
            p_global_source=found.source,
            citations=citations(self, data),
            correlated=correlated,
        )

    @property
    def settings(self) -> dict[str, Any]:
        """All that matter, plain; a scorer by its name."""
        score: Any = self.score
        if isinstance(score, SavedScorer):
            score = {"file": score.file.name}
        elif score is not None and not isinstance(score, str):
            score = type(score).__name__
        bare = replace(self, score=None if score is None else "score", validation=None)
        plain = {k: v for k, v in config.to_plain(bare).items() if k not in self.unused}
        plain |= {"score": score}
        if self.validation is None:
            return {k: v for k, v in plain.items() if k != "validation"}
        return plain | {"validation": validation_name(self.validation)}
