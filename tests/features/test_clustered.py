"""Whole events to jets: those of FastJet, with what belongs to their events."""

import numpy as np
import pytest

from anomalon.core import Particles
from anomalon.core.errors import BadValue
from anomalon.core.kinematics import energy_momentum, pt_eta_phi_mass
from anomalon.features import clustered_jets
from anomalon.jets import leading_jets, nsubjettiness

pytest.importorskip("fastjet", reason="jets are made by FastJet: install anomalon[simulate]")


@pytest.fixture(scope="module")
def particles():
    """Events of two sprays back to back, across phi = pi, and soft particles."""
    rng = np.random.default_rng(8)
    n, size = 30, 40
    axis = rng.uniform(-np.pi, np.pi, n)[:, None] + np.pi * (np.arange(size) % 2)
    pt = rng.exponential(15, (n, size)) + 1
    phi = (axis + rng.normal(0, 0.2, (n, size)) + np.pi) % (2 * np.pi) - np.pi
    eta = rng.normal(0, 0.2, (n, size)) + rng.normal(0, 0.7, (n, 1))
    return Particles.polar(pt.ravel(), eta.ravel(), phi.ravel(), np.arange(n + 1) * size)


def test_jets_are_those_of_fastjet(particles):
    jets = clustered_jets(particles, pt_min=100, n_constituents=None)
    found = leading_jets(particles, pt_min=100)
    filled = np.flatnonzero(found.p4[:, :, 0].ravel())
    pt, eta, phi, mass = pt_eta_phi_mass(found.p4.reshape(-1, 4)[filled])
    for name, values in (("pt", pt), ("eta", eta), ("phi", phi), ("mass", mass)):
        np.testing.assert_allclose(jets.column(f"jet_{name}"), values, rtol=1e-6)
    np.testing.assert_array_equal(jets.column("event"), filled // 2)
    tau = nsubjettiness(found.constituents[filled])
    np.testing.assert_allclose(jets.column("tau2"), tau[:, 1], rtol=1e-6)
    axis = (jets.column(name)[:, None] for name in ("jet_eta", "jet_phi"))
    c_pt, c_eta, c_phi = np.moveaxis(jets.objects.astype(np.float64), -1, 0)
    p4 = energy_momentum(c_pt, c_eta + next(axis), c_phi + next(axis))
    total = (p4 * jets.mask[..., None]).sum(axis=1)
    np.testing.assert_allclose(total, found.p4.reshape(-1, 4)[filled], rtol=1e-4, atol=1e-2)


def test_cuts_are_on_each_jet(particles):
    every = clustered_jets(particles, pt_min=50)
    pt, eta = every.column("jet_pt"), every.column("jet_eta")
    inside = (pt > 200) & (pt < 300) & (np.abs(eta) < 0.8)
    assert 3 < inside.sum() < len(every) - 3
    some = clustered_jets(particles, pt_min=200, pt_max=300, eta_max=0.8)
    np.testing.assert_array_equal(some.objects, every.objects[inside])
    assert len(clustered_jets(particles, pt_min=50, n_leading=1)) == len(particles)
    with pytest.raises(BadValue, match="pt_max"):
        clustered_jets(particles, pt_max=0)


def test_jets_keep_what_belongs_to_their_event(particles):
    n = len(particles)
    events = particles.padded(
        features=("pt", "eta", "phi"),
        weight=np.arange(1.0, n + 1),
        label=np.arange(n) % 2,
        columns={"event": 1000 + np.arange(n)},
    )
    jets = clustered_jets(events, pt_min=100)
    number = jets.column("event") - 1000
    np.testing.assert_array_equal(jets.weight, number + 1.0)
    np.testing.assert_array_equal(jets.label, number % 2)
    plain = clustered_jets(particles, pt_min=100)
    np.testing.assert_allclose(jets.objects, plain.objects, rtol=1e-5, atol=1e-5)
