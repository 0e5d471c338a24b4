import numpy as np
import pytest

from anomalon.jets import leading_jets
from anomalon.simulate.dijet import COLUMNS, DijetSelection, dijet_columns


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
    return (*p, np.arange(n + 1) * 50)


def test_columns_are_the_definitions(pairs):
    jets = leading_jets(*pairs, pt_min=100.0)
    selection = DijetSelection(mjj_min=2300.0)
    columns = dijet_columns(jets, selection)
    assert tuple(columns) == COLUMNS
    e, px, py, pz = np.moveaxis(jets.p4, -1, 0)
    mass = np.sqrt(np.maximum(e**2 - px**2 - py**2 - pz**2, 0))
    total = jets.p4.sum(axis=1)
    mjj = np.sqrt(total[:, 0] ** 2 - (total[:, 1:] ** 2).sum(axis=1))
    y = 0.5 * np.log((e + pz) / (e - pz))
    eta = np.arcsinh(pz / np.hypot(px, py))
    keep = (mjj > 2300) & (np.abs(y[:, 0] - y[:, 1]) < 1.2) & (np.abs(eta) < 2.5).all(axis=1)
    assert 30 < keep.sum() < 270
    np.testing.assert_allclose(columns["mjj"], mjj[keep], rtol=1e-9)
    np.testing.assert_allclose(columns["mJ1"], mass.min(axis=1)[keep], rtol=1e-6)
    np.testing.assert_allclose(columns["dmJ"], np.ptp(mass, axis=1)[keep], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(columns["dY"], np.abs(y[:, 0] - y[:, 1])[keep], atol=1e-9)
    light = mass.argmin(axis=1)
    pt = np.hypot(px, py)[np.arange(len(light)), light]
    np.testing.assert_allclose(columns["pt_J1"], pt[keep])


def test_agrees_with_the_features_of_particles(pairs):
    from anomalon.core import Events
    from anomalon.features import dijet

    px, py, pz, _, offsets = pairs
    pt = np.hypot(px, py)
    values = np.stack([pt, np.arcsinh(pz / pt), np.arctan2(py, px)], axis=-1)
    events = Events(
        objects=values.reshape(len(offsets) - 1, 50, 3),
        object_names=tuple(f"particle{i}" for i in range(50)),
        feature_names=("pt", "eta", "phi"),
    )
    sample = dijet(events)
    columns = dijet_columns(
        leading_jets(*pairs, pt_min=20.0), DijetSelection(mjj_min=0.0, dy_max=99.0, eta_max=99.0)
    )
    np.testing.assert_allclose(columns["mjj"], sample.mass, rtol=1e-5)
    for name in sample.names:
        ours = columns[name]
        np.testing.assert_allclose(
            ours, sample.x[:, sample.names.index(name)], rtol=1e-4, atol=1e-4
        )


def test_ratios_without_denominator_are_zero():
    # Two jets of one particle each: no tau, hence no ratio; and massless.
    px = np.array([1500.0, -1500.0])
    jets = leading_jets(px, 0 * px, 0 * px, np.abs(px), np.array([0, 2]))
    columns = dijet_columns(jets, DijetSelection())
    assert columns["mjj"] == pytest.approx([3000.0])
    for name in ("tau21_J1", "tau32_J2", "mJ1", "dmJ"):
        assert columns[name].tolist() == [0.0]


def test_events_with_one_jet_are_not_selected():
    one = np.array([3000.0])
    jets = leading_jets(one, 0 * one, 0 * one, one, np.array([0, 1]))
    assert len(dijet_columns(jets, DijetSelection(mjj_min=0.0))["mjj"]) == 0
