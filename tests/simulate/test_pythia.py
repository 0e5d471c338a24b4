import ctypes
import tempfile

import numpy as np
import pytest
from scipy.stats import ks_2samp

from anomalon.core import Particles
from anomalon.core.errors import BadValue
from anomalon.simulate import starting
from anomalon.simulate.pythia import CHARGED, MUON, PHOTON, Generator
from anomalon.simulate.veto import PartonVeto

FAST = (
    "Beams:eCM = 13000.",
    "HardQCD:all = on",
    "PhaseSpace:pTHatMin = 800.",
    "PartonLevel:MPI = off",
)


@pytest.fixture(scope="module")
def batch():
    (batch,) = Generator(FAST, 1).batches(40)
    return batch


def test_particles_are_visible_and_within_acceptance(batch):
    particles = batch.particles
    assert len(batch) == len(particles) == 40
    pt = np.hypot(particles.px, particles.py)
    assert np.abs(np.arcsinh(particles.pz / pt)).max() < 4.9
    assert 50 < particles.n_particles.mean() < 500
    # Two thirds of the hadrons are charged, and most photons come from neutral pions.
    kind = particles.column("kind")
    assert 0.4 < (kind == CHARGED).mean() < 0.75
    assert 0.2 < (kind == PHOTON).mean() < 0.5
    assert (kind == MUON).mean() < 0.02
    mass2 = particles.energy**2 - pt**2 - particles.pz**2
    assert mass2.max() < 4.0
    assert mass2.min() > -1e-3


def test_most_transverse_momentum_balances(batch):
    particles = batch.particles
    starts = particles.offsets[:-1]
    px, py = (np.add.reduceat(a, starts) for a in (particles.px, particles.py))
    total = np.add.reduceat(np.hypot(particles.px, particles.py), starts)
    assert np.median(np.hypot(px, py) / total) < 0.06


def test_hard_process_is_reported(batch):
    assert (batch.pt_hat >= 800.0).all()
    assert (batch.m_hat >= 2 * batch.pt_hat * (1 - 1e-9)).all()
    assert (batch.weight == 1.0).all()


def test_a_seed_determines_the_events(batch):
    (again,) = Generator(FAST, 1).batches(40)
    np.testing.assert_array_equal(again.particles.px, batch.particles.px)
    (other,) = Generator(FAST, 2).batches(40)
    assert len(other.particles.px) != len(batch.particles.px)


def test_batches_do_not_change_the_events(batch):
    # 60 events come as 50 and 10; the first 40 are those of a single call.
    first, second = Generator(FAST, 1).batches(60)
    np.testing.assert_array_equal(first.particles[:40].px, batch.particles.px)
    assert (len(first), len(second)) == (50, 10)


def test_a_veto_that_never_drops_changes_nothing(batch):
    (asked,) = Generator(FAST, 1, PartonVeto(mass_min=10.0)).batches(40)
    np.testing.assert_array_equal(asked.particles.px, batch.particles.px)


def test_veto_drops_low_masses(batch):
    (hard,) = Generator(FAST, 1, PartonVeto(mass_min=2500.0)).batches(10)
    assert np.median(hard.m_hat) > 2500.0 > np.median(batch.m_hat)


def test_the_error_of_the_cross_section_is_its_spread_among_seeds():
    found = []
    for seed in range(12):
        generator = Generator(FAST, seed)
        for _ in generator.batches(60):
            pass
        found.append((generator.cross_section, generator.cross_section_error))
    sigma, error = np.array(found).T
    assert (error < 0.3 * sigma).all()
    pulls = (sigma - sigma.mean()) / error
    assert 0.5 < pulls.std(ddof=1) < 1.7  # 11 degrees of freedom: 0.5 to 1.6 in 99 %


def test_bad_line_is_named():
    with pytest.raises(BadValue, match="'HardQCD:al = on'"):
        Generator((*FAST, "HardQCD:al = on"), 1)


def test_settings_without_a_process_are_refused():
    with pytest.raises(BadValue, match="cannot be initialised"):
        Generator(("Beams:eCM = 13000.",), 1)


def test_stdout_stays_clean(capfd):
    """That of the process, where C++ writes."""
    with pytest.raises(BadValue):
        Generator(("Beams:eCM = 13000.",), 1)
    list(Generator(FAST, 1).batches(1))
    ctypes.CDLL(None).fflush(None)  # what C++ has not written yet
    assert capfd.readouterr().out == ""


SOFT = ("Beams:eCM = 13000.", "SoftQCD:nonDiffractive = on")


def soft(seed, n=50):
    return Particles.concatenate([b.particles for b in Generator(SOFT, seed).batches(n)])


def test_who_integrates_the_interactions_of_soft_collisions_changes_nothing(monkeypatch, tmp_path):
    first = soft(2)
    starting._integrated.cache_clear()
    soft(3, 1)
    spaced = tmp_path / "with a space"
    spaced.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(spaced))
    again = soft(2)
    np.testing.assert_array_equal(again.px, first.px)
    assert not list(spaced.iterdir())


def test_soft_collisions_are_as_if_each_generator_had_integrated_for_itself(monkeypatch):
    n = 600
    shared = soft(4, n)
    monkeypatch.setattr(starting, "_integrated", lambda _: "")
    own = soft(4, n)
    for of in (lambda p: p.n_particles, lambda p: np.bincount(
        np.repeat(np.arange(len(p)), p.n_particles), np.hypot(p.px, p.py), len(p)
    )):  # fmt: skip
        assert ks_2samp(of(shared), of(own)).pvalue > 1e-3
    assert not np.array_equal(shared.px, own.px)
