"""The likelihood of a signal of given strength, background and nuisances at their best; in numba.

The expectation in a bin is mu_i = B_i(a) + s exp(kappa t_0) T_i(t_1, t_2, …): a background with
free parameters a, and s signal events that are known up to a factor and to changes of their form,
each with a pull t_k that has a standard normal constraint. Forms between the nominal one and those
at one standard deviation are interpolated as HistFactory does ("code 4p"): a polynomial of sixth
degree up to one standard deviation, straight lines beyond.

For each strength, Fisher scoring over all parameters at once, from where the strength before left
off, with steps that are halved as long as they lead uphill. Backgrounds are exponentials of sums,
or sums of templates whose factors may have to stay at zero or above: a factor that a step would
make negative stops at zero, and leaves it when the likelihood asks for it.

By the envelope theorem the derivative by the strength is sum_i (1 - n_i/mu_i) dmu_i/ds, the rest
being at its best, so each strength gives value and slope.
"""

from dataclasses import dataclass
from functools import cached_property
from math import exp
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomalon.stats.numerics.poisson import half_deviance_of
from anomalon.stats.numerics.quadrature import compiled, contracting, exponentials
from anomalon.stats.numerics.small_matrices import cholesky, copy, dot, solve, weighted
from anomalon.stats.spectra.shapes import Binned, SumOfExponentials

__all__ = ["Conditional", "ConditionalFits", "SignalForm"]

Floats = NDArray[np.floating[Any]]

_MOST_STEPS = 300
_MOST_HALVINGS = 40
_GAIN = 1e-9  # of -2 ln L still to be had; the step that would gain it is taken, so less is left
_CREEPING = 1e-6  # of -ln L in a step, along an expectation of zero
_SMALLEST = 1e-280
_RIDGE = 1e-12  # of the diagonal, for templates that hardly differ
_EXPONENTIALS, _BOUNDED, _FREE = 0, 1, 2  # backgrounds: the last two are sums of templates


@dataclass(frozen=True, eq=False)
class SignalForm:
    """What one signal event adds to each bin, and what is not known of it.

    Args:
        nominal: Shape (bin,).
        up: The same with each form nuisance at +1 standard deviation, shape (nuisance, bin).
        down: At -1 standard deviation.
        kappa: Standard deviation of the logarithm of a factor on all bins; 0 for none.
    """

    nominal: Floats
    up: Floats
    down: Floats
    kappa: float = 0.0

    def __getitem__(self, bins: NDArray[np.bool_]) -> "SignalForm":
        return SignalForm(self.nominal[bins], self.up[:, bins], self.down[:, bins], self.kappa)

    def __truediv__(self, unit: Floats) -> "SignalForm":
        return SignalForm(self.nominal / unit, self.up / unit, self.down / unit, self.kappa)


@dataclass(frozen=True, eq=False)
class ConditionalFits:
    """Values at each of some strengths, shape (strength,) and (strength, …).

    Args:
        half: -ln of the likelihood ratio to the saturated model, constraints included; NaN where
            no maximum was found.
        slope: Its derivative by the strength.
        background: Events expected from background, shape (strength, bin).
        pulls: Of the factor and of the forms, in standard deviations, shape (strength, nuisance).
    """

    half: Floats
    slope: Floats
    background: Floats
    pulls: Floats


@dataclass(frozen=True, eq=False)
class Conditional:
    """Background and signal on the bins of a spectrum, ready for many fits.

    Args:
        shape: The background on these bins, in units in which counts are Poisson.
        form: The signal, in the same units.
    """

    shape: Binned
    form: SignalForm

    def fits(self, counts: Floats, strengths: Floats, start: Floats) -> ConditionalFits:
        """Fit at each strength in turn; neighbouring strengths should be neighbours.

        Args:
            counts: Shape (bin,).
            strengths: Not negative, shape (strength,).
            start: Parameters of the background to begin from, shape (n,).
        """
        inverse, model = self._prepared
        n = len(strengths)
        found = ConditionalFits(
            np.full(n, np.nan),
            np.full(n, np.nan),
            np.full((n, len(counts)), np.nan),
            np.full((n, len(self.form.up) + 1), np.nan),
        )
        _fit_all(
            np.ascontiguousarray(counts, dtype=np.float64),
            model,
            np.ascontiguousarray(strengths, dtype=np.float64),
            inverse @ start,
            found.half,
            found.slope,
            found.background,
            found.pulls,
        )
        return found

    @cached_property
    def _prepared(self) -> "tuple[Floats, _Model]":
        """From parameters to those of the kernels, and what the kernels take.

        Exponentials get orthonormal columns, which keeps the information well conditioned;
        templates are scaled to one event each.
        """
        shape, form = self.shape, self.form
        if isinstance(shape, SumOfExponentials):
            width = shape.weights.sum(axis=1)
            mean = np.matmul((shape.weights / width[:, None])[:, None], shape.columns)[:, 0]
            inverse: Floats = np.asarray(np.linalg.qr(mean, mode="r"))
            basis = np.linalg.solve(inverse, np.eye(len(inverse)))
            columns = np.moveaxis(shape.columns @ basis, -1, 0).swapaxes(1, 2)
            kind, weights = _EXPONENTIALS, shape.weights.T
        else:
            size = shape.templates.sum(axis=0)
            inverse, columns = np.diag(size), (shape.templates / size).T[:, None]
            kind = _BOUNDED if shape.bounded else _FREE
            weights = np.ones((1, len(shape.templates)))
        arrays = (columns, weights, form.nominal, form.up, form.down)
        return inverse, _Model(kind, form.kappa, *map(np.ascontiguousarray, arrays))


class _Model(NamedTuple):
    """What the kernels know: columns (n, node, bin), weights (node, bin), and the signal."""

    kind: int
    kappa: float
    columns: Floats
    weights: Floats
    nominal: Floats
    up: Floats
    down: Floats


class _State(NamedTuple):
    """Where a fit is, and scratch space."""

    p: Floats
    jacobian: Floats
    mu: Floats
    signal: Floats
    background: Floats
    at_nodes: Floats


@compiled
def _fit_all(
    counts: Floats,
    model: _Model,
    strengths: Floats,
    start: Floats,
    half: Floats,
    slope: Floats,
    background: Floats,
    pulls: Floats,
) -> None:
    """Put in values, slopes, backgrounds and pulls, one strength after the other."""
    n, bins = len(model.columns), len(counts)
    total = n + 1 + len(model.up)
    now, trial = _state(total, bins, model), _state(total, bins, model)
    copy(start, now.p[:n])
    for i in range(len(strengths)):
        if not _climb(counts, model, strengths[i], now, trial):
            now.p[:] = 0.0
            copy(start, now.p[:n])
            continue
        half[i] = _half(counts, now, n)
        slope[i] = 0.0
        for b in range(bins):
            slope[i] += now.signal[b] * (1.0 - counts[b] / now.mu[b])
            background[i, b] = now.background[b]
        for k in range(total - n):
            pulls[i, k] = now.p[n + k]


@compiled
def _state(total: int, bins: int, model: _Model) -> _State:
    nodes = model.columns.shape[1]
    return _State(
        np.zeros(total), np.zeros((total, bins)), np.empty(bins), np.empty(bins), np.empty(bins),
        np.empty((2, nodes * bins)),
    )  # fmt: skip


@compiled
def _climb(counts: Floats, model: _Model, strength: float, now: _State, trial: _State) -> bool:
    """Move `now` to the maximum."""
    n, total = len(model.columns), len(now.p)
    step = np.empty(total)
    allowed = 1e-10  # rounding
    for i in range(len(counts)):
        allowed += 1e-14 * counts[i]
    _expect(model, strength, now)
    value, fall = _half(counts, now, n), np.inf
    for _ in range(_MOST_STEPS):
        gain = _step(counts, model, now, step)
        if gain < 0.0:
            return False
        size = 1.0
        for _halving in range(_MOST_HALVINGS):
            for j in range(total):
                trial.p[j] = now.p[j] + size * step[j]
                if model.kind == _BOUNDED and j < n:
                    trial.p[j] = max(trial.p[j], 0.0)
            _expect(model, strength, trial)
            then = _half(counts, trial, n)
            if then <= value + allowed:
                break
            size *= 0.5
        else:
            return False
        fall, value = value - then, then
        copy(trial.p, now.p)
        copy(trial.mu, now.mu)
        copy(trial.signal, now.signal)
        copy(trial.background, now.background)
        for j in range(total):
            copy(trial.jacobian[j], now.jacobian[j])
        if gain < _GAIN and size == 1.0:
            return True
    return fall < _CREEPING


@compiled
def _half(counts: Floats, at: _State, n: int) -> float:
    """-ln of the likelihood ratio to the saturated model; infinite for negative expectations."""
    total = 0.0
    for i in range(len(counts)):
        if not at.mu[i] > 0.0:
            return np.inf
        total += half_deviance_of(counts[i], at.mu[i], counts[i] - at.mu[i])
    for k in range(n, len(at.p)):
        total += 0.5 * at.p[k] * at.p[k]
    return total


@compiled
def _step(counts: Floats, model: _Model, at: _State, step: Floats) -> float:
    """Put the step of Fisher scoring into `step`; what it would gain of -2 ln L, or -1."""
    n, (total, bins) = len(model.columns), at.jacobian.shape
    pull, weight, score = np.empty(bins), np.empty(bins), np.empty(total)
    for i in range(bins):
        weight[i] = 1.0 / at.mu[i]
        pull[i] = counts[i] * weight[i] - 1.0
    free = np.ones(total, dtype=np.bool_)
    for j in range(total):
        score[j] = dot(at.jacobian[j], pull) - (at.p[j] if j >= n else 0.0)
        free[j] = model.kind != _BOUNDED or j >= n or at.p[j] > 0.0 or score[j] > 0.0
    index = np.flatnonzero(free)
    size = len(index)
    information, lower = np.empty((size, size)), np.zeros((size, size))
    weighted(at.jacobian[index], weight, information)
    response = score[index]
    for a in range(size):
        if index[a] >= n:
            information[a, a] += 1.0
        information[a, a] *= 1.0 + _RIDGE
    if not cholesky(information, lower):
        return -1.0
    gain = solve(lower, response)
    step[:] = 0.0
    for a in range(size):
        step[index[a]] = response[a]
    return gain


@contracting
def _expect(model: _Model, strength: float, at: _State) -> None:
    """Expectations, signal for a strength of one, and derivatives by all parameters."""
    n, bins = len(model.columns), len(at.mu)
    if model.kind == _EXPONENTIALS:
        _exponentials(model, at)
    else:
        at.background[:] = 0.0
        for j in range(n):
            for i in range(bins):
                at.jacobian[j, i] = model.columns[j, 0, i]
                at.background[i] += at.p[j] * model.columns[j, 0, i]
    factor = exp(model.kappa * at.p[n])
    for i in range(bins):
        form = model.nominal[i]
        for k in range(len(model.up)):
            moved, turned = _morph(
                at.p[n + 1 + k], model.nominal[i], model.up[k, i], model.down[k, i]
            )
            form += moved
            at.jacobian[n + 1 + k, i] = strength * factor * turned
        at.signal[i] = factor * max(form, 0.0)
        at.jacobian[n, i] = strength * model.kappa * at.signal[i]
        at.mu[i] = at.background[i] + strength * at.signal[i]


@contracting
def _exponentials(model: _Model, at: _State) -> None:
    """The background and its derivatives, from the exponentials at the nodes."""
    n, nodes, bins = model.columns.shape
    exponent = at.at_nodes[0]
    exponent[:] = 0.0
    for j in range(n):
        column = model.columns[j].ravel()
        for i in range(nodes * bins):
            exponent[i] += at.p[j] * column[i]
    exponentials(exponent, at.at_nodes[1])
    at.background[:] = _SMALLEST
    at.jacobian[:n] = 0.0
    for q in range(nodes):
        for i in range(bins):
            value = exponent[q * bins + i] * model.weights[q, i]
            at.background[i] += value
            for j in range(n):
                at.jacobian[j, i] += value * model.columns[j, q, i]


@compiled
def _morph(t: float, nominal: float, up: float, down: float) -> tuple[float, float]:
    """What a pull adds to a form, and its derivative by the pull (HistFactory's code 4p)."""
    rise, fall = up - nominal, nominal - down
    if t > 1.0:
        return t * rise, rise
    if t < -1.0:
        return t * fall, fall
    mean, bend = 0.5 * (rise + fall), (rise - fall) / 16.0
    t2 = t * t
    moved = t * (mean + t * bend * (15.0 + t2 * (-10.0 + 3.0 * t2)))
    return moved, mean + bend * t * (30.0 + t2 * (-40.0 + 18.0 * t2))
