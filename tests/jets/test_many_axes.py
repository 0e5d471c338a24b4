"""N-subjettiness up to nine axes and at any exponent."""

import itertools

import numpy as np
import pytest

from anomalon.core import Particles
from anomalon.jets import leading_jets, nsubjettiness

BETAS = (0.5, 1.0, 2.0)


def jet_of(pt, y, phi):
    p = pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(y), pt * np.cosh(y)
    return Particles.cartesian(*p, np.array([0, len(pt)]))


def sprays(seed, n):
    rng = np.random.default_rng(seed)
    return rng.exponential(10, n) + 0.1, rng.normal(0, 0.3, n), rng.normal(3.1, 0.3, n)


def distance(a, b):
    dphi = abs(a[2] - b[2])
    return np.hypot(a[1] - b[1], min(dphi, 2 * np.pi - dphi))


def by_definition(pt, y, phi, n, beta):
    """tau_1 … tau_n with winner-take-all kT axes, all pairs compared in every step."""
    particles = list(zip(pt, y, phi, strict=True))
    subjets, tau = particles, np.zeros(n)
    while subjets:
        if len(subjets) <= n:
            nearest = [min(distance(p, axis) for axis in subjets) ** beta for p in particles]
            tau[len(subjets) - 1] = np.dot(pt, nearest) / pt.sum()
        if len(subjets) == 1:
            break
        a, b = min(
            itertools.combinations(subjets, 2),
            key=lambda ab: min(ab[0][0], ab[1][0]) * distance(*ab),
        )
        subjets = [s for s in subjets if s not in (a, b)]
        subjets.append((a[0] + b[0], *max(a, b)[1:]))
    return tau


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("size", [9, 10, 25])
def test_all_nine_are_what_they_are_defined_to_be(seed, size):
    pt, y, phi = sprays(seed, size)
    ours = nsubjettiness(jet_of(pt, y, phi), n=9, beta=BETAS)[:, 0]
    for beta, tau in zip(BETAS, ours, strict=True):
        np.testing.assert_allclose(tau, by_definition(pt, y, phi, 9, beta), atol=1e-9)


@pytest.mark.parametrize("axes", ["wta_kt", "kt"])
@pytest.mark.parametrize("size", range(1, 10))
def test_n_particles_have_no_tau_n(size, axes):
    """Each is an axis; the ones before see that something is left."""
    tau = nsubjettiness(jet_of(*sprays(7, size)), n=9, beta=BETAS, axes=axes)[:, 0]
    assert (tau[:, size - 1 :] == 0).all()
    assert (tau[:, : size - 1] > 1e-9).all()


def test_tau_falls_with_n(toy_dijets):
    """Of two that join, the harder one's axis stays: N axes are among the N + 1."""
    tau = nsubjettiness(leading_jets(toy_dijets).constituents, n=9, beta=BETAS)
    assert (np.diff(tau, axis=2) <= 1e-12).all()


def test_rotations_and_boosts_along_the_beam_change_nothing(toy_dijets):
    pt, y, phi = sprays(3, 30)
    before = nsubjettiness(jet_of(pt, y, phi), n=9, beta=BETAS)
    after = nsubjettiness(jet_of(pt, y + 0.7, phi + 2.0), n=9, beta=BETAS)
    np.testing.assert_allclose(after, before, atol=1e-8)


@pytest.mark.parametrize("beta", BETAS)
def test_agrees_with_fastjet_up_to_nine(toy_dijets, beta):
    ak = pytest.importorskip("awkward")
    fastjet = pytest.importorskip("fastjet")
    parts = leading_jets(toy_dijets).constituents
    names = {"px": "px", "py": "py", "pz": "pz", "E": "energy"}
    jets = ak.unflatten(
        ak.zip({name: parts.column(ours) for name, ours in names.items()}), parts.n_particles
    )
    definition = fastjet.JetDefinition(fastjet.antikt_algorithm, 10.0)
    theirs = fastjet.ClusterSequence(jets, definition).njettiness(
        measure_definition="NormalizedMeasure",
        axes_definition="WTA_KT_Axes",
        njets=list(range(1, 10)),
        beta=beta,
        R0=1.0,
    )
    ours = nsubjettiness(parts, n=9, beta=beta)
    np.testing.assert_allclose(ours, np.asarray(theirs), rtol=0, atol=1e-9)
