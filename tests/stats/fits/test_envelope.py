"""Functions as a nuisance: calibrated where one function alone is not."""

import numpy as np
import pytest

from anomalon.core import Seed
from anomalon.core.errors import BadLayout, BadValue, TooFewEvents
from anomalon.stats import (
    UA2,
    Dijet,
    Diphoton,
    Exponential,
    fit_envelope,
    fit_spectrum,
    observed_significance,
)
from anomalon.stats.fits import profiled_error, profiled_significance

EDGES = np.linspace(2000.0, 6000.0, 41)
MASK = (EDGES[:-1] >= 3000) & (EDGES[1:] <= 3600)
FUNCTIONS = [f(n) for f in (Dijet, Diphoton, Exponential, UA2) for n in (2, 3, 4)]


def toys(n, name="exponential"):
    mean = np.diff(-np.exp(-EDGES / 800)) * np.exp(2.5) * 200_000
    return Seed(4).child(name).generator().poisson(mean, (n, 40)).astype(float)


def test_the_best_comes_first_and_hopeless_ones_go():
    counts = toys(1)[0]
    found = fit_envelope((counts, EDGES), FUNCTIONS)
    total = [float(fit.deviance) + fit.n_parameters for fit in found.fits]
    assert found.cost == pytest.approx(np.array(total) - min(total))
    assert np.all(np.diff(found.cost) >= 0)
    assert found.cost[-1] <= 9
    assert 1 < len(found) < len(FUNCTIONS)
    all_of_them = fit_envelope((counts, EDGES), FUNCTIONS, beyond=np.inf)
    assert len(all_of_them) == len(FUNCTIONS)
    alone = fit_spectrum((counts, EDGES), found.best.shape)
    assert alone.parameters.tolist() == found.best.parameters.tolist()
    free = fit_envelope((counts, EDGES), FUNCTIONS, penalty=0.0)
    assert free.best.n_parameters >= found.best.n_parameters


def test_significances_are_standard_normal_where_one_family_is_wrong():
    """Exponential truth: the dijet family of an order chosen once is off by up to 0.4 sigma."""
    z = []
    for counts in toys(300):
        found = fit_envelope((counts, EDGES), FUNCTIONS, mask=MASK)
        values = [fit.integral(3000, 3600) for fit in found.fits]
        each = [observed_significance(counts[MASK].sum(), v.value, v.uncertainty) for v in values]
        z.append(profiled_significance(np.array(each), found.cost)[0])
    assert abs(np.mean(z)) < 0.25
    assert np.std(z) == pytest.approx(1, abs=0.15)
    assert np.mean(np.array(z) > 3) < 0.02


def test_one_function_alone_is_itself():
    assert profiled_significance(np.array([2.5]), np.zeros(1)) == (2.5, 0)
    assert profiled_error(np.array([7.0]), np.array([1.5]), np.zeros(1)) == 1.5
    z, at = profiled_significance(np.array([np.nan, -2.0]), np.array([0.0, 1.0]))
    assert (z, at) == (pytest.approx(-np.sqrt(5)), 1)
    assert np.isnan(profiled_significance(np.array([np.nan]), np.zeros(1))[0])


def test_errors_say_why():
    with pytest.raises(BadLayout, match="one spectrum"):
        fit_envelope((toys(2), EDGES), FUNCTIONS)
    with pytest.raises(TooFewEvents, match="filled bins"):
        fit_envelope((np.zeros(40), EDGES), FUNCTIONS)
    with pytest.raises(BadValue, match="at least one function"):
        fit_envelope((toys(1)[0], EDGES), [])
    with pytest.raises(BadValue, match=r"sqrt\(s\)"):
        fit_envelope((toys(1)[0], EDGES), [Dijet(3, sqrt_s=5000.0)])
    some = fit_envelope((toys(1)[0], EDGES), [Dijet(3, sqrt_s=5000.0), Exponential(2)])
    assert [fit.shape.kind for fit in some.fits] == ["exponential"]
