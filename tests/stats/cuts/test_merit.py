import json

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, norm
from sklearn.metrics import roc_auc_score, roc_curve

from anomalon.core import Seed
from anomalon.core.errors import BadLayout, BadNumbers, BadValue, TooFewEvents
from anomalon.stats import evaluate


def gaussians(name, n_background=4000, n_signal=2000, shift=1.5):
    rng = Seed(9).child(name).generator()
    return rng.normal(size=n_background), rng.normal(shift, 1, size=n_signal)


def sklearn_arguments(b, s, bw=None, sw=None):
    truth = np.concatenate([np.zeros(len(b)), np.ones(len(s))])
    weight = None if bw is None else np.concatenate([bw, sw])
    return {"y_true": truth, "y_score": np.concatenate([b, s]), "sample_weight": weight}


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), levels=st.sampled_from([2, 5, 1000]), weighted=st.booleans())
def test_auc_and_curve_against_sklearn(seed, levels, weighted):
    rng = np.random.default_rng(seed)
    b, s = rng.integers(0, levels, 60), rng.integers(0, levels, 40) + levels // 4
    bw, sw = (rng.uniform(0, 1, 60), rng.uniform(0, 1, 40)) if weighted else (None, None)
    evaluation = evaluate(b, s, bw, sw)
    assert float(evaluation.auc) == pytest.approx(roc_auc_score(**sklearn_arguments(b, s, bw, sw)))
    fpr, tpr, _ = roc_curve(**sklearn_arguments(b, s, bw, sw), drop_intermediate=False)
    for at in (0.05, 0.3, 1.0):
        best = tpr[fpr <= at * (1 + 1e-12)].max()
        assert evaluation.tpr_at(at).value == pytest.approx(best)


def test_against_analytic_gaussians():
    b, s = gaussians("analytic", 200_000, 200_000)
    evaluation = evaluate(b, s)
    truth = norm.cdf(1.5 / np.sqrt(2))
    assert abs(evaluation.auc.value - truth) < 4 * evaluation.auc.uncertainty
    for fpr in (1e-3, 1e-2, 0.1):
        exact = norm.sf(norm.isf(fpr) - 1.5)
        ours = evaluation.tpr_at(fpr)
        assert abs(ours.value - exact) < 4 * ours.uncertainty
        sic = evaluation.sic(fpr)
        assert sic.value == pytest.approx(ours.value / np.sqrt(fpr))
        assert sic.uncertainty == pytest.approx(ours.uncertainty / np.sqrt(fpr))


def test_uncertainties_are_the_scatter():
    """Pulls over 300 samples for the AUC and the significance improvement at fixed fpr."""
    rng = Seed(10).generator()
    fprs = (0.01, 0.1, 0.5)
    pulls = []
    for _ in range(300):
        evaluation = evaluate(rng.normal(size=2000), rng.normal(1.5, 1, size=1000))
        values = [evaluation.auc, *(evaluation.sic(x) for x in fprs)]
        truth = [norm.cdf(1.5 / np.sqrt(2))]
        truth += [norm.sf(norm.isf(x) - 1.5) / np.sqrt(x) for x in fprs]
        pulls.append([(v.value - t) / v.uncertainty for v, t in zip(values, truth, strict=True)])
    pulls = np.array(pulls)
    assert np.all(np.abs(pulls.mean(axis=0)) < 0.35)
    assert np.all((pulls.std(axis=0) > 0.85) & (pulls.std(axis=0) < 1.2))


def test_weighted_uncertainty_of_the_auc_is_the_scatter():
    rng = Seed(13).generator()
    found = []
    for _ in range(300):
        bw, sw = rng.exponential(size=800), rng.exponential(size=400)
        evaluation = evaluate(rng.normal(size=800), rng.normal(1.5, 1, size=400), bw, sw)
        found.append(tuple(evaluation.auc))
    auc, uncertainty = np.array(found).T
    assert uncertainty.mean() == pytest.approx(auc.std(), rel=0.15)


def test_integer_weights_are_repetitions():
    b, s = gaussians("repeat", 300, 200)
    bw, sw = np.arange(300) % 3, 1 + np.arange(200) % 2
    weighted = evaluate(b, s, bw, sw)
    repeated = evaluate(np.repeat(b, bw), np.repeat(s, sw))
    assert weighted.auc.value == pytest.approx(repeated.auc.value)
    for fpr in (0.1, 0.35):
        assert weighted.tpr_at(fpr).value == pytest.approx(repeated.tpr_at(fpr).value)
    # but they know less than as many events
    assert weighted.n_background_effective < 300
    assert weighted.auc.uncertainty > repeated.auc.uncertainty


def test_max_sic_stays_above_its_floor():
    b, s = gaussians("floor", 4000)
    evaluation = evaluate(b, s)
    assert evaluation.fpr_floor == pytest.approx(1 / (0.04 * 4000))
    fpr, tpr, _ = roc_curve(**sklearn_arguments(b, s), drop_intermediate=False)
    allowed = fpr > evaluation.fpr_floor
    best = np.max(tpr[allowed] / np.sqrt(fpr[allowed]))
    assert evaluation.max_sic.value == pytest.approx(best)
    assert evaluation.best_fpr > evaluation.fpr_floor
    assert evaluation.max_sic.value == evaluation.sic(evaluation.best_fpr).value


def test_max_sic_needs_25_background_events():
    assert np.isfinite(evaluate(np.arange(26.0), [3.0, 40.0]).max_sic.value)
    few = evaluate(np.arange(20.0), [3.0, 40.0])
    with pytest.raises(TooFewEvents, match="at least 25"):
        _ = few.max_sic
    assert few.to_dict()["max_sic"] is None
    assert "max SIC" not in repr(few)


def test_perfect_and_useless_scores():
    perfect = evaluate(np.zeros(100), np.ones(100))
    assert tuple(perfect.auc) == (1, 0)
    assert perfect.tpr_at(0.01).value == 1
    assert perfect.tpr_at(0.01).uncertainty > 0
    useless = evaluate(np.zeros(100), np.zeros(100))
    assert useless.auc.value == 0.5
    assert useless.tpr_at(0.5).value == 0
    assert useless.tpr_at(1.0).value == 1


def test_thinned_curve_keeps_its_ends_and_the_area():
    evaluation = evaluate(*gaussians("thin", 20_000, 20_000))
    fpr, tpr = evaluation.roc(400)
    assert len(fpr) <= 402
    assert (fpr[0], fpr[-1], tpr[-1]) == (0, 1, 1)
    assert np.all(np.diff(fpr) > 0)
    assert np.all(np.diff(tpr) >= 0)
    assert np.trapezoid(tpr, fpr) == pytest.approx(evaluation.auc.value, abs=1e-3)


def test_bootstrap_band_is_the_uncertainty():
    evaluation = evaluate(*gaussians("band"))
    band = evaluation.sic_band([0.01, 0.1], seed=1, n_toys=150)
    again = evaluation.sic_band([0.01, 0.1], seed=1, n_toys=150)
    assert band.low.tolist() == again.low.tolist()
    for i, fpr in enumerate(band.fpr):
        sic = evaluation.sic(fpr)
        assert band.low[i] < sic.value < band.high[i]
        assert (band.high[i] - band.low[i]) / 2 == pytest.approx(sic.uncertainty, rel=0.35)
    with pytest.raises(BadValue):
        evaluation.sic_band([0.0], seed=1)


def test_to_dict_is_json():
    plain = json.loads(json.dumps(evaluate(*gaussians("json")).to_dict()))
    assert set(plain) == {
        "fpr", "tpr", "sic", "auc", "max_sic", "fpr_floor", "n_background", "n_signal",
    }  # fmt: skip
    assert plain["n_background"] == 4000
    assert len(plain["auc"]) == 2


def test_order_of_events_does_not_matter():
    b, s = gaussians("order", 500, 300)
    shuffled = evaluate(b[::-1], np.roll(s, 7))
    assert repr(shuffled) == repr(evaluate(b, s))


def test_refusals():
    with pytest.raises(TooFewEvents, match="signal"):
        evaluate([1.0], [])
    with pytest.raises(TooFewEvents, match="background"):
        evaluate([1.0], [1.0], [0.0], None)
    with pytest.raises(BadNumbers, match="NaN"):
        evaluate([np.nan], [1.0])
    with pytest.raises(BadNumbers, match="negative"):
        evaluate([1.0], [1.0], [-1.0], None)
    with pytest.raises(BadLayout):
        evaluate([[1.0]], [1.0])
    with pytest.raises(BadValue, match="fpr"):
        evaluate([1.0], [1.0]).tpr_at(0.0)
    with pytest.raises(BadValue, match=r"fpr: .* in \(0, 1\], got 2.0"):
        evaluate([1.0], [1.0]).sic([0.1, 2.0])
    with pytest.raises(BadLayout, match=r"shape \(1, 1\)"):
        evaluate([1.0], [1.0]).tpr_at([[0.1]])
    with pytest.raises(BadLayout, match=r"one number, got an array of shape \(2,\)"):
        evaluate([1.0], [1.0]).working_point([0.1, 0.2])


@pytest.mark.parametrize("row", [[0.01, 0.1, 1.0], np.array([0.01, 0.1, 1.0]), (0.5,), []])
def test_several_efficiencies_at_once(row):
    evaluation = evaluate(*gaussians("several"))
    assert evaluation.tpr_at(row) == tuple(evaluation.tpr_at(float(fpr)) for fpr in row)
    assert evaluation.sic(row) == tuple(evaluation.sic(float(fpr)) for fpr in row)


def test_working_points_have_exact_intervals():
    b, s = np.arange(1000) / 1000, 0.5 + np.arange(200) / 400
    point = evaluate(b, s).working_point(0.1, 0.95)
    assert point.threshold == pytest.approx(0.9)
    assert (point.fpr, point.tpr) == (pytest.approx(0.1), pytest.approx(0.2))
    exact = [binomtest(k, n).proportion_ci(0.95) for k, n in ((100, 1000), (40, 200))]
    assert (point.fpr_low, point.fpr_high) == pytest.approx(tuple(exact[0]), rel=1e-9)
    assert (point.tpr_low, point.tpr_high) == pytest.approx(tuple(exact[1]), rel=1e-9)
    none = evaluate([1.0, 2.0], [0.0, 0.5]).working_point(0.3)
    assert (none.tpr, none.tpr_low) == (0.0, 0.0)
    assert none.tpr_high > 0.3
    everything = evaluate([1.0, 2.0], [0.0, 0.5]).working_point(1.0)
    assert (everything.tpr_high, everything.fpr_high) == (1.0, 1.0)
    with pytest.raises(BadValue, match="fpr"):
        evaluate(b, s).working_point(0.0)


def test_integers_that_would_be_rounded_are_refused():
    """Rounded to multiples of 256 they gave an area of 0.605; it is 0.875."""
    low, up = np.arange(100), np.arange(100) + 50
    assert evaluate(low, up).auc.value == pytest.approx(0.875)
    for dtype, offset in (
        (np.int64, 2**60),
        (np.uint64, 2**63),
        (np.int64, -(2**60)),
        (object, 2**70),
    ):
        b, s = ((values.astype(object) + offset).astype(dtype) for values in (low, up))
        with pytest.raises(
            BadNumbers, match=r"background scores: expected integers that float64 h"
        ):
            evaluate(b, s)
        with pytest.raises(BadNumbers, match=r"signal scores.* Subtract a common offset"):
            evaluate(low, s)
    with pytest.raises(BadNumbers, match=r"e\.g\. 1152921504606846977 in 99 of 100 rows"):
        evaluate(np.arange(100) + 2**60, up)


@pytest.mark.parametrize(
    "dtype", [np.int8, np.uint8, np.int64, np.uint64, bool, object, np.float16, ml_dtypes.bfloat16]
)
def test_numbers_that_float64_holds_are_taken(dtype):
    b, s = np.array([0, 1, 1, 0]).astype(dtype), np.array([1, 1, 0, 1]).astype(dtype)
    assert evaluate(b, s).auc.value == pytest.approx(0.625)


def test_the_largest_integers_are_taken_where_they_are_exact():
    edge = np.array([-(2**63), -(2**53), 0, 2**53, 2**62])
    assert evaluate(edge, edge).auc.value == 0.5
    unsigned = np.array([0, 2**53, 2**63, 2**64 - 2**11], np.uint64)
    assert evaluate(unsigned, unsigned).auc.value == 0.5
    for wrong in (
        np.array([2**53 + 1]),
        np.array([-(2**53) - 1]),
        np.array([2**64 - 1], np.uint64),
    ):
        with pytest.raises(BadNumbers, match="float64 holds"):
            evaluate(wrong, [0, 1])


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (np.array([1.0, 2.0 + 1j]), "expected real numbers, got an array of complex128"),
        (np.array(["1", "2"]), "expected real numbers, got an array of <U1, e.g. '1'"),
        (np.array([1.0, None]), "expected real numbers, got an array of object"),
        (np.array(["2020-01-01"], "datetime64[D]"), "expected real numbers"),
        (
            np.ma.masked_greater([1.0, 2.0], 1.5),
            "expected a number for every event, got a masked array with 1 entries masked",
        ),
    ],
    ids=["complex", "text", "None", "dates", "masked"],
)
def test_what_is_no_real_number_is_refused(bad, message):
    ones = np.ones(len(bad))
    with pytest.raises(BadNumbers, match=f"background scores: {message}"):
        evaluate(bad, ones)
    with pytest.raises(BadNumbers, match=f"signal weight: {message}"):
        evaluate(ones, ones, ones, bad)


def test_a_masked_array_of_which_nothing_is_masked_is_as_any():
    assert evaluate(np.ma.masked_invalid([0.0, 1.0]), [2.0]).auc.value == 1
