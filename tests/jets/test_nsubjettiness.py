import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalon.core import Particles
from anomalon.core.errors import BadLayout, BadValue, UnknownKey
from anomalon.jets import leading_jets, nsubjettiness

PEER = {"wta_kt": "WTA_KT_Axes", "kt": "KT_Axes"}


def fastjet_taus(jets, n, beta, R0, axes):
    ak = pytest.importorskip("awkward")
    fastjet = pytest.importorskip("fastjet")
    names = {"px": "px", "py": "py", "pz": "pz", "E": "energy"}
    parts = jets.constituents
    flat = ak.zip({name: parts.column(ours) for name, ours in names.items()})
    events = ak.unflatten(flat, parts.n_particles)
    clustered = fastjet.ClusterSequence(
        events, fastjet.JetDefinition(fastjet.antikt_algorithm, 10.0)
    )
    taus = clustered.njettiness(
        measure_definition="NormalizedMeasure",
        axes_definition=PEER[axes],
        njets=list(range(1, n + 1)),
        beta=beta,
        R0=R0,
    )
    return np.asarray(taus)


def flat_jet(pt, y, phi):
    pt, y, phi = (np.asarray(v, dtype=float) for v in (pt, y, phi))
    p = pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(y), pt * np.cosh(y)
    return Particles.cartesian(*p, np.array([0, len(pt)]))


@pytest.mark.parametrize("axes", PEER)
@pytest.mark.parametrize(("beta", "R0"), [(1.0, 1.0), (2.0, 0.8), (0.5, 1.0)])
def test_agrees_with_fastjet_on_toy_jets(toy_dijets, axes, beta, R0):
    jets = leading_jets(toy_dijets)
    assert jets.constituents.n_particles.min() >= 1
    ours = nsubjettiness(jets.constituents, n=5, beta=beta, R0=R0, axes=axes)
    theirs = fastjet_taus(jets, 5, beta, R0, axes)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-9)
    assert theirs[:, 0].min() >= 0
    assert np.median(theirs[:, 0]) > 0.05


@pytest.mark.parametrize("axes", PEER)
def test_agrees_with_fastjet_on_the_lhc_olympics(lhco_events, axes):
    events = lhco_events[0]
    jets = leading_jets(events[:200])
    ours = nsubjettiness(jets.constituents, n=4, axes=axes)
    np.testing.assert_allclose(ours, fastjet_taus(jets, 4, 1.0, 1.0, axes), rtol=0, atol=1e-9)


@given(st.integers(0, 2**32 - 1), st.sampled_from([2, 3, 5]))
@settings(max_examples=20, deadline=None)
def test_axes_are_those_of_plain_kt_clustering(seed, size):
    rng = np.random.default_rng(seed)
    pt, y, phi = (
        rng.exponential(10, size) + 0.1,
        rng.normal(0, 0.3, size),
        rng.normal(3.1, 0.3, size),
    )
    # Winner-take-all, written down as it is defined.
    subjets = [(pt[i], y[i], phi[i]) for i in range(size)]

    def distance(a, b):
        dphi = abs(a[2] - b[2])
        return np.hypot(a[1] - b[1], min(dphi, 2 * np.pi - dphi))

    tau1 = nsubjettiness(flat_jet(pt, y, phi), n=1)[0, 0]
    while len(subjets) > 1:
        a, b = min(
            itertools.combinations(subjets, 2),
            key=lambda ab: min(ab[0][0], ab[1][0]) * distance(*ab),
        )
        winner = max(a, b)
        subjets = [s for s in subjets if s not in (a, b)]
        subjets.append((a[0] + b[0], *winner[1:]))
    wanted = (
        sum(pt[i] * distance((pt[i], y[i], phi[i]), subjets[0]) for i in range(size)) / pt.sum()
    )
    assert tau1 == pytest.approx(wanted, abs=1e-9)


@given(st.integers(0, 2**32 - 1), st.floats(-3, 3), st.floats(0.1, 50))
@settings(max_examples=20, deadline=None)
def test_rotation_order_and_scale_change_nothing(seed, angle, scale):
    rng = np.random.default_rng(seed)
    pt, y, phi = rng.exponential(10, 12) + 0.1, rng.normal(0, 0.3, 12), rng.normal(0, 0.3, 12)
    before = nsubjettiness(flat_jet(pt, y, phi), n=4)
    order = rng.permutation(12)
    after = nsubjettiness(flat_jet(scale * pt[order], y[order] + 1.0, phi[order] + angle), n=4)
    np.testing.assert_allclose(after, before, atol=1e-7)


def test_ideal_prongs():
    # Three equal, far prongs at the corners: tau_3 vanishes, tau_2 is one prong's distance.
    jet = flat_jet([50.0] * 3, [0.0, 0.6, 0.0], [0.0, 0.0, 0.8])
    tau = nsubjettiness(jet, n=4, beta=[1.0, 2.0])
    assert tau[:, 0, 2:].tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert tau[0, 0, 1] == pytest.approx(0.6 / 3)
    assert tau[1, 0, 1] == pytest.approx(0.36 / 3)


def test_few_constituents_have_no_tau():
    px = np.array([10.0, 20.0, 20.0])
    py = np.array([0.0, 0.0, 5.0])
    jets = Particles.cartesian(px, py, 0 * px, np.hypot(px, py), np.array([0, 0, 1, 3]))
    tau = nsubjettiness(jets, n=3)
    assert (tau[:2] == 0).all()
    assert tau[2, 0] > 0
    assert (tau[2, 1:] == 0).all()


def test_several_betas_are_the_single_ones(toy_dijets):
    jets = leading_jets(toy_dijets)
    both = nsubjettiness(jets.constituents, beta=(0.5, 2.0))
    np.testing.assert_array_equal(both[0], nsubjettiness(jets.constituents, beta=0.5))
    np.testing.assert_array_equal(both[1], nsubjettiness(jets.constituents, beta=2))


def test_refuses_what_it_cannot_do():
    jet = flat_jet([1.0, 2.0], [0.0, 0.1], [0.0, 0.1])
    with pytest.raises(UnknownKey, match="did you mean 'wta_kt'"):
        nsubjettiness(jet, axes="wta_k")
    with pytest.raises(BadValue, match="n: expected a whole number from 1 to 9"):
        nsubjettiness(jet, n=10)
    with pytest.raises(BadValue, match="beta above 0"):
        nsubjettiness(jet, beta=[1.0, 0.0])
    with pytest.raises(BadValue, match="R0: expected a finite number above 0"):
        nsubjettiness(jet, R0=0.0)
    with pytest.raises(BadLayout, match=r"nsubjettiness: expected Particles, got \(1, 2\)"):
        nsubjettiness((1, 2))
