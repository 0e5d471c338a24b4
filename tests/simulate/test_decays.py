"""Decays that wait have the laws of those that do not."""

import numpy as np
import pytest

from anomalon.core import Seed
from anomalon.simulate.decays import Decayer, Handful, Surroundings
from anomalon.simulate.heavy_flavour import HeavyFlavour, _near
from anomalon.simulate.pythia import Generator
from anomalon.simulate.taus_first import TausFirst

pytest.importorskip("pythia8mc", reason="events are made with Pythia 8: install anomalon[simulate]")

BASE = ("Beams:eCM = 13000.", "PartonLevel:MPI = off")
W_TO_TAU = (*BASE, "WeakSingleBoson:ffbar2W = on", "24:onMode = off", "24:onIfAny = 15")


def tau(pdg, energy):
    pz = np.sqrt(energy**2 - 1.77686**2)
    return Handful(np.array([pdg]), np.array([[0.0, 0.0, pz, energy]]))


@pytest.mark.parametrize(("pdg", "helicity"), [(15, -1.0), (15, 1.0), (-15, 1.0), (-15, 9.0)])
def test_the_lepton_of_a_polarised_tau(pdg, helicity):
    # Of helicity h of a tau- (-h of a tau+) the lepton has the mean energy 7/20 - h/20.
    decay = Decayer(Seed(1), "15:onMode = off", "15:onIfAny = 11 13")
    energies = []
    for _ in range(800):
        products = decay(tau(pdg, 1000.0), helicity)
        lepton = np.isin(np.abs(products.pdg), (11, 13))
        energies.append(products.p4[lepton, 3].sum() / 1000.0)
    h = 0.0 if helicity == 9.0 else helicity * np.sign(pdg)
    assert np.mean(energies) == pytest.approx(0.35 - 0.05 * h, abs=5 * 0.25 / np.sqrt(800))


def test_momentum_is_conserved():
    products = Decayer(Seed(1))(tau(15, 40.0))
    np.testing.assert_allclose(products.p4.sum(axis=0), tau(15, 40.0).p4[0], rtol=1e-6, atol=1e-6)


def leptons(settings, n, decays):
    """Fraction of events (per event of the process) with a lepton above 25 GeV, and its error."""
    generator = Generator(settings, 3, None, decays)
    n_passed = n_generated = 0
    for batch in generator.batches(n):
        particles = batch.particles
        pt, kind = np.hypot(particles.px, particles.py), particles.column("kind")
        eta = np.arcsinh(particles.pz / pt)
        event = np.repeat(np.arange(len(particles)), particles.n_particles)
        good = np.isin(kind, (3, 4)) & (pt > 25) & (np.abs(eta) < 2)
        n_passed += len(np.unique(event[good]))
        n_generated += batch.n_generated
    fraction = n_passed / n_generated
    error = np.sqrt(fraction * (1 - fraction) / n_generated)
    sigma = generator.cross_section
    return fraction * sigma, np.hypot(error * sigma, fraction * generator.cross_section_error)


def test_asking_early_does_not_change_the_cross_section():
    late, late_error = leptons(W_TO_TAU, 1000, None)
    early, early_error = leptons(W_TO_TAU, 150, TausFirst())
    assert early_error < 1.5 * late_error  # a seventh of the events says as much
    assert early == pytest.approx(late, abs=4 * np.hypot(late_error, early_error))


def test_an_event_without_a_lepton_does_not_come():
    generator = Generator(W_TO_TAU, 3, None, TausFirst(pt_min=17.0))
    for batch in generator.batches(60):
        particles = batch.particles
        hard = np.isin(particles.column("kind"), (3, 4)) & (
            np.hypot(particles.px, particles.py) > 10
        )
        event = np.repeat(np.arange(len(particles)), particles.n_particles)
        assert len(np.unique(event[hard])) > 0.9 * len(particles)


def b_hadron(pt):
    return Handful(np.array([511]), np.array([[pt, 0.0, 0.0, np.hypot(pt, 5.27966)]]))


def test_many_tries_are_as_often_as_one_times_as_many():
    tries, n = 40, 60
    often = Decayer(Seed(2))
    found = [products for _ in range(n) for products in often.often(b_hadron(80.0), tries, 20.0)]
    once = Decayer(Seed(5))
    plain = 0
    for _ in range(tries * n // 2):
        products = once(b_hadron(80.0))
        light = np.isin(np.abs(products.pdg), (11, 13))
        plain += bool((products.pt[light] > 20).any())
    expected = 2 * plain
    assert len(found) == pytest.approx(expected, abs=5 * np.sqrt(len(found) + 4 * plain))
    for products in found:
        np.testing.assert_allclose(
            products.p4.sum(axis=0), b_hadron(80.0).p4[0], rtol=1e-5, atol=1e-4
        )


def test_a_lepton_has_to_be_alone():
    lepton = Handful(np.array([13]), np.array([[30.0, 0.0, 0.0, 30.0]]))
    beside = Handful(np.array([211, 12]), np.array([[20.0, 2.0, 0, 20.1], [9.0, 0, 0, 9.0]]))
    assert _near(beside, lepton) == pytest.approx(np.hypot(20.0, 2.0))  # no neutrino
    away = Handful(np.array([211]), np.array([[0.0, 20.0, 0, 20.0]]))
    assert _near(away, lepton) == 0
    none = Handful(np.zeros(0, int), np.zeros((0, 4)))
    kept = []
    for others in (none, b_hadron(80.0)):
        heavy = HeavyFlavour(tries=200, keep=1).start(Seed(1))
        events = (heavy.products(b_hadron(80.0), Surroundings((0, 0), others)) for _ in range(20))
        kept.append(sum(products is not None for products in events))
    assert kept[0] > 10
    assert kept[1] == 0
