"""CLs of a signal against its strength: the curves, and where they cross a level."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from anomalon.stats.limits.conditional_fit import SignalForm

__all__ = ["Curve", "crossing", "log_cls_of", "statistics", "variations"]

Floats = NDArray[np.floating[Any]]

_SURE = 0.02  # of the background: what is known as well counts as known
_FINE = 100  # points between two strengths that are fitted


@dataclass(frozen=True, eq=False)
class Curve:
    """-ln L against the strength, (function, strength), with its slope."""

    strengths: Floats
    half: Floats
    slope: Floats

    def at(self, x: Floats) -> Floats:
        """The least of all functions, cubic between the strengths that were fitted."""
        nodes = self.strengths
        i = np.clip(np.searchsorted(nodes, x, side="right") - 1, 0, len(nodes) - 2)
        width = nodes[i + 1] - nodes[i]
        t = (x - nodes[i]) / width
        low, high = self.half[:, i], self.half[:, i + 1]
        at_low, at_high = width * self.slope[:, i], width * self.slope[:, i + 1]
        value = (
            low * (1 + 2 * t) * (1 - t) ** 2
            + high * t**2 * (3 - 2 * t)
            + at_low * t * (1 - t) ** 2
            - at_high * t**2 * (1 - t)
        )
        return np.asarray(np.where(np.isnan(value), np.inf, value).min(axis=0))


def statistics(seen: Curve, expected: Curve) -> tuple[Floats, Floats, Floats]:
    """Strengths, and q~ of the data and of the Asimov data."""
    nodes = seen.strengths
    steps = np.linspace(0.0, 1.0, _FINE, endpoint=False)
    x = np.append((nodes[:-1, None] + np.diff(nodes)[:, None] * steps).ravel(), nodes[-1])
    of_data, of_asimov = seen.at(x), expected.at(x)
    best = int(np.argmin(of_data))
    q = np.where(np.arange(len(x)) > best, 2 * (of_data - of_data[best]), 0.0)
    q_asimov = 2 * (of_asimov - of_asimov.min())
    return x, np.maximum(q, 0.0), np.maximum.accumulate(np.maximum(q_asimov, 0.0))


def log_cls_of(q: Floats, q_asimov: Floats) -> Floats:
    """ln(CL_{s+b}/CL_b), arXiv:1007.1727, eqs. 64-66."""
    root = np.sqrt(q_asimov)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(q > q_asimov, (q - q_asimov) / (2 * root), np.sqrt(q) - root)
    t = np.where(root > 0, t, 0.0)
    return np.asarray(special.log_ndtr(-(t + root)) - special.log_ndtr(-t))


def crossing(x: Floats, log_cls: Floats, log_alpha: float) -> float:
    """Where the logarithm of CLs falls through that of alpha for the last time."""
    above = np.flatnonzero(log_cls > log_alpha)
    i = int(above[-1]) if len(above) else 0
    share = (log_cls[i] - log_alpha) / (log_cls[i] - log_cls[i + 1])
    return float(x[i] + share * (x[i + 1] - x[i]))


def variations(form: SignalForm, relative: float) -> tuple[Floats, list[Floats], Floats]:
    """What is averaged over: factors on the background, signals, and their probabilities."""
    factors: list[tuple[float, float]] = [(1.0, 1.0)]
    if relative > _SURE:
        width = float(np.sqrt(np.log1p(relative**2)))
        factors = [(float(np.exp(width * t - width**2 / 2)), p) for t, p in _normal(5)]
    signals = [(form.nominal, 1.0)]
    for up, down in zip(form.up, form.down, strict=True):
        signals = [
            (np.maximum(s + abs(t) * ((up if t > 0 else down) - form.nominal), 0.0), p * weight)
            for s, p in signals
            for t, weight in _normal(3)
        ]
    if form.kappa > 0:
        signals = [
            (s * float(np.exp(form.kappa * t)), p * weight)
            for s, p in signals
            for t, weight in _normal(5)
        ]
    rows = [(f, s, p * weight) for f, p in factors for s, weight in signals]
    return (
        np.array([f for f, _, _ in rows]),
        [s for _, s, _ in rows],
        np.array([p for _, _, p in rows]),
    )


def _normal(n: int) -> list[tuple[float, float]]:
    """Points and probabilities that stand for a standard normal variable."""
    points, weights = np.polynomial.hermite_e.hermegauss(n)
    return list(zip(points.tolist(), (weights / weights.sum()).tolist(), strict=True))
