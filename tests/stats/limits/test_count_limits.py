"""Truth: pyhf 0.7.6 (run by hand, and here if it is installed), closed forms, brute force."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as reference
from scipy.optimize import minimize

from anomalon.core.errors import BadLayout, BadValue, UnknownKey
from anomalon.stats.limits.count_limits import (
    ClsMethod,
    cls,
    cls_upper_limit,
    expected_upper_limits,
    upper_limits,
)
from anomalon.stats.numerics.log_normal import likely_pull

CONSTRAINTS = ["gamma", "gaussian", "log_normal"]

# pyhf 0.7.6, toms748 with rtol 1e-8, scipy optimiser; its fits are good to a few 1e-5.
PYHF = [
    # n, b, sigma_b, constraint, observed, expected
    (50, 50, 7, "gamma", 19.709036, [10.500773, 14.131090, 19.709036, 27.667667, 37.602451]),
    (50, 50, 7, "gaussian", 20.202262, [10.659414, 14.404921, 20.202262, 28.534365, 38.983978]),
    (3, 5, 1, "gamma", 4.322914, [2.813599, 3.941938, 5.836010, 8.869091, 13.169554]),
    (3, 5, 1, "gaussian", 4.344253, [2.827505, 3.960661, 5.861108, 8.900980, 13.206778]),
    (0, 3, 1, "gamma", 2.543462, [2.121841, 3.012572, 4.552342, 7.108771, 10.866094]),
    (0, 3, 1, "gaussian", 2.540050, [2.111083, 2.991143, 4.509271, 7.028608, 10.736545]),
    (12, 5, 2, "gamma", 14.370970, [4.151010, 5.666148, 8.098672, 11.808162, 16.839544]),
    (12, 5, 2, "gaussian", 14.436127, [3.821599, 5.265626, 7.611717, 11.226056, 16.161567]),
    (150, 100, 10, "gamma", 76.261922, [16.648374, 22.370177, 31.108300, 43.437511, 58.561591]),
    (1000, 1000, 50, "gamma", 114.12136, [61.68372, 82.57099, 114.12136, 157.86508, 210.19361]),
    (1000, 1000, 50, "gaussian", 116.32577, [62.32958, 83.72716, 116.32577, 162.06941, 217.60914]),
]  # fmt: skip


@pytest.mark.parametrize(("n", "b", "sigma", "constraint", "observed", "expected"), PYHF[:-1])
def test_one_channel_agrees_with_pyhf(n, b, sigma, constraint, observed, expected):
    ours = cls_upper_limit(n, b, sigma, method=ClsMethod(constraint=constraint))
    assert ours == pytest.approx(observed, rel=1e-4)
    band = expected_upper_limits(b, sigma, n=n, method=ClsMethod(constraint=constraint))
    assert band == pytest.approx(expected, rel=1e-4)


def test_two_bins_agree_with_pyhf():
    bins = {"b": [50, 52], "sigma_b": [3, 7], "signal": [12, 11]}
    assert cls_upper_limit([51, 48], **bins) == pytest.approx(1.01156937, rel=1e-4)
    assert expected_upper_limits(**bins, n=[51, 48]) == pytest.approx(
        [0.55987998, 0.75702332, 1.06234688, 1.50116915, 2.05078586], rel=1e-4
    )
    assert cls(1.0, [51, 48], **bins) == pytest.approx(0.05251497, rel=1e-4)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # pyhf's own, of jsonschema
@pytest.mark.parametrize("constraint", CONSTRAINTS)
@pytest.mark.parametrize(
    ("n", "b", "sigma"), [([3, 0, 7], [2.5, 1.0, 4.0], [0.5, 0.4, 2.0]), ([9], [6.0], [2.0])]
)
def test_pyhf_if_it_is_here(n, b, sigma, constraint):
    pyhf = pytest.importorskip("pyhf", reason="pyhf is an independent calculation")
    signal = [4.0, 2.0, 3.0][: len(n)] if len(n) > 1 else [4.0]
    mu = {"name": "mu", "type": "normfactor", "data": None}
    channels = []
    for i, (background, error, s) in enumerate(zip(b, sigma, signal, strict=True)):
        kappa = 1 + error / background
        modifier = {
            "gamma": {"name": f"u{i}", "type": "shapesys", "data": [error]},
            "gaussian": {"name": f"u{i}", "type": "staterror", "data": [error]},
            "log_normal": {
                "name": f"u{i}", "type": "normsys", "data": {"hi": kappa, "lo": 1 / kappa},
            },
        }[constraint]  # fmt: skip
        samples = [
            {"name": "s", "data": [s], "modifiers": [mu]},
            {"name": "b", "data": [background], "modifiers": [modifier]},
        ]
        channels.append({"name": f"c{i}", "samples": samples})
    codes = {"normsys": {"interpcode": "code1"}, "histosys": {"interpcode": "code4p"}}
    model = pyhf.Model({"channels": channels}, poi_name="mu", modifier_settings=codes)
    data = n + model.config.auxdata
    for mu_test in (0.5, 1.5, 3.0):
        theirs = pyhf.infer.hypotest(mu_test, data, model)
        ours = cls(mu_test, n, b, sigma, signal=signal, method=ClsMethod(constraint=constraint))
        assert ours == pytest.approx(float(theirs), rel=2e-4)  # pyhf's fits are good to that


counts = st.integers(0, 200)
backgrounds = st.floats(0.0, 200.0)
shares = st.sampled_from([0.0, 1e-9, 1e-3, 0.1, 0.5, 2.0])


@settings(max_examples=200, deadline=None)
@given(
    n=counts, b=backgrounds, share=shares, level=st.sampled_from([0.68, 0.9, 0.95, 0.999]),
    constraint=st.sampled_from(CONSTRAINTS), statistic=st.sampled_from(["qtilde", "q"]),
)  # fmt: skip
def test_cls_at_the_limit_is_one_minus_the_level(n, b, share, level, constraint, statistic):
    options = {"method": ClsMethod(constraint=constraint, statistic=statistic)}
    limit = cls_upper_limit(n, b, share * b, level=level, **options)
    assert 0 < limit < np.inf
    assert cls(limit, n, b, share * b, **options) == pytest.approx(1 - level, rel=1e-6, abs=1e-9)


@settings(max_examples=100, deadline=None)
@given(n=counts, b=backgrounds, level=st.sampled_from([0.9, 0.95]))
def test_exact_limit_by_summing_probabilities(n, b, level):
    limit = cls_upper_limit(n, b, level=level, method="exact")
    k = np.arange(n + 1)
    ratio = reference.poisson.pmf(k, limit + b).sum() / reference.poisson.pmf(k, b).sum()
    assert ratio == pytest.approx(1 - level, rel=1e-6)
    assert cls(limit, n, b, method="exact") == pytest.approx(1 - level, rel=1e-9)


def test_exact_limit_of_nothing_seen_is_three_events():
    b = [0.0, 1e-9, 1.0, 100.0, 1e4, 1e8]
    limits = cls_upper_limit(0, b, method="exact")
    assert limits == pytest.approx(-np.log(0.05), rel=1e-7)


def test_exact_where_probabilities_underflow():
    # with n << b, P(N <= n) ~ Poisson(n) / (1 - n/b): CLs = exp(-s) to first order
    limit = cls_upper_limit([10, 500], [5000.0, 50_000.0], method="exact")
    assert np.all((limit > 3.0) & (limit < 3.1))
    assert cls(limit, [10, 500], [5000.0, 50_000.0], method="exact") == pytest.approx(0.05)


def test_exact_expected_band_is_that_of_counts():
    band = expected_upper_limits(3.0, method="exact")
    seen = reference.poisson.ppf(reference.norm.cdf([-2, -1, 0, 1, 2]), 3.0)
    assert band == pytest.approx(cls_upper_limit(seen, 3.0, method="exact"))


@settings(max_examples=25, deadline=None)
@given(
    n=st.integers(0, 40), b=st.floats(0.5, 40.0), share=st.floats(0.05, 0.8),
    s=st.floats(0.1, 30.0), constraint=st.sampled_from(CONSTRAINTS),
)  # fmt: skip
def test_cls_by_brute_force_minimisation(n, b, share, s, constraint):
    """The profile by a minimiser, the Asimov data as in the paper, and its formulae."""
    sigma = share * b
    m, scale = b**2 / sigma**2, b / sigma**2

    def minimum(strength, count, aux):
        def nll(background):
            mean = max(background, 0.0) + strength
            pull = {
                "gamma": scale * background - aux * np.log(scale * background),
                "gaussian": 0.5 * ((background - aux) / sigma) ** 2,
                "log_normal": 0.5 * (np.log(background / aux) / np.log1p(share)) ** 2,
            }[constraint]
            return mean - (count * np.log(mean) if count else 0.0) + pull

        # twice, on a grid that is refined: no minimiser can be caught in a corner
        grid = np.geomspace(1e-9, 3 * (n + b + s) + 1, 4001)
        for _ in range(4):
            at = int(np.argmin([nll(x) for x in grid]))
            low, high = grid[max(at - 1, 0)], grid[min(at + 1, len(grid) - 1)]
            grid = np.linspace(low, high, 101)
        return nll(grid[at if at < 101 else 50]), grid[at if at < 101 else 50]

    aux = m if constraint == "gamma" else b
    best = max(n - b, 0.0)
    q = max(2 * (minimum(s, n, aux)[0] - minimum(best, n, aux)[0]), 0.0) if s > best else 0.0
    at_zero = minimum(0.0, n, aux)[1]
    aux_a = scale * at_zero if constraint == "gamma" else at_zero
    q_a = 2 * (minimum(s, at_zero, aux_a)[0] - minimum(0.0, at_zero, aux_a)[0])
    t = np.sqrt(q) - np.sqrt(q_a) if q <= q_a else (q - q_a) / (2 * np.sqrt(q_a))
    expected = reference.norm.sf(t + np.sqrt(q_a)) / reference.norm.sf(t)
    ours = cls(s, n, b, sigma, method=ClsMethod(constraint=constraint))
    assert ours == pytest.approx(expected, rel=2e-3, abs=1e-6)


def test_two_bins_by_brute_force_minimisation():
    n, b, sigma, s = np.array([7, 3]), np.array([4.0, 5.0]), np.array([1.0, 2.0]), np.array([2, 1])
    m, scale = b**2 / sigma**2, b / sigma**2

    def nll(p, mu):
        background = np.exp(p)
        mean = mu * s + background
        return (mean - n * np.log(mean) + scale * background - m * p).sum()

    def at(mu):
        return minimize(nll, np.log(b), args=(mu,), method="Nelder-Mead",
                        options={"xatol": 1e-10, "fatol": 1e-12, "maxiter": 5000})  # fmt: skip

    grid = np.linspace(0, 3, 61)
    best = min(at(mu).fun for mu in grid)
    limit = cls_upper_limit(n, b, sigma, signal=s)
    q = 2 * (at(float(limit)).fun - best)
    # at the limit, CLs = 0.05 with the Asimov data of no signal
    root = 0.0
    fitted = np.exp(at(0.0).x)
    n, m = fitted, scale * fitted
    root = np.sqrt(2 * (at(float(limit)).fun - at(0.0).fun))
    assert reference.norm.sf(np.sqrt(q)) / reference.norm.sf(np.sqrt(q) - root) == pytest.approx(
        0.05, rel=2e-3
    )


def test_identical_bins_are_one_bin():
    """Known backgrounds: bins in the same proportion are the sum of the bins."""
    together = cls_upper_limit(30, 20.0)
    apart = cls_upper_limit([10, 20], np.array([20.0, 40.0]) / 3, signal=[1 / 3, 2 / 3])
    assert apart == pytest.approx(together, rel=1e-9)


def test_a_bin_without_signal_changes_nothing():
    bins = {"n": [5, 9], "b": [4.0, 6.0], "sigma_b": [1.0, 2.0], "signal": [1.0, 2.0]}
    more = {key: [*value, 0.0 if key == "signal" else 3.0] for key, value in bins.items()}
    assert cls_upper_limit(**more) == pytest.approx(cls_upper_limit(**bins), rel=1e-12)


@settings(max_examples=30, deadline=None)
@given(n=counts, b=st.floats(0.1, 200), share=st.floats(0.0, 0.5), scale=st.floats(1e-3, 1e3))
def test_the_template_sets_the_unit(n, b, share, scale):
    events = cls_upper_limit(n, b, share * b)
    strength = cls_upper_limit([n], [b], [share * b], signal=[scale])
    assert strength * scale == pytest.approx(events, rel=1e-9)


def test_batched_is_looped_to_the_last_bit():
    rng = np.random.default_rng(5)
    b = rng.uniform(0, 30, (4, 5, 3))
    n, sigma, signal = rng.poisson(b), 0.2 * b, rng.uniform(0, 1, (4, 5, 3))
    batch = cls_upper_limit(n, b, sigma, signal=signal)
    band = expected_upper_limits(b, sigma, n=n, signal=signal)
    assert batch.shape == (4, 5)
    assert band.shape == (5, 4, 5)
    for i in np.ndindex(4, 5):
        assert batch[i] == cls_upper_limit(n[i], b[i], sigma[i], signal=signal[i])
        one = expected_upper_limits(b[i], sigma[i], n=n[i], signal=signal[i])
        assert np.array_equal(band[(slice(None), *i)], one)


@settings(max_examples=50, deadline=None)
@given(n=counts, b=st.floats(0.5, 200), share=st.floats(0.0, 0.5))
def test_limits_rise_with_what_is_seen_and_with_the_uncertainty(n, b, share):
    limits = cls_upper_limit([n, n + 1, n + 5], b, share * b)
    assert np.all(np.diff(limits) > 0)
    band = expected_upper_limits(b, [share * b, share * b + 0.1 * b])
    assert np.all(np.diff(band, axis=0) > 0)
    assert np.all(band[2:, 1] > band[2:, 0])


def test_small_uncertainty_is_none_and_large_counts_are_gaussian():
    assert cls_upper_limit(9, 7.0, 1e-7) == pytest.approx(cls_upper_limit(9, 7.0), rel=1e-9)
    for b in (1e8, 1e12):
        # CLs of a Gaussian count at its expectation: 1.96 standard deviations
        sigma = np.sqrt(b)
        limit = cls_upper_limit(b, b, sigma)
        assert limit == pytest.approx(reference.norm.isf(0.025) * np.sqrt(2 * b), rel=1e-3)


def test_corners_have_numbers():
    n, b, sigma = np.meshgrid([0, 1, 1000], [0.0, 1e-12, 1.0, 1000.0], [0.0, 1e-9, 1.0, 500.0])
    for constraint in CONSTRAINTS:
        sigma = np.where(b > 0, sigma, 0) if constraint == "log_normal" else sigma
        limits = cls_upper_limit(n, b, sigma, method=ClsMethod(constraint=constraint))
        assert np.all(np.isfinite(limits) & (limits > 0))
        again = cls(limits, n, b, sigma, method=ClsMethod(constraint=constraint))
        assert again == pytest.approx(np.full(n.shape, 0.05), rel=1e-6)
        assert np.all(expected_upper_limits(b, sigma, method=ClsMethod(constraint=constraint)) > 0)
    assert cls(0.0, 3, 2.0, 0.5) == 1
    assert cls_upper_limit([3], [2.0], signal=[0.0]) == np.inf


def test_a_bad_item_does_not_cost_the_others():
    limit = upper_limits([3, 4, -1, 6], [2.0, np.nan, 3.0, np.inf], 0.5)
    assert limit.ok.tolist() == [True, False, False, False]
    assert limit.observed[0] == cls_upper_limit(3, 2.0, 0.5)
    assert np.isnan(limit.observed[1:]).all()
    assert "b is nan" in limit.why[1]
    assert "n is -1" in limit.why[2]
    assert "b is inf" in limit.why[3]
    assert limit.expected.shape == (5, 4)
    assert limit.expected[:, 0] == pytest.approx(expected_upper_limits(2.0, 0.5, n=3))
    assert limit.cls(limit.observed)[0] == pytest.approx(0.05)
    assert limit.median[0] == limit.expected[2, 0]
    assert limit.to_dict()["ok"] == [True, False, False, False]
    binned = upper_limits([[3, 4], [5, 6]], [[2.0, np.nan], [4.0, 5.0]], 0.5, signal=[1.0, 2.0])
    assert binned.ok.tolist() == [False, True]
    assert "in bin 1" in binned.why[0]
    assert binned.observed[1] == cls_upper_limit([5, 6], [4.0, 5.0], 0.5, signal=[1.0, 2.0])


def test_a_factor_on_nothing_is_no_factor():
    limit = upper_limits([3, 4], [0.0, 3.0], 0.5, method=ClsMethod(constraint="log_normal"))
    assert limit.ok.tolist() == [False, True]
    assert limit.why[0] == "sigma_b is above 0 where b is 0"
    binned = upper_limits(
        [[3, 4], [5, 6]],
        [[2.0, 3.0], [0.0, 5.0]],
        0.5,
        signal=[1.0, 2.0],
        method=ClsMethod(constraint="log_normal"),
    )
    assert binned.ok.tolist() == [True, False]


@settings(max_examples=200, deadline=None)
@given(
    n=st.integers(0, 10_000), s=st.floats(1e-3, 1e4), b=st.floats(1e-3, 1e4),
    k=st.floats(1e-4, 10.0),
)  # fmt: skip
def test_the_log_normal_pull_is_at_the_largest_likelihood(n, s, b, k):
    """Also where there are two maxima: no point of a fine grid is better."""
    pull = likely_pull(float(n), s, b, k)
    end = np.log((n - s) / b) / k if n > s else -k * b

    def nll(t):
        mean = s + b * np.exp(k * t)
        return mean - n * np.log(mean) + t**2 / 2

    grid = nll(np.linspace(min(end, 0.0), max(end, 0.0), 400)).min()
    assert nll(pull) <= grid + 1e-12 * (abs(grid) + n)


def test_before_and_after_the_data():
    before = upper_limits(70, 50, 7, before_data=True)
    assert before.expected == pytest.approx(expected_upper_limits(50, 7))
    assert before.median == pytest.approx(19.70904, abs=1e-5)
    assert upper_limits(70, 50, 7).median > before.median


def test_bad_arguments_are_refused():
    with pytest.raises(BadValue, match="n: expected finite numbers >= 0, got -1"):
        cls_upper_limit(-1, 2.0)
    with pytest.raises(BadValue, match="level"):
        cls_upper_limit(1, 2.0, level=95)
    with pytest.raises(BadValue, match='expected "gamma"'):
        cls_upper_limit(1, 2.0, 0.5, method=ClsMethod("exact", constraint="gaussian"))
    with pytest.raises(BadValue, match="a factor on b"):
        cls_upper_limit(1, 0.0, 0.5, method=ClsMethod(constraint="log_normal"))
    with pytest.raises(BadValue, match="qtilde"):
        cls_upper_limit([1], [2.0], signal=[1.0], method=ClsMethod(statistic="q"))
    with pytest.raises(UnknownKey, match="did you mean 'gamma'"):
        cls_upper_limit(1, 2.0, method=ClsMethod(constraint="gama"))
    with pytest.raises(BadLayout, match="broadcast"):
        cls_upper_limit([1, 2], [1.0, 2.0, 3.0])
    with pytest.raises(BadLayout, match="template"):
        cls_upper_limit(1, 2.0, signal=1.0)


def test_asymptotic_limits_cover():
    """At s = the limit's level, in toys with 30 events of background +- 3 from a control region."""
    rng = np.random.default_rng(8)
    b, sigma, s, toys = 30.0, 3.0, 12.0, 20_000
    tau = b / sigma**2
    n_off = rng.poisson(tau * b, toys)
    limits = cls_upper_limit(rng.poisson(b + s, toys), n_off / tau, np.sqrt(n_off) / tau)
    coverage = (limits >= s).mean()
    assert 0.94 < coverage < 1.0  # CLs covers at least its level


def test_arrays_that_cannot_be_written_are_taken():
    n = np.array([3.0, 4.0])
    n.setflags(write=False)
    assert cls_upper_limit(n, 2.0)[0] == cls_upper_limit(3, 2.0)
    assert cls(n, n, np.broadcast_to(2.0, 2)).shape == (2,)


def test_exact_limits_need_a_control_region_that_can_be():
    limit = upper_limits([3, 4], [0.0, 3.0], 0.5, method="exact")
    assert limit.ok.tolist() == [False, True]
    assert limit.why[0] == "sigma_b is above 0 where b is 0"
    assert limit.observed[1] == cls_upper_limit(4, 3.0, 0.5, method="exact")
    with pytest.raises(BadValue, match="on_off_upper_limit"):
        cls_upper_limit(3, 0.0, 0.5, method="exact")
