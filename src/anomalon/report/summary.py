"""A search as a tree of plain words and numbers: what the page says, before it is a page.

The tree is JSON: no array, no NaN (a number that does not exist is null), no HTML. Whatever a page,
a terminal or another program wants to say about a search, it says from here.
"""

from math import isfinite
from typing import Any, TypedDict

import numpy as np

from anomalon.core.bibliography import BIBLIOGRAPHY, Citation
from anomalon.core.plain import to_plain
from anomalon.core.result import Status, Verdict
from anomalon.core.rounding import efficiency as working_point
from anomalon.search.results.checks import checks_of
from anomalon.search.results.claim import claim
from anomalon.search.results.cut import CutResult
from anomalon.search.results.fitted import SpectrumFit
from anomalon.search.results.headline import headline
from anomalon.search.results.ledger import PGlobalSource, Trial, TrialToys, is_of
from anomalon.search.results.scan import Scan
from anomalon.search.results.scan_summary import settings_rows
from anomalon.search.results.window import Roc, WindowResult
from anomalon.search.results.window_summary import warnings_of
from anomalon.stats.cuts import FIGURES_OF_MERIT, FigureOfMerit

__all__ = [
    "CitationSummary",
    "CutSummary",
    "FailureSummary",
    "FitSummary",
    "MeritSummary",
    "ScanSummary",
    "ToysSummary",
    "TrialSummary",
    "WindowSummary",
    "citation_summary",
    "summary",
]


class CheckSummary(TypedDict):
    """One check of one fit or selection; `passed` is None if it could not be made."""

    window: str
    features: str
    efficiency: float
    what: str
    found: str
    p_value: float | None
    size: float | None
    verdict: Verdict
    passed: bool | None


class TrialSummary(TypedDict):
    """One line of the ledger."""

    window: str
    features: str
    efficiency: float
    p_local: float | None
    z_local: float | None


class FailureSummary(TypedDict):
    """Working points of one window and feature set that have no answer for the same reason."""

    window: str
    features: str
    efficiencies: list[float]
    why: str


class FitSummary(TypedDict):
    """The fit of one spectrum, and how its number of parameters was chosen."""

    shape: str
    n_parameters: int
    parameters: list[float | None]
    deviance: float | None
    ndf: int
    p_value: float | None
    orders: list[dict[str, Any]]
    ok: bool
    why: str


class CutSummary(TypedDict):
    """One working point: the count, what was expected, and the uncertainties apart."""

    efficiency: float
    label: str
    n: float | None
    expected: float | None
    n_effective: float | None
    expected_effective: float | None
    sigma_poisson: float | None
    sigma_fit: float | None
    sigma_function: float | None
    sigma_ensemble: float | None
    sigma_folds: float | None
    sigma_closure: float | None
    sigma: float | None
    z_local: float | None
    p_local: float | None
    n_members: int
    members_low: float | None
    members_high: float | None
    pass_chi2: float | None
    pass_ndf: int | None
    signal_efficiency: float | None
    true_signal: float | None
    true_background: float | None
    fit: FitSummary
    ok: bool
    why: str


class MeritSummary(TypedDict):
    """The figure of merit that the significance improvement compares before and after a cut.

    Its purpose is "discovery" or "limit"; what is best for one is not best for the other.
    """

    name: str
    formula: str
    purpose: str


class WindowSummary(TypedDict):
    """One window with one feature set."""

    name: str
    low: float
    high: float
    sideband_low: float
    sideband_high: float
    features: list[str]
    n_signal_region: int
    n_sidebands: int
    fitted: list[float] | None
    cuts: list[CutSummary]
    roc: dict[str, float | None] | None
    merit: MeritSummary | None
    correlation: list[dict[str, Any]]
    mass_leak: dict[str, float] | None
    warnings: list[str]
    best: bool


class CitationSummary(TypedDict):
    """One line of the bibliography."""

    key: str
    authors: str
    title: str
    where: str
    arxiv: str
    doi: str
    gives: str


class ToysSummary(TypedDict):
    """Pseudo-experiments that repeat the whole search."""

    n: int
    k: int
    p: float
    low: float
    high: float
    n_effective: float | None
    p_sidak: float | None
    n_failed: int
    share_below_5_percent: float


class ScanSummary(TypedDict):
    """A whole search."""

    name: str
    status: Status
    verdict: str
    headline: str
    doubts: list[str]
    best: TrialSummary | None
    p_global: float | None
    z_global: float | None
    p_global_is_bound: bool
    p_global_source: PGlobalSource
    toys: ToysSummary | None
    n_trials: int
    n_with_answer: int
    n_windows: int
    n_failed: int
    failures: list[FailureSummary]
    checks: list[CheckSummary]
    n_checks_failed: int
    notes: list[str]
    warnings: list[dict[str, str]]
    windows: list[WindowSummary]
    ledger: list[TrialSummary]
    settings: list[dict[str, Any]]
    data: dict[str, Any]
    seed: int
    citations: list[CitationSummary]


def summary(scan: Scan) -> ScanSummary:
    """Everything that a reader is told about a search, as JSON-able plain values."""
    windows = [_window(w, scan.best) for w in scan.windows]
    failures = [failure for w in scan.windows for failure in _failures(w)]
    checks = [check for w in scan.windows for check in _checks(w)]
    claimed = claim(scan)
    return {
        "name": scan.name,
        "status": claimed.status,
        "verdict": claimed.verdict,
        "headline": headline(scan, claimed),
        "doubts": [f"{c.what} ({c.found})" for c in claimed.failed],
        "best": None if scan.best is None else _trial(scan.best),
        "p_global": _number(scan.p_global),
        "z_global": _number(scan.z_global),
        "p_global_is_bound": scan.p_global_is_bound,
        "p_global_source": scan.p_global_source,
        "toys": None if scan.toys is None else _toys(scan.toys),
        "n_trials": len(scan.ledger),
        "n_with_answer": _n_with_answer(scan),
        "n_windows": len({w.name for w in scan.windows}),
        "n_failed": len(scan.ledger) - _n_with_answer(scan),
        "failures": failures,
        "checks": checks,
        "n_checks_failed": sum(check["passed"] is False for check in checks),
        "notes": list(scan.notes),
        "warnings": [
            {"window": w.name, "features": _features(w), "text": text}
            for w in scan.windows
            for text in warnings_of(w)
        ],
        "windows": windows,
        "ledger": [_trial(trial) for trial in scan.ledger],
        "settings": [{"key": key, "value": value} for key, value in settings_rows(scan.settings)],
        "data": {k: v for k, v in to_plain(scan.data).items() if v is not None},
        "seed": scan.seed,
        "citations": [citation_summary(BIBLIOGRAPHY[key]) for key in scan.citations],
    }


def _toys(toys: TrialToys) -> ToysSummary:
    valid = toys.p_local[np.isfinite(toys.p_local)]
    return {
        "n": toys.n,
        "k": toys.k,
        "p": toys.p,
        "low": toys.low,
        "high": toys.high,
        "n_effective": _number(toys.n_effective),
        "p_sidak": _number(toys.p_sidak),
        "n_failed": int(toys.p_local.size - valid.size),
        "share_below_5_percent": float(np.mean(valid < 0.05)) if len(valid) else 0.0,
    }


def citation_summary(c: Citation) -> CitationSummary:
    """One entry of the bibliography as a page shows it."""
    return {
        "key": c.key,
        "authors": c.authors.replace(" and ", "; ").strip("{}"),
        "title": c.title,
        "where": c.where,
        "arxiv": c.arxiv,
        "doi": c.doi,
        "gives": c.gives,
    }


def _n_with_answer(scan: Scan) -> int:
    return sum(isfinite(trial.p_local) for trial in scan.ledger)


def _window(result: WindowResult, best: Trial | None) -> WindowSummary:
    name = result.name
    return {
        "name": name,
        "low": result.window.low,
        "high": result.window.high,
        "sideband_low": result.window.sideband_low,
        "sideband_high": result.window.sideband_high,
        "features": list(result.features),
        "n_signal_region": int(result.n_signal_region),
        "n_sidebands": int(result.n_sidebands),
        "fitted": _fitted(result),
        "cuts": [_cut(cut) for cut in result.cuts],
        "roc": None if result.roc is None else _roc(result.roc),
        "merit": None if result.roc is None else _merit(FIGURES_OF_MERIT["s_over_root_b"]),
        "correlation": to_plain(result.correlation),
        "mass_leak": None if result.mass_leak is None else to_plain(result.mass_leak),
        "warnings": list(warnings_of(result)),
        "best": best is not None and is_of(best, result),
    }


def _fitted(result: WindowResult) -> list[float] | None:
    """Ends of the spectra in GeV; None if there are none."""
    edges = [cut.fit.edges for cut in result.cuts if len(cut.fit.edges)]
    return [float(edges[0][0]), float(edges[0][-1])] if edges else None


def _cut(cut: CutResult) -> CutSummary:
    truth = cut.truth
    members = [float(n) for n in cut.member_counts]
    return {
        "efficiency": float(cut.efficiency),
        "label": working_point(cut.efficiency),
        "n": _number(cut.n),
        "expected": _number(cut.expected),
        "n_effective": _number(cut.n_effective),
        "expected_effective": _number(cut.expected_effective),
        "sigma_poisson": _number(cut.sigma.poisson),
        "sigma_fit": _number(cut.sigma.fit),
        "sigma_function": _number(cut.sigma.function),
        "sigma_ensemble": _number(cut.sigma.ensemble),
        "sigma_folds": _number(cut.sigma.folds),
        "sigma_closure": _number(cut.sigma.closure),
        "sigma": _number(cut.sigma.total),
        "z_local": _number(cut.z_local),
        "p_local": _number(cut.p_local),
        "n_members": len(members),
        "members_low": min(members, default=None),
        "members_high": max(members, default=None),
        "pass_chi2": _number(cut.pass_fraction.chi2),
        "pass_ndf": cut.pass_fraction.ndf,
        "signal_efficiency": None if truth is None else _number(truth.efficiency),
        "true_signal": None if truth is None else _number(truth.signal),
        "true_background": None if truth is None else _number(truth.background),
        "fit": _fit(cut.fit),
        "ok": bool(cut.ok),
        "why": cut.why,
    }


def _fit(fit: SpectrumFit) -> FitSummary:
    return {
        "shape": fit.shape,
        "n_parameters": int(fit.n_parameters),
        "parameters": [_number(value) for value in fit.parameters],
        "deviance": _number(fit.deviance),
        "ndf": int(fit.ndf),
        "p_value": _number(fit.p_value),
        "orders": to_plain(fit.tried),
        "ok": bool(fit.ok),
        "why": fit.why,
    }


def _merit(figure: FigureOfMerit) -> MeritSummary:
    return {"name": figure.name, "formula": figure.formula, "purpose": figure.purpose}


def _roc(roc: Roc) -> dict[str, float | None]:
    names = (
        "auc",
        "auc_uncertainty",
        "max_sic",
        "max_sic_uncertainty",
        "fpr_floor",
        "n_background",
        "n_signal",
    )
    return {name: _number(getattr(roc, name)) for name in names}


def _failures(result: WindowResult) -> list[FailureSummary]:
    reasons: dict[str, list[float]] = {}
    for cut in result.cuts:
        if not cut.ok:
            why = cut.why or cut.fit.why or "no reason was given"
            reasons.setdefault(why, []).append(float(cut.efficiency))
    return [
        {
            "window": result.name,
            "features": _features(result),
            "efficiencies": efficiencies,
            "why": why,
        }
        for why, efficiencies in reasons.items()
    ]


def _checks(result: WindowResult) -> list[CheckSummary]:
    return [
        {
            "window": result.name,
            "features": result.feature_names,
            "efficiency": float(cut.efficiency),
            "what": check.what,
            "found": check.found,
            "p_value": check.p_value,
            "size": check.size,
            "verdict": check.verdict,
            "passed": check.passed,
        }
        for cut in result.cuts
        for check in checks_of(result, cut)
    ]


def _trial(trial: Trial) -> TrialSummary:
    return {
        "window": trial.window,
        "features": trial.features,
        "efficiency": float(trial.efficiency),
        "p_local": _number(trial.p_local),
        "z_local": _number(trial.z_local),
    }


def _features(result: WindowResult) -> str:
    return ", ".join(result.features)


def _number(value: Any) -> float | None:
    """A finite number, or None."""
    return None if value is None or not isfinite(value) else float(value)
