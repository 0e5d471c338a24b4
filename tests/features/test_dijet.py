"""Dijet features: against the reference of real events, FastJet-free arithmetic, and their laws."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalon.core import Events, Particles
from anomalon.core.errors import BadLayout, BadValue, TooFewEvents
from anomalon.core.kinematics import energy_momentum
from anomalon.data import load
from anomalon.data.columns import DIJET_FEATURES
from anomalon.features import Subjettiness, dijet
from anomalon.jets import leading_jets

STANDARD = ("mJ1", "dmJ", "tau21_J1", "tau21_J2", "tau32_J1", "tau32_J2", "dR", "dY")
JET = ("pt", "eta", "phi", "mass", "tau1", "tau2", "tau3")


def lhco(name: str) -> Path:
    """A file of the LHC Olympics in $ANOMALON_DATA; skips without it."""
    folder = os.environ.get("ANOMALON_DATA")
    if not folder:
        pytest.skip("ANOMALON_DATA is not set: no real data to read")
    return Path(folder) / "lhco" / name


@pytest.fixture(scope="module")
def raw() -> Events:
    return load(lhco("events_anomalydetection_tiny.h5"))


def reference_column(name: str) -> np.ndarray:
    path = lhco("rnd_first1000_reference.csv")
    return load(path, mass="mjj", features=[name]).x[:, 0]


@pytest.fixture(scope="module")
def features(raw):
    return dijet(raw, subjettiness=Subjettiness(axes="kt"), substructure="both")


@pytest.mark.parametrize(("name", "column"), [("mJ1", "mJ1"), ("dmJ", "delta_mJ")])
def test_real_masses_agree_with_the_reference(features, name, column):
    np.testing.assert_allclose(features.column(name), reference_column(column), rtol=1e-9)


def test_real_mjj_agrees_with_the_reference(features):
    expected = load(lhco("rnd_first1000_reference.csv"))
    np.testing.assert_allclose(features.mass, expected.mass, rtol=1e-9)
    np.testing.assert_array_equal(features.label, expected.label)


def test_real_angles_agree_with_the_reference_jets(features):
    at = {n: reference_column(n) for n in ("eta_lead", "eta_sub", "phi_lead", "phi_sub")}
    dphi = np.angle(np.exp(1j * (at["phi_lead"] - at["phi_sub"])))
    expected = np.hypot(at["eta_lead"] - at["eta_sub"], dphi)
    np.testing.assert_allclose(features.column("dR"), expected, rtol=1e-9)


def plain_ratios(px, py, pz, energy, *, eta: bool) -> tuple[float, float]:
    """tau_21 and tau_32 of one jet, written down from arXiv:1011.2268 with FastJet's kT axes."""
    fastjet = pytest.importorskip("fastjet")
    parts = [fastjet.PseudoJet(*map(float, p)) for p in zip(px, py, pz, energy, strict=True)]
    clusters = fastjet.ClusterSequence(parts, fastjet.JetDefinition(fastjet.kt_algorithm, 1.0))
    taus = []
    for n in (1, 2, 3):
        axes = clusters.exclusive_jets(n)
        distances = [
            min(
                np.hypot(p.eta() - a.eta(), p.delta_phi_to(a)) if eta else p.delta_R(a)
                for a in axes
            )
            for p in parts
        ]
        taus.append(sum(p.pt() * d for p, d in zip(parts, distances, strict=True)))
    return taus[1] / taus[0], taus[2] / taus[1]


def test_real_tau_ratios_agree_with_their_definition_and_with_the_reference(raw, features):
    """Ours are distances in rapidity, as in FastJet; the reference's are in pseudorapidity.

    With that, it agrees to 1e-9 where it is right: its jets across phi = pi are not.
    """
    expected = {n: reference_column(n) for n in (*STANDARD[2:6], "near_phi_pi", "m_lead", "m_sub")}
    rows = np.flatnonzero(expected["near_phi_pi"] == 0)[:8]
    jets = leading_jets(Particles.of(raw[rows]))
    for i, row in enumerate(rows):
        swap = expected["m_lead"][row] > expected["m_sub"][row]
        for jet, slot in (("J1", 2 * i + swap), ("J2", 2 * i + 1 - swap)):
            energy, px, py, pz = jets.constituents[slot].p4.T
            inside = px, py, pz, energy
            names = f"tau21_{jet}", f"tau32_{jet}"
            ours = [features.column(n)[row] for n in names]
            np.testing.assert_allclose(ours, plain_ratios(*inside, eta=False), rtol=1e-9)
            theirs = [expected[n][row] for n in names]
            np.testing.assert_allclose(theirs, plain_ratios(*inside, eta=True), rtol=1e-9)


@pytest.mark.parametrize("name", STANDARD[2:6])
def test_all_real_tau_ratios_are_near_the_reference(features, name):
    good = reference_column("near_phi_pi") == 0
    assert good.sum() > 300
    assert np.corrcoef(features.column(name)[good], reference_column(name)[good])[0, 1] > 0.99


def test_a_table_of_these_features_is_recognised_by_their_names():
    assert STANDARD == DIJET_FEATURES


def test_momenta_come_before_the_angles():
    a = [100.0, 0.5, 3.0, 20.0, 0.5, 0.2, 0.1]
    b = [90.0, -1.0, -3.0, 10.0, 0.4, 0.3, 0.0]
    sample = dijet(jets([a, b]), momenta=True)
    assert sample.names == (*STANDARD[:-2], "pt_J1", "pt_J2", "dR", "dY")
    np.testing.assert_allclose(sample.x[0, 6:8], [90.0, 100.0])
    np.testing.assert_array_equal(sample.select(STANDARD).x, dijet(jets([a, b])).x)


def test_jets_among_other_objects():
    a = [100.0, 0.5, 3.0, 20.0, 0.5, 0.2, 0.1]
    b = [90.0, -1.0, -3.0, 10.0, 0.4, 0.3, 0.0]
    lepton = [500.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    names = ("electron1", "first", "second")
    events = Events(np.array([[lepton, a, b]]), names, JET, object_kinds=("electron", "jet", "jet"))
    np.testing.assert_array_equal(dijet(events).x, dijet(jets([a, b])).x)


def test_ratios_are_ratios_of_the_taus(features):
    for jet in ("J1", "J2"):
        tau = [features.column(f"tau{n}_{jet}") for n in (1, 2, 3)]
        np.testing.assert_array_equal(features.column(f"tau21_{jet}") * 1.0, tau[1] / tau[0])
        np.testing.assert_array_equal(features.column(f"tau32_{jet}") * 1.0, tau[2] / tau[1])


def test_chunks_of_events_give_the_same_features(raw):
    whole = dijet(raw[:60])
    parts = [dijet(raw[i : min(i + 25, 60)]) for i in range(0, 60, 25)]
    np.testing.assert_array_equal(np.concatenate([p.x for p in parts]), whole.x)
    np.testing.assert_array_equal(np.concatenate([p.event for p in parts]), whole.event)


def test_order_of_particles_does_not_matter(raw):
    few = raw[:30]
    back = replace(few, objects=few.objects[:, ::-1], mask=few.mask[:, ::-1])
    a, b = dijet(few), dijet(back)
    np.testing.assert_allclose(b.mass, a.mass, rtol=1e-12)
    np.testing.assert_allclose(b.x, a.x, rtol=1e-7, atol=1e-9)


def test_rotation_in_azimuth_changes_nothing(raw):
    few = raw[:30]
    turned = few.objects.copy()
    turned[:, :, 2] = np.where(few.mask, (turned[:, :, 2] + 2.5 + np.pi) % (2 * np.pi) - np.pi, 0)
    a, b = dijet(few), dijet(replace(few, objects=turned))
    np.testing.assert_allclose(b.mass, a.mass, rtol=1e-9)
    np.testing.assert_allclose(b.x, a.x, rtol=1e-6, atol=1e-8)


def test_label_changes_nothing(raw):
    few = raw[:20]
    np.testing.assert_array_equal(dijet(few.blind()).x, dijet(few).x)
    assert dijet(few.blind()).label is None


def test_all_taus_at_several_exponents(raw):
    sample = dijet(
        raw[:10], subjettiness=Subjettiness(betas=(0.5, 1, 2), n_tau=9), substructure="taus"
    )
    assert len(sample.names) == 2 + 3 * 2 * 9 + 2
    assert sample.names[:4] == ("mJ1", "dmJ", "tau1_J1_b0.5", "tau1_J2_b0.5")
    assert "tau9_J2" in sample.names
    assert "tau9_J2_b2" in sample.names
    plain = dijet(raw[:10], substructure="taus")
    np.testing.assert_array_equal(sample.column("tau3_J1"), plain.column("tau3_J1"))
    # Distances below R0 = 1 shrink with the exponent.
    assert (sample.column("tau1_J1_b2") < sample.column("tau1_J1_b0.5")).all()


def jets(*rows: list[list[float]], **columns: object) -> Events:
    """Events of jets from rows of (pt, eta, phi, mass, tau1, tau2, tau3)."""
    objects = np.array(rows, dtype=np.float64)
    names = tuple(f"jet{i + 1}" for i in range(objects.shape[1]))
    mask = objects[:, :, 0] > 0
    return Events(objects, names, JET[: objects.shape[2]], mask=mask, columns=columns)


def test_two_jets_by_hand():
    a = [100.0, 0.5, 3.0, 20.0, 0.5, 0.2, 0.1]
    b = [90.0, -1.0, -3.0, 10.0, 0.4, 0.3, 0.0]
    sample = dijet(jets([a, b], event=np.array([17])))
    assert sample.names == STANDARD
    energy, *momentum = sum(energy_momentum(*map(np.float64, j[:4])) for j in (a, b))
    rapidities = [np.arcsinh(j[0] * np.sinh(j[1]) / np.hypot(j[0], j[3])) for j in (a, b)]
    expected = {
        "mJ1": 10,
        "dmJ": 10,
        "tau21_J1": 0.75,
        "tau21_J2": 0.4,
        "tau32_J1": 0,
        "tau32_J2": 0.5,
        "dR": np.hypot(1.5, 2 * np.pi - 6),
        "dY": rapidities[0] - rapidities[1],
    }
    np.testing.assert_allclose(sample.mass, np.sqrt(energy**2 - np.dot(momentum, momentum)))
    np.testing.assert_allclose(sample.x[0], list(expected.values()), rtol=1e-12)
    assert sample.event.tolist() == [17]


def test_leading_two_of_three_jets_in_any_order():
    small, large, middle = ([pt, 0.1, pt / 40, pt / 10, 1.0, 0.5, 0.2] for pt in (50, 120, 80))
    two = dijet(jets([large, middle]))
    three = dijet(jets([small, large, middle]))
    np.testing.assert_array_equal(three.x, two.x)
    np.testing.assert_array_equal(three.mass, two.mass)


def test_zero_tau_gives_a_ratio_of_zero():
    a = [100.0, 0.5, 3.0, 0.0, 0.0, 0.0, 0.0]
    sample = dijet(jets([a, [90.0, -1.0, -3.0, 10.0, 0.4, 0.3, 0.1]]))
    assert sample.column("tau21_J1").tolist() == [0]
    assert sample.column("mJ1").tolist() == [0]


def test_jets_without_tau_have_masses_and_angles():
    events = jets([[100.0, 0.5, 3.0, 20.0], [90.0, -1.0, -3.0, 10.0]])
    assert dijet(events).names == ("mJ1", "dmJ", "dR", "dY")


def test_missing_second_jet():
    good = [[100.0, 0.5, 3.0, 20.0], [90.0, -1.0, -3.0, 10.0]]
    bad = [[100.0, 0.5, 3.0, 20.0], [0.0, 0.0, 0.0, 0.0]]
    soft = [[100.0, 0.5, 3.0, 20.0], [19.9, 0.0, 0.0, 0.0]]
    events = jets(good, bad, good, soft, event=np.array([10, 11, 12, 13]))
    with pytest.raises(TooFewEvents, match=r"2 of 4 events have fewer \(first: 11, 13\)"):
        dijet(events)
    kept = dijet(events, on_missing="drop")
    assert kept.event.tolist() == [10, 12]
    assert "2 of 4 events with fewer than two jets dropped" in kept.source


def test_particles_without_two_jets():
    objects = np.zeros((2, 4, 3))
    objects[:, 0] = (100, 0, 0)
    objects[0, 1] = (80, 0, 3)
    names = tuple(f"particle{i}" for i in range(4))
    events = Events(objects, names, JET[:3], mask=objects[:, :, 0] > 0)
    with pytest.raises(TooFewEvents, match=r"1 of 2 events have fewer \(first: 1\)"):
        dijet(events)
    kept = dijet(events, on_missing="drop")
    np.testing.assert_allclose(kept.mass, np.sqrt(2 * 100 * 80 * (1 - np.cos(3))))
    assert kept.column("mJ1")[0] == pytest.approx(0, abs=1e-6)
    assert len(dijet(events[1:], on_missing="drop")) == 0


def converted(events, betas=(1.0,), n_tau=3, **others):
    return dijet(events, subjettiness=Subjettiness(betas, n_tau), **others)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"betas": ()}, "expected distinct exponents"),
        ({"betas": (1.0, 1.0)}, "expected distinct exponents"),
        ({"betas": (-1.0,)}, "betas: expected a number in .*got -1"),
        ({"n_tau": 10}, "n_tau: expected a whole number from 1 to 9"),
        ({"n_tau": 2.5}, "n_tau: expected a whole number from 1 to 9"),
        ({"substructure": "ratio"}, "substructure: expected one of ratios"),
        ({"on_missing": "ignore"}, "on_missing: expected one of raise"),
        ({"betas": (2.0,)}, "needs particles"),
    ],
)
def test_impossible_settings(options, message):
    events = jets([[100.0, 0.5, 3.0, 20.0, 0.5, 0.2, 0.1]] * 2)
    with pytest.raises(BadValue, match=message):
        converted(events, **options)


@pytest.mark.parametrize(
    ("names", "features", "options", "message"),
    [
        (("muon1",), ("pt", "eta"), {}, "need particles with pt, eta and phi"),
        (("jet1",), JET, {}, "at least two jets"),
        (("jet1", "jet2"), JET[:3], {}, "at least two jets with pt, eta, phi and mass"),
        (("jet1", "jet2"), JET, {"n_tau": 5}, r"asks for \['tau4', 'tau5'\]"),
        ((), (), {}, "need particles"),
    ],
)
def test_objects_that_will_not_do(names, features, options, message):
    events = Events(np.ones((1, len(names), len(features))), names, features)
    with pytest.raises(BadLayout, match=message):
        converted(events, **options)


def test_a_table_of_features_is_no_events():
    table = dijet(jets([[100.0, 0.5, 3.0, 20.0], [90.0, -1.0, -3.0, 10.0]]))
    with pytest.raises(BadLayout, match=r"got a Sample: Sample\(1 events"):
        dijet(table)


FOUR = st.tuples(
    st.floats(20, 3000), st.floats(-2.5, 2.5), st.floats(-3.14, 3.14), st.floats(0, 500)
)


@settings(deadline=None, max_examples=60)
@given(a=FOUR, b=FOUR)
def test_the_two_jets_are_interchangeable(a, b):
    one, other = dijet(jets([list(a), list(b)])), dijet(jets([list(b), list(a)]))
    np.testing.assert_allclose(other.mass, one.mass, rtol=1e-9)
    np.testing.assert_allclose(other.x, one.x, rtol=1e-9, atol=1e-9)
    assert one.mass[0] >= (a[3] + b[3]) * (1 - 1e-6) - 1e-3
    assert one.column("mJ1")[0] == min(a[3], b[3])
    assert 0 <= one.column("dR")[0] <= np.hypot(5, np.pi) + 1e-9


def test_real_array_of_jets():
    folder = os.environ.get("ANOMALON_DATA")
    if not folder:
        pytest.skip("ANOMALON_DATA is not set: no real data to read")
    sample = dijet(load(Path(folder) / "jets" / "slim_montreal_jets.h5"), on_missing="drop")
    assert sample.names == STANDARD
    assert 0 < 5000 - len(sample) < 500
    assert (sample.column("tau21_J1") <= 1.05).all()
