import numpy as np
import pytest

import anomalon.simulate.pileup
from anomalon.core import Particles, Seed
from anomalon.core.errors import BadValue
from anomalon.simulate.pileup import PileUp
from anomalon.simulate.pythia import CHARGED, ELECTRON, MUON

pytest.importorskip("pythia8mc", reason="events are made with Pythia 8: install anomalon[simulate]")

PILEUP = PileUp(pool=60)
N = 400


def nothing(n):
    """Events of one particle, that is told by its energy."""
    columns = {"px": np.full(n, 1.0), "py": np.zeros(n), "pz": np.zeros(n)}
    columns |= {"energy": np.full(n, 12345.0), "kind": np.full(n, MUON, np.int8)}
    return Particles(columns, np.arange(n + 1))


@pytest.fixture(scope="module", autouse=True)
def quick_pool():
    """Soft collisions take Pythia five seconds to begin with."""
    with pytest.MonkeyPatch.context() as patch:
        quick = ("HardQCD:all = on", "PhaseSpace:pTHatMin = 5.", "PartonLevel:MPI = off")
        patch.setattr(anomalon.simulate.pileup, "SETTINGS", ("Beams:eCM = 13000.", *quick))
        yield
    anomalon.simulate.pileup._pool.cache_clear()


@pytest.fixture(scope="module")
def overlaid(quick_pool):
    return PILEUP.overlay(nothing(N), Seed(3), np.random.default_rng(5))


def test_the_number_is_poisson(overlaid):
    _, n = overlaid
    assert n.mean() == pytest.approx(20.0, abs=5 * np.sqrt(20 / N))
    assert n.var() == pytest.approx(20.0, rel=5 * np.sqrt(2 / N))


def test_activity_grows_with_it_and_tracks_are_gone(overlaid):
    particles, n = overlaid
    others = particles.n_particles - 1
    assert np.corrcoef(n, others)[0, 1] > 0.6
    per_collision = others.sum() / n.sum()
    fewer, m = PileUp(mean=5, pool=60).overlay(nothing(N), Seed(3), np.random.default_rng(5))
    assert (fewer.n_particles - 1).sum() / m.sum() == pytest.approx(per_collision, rel=0.1)
    added = particles.energy != 12345.0
    eta = np.arcsinh(particles.pz / np.hypot(particles.px, particles.py))
    charged = np.isin(particles.column("kind"), (CHARGED, ELECTRON, MUON))
    assert not (added & charged & (np.abs(eta) < 2.5)).any()
    assert (added & charged & (np.abs(eta) > 2.5)).any()


def test_directions_are_turned_and_reflected(overlaid):
    particles, _ = overlaid
    added = particles.energy != 12345.0
    px, pz, pt = (
        x[added] for x in (particles.px, particles.pz, np.hypot(particles.px, particles.py))
    )
    cos = px / pt
    assert cos.mean() == pytest.approx(0, abs=0.05)
    assert (cos**2).mean() == pytest.approx(0.5, abs=0.05)
    assert np.mean(pz > 0) == pytest.approx(0.5, abs=0.05)


def test_each_event_keeps_its_own_first(overlaid):
    particles, _ = overlaid
    assert (particles.energy[particles.offsets[:-1]] == 12345.0).all()


def test_seeds_decide(overlaid):
    again, n = PILEUP.overlay(nothing(N), Seed(3), np.random.default_rng(5))
    np.testing.assert_array_equal(again.px, overlaid[0].px)
    np.testing.assert_array_equal(n, overlaid[1])
    other, _ = PILEUP.overlay(nothing(N), Seed(4), np.random.default_rng(5))
    assert len(other.px) != len(again.px)


def test_none_is_none():
    same, n = PileUp(mean=0).overlay(nothing(3), Seed(3), np.random.default_rng(5))
    assert same.n_particles.tolist() == [1, 1, 1]
    assert n.tolist() == [0, 0, 0]
    with pytest.raises(BadValue, match=r"pileup\.mean"):
        PileUp(mean=-1)
