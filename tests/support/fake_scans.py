"""A search result that looks like a real one: three windows, three working points, made by hand.

Not a test: the factory behind the fixtures `make_scan` of tests/report and tests/cli.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from scipy.stats import norm

from anomalon.core.window import Window
from anomalon.search.results.cut import CutResult, PassFraction, Truth, Uncertainties
from anomalon.search.results.fitted import SpectrumFit
from anomalon.search.results.ledger import global_p, ledger, repeat_choice
from anomalon.search.results.scan import DataInfo, Scan
from anomalon.search.results.window import (
    FeatureCorrelation,
    Histogram,
    MassLeak,
    Roc,
    WindowResult,
)
from anomalon.stats.fits import TriedFunction

FEATURES = ("j1_mass", "delta_mass", "j1_tau21", "j2_tau21")
EFFICIENCIES = (1.0, 0.1, 0.02)
CENTRES = (3000.0, 3500.0, 4000.0)


def falling(edges: np.ndarray, n: float) -> np.ndarray:
    """Expected counts of an exponentially falling spectrum with `n` events in all."""
    content = np.exp(-edges[:-1] / 450.0) - np.exp(-edges[1:] / 450.0)
    return n * content / content.sum()


def spectrum_fit(window: Window, n: float, signal: float, rng: Any) -> SpectrumFit:
    edges = np.arange(window.sideband_low, window.sideband_high + 1, 100.0)
    centres = (edges[1:] + edges[:-1]) / 2
    fitted = (centres < window.low) | (centres > window.high)
    expected = falling(edges, n)
    bump = np.where(fitted, 0.0, signal / max((~fitted).sum(), 1))
    counts = rng.poisson(np.maximum(expected + bump, 0.0)).astype(float)
    rows = (
        TriedFunction("dijet", 1, 31.2, 11, 0.001),
        TriedFunction("dijet", 2, 9.8, 10, 0.46, chosen=True, f=21.8, p_f=0.0009),
        TriedFunction("dijet", 3, 9.5, 9, 0.39, f=0.28, p_f=0.61),
    )
    return SpectrumFit(
        edges=edges, counts=counts, variance=counts * 1.1,
        event_weight=np.full(len(counts), 1.1), fitted=fitted, expected=expected,
        sigma_expected=0.03 * expected + 0.1, shape="dijet", n_parameters=2,
        parameters=np.array([7.3, -0.0021]), deviance=9.8, ndf=10, p_value=0.46, tried=rows,
        ok=True, why="",
    )  # fmt: skip


def cut_result(
    window: Window, efficiency: float, signal: float, rng: Any, *, truth: bool, ok: bool
) -> CutResult:
    fit = spectrum_fit(window, 40_000 * efficiency, signal, rng)
    inside = ~fit.fitted
    n, expected = float(fit.counts[inside].sum()), float(fit.expected[inside].sum())
    spread = 0.0 if efficiency == 1 else 0.015 * expected
    parts = (np.sqrt(expected), 0.02 * expected, spread, 2 * spread, spread / 2)
    z = (n - expected) / float(np.linalg.norm(parts))
    n_members = 1 if efficiency == 1 else 10
    members = n + rng.normal(0, parts[2] * np.sqrt(n_members), n_members)
    centres = (fit.edges[1:] + fit.edges[:-1]) / 2
    return CutResult(
        efficiency=efficiency, n=n, expected=expected, n_effective=n / 1.1,
        expected_effective=expected / 1.1,
        sigma=Uncertainties(
            poisson=float(parts[0]), fit=float(parts[1]), function=0.0, ensemble=float(parts[2]),
            folds=float(parts[3]), closure=float(parts[4]),
        ),
        z_local=z if ok else float("nan"), p_local=float(norm.sf(z)) if ok else float("nan"),
        member_counts=members, fit=fit,
        pass_fraction=PassFraction.unknown() if efficiency == 1 else PassFraction(
            centres, efficiency * rng.normal(1, 0.05, len(centres)),
            np.full(len(centres), 0.05 * efficiency), inside, chi2=9.1, ndf=10,
        ),
        truth=Truth(signal, n - signal, min(1.0, 4 * efficiency**0.5)) if truth else None,
        ok=ok, why="" if ok else "TooFewEvents: 2 filled bins above the signal region, needs 5.",
    )  # fmt: skip


def histogram(name: str, unit: str, low: float, high: float, rng: Any) -> Histogram:
    edges = np.linspace(low, high, 31)
    shapes = []
    for shift in (0.3, 0.3, 0.6):
        counts, _ = np.histogram(low + (high - low) * rng.beta(2, 2 / shift, 4000), edges)
        shapes.append(counts / counts.sum())
    return Histogram(name, unit, edges, *shapes)


def window_result(
    centre: float,
    features: tuple[str, ...],
    efficiencies: tuple[float, ...],
    signal: float,
    rng: Any,
    *,
    truth: bool,
    ok: bool,
) -> WindowResult:
    window = Window(centre - 200, centre + 200, centre - 800, centre + 800)
    cuts = tuple(
        cut_result(
            window, e, signal * min(1.0, 3 * np.sqrt(e) + 0.3), rng, truth=truth, ok=ok or e > 0.05
        )
        for e in efficiencies
    )
    fpr = np.geomspace(1e-5, 1, 80)
    tpr = fpr**0.3
    roc = Roc(
        fpr=fpr, tpr=tpr, sic=tpr / np.sqrt(fpr),
        sic_low=0.9 * tpr / np.sqrt(fpr), sic_high=1.2 * tpr / np.sqrt(fpr),
        auc=0.77, auc_uncertainty=0.02, max_sic=3.6, max_sic_uncertainty=0.4,
        fpr_floor=2.1e-4, n_background=121_000, n_signal=770,
    )  # fmt: skip
    units = ["GeV" if "mass" in name else "" for name in features]
    ranges = [(0.0, 600.0) if unit else (0.0, 1.0) for unit in units]
    return WindowResult(
        window=window, features=features, n_signal_region=int(cuts[0].n), n_sidebands=31_000,
        cuts=cuts,
        histograms=(
            histogram("score", "", 0.0, 1.0, rng),
            *(histogram(f, u, *r, rng) for f, u, r in zip(features, units, ranges, strict=True)),
        ),
        roc=roc if truth else None,
        correlation=tuple(
            FeatureCorrelation(f, before=float(rng.uniform(-0.3, 0.3)), after=0.004)
            for f in features
        ),
        warnings=() if ok else ("The upper side band holds fewer than 100 events.",),
        mass_leak=MassLeak(distance=0.03, uncertainty=0.02, p_value=0.08, d=0.01),
    )  # fmt: skip


def fake_scan(
    *,
    signal: float = 130.0,
    truth: bool = True,
    failing: bool = True,
    centres: tuple[float, ...] = CENTRES,
    efficiencies: tuple[float, ...] = EFFICIENCIES,
    feature_sets: tuple[tuple[str, ...], ...] = (FEATURES,),
    name: str = "Toy dijet search",
) -> Scan:
    """A scan with `signal` events in the second window; its last window's tight cut may fail."""
    rng = np.random.default_rng(5)
    windows = tuple(
        window_result(
            centre, features, efficiencies, signal if i == 1 else 0.0, rng, truth=truth,
            ok=not (failing and i == len(centres) - 1),
        )
        for features in feature_sets
        for i, centre in enumerate(centres)
    )  # fmt: skip
    trials = ledger(windows)
    valid = [trial for trial in trials if np.isfinite(trial.p_local)]
    best = min(valid, key=lambda trial: trial.p_local, default=None)
    p_global = None if best is None else -np.expm1(len(valid) * np.log1p(-best.p_local))
    return Scan(
        name=name, windows=windows, ledger=trials, best=best,
        p_global=None if p_global is None else float(p_global),
        z_global=None if p_global is None else float(norm.isf(p_global)),
        settings={
            "windows": {"low": 2800.0, "high": 4200.0, "step": 500.0},
            "background": {"kind": "cwola"},
            "classifier": {"kind": "lightgbm", "n_trees": 200},
            "efficiencies": [e for e in efficiencies if e < 1],
            "features": [list(f) for f in feature_sets],
        },
        data=DataInfo("toy", 43_210, "ab" * 32, has_truth=truth),
        seed=7, notes=("Made by hand, not by a search.",), citations=("Metodiev:2017vrx",),
    )  # fmt: skip


def with_toys(scan: Scan, n: int) -> Scan:
    """The same scan with `n` pseudo-experiments of independent trials."""
    p_local = np.random.default_rng(3).random((n, len(scan.ledger)))
    toys = repeat_choice(scan.ledger, p_local)
    found = global_p(scan.ledger, toys)
    return replace(
        scan, toys=toys, p_global=found.p, z_global=found.z, p_global_is_bound=found.is_bound,
        p_global_source=found.source,
    )  # fmt: skip
