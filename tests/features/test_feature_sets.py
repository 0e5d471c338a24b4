import os
from pathlib import Path

import numpy as np
import pytest

from anomalon import Events, load
from anomalon.core.errors import BadValue, ColumnMissing, UnknownKey
from anomalon.features import FEATURE_SETS, Subjettiness, dijet
from anomalon.features.conversion import DijetFeatures
from anomalon.features.feature_sets import how_to_make, joined, name_of_set
from anomalon.features.subjettiness import needed
from anomalon.run.settings import decode, encode
from anomalon.simulate.dijet import DijetSelection, dijet_events, dijet_table


@pytest.fixture(scope="module")
def particles():
    """40 events of two sprays, back to back; one of three particles, which has few tau."""
    rng = np.random.default_rng(4)
    n = 40
    phi = rng.uniform(-3, 3, (n, 1)) + np.repeat([0.0, np.pi], 15) + rng.normal(0, 0.2, (n, 30))
    y = rng.normal(0, 0.3, (n, 2))[:, np.repeat([0, 1], 15)] + rng.normal(0, 0.2, (n, 30))
    objects = np.stack([rng.exponential(80, (n, 30)) + 5, y, phi], axis=-1)
    mask = np.ones((n, 30), bool)
    mask[0, 2:15] = mask[0, 16:] = False
    objects[0, [0, 1, 15], 0] = 2000
    names = tuple(f"particle{i}" for i in range(30))
    return Events(objects, names, ("pt", "eta", "phi"), mask=mask)


@pytest.mark.parametrize(
    ("name", "n"),
    [("masses", 2), ("baseline", 4), ("prongs", 6), ("ext1", 10), ("ext2", 12), ("ext3", 56)],
)
def test_sets_have_as_many_features_as_in_the_literature(name, n):
    features = FEATURE_SETS[name]
    assert len(features) == len(set(features)) == n
    assert features[:2] == ("mJ1", "dmJ")
    assert name_of_set(features) == name


@pytest.mark.parametrize("name", FEATURE_SETS)
def test_a_set_is_made_as_all_features_are(particles, name):
    everything = dijet(
        particles, subjettiness=Subjettiness((0.5, 1.0, 2.0), 9), substructure="both", momenta=True
    )
    made = dijet(particles, features=name)
    assert made.names == FEATURE_SETS[name]
    np.testing.assert_array_equal(made.x, everything.select(made.names).x)
    np.testing.assert_array_equal(made.mass, everything.mass)


def test_any_names_make_a_sample(particles):
    mine = ["tau7_J1_b1.5", "dY", "pt_J2", "tau98_J2"]
    made = dijet(particles, features=mine)
    assert made.names == tuple(mine)
    assert needed(mine) == Subjettiness((1.0, 1.5), 9)
    alone = dijet(particles, subjettiness=Subjettiness((1.5,), 7), substructure="taus")
    np.testing.assert_array_equal(made.column("tau7_J1_b1.5"), alone.column("tau7_J1_b1.5"))


def test_a_jet_of_one_particle_has_zeros(particles):
    jet = dijet(particles[:1], features="ext3")
    zero = [name for name in jet.names if jet.column(name)[0] == 0]
    assert sum("J1" in name for name in zero) == 27 + 1  # all tau, and the mass of one particle
    # two particles have tau_1
    assert sum("_J2" in name for name in zero) == 24


@pytest.mark.parametrize(
    ("features", "error", "message"),
    [
        ("ext4", UnknownKey, "no feature set 'ext4'; did you mean 'ext"),
        (["tau55_J1"], ColumnMissing, "no feature 'tau55_J1' can be made .* mean 'tau"),
        (["tau2_J1_b1"], ColumnMissing, "did you mean 'tau21_J1'|'tau2_J1'"),
        (["mJ1", "mJ1"], BadValue, "every entry once"),
        ([], BadValue, "at least one name"),
    ],
)
def test_names_that_are_none(particles, features, error, message):
    with pytest.raises(error, match=message):
        dijet(particles[:3], features=features)


def test_simulated_events_keep_what_a_file_needs(particles):
    from anomalon.core import Particles

    loose = {"mjj_min": 0.0, "dy_max": 99.0, "eta_max": 99.0}
    sets = ("baseline", "ext3")
    selection = DijetSelection(**loose, feature_sets=sets)
    events = dijet_events(Particles.of(particles), selection)
    columns = dijet_table(events, selection)
    assert tuple(columns) == ("mjj", *joined(sets, ""), "pt_J1", "pt_J2", "dR", "dY")
    expected = dijet(particles, features=joined(sets, ""), pt_min=0.0)
    assert len(events) == len(expected)
    for name in expected.names:
        np.testing.assert_allclose(columns[name], expected.column(name), rtol=1e-5, atol=1e-5)
    usual = dijet_table(dijet_events(Particles.of(particles), DijetSelection(**loose)))
    assert len(usual) == 1 + 6 + 2 + 2


def test_sets_of_a_conversion(particles):
    made = DijetFeatures(feature_sets=("ext1", "masses"))
    assert made.of(particles).names == (*FEATURE_SETS["ext1"], "dR", "dY")
    for setting in (made, DijetSelection(feature_sets=("ext2",))):
        assert decode(type(setting), encode(setting)) == setting
    with pytest.raises(BadValue, match="neither `n_tau`"):
        DijetFeatures(feature_sets=("ext1",), n_tau=5)
    with pytest.raises(UnknownKey, match=r"feature_sets.*did you mean 'ext"):
        DijetFeatures(feature_sets=("ext9",))
    with pytest.raises(UnknownKey, match=r"selection\.feature_sets"):
        DijetSelection(feature_sets=("ext9",))


def test_how_missing_features_are_made():
    assert "--feature-set ext3;" in how_to_make(FEATURE_SETS["ext3"])
    assert "--feature-set masses --feature-set ext1;" in how_to_make(["mJ1", "tau54_J1"])
    assert how_to_make(["mJ1", "of mine"]) == ""


def test_features_of_real_jets():
    folder = os.environ.get("ANOMALON_DATA")
    if not folder:
        pytest.skip("ANOMALON_DATA is not set: no real data to read")
    raw = load(Path(folder) / "lhco" / "events_anomalydetection_tiny.h5")[:100]
    sample = dijet(raw, features="ext3")
    for beta in ("_b0.5", "", "_b2"):
        for jet in ("J1", "J2"):
            tau = np.array([sample.column(f"tau{n}_{jet}{beta}") for n in range(1, 10)])
            assert (np.diff(tau, axis=0) <= 1e-12).all()
            assert (tau >= 0).all()
