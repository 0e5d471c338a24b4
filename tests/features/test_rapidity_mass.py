"""The rapidity-mass matrix, entry by entry."""

import numpy as np
import pytest
from toy_events import FEATURES, toy_background

from anomalon.core import Events
from anomalon.core.errors import BadValue
from anomalon.features.inputs import Layout
from anomalon.features.rapidity_mass import RapidityMass

NAMES = ("met", "jet1", "jet2", "bjet1", "muon1")
KIND = RapidityMass()


def event():
    """MET 60, jets of 200 and 100 GeV, a b-jet of 80, a muon of 40."""
    objects = [
        [60, 0, 0.5],
        [200, 1.0, 0.0],
        [100, -0.5, 2.0],
        [80, 0.3, -2.5],
        [40, -1.5, 1.0],
    ]
    return Events(np.array([objects], float), NAMES, FEATURES)


def matrix(events, inputs=KIND):
    layout = Layout.of(events)
    return inputs.matrix(*layout.arranged(events), layout)


def place(kind, number=1, inputs=KIND):
    return inputs.slots.index(kind) + number


def test_it_has_the_size_of_the_search_of_atlas():
    assert matrix(event()).shape == (1, 36, 36)
    fitted = KIND.fit(toy_background(20))
    assert len(fitted.names) == len(set(fitted.names)) == 1287
    assert fitted(toy_background(7)).x.shape == (7, 1287)
    assert len(RapidityMass(leave_out=False).fit(toy_background(20)).names) == 1296


def test_every_entry_is_what_its_place_says():
    m, s = matrix(event())[0], 13_000.0
    j1, j2, b, mu = place("jet"), place("jet", 2), place("bjet"), place("muon")
    assert m[0, 0] == pytest.approx(60 / s)
    assert m[j1, j1] == pytest.approx(200 / s)
    assert m[j2, j2] == pytest.approx((200 - 100) / 300)
    assert m[b, b] == pytest.approx(80 / s)
    assert m[mu, mu] == pytest.approx(40 / s)
    assert m[0, j1] == pytest.approx(np.sqrt(2 * 200 * 60 * (1 - np.cos(0.5))) / s)
    assert m[j1, 0] == pytest.approx(0.15 * (np.cosh(1.0) - 1))
    mass = np.sqrt(2 * 200 * 100 * (np.cosh(1.5) - np.cos(2.0)))
    assert m[j1, j2] == pytest.approx(mass / s)
    assert m[j2, j1] == pytest.approx(0.15 * (np.cosh(1.5 / 2) - 1))
    assert m[b, mu] == pytest.approx(np.sqrt(2 * 80 * 40 * (np.cosh(1.8) - np.cos(3.5))) / s)


def test_what_is_not_there_is_zero():
    m = matrix(event())[0]
    there = [0, place("jet"), place("jet", 2), place("bjet"), place("muon")]
    empty = np.setdiff1d(np.arange(36), there)
    assert (m[empty] == 0).all()
    assert (m[:, empty] == 0).all()


def test_all_entries_are_between_zero_and_one_and_nothing_turns_them():
    events = toy_background(300)
    m = matrix(events)
    assert m.min() >= 0
    assert m.max() <= 1
    turned = events.objects.astype(float)
    turned[:, :, 2] = (turned[:, :, 2] + 2 + np.pi) % (2 * np.pi) - np.pi
    other = Events(turned, events.object_names, FEATURES, events.mask)
    assert np.allclose(matrix(other), m, atol=1e-6)


def test_a_boost_along_the_beam_changes_the_first_column_alone():
    boosted = event().objects.copy()
    boosted[:, 1:, 1] += 0.7
    a, b = matrix(event())[0], matrix(Events(boosted, NAMES, FEATURES))[0]
    assert np.allclose(a[:, 1:], b[:, 1:])
    assert not np.allclose(a[1:, 0], b[1:, 0])


def test_the_nine_masses_of_the_search_are_left_out():
    names = set(KIND.fit(toy_background(20)).names)
    everything = set(RapidityMass(leave_out=False).fit(toy_background(20)).names)
    assert everything - names == {
        "m_jet1_jet2", "m_jet1_bjet1", "m_bjet1_bjet2", "m_jet1_electron1", "m_bjet1_electron1",
        "m_jet1_muon1", "m_bjet1_muon1", "m_jet1_photon1", "m_bjet1_photon1",
    }  # fmt: skip


def test_other_sizes():
    small = RapidityMass(n_jet=2, n_bjet=0, n_electron=1, n_muon=1, n_photon=0)
    assert matrix(event(), small).shape == (1, 5, 5)
    assert len(small.fit(toy_background(20)).names) == 25 - 3
    with pytest.raises(BadValue):
        RapidityMass(n_jet=-1)
