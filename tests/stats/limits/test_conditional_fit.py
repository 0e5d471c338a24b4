"""Fits at a given strength, against Minuit, the free fits, and HistFactory's interpolation."""

import numpy as np
import pytest
from iminuit import Minuit
from pyhf.interpolators import code4p

from anomalon.core import Seed
from anomalon.stats import (
    Dijet,
    Exponential,
    Gaussian,
    Polynomial,
    SignalNuisances,
    UnconstrainedPolynomial,
    fit_signal,
    fit_spectrum,
)
from anomalon.stats.limits.conditional_fit import Conditional, SignalForm, _morph
from anomalon.stats.numerics import poisson_deviance

EDGES = np.geomspace(1000.0, 5000.0, 41)
MASS = 1300.0
SHAPES = [Dijet(4), Exponential(3), Polynomial(6), UnconstrainedPolynomial(6)]
NEAR = slice(0, 13)  # where a polynomial describes a falling spectrum


def counts(events=1e5, name="data"):
    mean = Dijet(3).integrate([0.0, 8.0, 5.6], EDGES)
    rng = Seed(5).child(name, events=events).generator()
    return rng.poisson(mean * events / mean.sum()).astype(float)


def conditional(shape, nuisances):
    fit = fit_spectrum((counts()[NEAR], EDGES[:14]), shape)
    form = nuisances.form(MASS, 0.03, EDGES[:14])
    return fit, Conditional(fit.shape.binned(EDGES[:14]), form)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda s: s.kind)
def test_without_nuisances_it_is_the_free_fit_at_its_best_strength(shape):
    fit, model = conditional(shape, SignalNuisances())
    best = fit_signal((counts()[NEAR], EDGES[:14]), shape, Gaussian(MASS, 0.03 * MASS))
    at = np.array([0.0, max(float(best.strength), 0.0)])
    found = model.fits(counts()[NEAR], at, fit.parameters)
    assert 2 * found.half[0] == pytest.approx(float(fit.deviance), abs=1e-6)
    if best.strength > 0:
        assert 2 * found.half[1] == pytest.approx(float(best.deviance), abs=1e-6)
        assert found.slope[1] * float(best.sigma_strength) == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda s: s.kind)
@pytest.mark.parametrize("prior", ["log_normal", "gaussian"])
def test_the_slope_is_the_derivative_and_neighbours_do_not_matter(shape, prior):
    nuisances = SignalNuisances(0.02, 0.1, 0.01, 0.1, prior)
    fit, model = conditional(shape, nuisances)
    at = np.array([100.0, 500.0, 500.5, 2000.0])
    found = model.fits(counts()[NEAR], at, fit.parameters)
    assert np.isfinite(found.half).all()
    middle = (found.half[2] - found.half[1]) / 0.5
    assert middle == pytest.approx(found.slope[1:3].mean(), rel=1e-3, abs=1e-6)
    alone = model.fits(counts()[NEAR], at[3:], fit.parameters)
    assert alone.half[0] == pytest.approx(found.half[3], abs=1e-6)


def test_all_pulls_are_where_minuit_finds_them():
    nuisances = SignalNuisances(efficiency=0.1, mass_scale=0.01, resolution=0.1)
    fit, model = conditional(Dijet(4), nuisances)
    form, n, strength = model.form, counts()[NEAR], 4000.0
    found = model.fits(n, np.array([strength]), fit.parameters)

    def cost(p):
        signal = form.nominal + sum(
            np.array([_morph(t, *row)[0] for row in zip(form.nominal, up, down, strict=True)])
            for t, up, down in zip(p[5:], form.up, form.down, strict=True)
        )
        mean = (
            fit.shape.integrate(p[:4], EDGES[:14]) + strength * np.exp(form.kappa * p[4]) * signal
        )
        return poisson_deviance(n, mean).sum() / 2 + (p[4:] ** 2).sum() / 2

    minuit = Minuit(cost, np.append(fit.parameters, np.zeros(3)))
    minuit.tol, minuit.strategy, minuit.errordef = 1e-4, 2, 0.5
    minuit.migrad()
    assert found.half[0] == pytest.approx(minuit.fval, abs=1e-4)
    assert found.pulls[0] == pytest.approx(np.array(minuit.values)[4:], abs=2e-3)
    assert np.abs(found.pulls[0]).max() > 1  # beyond the polynomial


@pytest.mark.parametrize("pull", [-2.5, -1.0, -0.3, 0.0, 0.7, 1.0, 3.0])
def test_forms_are_interpolated_as_histfactory_does(pull):
    down, nominal, up = 7.0, 10.0, 14.0
    theirs = code4p([[[[down], [nominal], [up]]]])(np.array([[pull]]))
    moved, turned = _morph(pull, nominal, up, down)
    assert moved == pytest.approx(float(np.ravel(theirs)[0]))
    step = 1e-6
    numeric = (_morph(pull + step, nominal, up, down)[0] - moved) / step
    assert turned == pytest.approx(numeric, abs=1e-4)


def test_what_cannot_be_fitted_is_nan_and_does_not_spoil_the_rest():
    fit, model = conditional(Dijet(3), SignalNuisances())
    broken = SignalForm(np.full(13, np.nan), np.zeros((0, 13)), np.zeros((0, 13)))
    none = Conditional(model.shape, broken).fits(counts()[NEAR], np.array([1.0]), fit.parameters)
    assert np.isnan(none.half[0])
    few = np.zeros(13)
    few[:6] = (9, 7, 4, 2, 1, 1)
    start = fit_spectrum((few, EDGES[:14]), Exponential(2))
    model = Conditional(start.shape.binned(EDGES[:14]), model.form)
    found = model.fits(few, np.array([0.0, 3.0, 30.0]), start.parameters)
    assert np.all(np.diff(found.half) > 0)
