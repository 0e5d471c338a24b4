"""Limits from whole spectra: pyhf's on the same model, coverage, and what must not matter."""

import numpy as np
import pyhf
import pytest
from pyhf.infer.intervals.upper_limits import toms748_scan

from anomalon.core import Seed
from anomalon.core.errors import BadLayout, BadValue
from anomalon.stats import (
    UA2,
    Dijet,
    Exponential,
    SignalModel,
    SignalNuisances,
    Spectrum,
    cls_upper_limit,
    fit_signal,
    fit_spectrum,
)

# pyhf uses a deprecated part of jsonschema
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

EDGES = np.linspace(1000.0, 3000.0, 41)
MASS, RESOLUTION = 1700.0, 0.04
MANY = [SignalNuisances(), SignalNuisances(0.02, 0.1, 0.01, 0.1)]
MANY += [SignalNuisances(efficiency=0.2, prior="gaussian")]


def counts(events=1e5, name="data"):
    mean = Dijet(3).integrate([0.0, 8.0, 5.6], EDGES)
    rng = Seed(7).child(name, events=events).generator()
    return rng.poisson(mean * events / mean.sum()).astype(float)


ONE = (Dijet(3),)


def model(n, shapes=ONE, nuisances=MANY[0], masses=(MASS,), resolution=RESOLUTION):
    spectrum = Spectrum.of(n if isinstance(n, Spectrum) else (n, EDGES))
    fits = tuple(fit_spectrum(spectrum, shape, throw=False) for shape in shapes)
    forms = tuple(nuisances.form(m, resolution, spectrum.edges) for m in masses)
    return SignalModel(fits, forms)


def of_pyhf(one, unit):
    """The same model with bins: parameters of the background as wide variations."""
    fit, form = one.fits[0], one.forms[0]
    signal = [{"name": "mu", "type": "normfactor", "data": None}]
    if form.kappa:
        kappa = float(np.exp(form.kappa))
        factor = {"hi": kappa, "lo": 1 / kappa}
        signal.append({"name": "yield", "type": "normsys", "data": factor})
    rows = zip(form.up, form.down, strict=True)
    signal += [_histosys(f"form{k}", unit * up, unit * down) for k, (up, down) in enumerate(rows)]
    b = fit.expected
    background = [
        _histosys(f"b{j}", b + 30 * row, b - 30 * row) for j, row in enumerate(fit.leverage().T)
    ]
    samples = [
        {"name": "s", "data": (unit * form.nominal).tolist(), "modifiers": signal},
        {"name": "b", "data": b.tolist(), "modifiers": background},
    ]
    channels = {"channels": [{"name": "c", "samples": samples}]}
    return pyhf.Model(channels, poi_name="mu")


def _histosys(name, up, down):
    data = {"hi_data": up.tolist(), "lo_data": down.tolist()}
    return {"name": name, "type": "histosys", "data": data}


@pytest.mark.parametrize("nuisances", MANY, ids=["none", "all", "gaussian"])
def test_pyhf_finds_the_same_limits(nuisances):
    one = model(counts(), nuisances=nuisances)
    found = one.limit(0)
    unit = found.median / 3
    theirs = of_pyhf(one, unit)
    data = [*counts(), *theirs.config.auxdata]
    observed, expected = toms748_scan(data, theirs, 0.01, 9.9, rtol=1e-4)
    assert found.method == "asymptotic"
    assert found.observed == pytest.approx(float(observed) * unit, rel=2e-3)
    assert found.band == pytest.approx(np.array(expected, float) * unit, rel=2e-3)


@pytest.mark.parametrize("events", [200, 1e5])
@pytest.mark.parametrize("shapes", [(Dijet(3),), (Dijet(3), UA2(3), Exponential(2))])
def test_cls_at_the_limit_is_alpha(events, shapes):
    one = model(counts(events), shapes)
    found = one.limit(0)
    assert found.method == ("exact" if events == 200 else "asymptotic")
    if found.method == "asymptotic":
        assert np.exp(one.log_cls(found.observed, 0)) == pytest.approx(0.05, rel=2e-3)
    nuisances = model(counts(events), shapes, MANY[1])
    assert np.exp(nuisances.log_cls(nuisances.limit(0).observed, 0)) == pytest.approx(0.05, rel=0.1)
    assert nuisances.limit(0).median > found.median
    assert np.all(np.diff(found.band) >= 0)
    assert one.limit(0, level=0.9).observed < found.observed


def test_toys_are_what_each_is_alone():
    shapes = (Dijet(3), Exponential(2))
    together = model(np.array([counts(3000, name) for name in "abc"]), shapes)
    log_cls = together.log_cls(100.0, 0)
    for i, name in enumerate("abc"):
        alone = model(counts(3000, name), shapes)
        assert log_cls[i] == pytest.approx(float(alone.log_cls(100.0, 0)), abs=1e-9)
        for field in ("strength", "sigma", "z"):
            one = getattr(alone.strengths, field)[0]
            assert getattr(together.strengths, field)[i, 0] == pytest.approx(one, abs=1e-9)
    with pytest.raises(BadLayout, match="got toys"):
        together.limit(0)


def test_one_function_gives_the_strengths_of_its_fit():
    masses = (1300.0, 1700.0, 2500.0)
    one = model(counts(), masses=masses)
    templates = np.array([form.nominal for form in one.forms])
    fit = fit_signal((counts(), EDGES), Dijet(3), templates)
    assert one.strengths.strength == pytest.approx(fit.strength)
    assert one.strengths.sigma == pytest.approx(fit.sigma_strength)
    assert one.strengths.z == pytest.approx(fit.z, abs=1e-5)


def test_the_function_makes_errors_and_limits_larger():
    alone, both = (model(counts(), shapes) for shapes in ((Dijet(3),), (Dijet(3), Dijet(4))))
    assert both.strengths.sigma[0] >= alone.strengths.sigma[0]
    assert both.limit(0).median >= alone.limit(0).median * 0.999
    names = [shape.kind for shape in model(counts(), (Dijet(3), Exponential(2))).close_functions(0)]
    assert names == ["dijet"]  # the exponential does not describe these data at all


def test_weights_that_all_events_have_are_a_unit():
    plain, weighted = counts(), Spectrum(0.1 * counts(), EDGES, 0.01 * counts())
    one, other = model(plain), model(weighted)
    assert other.limit(0).observed == pytest.approx(0.1 * one.limit(0).observed, rel=1e-3)
    few, light = counts(200), Spectrum(0.1 * counts(200), EDGES, 0.01 * counts(200))
    assert model(light).limit(0).band == pytest.approx(0.1 * model(few).limit(0).band, rel=1e-3)


def test_a_signal_inside_one_bin_is_a_count_over_what_the_others_expect():
    edges = np.array([*np.linspace(1000, 2000, 51), 2200, 2500, 3000, 4000])
    mean = Exponential(2).integrate([7.0, -2.0], edges)
    n = Seed(3).child("one bin").generator().poisson(mean).astype(float)
    one = model(Spectrum(n, edges), (Exponential(2),), masses=(3500.0,), resolution=0.01)
    fit = fit_spectrum((n, edges), Exponential(2), mask=np.arange(54) == 53)
    b = fit.integral(3000, 4000)
    found = one.limit(0)
    assert found.observed == pytest.approx(cls_upper_limit(n[-1], b.value, b.uncertainty), rel=0.01)


@pytest.mark.parametrize(("mass", "method"), [(1700.0, "asymptotic"), (2700.0, "exact")])
def test_limits_cover(mass, method):
    """A signal of twice the expected limit, where CLs is not conservative by construction."""
    shapes, mean = (Exponential(2), Dijet(3)), Exponential(2).integrate([2.9, -2.4], EDGES)
    asimov = model(mean, shapes, masses=(mass,))
    found = asimov.limit(0)
    assert found.method == method
    strength = 2 * found.median
    rng = Seed(11).child("coverage", mass=mass).generator()
    toys = rng.poisson(mean + strength * asimov.forms[0].nominal, (400, 40)).astype(float)
    log_cls = model(toys, shapes, masses=(mass,)).log_cls(strength, 0)
    assert np.isfinite(log_cls).mean() > 0.99
    assert 0.91 < np.mean(log_cls[np.isfinite(log_cls)] >= np.log(0.05)) < 0.99


def test_reasons_and_refusals():
    fit = fit_spectrum((counts(), EDGES), Dijet(3))
    nowhere = SignalNuisances().form(9000.0, 0.001, EDGES)
    assert "no signal" in SignalModel((fit,), (nowhere,)).limit(0).why
    masked = fit_spectrum((counts(), EDGES), Dijet(3), mask=np.arange(40) == 3)
    with pytest.raises(BadLayout, match="all bins"):
        SignalModel((masked,), (nowhere,))
    with pytest.raises(BadLayout, match="at least one"):
        SignalModel((), (nowhere,))
    with pytest.raises(BadValue, match="level"):
        model(counts()).limit(0, level=1.5)
    with pytest.raises(BadValue, match=r"efficiency: expected a number in \[0, 1\)"):
        SignalNuisances(efficiency=5.0)
    with pytest.raises(BadValue, match="log_normal, gaussian"):
        SignalNuisances(prior="flat")
