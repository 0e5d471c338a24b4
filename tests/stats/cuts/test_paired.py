"""Differences of areas on the same events: against U-statistics written out, and the bootstrap."""

import numpy as np
import pytest

from anomalon.core.errors import BadLayout
from anomalon.stats.cuts import difference_of_areas, evaluate


def drawn(n=(300, 200, 150), seed=0, shared=0.8):
    """Two scores of background and two signals that have most of their fluctuation in common."""
    rng = np.random.default_rng(seed)
    first, second = [], []
    for size, lift in zip(n, (0.0, 1.0, 0.5), strict=True):
        common, own = rng.normal(size=size), rng.normal(size=(2, size))
        a, b = shared * common + np.sqrt(1 - shared**2) * own
        first.append(np.round(a + 1.2 * lift, 1))  # with ties
        second.append(np.round(b + lift, 1))
    return (first[0], first[1:]), (second[0], second[1:])


def written_out(first, second):
    """DeLong's covariances of structural components, double sums and all; events of weight one."""

    def components(x, y):
        psi = (y[None, :] > x[:, None]) + 0.5 * (y[None, :] == x[:, None])
        return psi.mean(axis=1), psi.mean(axis=0), psi.mean()

    (x10, y01, a), (x10_, y01_, b) = components(*first), components(*second)
    s10, s01 = np.cov(x10, x10_), np.cov(y01, y01_)
    covariance = s10 / len(x10) + s01 / len(y01)
    contrast = np.array([1, -1])
    return a - b, np.sqrt(contrast @ covariance @ contrast)


def test_one_signal_is_delong_written_out():
    (b1, (s1, _)), (b2, (s2, _)) = drawn()
    found = difference_of_areas((b1, [s1]), (b2, [s2]))
    value, sigma = written_out((b1, s1), (b2, s2))
    np.testing.assert_allclose([found.value, found.uncertainty], [value, sigma], rtol=1e-12)


def test_the_value_is_the_difference_of_the_areas():
    rng = np.random.default_rng(1)
    (b1, s1), (b2, s2) = drawn()
    wb, ws = rng.exponential(size=len(b1)), [rng.exponential(size=len(s)) for s in s1]
    found = difference_of_areas((b1, s1), (b2, s2), wb, ws)
    areas = [
        np.mean([evaluate(b, s, wb, w).auc.value for s, w in zip(each, ws, strict=True)])
        for b, each in ((b1, s1), (b2, s2))
    ]
    assert found.value == pytest.approx(areas[0] - areas[1], abs=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
def test_the_uncertainty_is_that_of_the_bootstrap(weighted):
    """Signals share the background: a mean over them fluctuates with it."""
    rng = np.random.default_rng(2)
    (b1, s1), (b2, s2) = drawn()
    n = len(b1), *map(len, s1)
    w = [rng.exponential(size=k) if weighted else np.ones(k) for k in n]
    found = difference_of_areas((b1, s1), (b2, s2), w[0], w[1:])
    values = []
    for _ in range(600):
        i, *j = (rng.integers(k, size=k) for k in n)
        again = [
            (b[i], [s[rows] for s, rows in zip(each, j, strict=True)])
            for b, each in ((b1, s1), (b2, s2))
        ]
        some = [one[rows] for one, rows in zip(w[1:], j, strict=True)]
        values.append(difference_of_areas(*again, w[0][i], some).value)
    assert found.uncertainty == pytest.approx(np.std(values), rel=0.12)


def test_what_both_have_in_common_drops_out():
    (b1, s1), (b2, s2) = drawn(shared=0.95)
    together = difference_of_areas((b1, s1), (b2, s2)).uncertainty
    apart = np.hypot(*(evaluate(b, s[0]).auc.uncertainty for b, s in ((b1, s1), (b2, s2))))
    assert together < apart / 2
    assert difference_of_areas((b1, s1), (b1, s1)).uncertainty == 0.0


def test_only_shares_of_weights_count():
    (b1, s1), (b2, s2) = drawn()
    one = difference_of_areas((b1, s1), (b2, s2))
    ws = [np.full(len(s), 7.0) for s in s1]
    other = difference_of_areas((b1, s1), (b2, s2), np.full(len(b1), 1e-3), ws)
    assert other.uncertainty == pytest.approx(one.uncertainty, rel=1e-12)


def test_other_events_are_refused():
    (b1, s1), (b2, s2) = drawn()
    with pytest.raises(BadLayout, match="same events"):
        difference_of_areas((b1, s1), (b2[1:], s2))
    with pytest.raises(BadLayout, match="same signals"):
        difference_of_areas((b1, s1), (b2, s2[:1]))
