"""One window with one feature set, score or cut: decorrelate, train if need be, cut, fit."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from anomalon.core.errors import AnomalonError, FitError, MissingExtra
from anomalon.core.sample import Sample
from anomalon.core.seed import Seed
from anomalon.core.window import Window
from anomalon.search.events.background_fits import fit_backgrounds
from anomalon.search.events.binning import left_out, mass_edges
from anomalon.search.events.cross_training import CrossTraining
from anomalon.search.events.fit_settings import FitSettings
from anomalon.search.events.measure import measure
from anomalon.search.events.method import Method
from anomalon.search.events.non_closure import NOTHING_SEEN, NonClosure
from anomalon.search.events.own import flattened, own_cut, own_scores
from anomalon.search.events.selection import MemberScores, Selection, score_members, select
from anomalon.search.events.selector import Selector
from anomalon.search.events.sketch import nothing, sketch
from anomalon.search.events.weighing import Weighing
from anomalon.search.results.cut import CutResult
from anomalon.search.results.failed import failed_cut
from anomalon.search.results.window import FeatureCorrelation, Histogram, Roc, WindowResult
from anomalon.stats import Envelope, evaluate

__all__ = ["Searched", "search_window"]

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]

# Below this many true signal events in a signal region a ROC curve says nothing.
_MIN_SIGNAL_FOR_ROC = 20
_HISTOGRAM_BINS = 30
_MASSES = ("m", "dm", "delta_m", "pt")  # how names of features in GeV begin
_HUGE = 1e307
_BAND_TOYS = 100


@dataclass(frozen=True, eq=False)
class Searched:
    """What a window gives to its search.

    Args:
        result: What was found in it.
        sketches: Of each of its cuts, what it has in common with those of other windows.
    """

    result: WindowResult
    sketches: tuple[Ints, ...] = ()


def search_window(
    data: Sample,
    window: Window,
    by: Selector,
    method: Method,
    *,
    simulation: Sample | None,
    seed: Seed,
    closure: NonClosure = NOTHING_SEEN,
) -> Searched:
    """Search one window; cuts that come to nothing become results that say why.

    Args:
        data: All events; only those in the fitted range and the window are used. The label, if
            there is one, never reaches the method: it fills the truth columns of the result.
        window: Signal region and side bands.
        by: What selects.
        method: How.
        simulation: For background methods that need one.
        seed: Random numbers of this window.
        closure: What a validation has shown.

    Raises:
        AnomalonError: If there is not even a spectrum without a cut: `TooFewEvents` if a region of
            the window has no events at all, `BadValue` if the range leaves no bins beside it.
    """
    edges = mass_edges(window, method.fit.range_in(data), method.fit.bin_width)
    lost = "" if method.fit.range is None else left_out(data.mass, edges, method.fit.range)
    low, high = min(edges[0], window.sideband_low), max(edges[-1], window.sideband_high)
    original = data.select(by.needed).between(low, high)
    window.check_inside(original)
    reference = None
    if simulation is not None and by.by == "classifier":
        reference = simulation.select(by.features).between(low, high)
    uncut = Selection(1.0, np.ones((1, len(original))))
    first = measure(original, window, uncut, edges, method.fit, closure=closure)
    result = WindowResult(
        window=window,
        features=by.features,
        n_signal_region=int(window.in_signal_region(original.mass).sum()),
        n_sidebands=int(window.in_sidebands(original.mass).sum()),
        cuts=(first,),
        histograms=(),
        roc=None,
        correlation=(),
        warnings=(lost,) if lost else (),
        by=by.by,
        method=method.name,
    )
    own = sketch(original, window, uncut, first)
    try:
        return _cut(Searched(result, (own,)), original, by, edges, method, reference, seed, closure)
    except MissingExtra:
        raise  # no answer of this window's, but of where it was asked
    except AnomalonError as error:
        efficiencies = (0.0,) if by.by == "cut" else method.efficiencies
        failed = [failed_cut(e, method.fit.shape, str(error)) for e in efficiencies]
        return Searched(replace(result, cuts=(first, *failed)), (own, *[nothing() for _ in failed]))


def _cut(
    uncut: Searched,
    original: Sample,
    by: Selector,
    edges: Floats,
    method: Method,
    reference: Sample | None,
    seed: Seed,
    closure: NonClosure,
) -> Searched:
    """The result without a cut, and with all others."""
    result, window = uncut.result, uncut.result.window
    scores, selections = _selected(original, window, by, method, reference, seed)
    base = _base(original, window, edges, method.fit)
    training = CrossTraining(scores, original, window)
    closure = replace(closure, leak=scores.mass_leak)
    after = [
        measure(original, window, s, edges, method.fit, base, training, closure) for s in selections
    ]
    cuts = (*result.cuts, *after)
    sketches = (sketch(original, window, *both) for both in zip(selections, after, strict=True))
    tightest = min(selections, key=lambda s: s.efficiency)
    full = replace(
        result,
        cuts=cuts,
        histograms=_histograms(original, window, by, scores, tightest),
        roc=None if by.by == "cut" else _roc(original, window, scores, seed.child("roc")),
        correlation=() if by.by == "cut" else _correlation(original, window, by, method),
        warnings=(*result.warnings, *_warnings(cuts, by, method, original)),
        mass_leak=scores.mass_leak,
        template=scores.template,
    )
    return Searched(full, (*uncut.sketches, *sketches))


def _selected(
    original: Sample,
    window: Window,
    by: Selector,
    method: Method,
    reference: Sample | None,
    seed: Seed,
) -> tuple[MemberScores, tuple[Selection, ...]]:
    """The scores of the events, which have not seen their labels, and what passes each cut."""
    if by.by == "cut":
        scores, selection = own_cut(original.blind(), window, by.name)
        return scores, (selection,)
    if by.by == "score":
        scores = own_scores(original.blind(), window, by.name, method.decorrelate, seed)
    else:
        scores = score_members(
            original.blind(),
            window,
            None if reference is None else reference.blind(),
            method,
            seed,
        )
    return scores, select(scores, original, window, method.efficiencies)


def _base(original: Sample, window: Window, edges: Floats, fit: FitSettings) -> Envelope | None:
    """Fits of the spectrum before the cut, if cuts are to be fitted relative to it.

    Without a peak: they are to know nothing of the signal region.
    """
    if not fit.relative:
        return None
    outside = ~window.in_signal_region((edges[:-1] + edges[1:]) / 2)
    spectrum = Weighing(original, np.ones(len(original)), edges, outside).spectrum
    try:
        return fit_backgrounds(spectrum, replace(fit, resolution=None), window, outside).envelope
    except FitError:
        return None


def _mean_score(scores: MemberScores) -> Floats:
    return np.asarray(scores.score.mean(axis=0))


def _roc(events: Sample, window: Window, scores: MemberScores, seed: Seed) -> Roc | None:
    if events.label is None:
        return None
    inside = window.in_signal_region(events.mass)
    score = _mean_score(scores)
    signal = inside & (events.label == 1)
    background = inside & (events.label == 0)
    if signal.sum() < _MIN_SIGNAL_FOR_ROC or not background.any():
        return None
    result = evaluate(
        score[background], score[signal], events.weight[background], events.weight[signal]
    )
    fpr, tpr = result.roc()
    keep = fpr > 0
    fpr, tpr = fpr[keep], tpr[keep]
    band = result.sic_band(fpr, seed=seed, n_toys=_BAND_TOYS)
    auc, max_sic = result.auc, result.max_sic
    return Roc(
        fpr=fpr,
        tpr=tpr,
        sic=tpr / np.sqrt(fpr),
        sic_low=band.low,
        sic_high=band.high,
        auc=auc.value,
        auc_uncertainty=auc.uncertainty,
        max_sic=max_sic.value,
        max_sic_uncertainty=max_sic.uncertainty,
        fpr_floor=float(result.fpr_floor),
        n_background=int(background.sum()),
        n_signal=int(signal.sum()),
    )


def _histograms(
    original: Sample, window: Window, by: Selector, scores: MemberScores, selection: Selection
) -> tuple[Histogram, ...]:
    inside = window.in_signal_region(original.mass)
    side = window.in_sidebands(original.mass)
    columns = {} if by.by == "cut" else {"score": _mean_score(scores)}
    columns |= {name: original.column(name) for name in by.columns}
    rows = []
    for name, values in columns.items():
        shown = values[inside | side]
        edges = _edges(shown)
        weight = original.weight

        def shape(
            which: NDArray[np.bool_], w: Floats, values: Floats = values, edges: Floats = edges
        ) -> Floats:
            counts = np.histogram(np.clip(values[which], edges[0], edges[-1]), edges, weights=w)[0]
            return np.asarray(counts / max(counts.sum(), 1e-300))

        rows.append(
            Histogram(
                name=name,
                unit="GeV" if name.startswith(_MASSES) and not by.is_score(name) else "",
                edges=edges,
                signal_region=shape(inside, weight[inside]),
                sidebands=shape(side, weight[side]),
                selected=shape(inside, (weight * selection.weight)[inside]),
            )
        )
    return tuple(rows)


def _edges(values: Floats) -> Floats:
    """Bins that show all but the most extreme 0.1 %, which the outermost bins collect."""
    # of the largest numbers that there are, differences are infinite
    unit = 1.0 if float(np.abs(values).max()) < _HUGE else 8.0
    low, high = (float(q) * unit for q in np.quantile(values / unit, [0.0005, 0.9995]))
    if not high > low:
        low, high = low - 0.5, high + 0.5
    edges: Floats = np.linspace(low / unit, high / unit, _HISTOGRAM_BINS + 1) * unit
    if np.all(np.diff(edges) > 0):
        return edges
    # numbers so large that the next one is further away than a bin is wide
    steps = np.spacing(abs(low)) * np.arange(_HISTOGRAM_BINS + 1.0)
    return np.asarray(np.nextafter(low, -np.inf) + steps)


def _correlation(
    original: Sample, window: Window, by: Selector, method: Method
) -> tuple[FeatureCorrelation, ...]:
    """Spearman correlation with the mass in the side bands, where no signal is expected."""
    original = original.select(by.features).blind()
    in_sidebands = window.in_sidebands(original.mass)
    side = flat = original[in_sidebands]
    if by.by == "score":
        flat = flattened(original, window, method.decorrelate)[in_sidebands]
    elif method.decorrelate is not None:
        flat = method.decorrelate.fit(original)(side)

    def rho(sample: Sample, name: str) -> float | None:
        column = sample.column(name)
        if column.min() == column.max():
            return None
        value = float(spearmanr(column, sample.mass).statistic)
        return value if np.isfinite(value) else None

    return tuple(
        FeatureCorrelation(name, before=rho(side, name), after=rho(flat, name))
        for name in side.names
        if len(np.unique(side.column(name))) > 1
    )


def _warnings(
    cuts: tuple[CutResult, ...], by: Selector, method: Method, original: Sample
) -> tuple[str, ...]:
    """What the numbers do not say themselves; why a cut failed and how well it fits, they do."""
    notes, weight = [], original.weight
    columns = {n: original.column(n) for n in by.features} if by.by == "classifier" else {}
    same = [name for name, x in columns.items() if x.min() == x.max()]
    if same:
        notes.append(
            f"the same in all events, and of no use to a classifier: {', '.join(same)}"
            f"{'; there is no other feature' if len(same) == len(by.features) else ''}."
        )
    if by.by == "classifier" and (method.subsample == 1 or method.n_members == 1):
        notes.append(
            "with subsample = 1 or a single member the correlation between the folds is not "
            "measured: the distribution of significances after a cut is too wide."
        )
    for cut in cuts:
        # of one weight: events; of many: as many as they are worth
        alike = cut.carried is None
        n = cut.expected / weight[0] if alike else cut.expected_effective
        if cut.ok and cut.efficiency < 1 and n < 10:
            notes.append(
                f"cut at {100 * cut.efficiency:g}\u202f%: only {n:.1f} "
                f"{'' if alike else 'effective '}background events expected; significances are "
                "granular."
            )
    return tuple(notes)
