import numpy as np
import pytest

from anomalon.core import Particles
from anomalon.simulate.detector import Detector
from anomalon.simulate.pythia import CHARGED, MUON, NEUTRAL_HADRON, PHOTON


def beam(kind, energy, eta, n_events=2000):
    """One particle per event."""
    ones = np.ones(n_events)
    phi = np.random.default_rng(1).uniform(-np.pi, np.pi, n_events)
    pt = energy / np.cosh(eta)
    columns = {
        "kind": np.full(n_events, kind, dtype=np.int8),
        "px": pt * np.cos(phi),
        "py": pt * np.sin(phi),
        "pz": pt * np.sinh(eta) * ones,
        "energy": energy * ones,
    }
    return Particles(columns, np.arange(n_events + 1))


@pytest.mark.parametrize(
    ("kind", "energy", "resolution"),
    [
        (CHARGED, 50.0, np.hypot(0.01, 1e-4 * 50 / np.cosh(0.3))),
        (CHARGED, 500.0, np.hypot(0.01, 1e-4 * 500 / np.cosh(0.3))),
        (MUON, 100.0, np.hypot(0.01, 1e-4 * 100 / np.cosh(0.3))),
        (PHOTON, 100.0, 0.11 / np.sqrt(100) + 0.01),
        (NEUTRAL_HADRON, 100.0, 0.65 / np.sqrt(100) + 0.05),
    ],
)
def test_resolution(kind, energy, resolution):
    seen = Detector(track_efficiency=1.0).measure(beam(kind, energy, 0.3), np.random.default_rng(2))
    ratio = seen.energy / energy
    assert len(ratio) == 2000
    assert ratio.mean() == pytest.approx(1.0, abs=5 * resolution / np.sqrt(2000))
    assert ratio.std() == pytest.approx(resolution, rel=5 / np.sqrt(2 * 2000))


def test_track_efficiency_and_what_becomes_of_the_rest():
    events = beam(CHARGED, 20.0, 0.5)
    seen = Detector(hadron_stochastic=0.0, hadron_constant=0.0).measure(
        events, np.random.default_rng(3)
    )
    assert len(seen.energy) == 2000
    lost = np.isclose(seen.energy, 20.0, rtol=0, atol=1e-9).mean()
    assert lost == pytest.approx(0.04, abs=5 * np.sqrt(0.04 * 0.96 / 2000))


@pytest.mark.parametrize(
    ("kind", "energy", "eta", "seen"),
    [
        (MUON, 100.0, 2.6, True),
        (MUON, 100.0, 2.8, False),
        (MUON, 1.0, 0.0, False),
        (CHARGED, 100.0, 4.0, True),
        (CHARGED, 0.3, 0.0, True),
    ],
)
def test_acceptance(kind, energy, eta, seen):
    found = Detector().measure(beam(kind, energy, eta, 50), np.random.default_rng(4))
    # A soft hadron's tower can be smeared to nothing.
    assert (len(found.energy) > 20) if seen else (len(found.energy) == 0)


def test_towers_sum_what_falls_together_and_keep_the_direction():
    detector = Detector(hadron_stochastic=0.0, hadron_constant=0.0)
    one = beam(NEUTRAL_HADRON, 10.0, 1.23, 1)
    twice = Particles({k: np.repeat(v, 2) for k, v in one.columns.items()}, np.array([0, 2]))
    seen = detector.measure(twice, np.random.default_rng(5))
    assert seen.energy == pytest.approx([20.0])
    eta = np.arcsinh(seen.pz / np.hypot(seen.px, seen.py))
    assert eta == pytest.approx([1.23], abs=0.05)
    phi = np.arctan2(seen.py, seen.px) - np.arctan2(one.py, one.px)
    assert phi == pytest.approx([0.0], abs=0.05)


def test_events_are_kept_apart():
    events = beam(PHOTON, 50.0, 0.0, 10)
    seen = Detector().measure(events, np.random.default_rng(6))
    np.testing.assert_array_equal(seen.offsets, np.arange(11))
    np.testing.assert_allclose(
        np.arctan2(seen.py, seen.px), np.arctan2(events.py, events.px), atol=1e-12
    )
