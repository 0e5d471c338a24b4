import numpy as np
import pytest

from anomalon.core import Particles
from anomalon.features import dijet
from anomalon.jets import leading_jets
from anomalon.simulate.dijet import DijetSelection, dijet_events, dijet_table

ALL = DijetSelection(mjj_min=0.0, dy_max=99.0, eta_max=99.0)


@pytest.fixture(scope="module")
def pairs():
    """300 pairs of sprays, back to back."""
    rng = np.random.default_rng(8)
    n = 300
    side = np.repeat([0.0, np.pi], 25)
    y = rng.normal(0, 0.6, (n, 2))[:, np.repeat([0, 1], 25)] + rng.normal(0, 0.15, (n, 50))
    phi = rng.uniform(-np.pi, np.pi, (n, 1)) + side + rng.normal(0, 0.15, (n, 50))
    pt = rng.exponential(50, (n, 50))
    p = [a.ravel() for a in (pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(y), pt * np.cosh(y))]
    return Particles.cartesian(*p, np.arange(n + 1) * 50)


def test_columns_are_the_definitions(pairs):
    jets = leading_jets(pairs, pt_min=100.0)
    events = dijet_events(pairs, DijetSelection(mjj_min=2300.0))
    columns = dijet_table(events)
    e, px, py, pz = np.moveaxis(jets.p4, -1, 0)
    mass = np.sqrt(np.maximum(e**2 - px**2 - py**2 - pz**2, 0))
    total = jets.p4.sum(axis=1)
    mjj = np.sqrt(total[:, 0] ** 2 - (total[:, 1:] ** 2).sum(axis=1))
    y = 0.5 * np.log((e + pz) / (e - pz))
    eta = np.arcsinh(pz / np.hypot(px, py))
    keep = (mjj > 2300) & (np.abs(y[:, 0] - y[:, 1]) < 1.2) & (np.abs(eta) < 2.5).all(axis=1)
    assert 30 < keep.sum() < 270
    np.testing.assert_array_equal(events.column("event"), np.flatnonzero(keep))
    np.testing.assert_allclose(columns["mjj"], mjj[keep], rtol=1e-6)
    np.testing.assert_allclose(columns["mJ1"], mass.min(axis=1)[keep], rtol=1e-6)
    np.testing.assert_allclose(columns["dmJ"], np.ptp(mass, axis=1)[keep], rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(columns["dY"], np.abs(y[:, 0] - y[:, 1])[keep], rtol=1e-5, atol=1e-7)
    light = mass.argmin(axis=1)
    pt = np.hypot(px, py)[np.arange(len(light)), light]
    np.testing.assert_allclose(columns["pt_J1"], pt[keep], rtol=1e-6)


def test_agrees_with_the_features_of_particles(pairs):
    sample = dijet(pairs.padded(), pt_min=0.0)
    through_jets = dijet(dijet_events(pairs, ALL), pt_min=0.0)
    assert through_jets.names == sample.names
    np.testing.assert_allclose(through_jets.mass, sample.mass, rtol=1e-9)
    np.testing.assert_allclose(through_jets.x, sample.x, rtol=1e-6, atol=1e-6)


def test_ratios_without_denominator_are_zero():
    # Two jets of one particle each: no tau, hence no ratio; and massless.
    px = np.array([1500.0, -1500.0])
    pair = Particles.cartesian(px, 0 * px, 0 * px, np.abs(px), [0, 2])
    columns = dijet_table(dijet_events(pair, DijetSelection()))
    assert columns["mjj"] == pytest.approx([3000.0])
    for name in ("tau21_J1", "tau32_J2", "mJ1", "dmJ"):
        assert columns[name].tolist() == [0.0]


def test_events_with_one_jet_are_not_selected():
    one = Particles.cartesian([3000.0], [0.0], [0.0], [3000.0], [0, 1])
    assert len(dijet_events(one, ALL)) == 0


def test_the_number_of_an_event_goes_on(pairs):
    whole = dijet_events(pairs, ALL)
    parts = [dijet_events(pairs[i : i + 100], ALL, first=i) for i in (0, 100, 200)]
    np.testing.assert_array_equal(
        np.concatenate([p.column("event") for p in parts]), whole.column("event")
    )
    np.testing.assert_array_equal(np.concatenate([p.objects for p in parts]), whole.objects)
