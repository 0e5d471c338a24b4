"""What learning adds to a variance is told by all that was selected in the same way."""

from dataclasses import replace

import numpy as np
import pytest
from fake_scans import fake_scan

from anomalon.search.events.pieces import ToyCut
from anomalon.search.events.pooling import pooled, pooled_p
from anomalon.search.results.comparison import Comparison, Learned
from anomalon.stats import p_from_z, scaled_significance


def comparison(correlation, scatter=None, n=130.0, b=100.0, noise=0.2):
    one = np.array([b])
    return Comparison(n, one, 0.05 * one, 0.0 * one, np.zeros(1), 1.0, correlation, scatter, noise)


def with_correlations(result, *values):
    cuts = [replace(c, comparison=comparison(v)) for c, v in zip(result.cuts, values, strict=True)]
    return replace(result, cuts=tuple(cuts))


@pytest.fixture
def windows():
    first, second, third = fake_scan().windows
    return [
        with_correlations(first, None, 0.7, -0.3),
        with_correlations(second, None, 0.1, 0.3),
        replace(with_correlations(third, None, -0.5, -0.1), method="other"),
    ]


def significance(correlation, n=130.0, b=100.0):
    """As if it were known: the variance of the folds beside those of Poisson and fit."""
    fit = 0.05 * b
    return float(scaled_significance(n, b, 1.0, np.sqrt(fit**2 + correlation * (b + fit**2))))


def test_noise_is_averaged_before_it_is_clipped(windows):
    first, second, third = pooled(windows)
    for cut in (*first.cuts[1:], *second.cuts[1:]):
        assert cut.z_local == pytest.approx(significance(0.2))
        assert cut.sigma.folds == pytest.approx(np.sqrt(0.2 * 125))
        assert cut.p_local == pytest.approx(float(p_from_z(cut.z_local)))
    assert [cut.z_local for cut in third.cuts[1:]] == pytest.approx([significance(0)] * 2)


def test_cuts_that_have_not_learned_stay_as_they_are(windows):
    for before, after in zip(windows, pooled(windows), strict=True):
        assert after.cuts[0] == before.cuts[0] or after.cuts[0].z_local == before.cuts[0].z_local


def test_no_correlation_is_above_one():
    assert comparison(0.0).z(Learned(7.0)) == comparison(0.0).z(Learned(1.0))


def test_the_scatter_is_averaged_over_windows_at_the_same_cut(windows):
    scatters = ((0.4, -0.2), (-0.1, 0.6), (0.6, None))
    told = [
        replace(
            w, cuts=(w.cuts[0], *(scattering(c, s) for c, s in zip(w.cuts[1:], of, strict=True)))
        )
        for w, of in zip(windows, scatters, strict=True)
    ]
    first, second, third = pooled(told)
    for window in (first, second):  # folds 0.2 of them all, scatter 0.15 and 0.2 of each cut
        loose, tight = window.cuts[1:]
        assert loose.sigma.ensemble == pytest.approx(np.sqrt(0.15 * 100))
        assert tight.sigma.ensemble == pytest.approx(np.sqrt(0.2 * 100))
        assert loose.sigma.folds == pytest.approx(np.sqrt(0.2 * 125))
    # -0.3 x 125 + 0.6 x 100 is all that is left
    assert [c.sigma.ensemble for c in third.cuts[1:]] == pytest.approx([np.sqrt(22.5), 0])


def scattering(cut, scatter):
    return replace(cut, comparison=replace(cut.comparison, scatter=scatter))


def test_only_the_sum_is_a_variance():
    def parts(folds, scatter):
        one, known = comparison(folds, scatter), Learned(folds, scatter)
        return one.sigma_folds(known), one.sigma_ensemble(known), one.z(known)

    folds, ensemble, z = parts(0.4, -0.1)  # 0.4 x 125 - 0.1 x 100
    assert (folds, ensemble) == pytest.approx((np.sqrt(40), 0))
    assert z == pytest.approx(significance(40 / 125))
    folds, ensemble, z = parts(-0.4, 0.6)
    assert (folds, ensemble) == pytest.approx((0, np.sqrt(10)))
    assert z == pytest.approx(significance(10 / 125))
    assert parts(-0.4, 0.1)[2] == significance(0)


def test_a_cut_that_leaves_next_to_nothing_says_next_to_nothing(windows):
    first, second, _ = windows
    nothing = replace(second.cuts[2], comparison=comparison(-4000.0, b=0.1, noise=3000.0))
    second = replace(second, cuts=(*second.cuts[:2], nothing))
    for window in pooled([first, second]):
        # the mean of 0.7, -0.3 and 0.1, with a weight of 4e-9 for the fourth
        assert window.cuts[1].sigma.folds == pytest.approx(np.sqrt(125 / 6), rel=1e-4)


def test_better_known_correlations_weigh_more(windows):
    first, second, _ = windows
    told = [
        replace(first, cuts=(first.cuts[0], replace(cut, comparison=comparison(0.6, noise=0.1))))
        for cut in first.cuts[1:2]
    ] + [
        replace(second, cuts=(second.cuts[0], replace(cut, comparison=comparison(0.1, noise=0.2))))
        for cut in second.cuts[1:2]
    ]  # fmt: skip
    for window in pooled(told):
        assert window.cuts[1].sigma.folds == pytest.approx(np.sqrt(0.5 * 125))


def test_a_signal_in_one_window_is_no_scatter_of_others(windows):
    way = [replace(window, method="same") for window in windows]
    scatters = (5.0, -0.02, 0.04)
    told = [
        replace(w, cuts=(w.cuts[0], *(scattering(c, s) for c in w.cuts[1:])))
        for w, s in zip(way, scatters, strict=True)
    ]
    for window in pooled(told):
        assert window.cuts[1].sigma.ensemble == pytest.approx(np.sqrt(0.04 * 100))


def test_pseudo_experiments_are_treated_alike(windows):
    cuts = [[ToyCut(c.p_local, c.comparison) for c in w.cuts] for w in windows]
    expected = [c.p_local for w in pooled(windows) for c in w.cuts]
    assert pooled_p([w.way for w in windows], cuts) == pytest.approx(expected)
    assert pooled_p(["a"], [[ToyCut(0.3)]]) == [0.3]
