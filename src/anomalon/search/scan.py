"""`Search`: the settings of a whole search; `run` gives a `Scan`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from anomalon.background import BackgroundEstimator, Cwola
from anomalon.core import config
from anomalon.core.errors import BadValue, TooFewEvents
from anomalon.core.provenance import anomalon_version
from anomalon.core.sample import Sample
from anomalon.core.seed import Seed
from anomalon.core.window import Window
from anomalon.features.decorrelate import ConditionalQuantiles
from anomalon.learn import BoostedTrees, Classifier
from anomalon.run import Executor, Serial, Store
from anomalon.search.measure import FitSettings
from anomalon.search.one import Method, search_window
from anomalon.search.result import Scan, Trial, WindowResult
from anomalon.search.serial import window_from_dict, window_to_dict
from anomalon.stats import z_from_p

__all__ = ["Progress", "Search"]

Progress = Callable[[int, int, str], None]
"""Called with (pieces done, pieces in all, what was just done)."""


@dataclass(frozen=True)
class Search:
    """A resonance search: windows x feature sets x working points.

    For each window and feature set: flatten the features in mass, make a background template, train
    `n_members` x `n_folds` classifiers on signal region against template, cut each member at the
    given background efficiencies on events that it never saw, fit the side bands of the selected
    mass spectrum and compare the counts in the signal region.

    Args:
        windows: Signal regions with their side bands.
        features: Feature sets, each a tuple of names; every one is a search of its own.
        background: Template method.
        classifier: One member, trained per fold.
        n_members: Classifiers in the ensemble.
        n_folds: Folds; no event is scored by a model that saw it or a copy of it.
        subsample: Share of the other folds' events that each member is trained on. Below one, the
            members differ by their events, and what they say about each other's events is the
            covariance of the folds (`sigma_folds`); at one it stays unknown, and Z is too wide.
        decorrelate: How features are made independent of the mass; None to leave them as they are.
        efficiencies: Background efficiencies of the cuts, each in (0, 1).
        fit: How the spectrum is fitted.
        name: Title for the report.

    Raises:
        BadValue: If there is no window, no feature set, or an efficiency outside (0, 1).

    Example:
        >>> from anomalon.core.window import Window
        >>> Search(windows=(Window(3300, 3700, 2900, 4100),), features=(("mJ1",),)).n_members
        10
    """

    windows: tuple[Window, ...]
    features: tuple[tuple[str, ...], ...]
    background: BackgroundEstimator = field(default_factory=Cwola)
    classifier: Classifier = field(default_factory=BoostedTrees)
    n_members: int = 10
    n_folds: int = 5
    subsample: float = 0.5
    decorrelate: ConditionalQuantiles | None = field(default_factory=ConditionalQuantiles)
    efficiencies: tuple[float, ...] = (0.1, 0.02, 0.01)
    fit: FitSettings = field(default_factory=FitSettings)
    name: str = "Resonance search"

    def __post_init__(self) -> None:
        for name in ("windows", "features", "efficiencies"):
            if not getattr(self, name):
                raise BadValue(f"search.{name}: expected at least one, got none.")
            object.__setattr__(self, name, tuple(getattr(self, name)))
        given: tuple[object, ...] = self.features
        if any(isinstance(f, str) or not f for f in given):
            raise BadValue(
                "search.features: expected a list of lists of names, none of them empty."
            )
        object.__setattr__(self, "features", tuple(tuple(f) for f in self.features))
        bad = [e for e in self.efficiencies if not 0 < e < 1]
        if bad:
            raise BadValue(f"search.efficiencies: expected numbers between 0 and 1, got {bad}.")
        if self.n_members < 1 or self.n_folds < 2:
            raise BadValue(
                "search: expected n_members >= 1 and n_folds >= 2, got "
                f"{self.n_members} and {self.n_folds}."
            )

        if not 0 < self.subsample <= 1:
            raise BadValue(f"search.subsample: expected a share in (0, 1], got {self.subsample}.")

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
        """Search the data.

        Args:
            data: Events with all features of all feature sets.
            simulation: Simulated or true background, for background methods that need it.
            seed: Root of all random numbers.
            executor: Who does the work; this process if None. The numbers do not depend on it.
            store: Where finished windows are kept. A run that was interrupted goes on from there
                and gives the same bytes.
            progress: Called after each finished window and feature set.

        Raises:
            TooFewEvents: If there are no events, or a window lies outside the data.
            ColumnMissing: If a feature is not in the data.
        """
        seed = Seed.of(seed)
        self._check(data)
        pieces = [
            _Piece(self.method, data, simulation, window, features, seed)
            for window in self.windows
            for features in self.features
        ]
        digests = (data.digest(), "" if simulation is None else simulation.digest())
        keys = [piece.key(*digests) for piece in pieces]
        found = _run_pieces(pieces, keys, executor or Serial(), store, progress)
        return self._scan(found, data, digests[0], seed)

    def _check(self, data: Sample) -> None:
        if len(data) == 0:
            raise TooFewEvents(f"search: {data.source} has no events.")
        for features in self.features:
            data.select(features)
        for window in self.windows:
            window.check_inside(data)

    def _scan(self, windows: Sequence[WindowResult], data: Sample, digest: str, seed: Seed) -> Scan:
        ledger = tuple(
            Trial(
                window=f"{w.window['low']:g}-{w.window['high']:g}",
                features=", ".join(w.features),
                efficiency=cut.efficiency,
                p_local=cut.p_local,
                z_local=cut.z_local,
            )
            for w in windows
            for cut in w.cuts
        )
        valid = [t for t in ledger if np.isfinite(t.p_local)]
        best = min(valid, key=lambda t: t.p_local) if valid else None
        p_global = z_global = None
        if best is not None:
            # 1 - (1 - p)^N without cancellation.
            p_global = float(-np.expm1(len(valid) * np.log1p(-best.p_local)))
            z_global = float(z_from_p(p_global))
        failed = sum(1 for t in ledger if not np.isfinite(t.p_local))
        notes = (f"{failed} of {len(ledger)} trials have no significance.",) if failed else ()
        return Scan(
            name=self.name,
            windows=tuple(windows),
            ledger=ledger,
            best=best,
            p_global=p_global,
            z_global=z_global,
            settings=config.to_plain(self),
            data={
                "source": data.source,
                "n_events": len(data),
                "digest": digest,
                "has_truth": data.label is not None,
            },
            seed=seed.root,
            notes=notes,
        )


@dataclass(frozen=True, eq=False)
class _Piece:
    """One window with one feature set, with all that it needs to be done elsewhere."""

    method: Method
    data: Sample
    simulation: Sample | None
    window: Window
    features: tuple[str, ...]
    seed: Seed

    def key(self, data_digest: str, simulation_digest: str) -> str:
        truth = "" if self.data.label is None else config.digest(self.data.label)
        return config.digest(
            anomalon_version(),
            self.window,
            self.features,
            self.method,
            data_digest,
            simulation_digest,
            truth,
            str(self.seed),
        )

    def __call__(self) -> dict[str, Any]:
        seed = self.seed.child("window", str(self.window), features="+".join(self.features))
        result = search_window(
            self.data,
            self.window,
            self.features,
            self.method,
            simulation=self.simulation,
            seed=seed,
        )
        return window_to_dict(result)


def _call(piece: _Piece) -> dict[str, Any]:
    return piece()


def _run_pieces(
    pieces: Sequence[_Piece],
    keys: Sequence[str],
    executor: Executor,
    store: Store | None,
    progress: Progress | None,
) -> list[WindowResult]:
    found: dict[int, dict[str, Any]] = {}
    if store is not None:
        found = {i: value for i, key in enumerate(keys) if (value := store.get(key)) is not None}

    def report(what: str) -> None:
        if progress is not None:
            progress(len(found), len(pieces), what)

    report(f"{len(found)} finished earlier" if found else "start")
    missing = [i for i in range(len(pieces)) if i not in found]
    for position, value in executor.map_unordered(_call, [pieces[i] for i in missing]):
        index = missing[position]
        if store is not None:
            store.put(keys[index], value)
        found[index] = value
        report(f"window {pieces[index].window} GeV")
    # Always through the plain form, so that stored and fresh results are the same to the last bit.
    return [window_from_dict(found[i]) for i in range(len(pieces))]
