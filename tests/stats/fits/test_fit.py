import json

import numpy as np
import pytest
from iminuit import Minuit
from scipy.stats import chi2, kstest

from anomalon.core import Seed
from anomalon.core.errors import BadLayout, BadValue, DidNotConverge, TooFewEvents
from anomalon.stats import UA2, Dijet, Exponential, Spectrum, Value, fit_spectrum
from anomalon.stats.fits import fit as fit_module
from anomalon.stats.fits.newton import Solution

EDGES = np.linspace(2800.0, 6500.0, 38)
SHAPES = [Dijet(3), Dijet(4), UA2(3), Exponential(2), Exponential(4)]


def truth(events):
    expected = Dijet(3).integrate([0.0, 9.0, 5.2], EDGES)
    return expected / expected.sum() * events


def toys(events, n, name):
    return Seed(11).child(name, events=events).generator().poisson(truth(events), (n, 37))


def two_nll(counts, expected):
    return 2 * (expected - counts * np.log(expected)).sum()


@pytest.mark.parametrize("shape", SHAPES, ids=repr)
@pytest.mark.parametrize("events", [300, 60_000])
def test_no_worse_than_minuit(shape, events):
    counts = toys(events, 1, "minuit")[0]
    mask = Spectrum(counts, EDGES).inside(3300, 3700)
    fit = fit_spectrum(Spectrum(counts, EDGES), shape, mask=mask)

    def cost(b):
        return two_nll(counts[~mask], shape.integrate(b, EDGES)[~mask])

    # Minuit gets columns without their correlations, a start near the minimum and a tight tolerance
    to_b = fit.root
    offset = 0.3 * np.ones(shape.n)
    minuit = Minuit(lambda a: cost(fit.parameters + to_b @ (a + offset)), np.zeros(shape.n))
    minuit.errordef = Minuit.LIKELIHOOD * 2
    minuit.tol = 1e-4
    minuit.migrad().hesse()
    assert minuit.valid
    assert cost(fit.parameters) <= minuit.fval + 1e-3
    # the covariance is the unit matrix in these coordinates, up to the curvature at low counts
    assert np.array(minuit.covariance) == pytest.approx(np.eye(shape.n), abs=6 / np.sqrt(events))


def test_fitted_events_add_up_and_asimov_data_give_the_truth():
    fit = fit_spectrum((truth(1000.0), EDGES), Dijet(3))
    assert fit.expected == pytest.approx(truth(1000.0), rel=1e-6)
    assert fit.deviance == pytest.approx(0, abs=1e-6)
    counts = toys(1000, 1, "sum")[0]
    mask = Spectrum(counts, EDGES).inside(3300, 3700)
    fit = fit_spectrum((counts, EDGES), Dijet(4), mask=mask)
    assert fit.expected[~mask].sum() == pytest.approx(counts[~mask].sum(), rel=1e-6)
    assert fit.fitted.tolist() == (~mask).tolist()


def test_the_fit_does_not_see_the_masked_bins():
    counts = toys(5000, 1, "mask")[0]
    mask = Spectrum(counts, EDGES).inside(3300, 3700)
    more = counts + 1000 * mask
    one, other = (fit_spectrum((n, EDGES), Dijet(3), mask=mask) for n in (counts, more))
    assert one.parameters.tolist() == other.parameters.tolist()
    assert one.deviance == other.deviance
    assert one.ndf == 37 - mask.sum() - 3


@pytest.mark.parametrize("weighted", [False, True])
def test_batched_equals_looped(weighted):
    counts = toys(300, 20, "batch").astype(float)
    variance = 0.4 * counts + 0.1 * (counts > 0) if weighted else None
    mask = Spectrum(counts, EDGES).inside(3300, 3700)
    batch = fit_spectrum(Spectrum(counts, EDGES, variance), Dijet(3), mask=mask)
    for i in range(20):
        fit = fit_spectrum(batch.spectrum.with_counts(counts[i]), Dijet(3), mask=mask)
        for name in ("parameters", "root", "expected", "deviance", "p_value"):
            # to the last bit
            assert np.array_equal(getattr(batch, name)[i], getattr(fit, name)), name
        assert batch.sigma_expected[i] == pytest.approx(fit.sigma_expected, rel=1e-12)
        ours, alone = batch.integral(3300, 3700), fit.integral(3300, 3700)
        assert ours.value[i] == alone.value
        assert ours.uncertainty[i] == pytest.approx(alone.uncertainty, rel=1e-12)


def test_prediction_is_calibrated():
    """The events under the mask, predicted and true, in units of the claimed uncertainty."""
    counts = toys(3000, 3000, "pulls")
    mask = Spectrum(counts, EDGES).inside(3300, 3700)
    fit = fit_spectrum((counts, EDGES), Dijet(3), mask=mask)
    predicted = fit.integral(3300, 3700)
    pull = (predicted.value - truth(3000)[mask].sum()) / predicted.uncertainty
    assert abs(pull.mean()) < 0.1
    assert pull.std() == pytest.approx(1.0, abs=0.05)
    parameters = (fit.parameters - [0, 9.0, 5.2]) / fit.errors
    # the first is the normalisation, which `truth` changes
    assert parameters[:, 1:].std(axis=0) == pytest.approx(np.ones(2), abs=0.05)


def test_weighted_spectra_are_scaled_poisson():
    """Means over selections: the uncertainty and the deviance follow the variance."""
    rng = Seed(12).child("weighted").generator()
    members, events = 10, 3000
    pool = rng.poisson(truth(events / 0.3), (1000, 37))
    share = [rng.binomial(members, rng.beta(1.5, 3.5, n)) / members for n in pool.ravel()]
    counts = np.array([w.sum() for w in share]).reshape(pool.shape)
    variance = np.array([(w**2).sum() for w in share]).reshape(pool.shape)
    mask = Spectrum(counts, EDGES).inside(3300, 3700)
    fit = fit_spectrum(Spectrum(counts, EDGES, variance), Dijet(3), mask=mask)
    # <w^2>/<w> of the beta-binomial share: (0.3/10 + 0.9 * 0.125)/0.3
    assert fit.event_weight == pytest.approx(np.full(37, 0.475), abs=0.02)
    predicted = fit.integral(3300, 3700)
    pull = (predicted.value - truth(events)[mask].sum()) / predicted.uncertainty
    assert abs(pull.mean()) < 0.15
    assert pull.std() == pytest.approx(1.0, abs=0.08)
    assert fit.p_value.mean() == pytest.approx(0.5, abs=0.05)


def test_a_common_factor_changes_nothing_but_the_units():
    counts = toys(3000, 1, "factor")[0].astype(float)
    plain = fit_spectrum((counts, EDGES), Dijet(3))
    scaled = fit_spectrum(Spectrum(counts * 0.1, EDGES, counts * 0.01), Dijet(3))
    assert scaled.expected == pytest.approx(0.1 * plain.expected, rel=1e-6)
    assert scaled.sigma_expected == pytest.approx(0.1 * plain.sigma_expected, rel=1e-4)
    assert scaled.deviance == pytest.approx(plain.deviance, rel=1e-6)


def test_goodness_of_fit_is_uniform():
    fit = fit_spectrum((toys(60_000, 2000, "uniform"), EDGES), Dijet(3))
    assert kstest(fit.p_value, "uniform").pvalue > 0.01
    # with many events it is the textbook's
    textbook = chi2.sf(fit.deviance, fit.ndf)
    assert fit.p_value == pytest.approx(textbook, abs=0.02)


def test_integral_and_covariance_of_sums():
    counts = toys(3000, 1, "integral")[0]
    fit = fit_spectrum((counts, EDGES), Dijet(3))
    bins = fit.spectrum.inside(3300, 3700)
    value = fit.integral(3300, 3700)
    assert isinstance(value, Value)
    assert value.value == pytest.approx(fit.expected[bins].sum(), rel=1e-12)
    assert value.uncertainty**2 == pytest.approx(fit.covariance_expected(bins).sum(), rel=1e-9)
    assert fit.leverage(bins).shape == (4, 3)
    assert np.sqrt(np.diag(fit.covariance_expected())) == pytest.approx(fit.sigma_expected)
    halves = fit.integral(3300, 3450).value + fit.integral(3450, 3700).value
    assert halves == pytest.approx(value.value, rel=1e-9)
    with pytest.raises(BadLayout, match="low < high"):
        fit.integral(3700, 3300)


def test_covariance_is_the_numerical_one():
    counts = toys(3000, 1, "covariance")[0]
    fit = fit_spectrum((counts, EDGES), Dijet(3))
    step = 0.05 * fit.root
    information = np.zeros((3, 3))
    up, down = (Dijet(3).integrate(fit.parameters + s * step.T, EDGES) for s in (1, -1))
    slope = (up - down) / 0.1
    information = (slope / fit.expected) @ slope.T
    assert information == pytest.approx(np.eye(3), abs=1e-2)
    assert fit.covariance == pytest.approx(fit.root @ fit.root.T)
    assert fit.errors == pytest.approx(np.sqrt(np.diag(fit.covariance)))


def test_pulls_are_standard_normal():
    fit = fit_spectrum((toys(60_000, 300, "bin pulls"), EDGES), Dijet(3))
    pulls = fit.pulls[:, :20]  # bins with many events
    assert abs(pulls.mean()) < 0.05
    assert pulls.std() == pytest.approx(1.0, abs=0.06)  # three of 37 degrees of freedom are fitted


def test_too_few_events_says_what_to_do():
    counts = np.zeros(37)
    counts[[0, 3, 5]] = 1
    with pytest.raises(TooFewEvents, match="needs 4 filled bins outside the mask, got 3"):
        fit_spectrum((counts, EDGES), Dijet(3))
    fit = fit_spectrum((counts, EDGES), Dijet(3), throw=False)
    assert not fit.ok
    assert "4 filled bins" in fit.why
    assert np.isnan(fit.expected).all()
    assert np.isnan(fit.p_value)
    assert np.isnan(fit.integral(3300, 3700).value)
    assert "failed" in repr(fit)
    counts[7] = 1
    assert fit_spectrum((counts, EDGES), Dijet(3)).ok


def test_one_bad_toy_does_not_spoil_the_others():
    counts = toys(3000, 3, "bad")
    counts[1] = 0
    with pytest.raises(TooFewEvents, match="1 of 3 toys have no fit"):
        fit_spectrum((counts, EDGES), Dijet(3))
    fit = fit_spectrum((counts, EDGES), Dijet(3), throw=False)
    assert fit.ok.tolist() == [True, False, True]
    assert fit.why[0] == ""
    alone = fit_spectrum((counts[2], EDGES), Dijet(3))
    assert np.all(np.abs(fit.parameters[2] - alone.parameters) < 1e-5 * alone.errors)


def test_a_fit_without_a_maximum_is_reported(monkeypatch):
    def give_up(counts, shape):
        n = shape.columns.shape[-1]
        return Solution(np.zeros((1, n)), np.ones((1, n, n)), np.array([False]))

    monkeypatch.setattr(fit_module, "maximise", give_up)
    with pytest.raises(DidNotConverge, match="did not converge"):
        fit_spectrum((truth(1000.0), EDGES), Dijet(3))


@pytest.mark.parametrize("mask", [np.zeros(5, dtype=bool), np.zeros(37)])
def test_a_mask_is_one_bool_per_bin(mask):
    with pytest.raises(BadLayout, match="one bool for each of 37 bins"):
        fit_spectrum((truth(1000.0), EDGES), Dijet(3), mask=mask)


@pytest.mark.parametrize("shape", ["ua2", UA2])
def test_a_shape_has_a_number_of_parameters(shape):
    with pytest.raises(BadValue, match=r"as UA2\(3\), got .*(ua2|UA2).*`choose_order`"):
        fit_spectrum((truth(1000.0), EDGES), shape)


def test_to_dict_is_json_and_repr_reads():
    fit = fit_spectrum((toys(3000, 1, "json")[0], EDGES), Dijet(3))
    plain = json.loads(json.dumps(fit.to_dict()))
    assert plain["shape"] == {"kind": "dijet", "n": 3, "sqrt_s": 13000.0}
    assert plain["expected"] == fit.expected.tolist()
    assert plain["ok"] is True
    assert "b2 = " in repr(fit)
    assert "±" in repr(fit)


def test_a_mask_that_hides_everything_is_a_reason():
    fit = fit_spectrum(([5.0, 3.0], [1, 2, 3]), Exponential(1), mask=np.ones(2, bool), throw=False)
    assert not fit.ok
    assert "needs 2 filled bins outside the mask, got 0" in str(fit.why)
